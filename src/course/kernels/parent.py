"""The warm parent as the trusted side has it: a process that has torch imported and forks kernels."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from course.config import Limits
from course.errors import EngineError, NoWalls
from course.kernels.walls import HOME, Walls, gpus, ladder

if TYPE_CHECKING:
    from course.kernels.warm import WarmKernel

START_SECONDS = 180.0
KEPT_ENVIRONMENT = ("LANG", "LC_ALL", "TZ", "COURSE_DATA")
PRIVATE_FOLDERS = ("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR", "XDG_CACHE_HOME", "TORCH_HOME")
FIXED_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",  # a second thread would make forks unsafe
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",  # the order of sets is the same in every run
    "PYTHONDONTWRITEBYTECODE": "1",
    "CUDA_VISIBLE_DEVICES": "",
}


class WarmParent:
    """Starts kernels. One for a whole run; forks of this process may use it side by side."""

    def __init__(self, limits: Limits, preload: Sequence[str] = (), tier: str = "cpu", trains: bool = True) -> None:
        self.limits, self._tier = limits, tier
        self._prewarmed = {"preload": list(preload), "trains": trains}
        self._numbers = itertools.count()
        self._gpus = gpus() if tier == "gpu" else None
        self.clones = self._gpus is None  # what has touched CUDA cannot be forked
        self._rungs = ladder(os.environ.get("COURSE_DATA"), self._gpus.devices if self._gpus else ())
        self._ready = False
        if not self._rungs:
            raise NoWalls("it is not Linux")
        self._launch(self._rungs.pop(0))

    def _launch(self, walls: Walls) -> None:
        self.rung, self.contains = walls.rung, walls.view is not None
        self.home = Path(tempfile.mkdtemp(prefix="course-"))
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        settings = {**self._prewarmed, "view": walls.view, "gpus": self._gpus.visible if self._gpus else None}
        self._process = subprocess.Popen(
            walls.command(["-m", "coursebridge.parent", str(theirs.fileno()), json.dumps(settings)]),
            pass_fds=[theirs.fileno()],
            env=environment(HOME if self.contains else str(self.home), self._tier),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self.home / "parent.log").open("wb"),
        )
        theirs.close()

    def start(self) -> WarmKernel:
        """A fresh kernel. Call ``wait`` before, and before any fork of this process."""
        from course.kernels.warm import (
            WarmKernel,  # brings torch, which this process and the parent import side by side
        )

        return WarmKernel(self)

    def wait(self) -> None:
        """Until the parent has imported everything. Raises EngineError with its last words, or NoWalls."""
        while not self._ready:
            told = self._first_words()
            if "ready" in told:
                self._ready = True
            elif "fallen" in told:
                self.close()
                if not self._rungs:
                    raise NoWalls(told["fallen"])
                self._launch(self._rungs.pop(0))
            else:
                log = (self.home / "parent.log").read_text(errors="replace").strip().splitlines()
                raise EngineError(f"the kernels' parent process did not start: {log[-1] if log else 'no message'}")

    def _first_words(self) -> dict[str, str]:
        self._control.settimeout(START_SECONDS)
        try:
            return dict(json.loads(self._control.recv(4000) or b"{}"))
        except OSError:
            return {}

    def fork(self) -> tuple[str, socket.socket, int]:
        """Ask for a kernel; gives its name, our end of its socket and a pipe that tells how it ended."""
        name = f"{os.getpid()}-{next(self._numbers)}"
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        told, telling = os.pipe()
        try:
            message = json.dumps({"op": "start", "id": name}).encode()
            socket.send_fds(self._control, [message], [theirs.fileno(), telling])
        except OSError as error:
            raise EngineError(f"the kernels' parent process is gone ({error.strerror})") from error
        finally:
            theirs.close()
            os.close(telling)
        return name, ours, told

    def kill(self, name: str) -> None:
        with contextlib.suppress(OSError):
            self._control.send(json.dumps({"op": "kill", "id": name}).encode())

    def close(self) -> None:
        self._control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self.home, ignore_errors=True)


def environment(home: str, tier: str) -> dict[str, str]:
    """What kernels see of the environment: nothing of ours but where data is."""
    kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    user = dict.fromkeys(("USER", "LOGNAME"), "student")
    return kept | dict.fromkeys(PRIVATE_FOLDERS, home) | user | FIXED_ENVIRONMENT | {"PATH": path, "COURSE_TIER": tier}
