"""Chooses how well student code is contained on this machine, and starts the warm parent accordingly.

The rungs of the ladder, best first: bubblewrap around the parent and namespaces for each kernel; namespaces alone;
no walls, which has to be asked for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from course.config import NO_SANDBOX
from course.errors import InputError

HOME = "/home/student"  # inside the walls
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin")
SETTINGS = ("/etc/ld.so.cache", "/etc/fonts", "/etc/localtime", "/etc/alternatives")
AS_ROOT = ("SYS_ADMIN", "SETPCAP", "SETUID", "SETGID", "CHOWN", "DAC_OVERRIDE", "KILL", "SYS_PTRACE")
AS_USER = ("SYS_ADMIN", "SETPCAP", "SYS_PTRACE")


@dataclass(frozen=True)
class Walls:
    """One rung. bubblewrap: whether it goes around the parent.  view: what kernels see; None without walls."""

    rung: str
    bubblewrap: bool
    view: dict[str, Any] | None

    def command(self, arguments: list[str]) -> list[str]:
        """The command that runs this Python with ``arguments`` on this rung."""
        python = [sys.executable, "-I", *arguments]
        return [*_bubblewrap(self.view), *python] if self.bubblewrap and self.view else python


@dataclass(frozen=True)
class Gpus:
    """devices: their nodes in /dev.  visible: what kernels get as CUDA_VISIBLE_DEVICES."""

    devices: tuple[str, ...]
    visible: str


NO_WALLS = Walls("no walls", bubblewrap=False, view=None)


def gpus() -> Gpus:
    """The GPUs of this machine, found without touching CUDA. Raises InputError when there is none."""
    devices = tuple(map(str, sorted(Path("/dev").glob("nvidia*[0-9a-z]"))))
    if not any(Path(device).name.removeprefix("nvidia").isdigit() for device in devices):
        raise InputError("this machine has no NVIDIA GPU: leave out --tier gpu, or grade on a machine that has one")
    numbers = [name for device in devices if (name := Path(device).name.removeprefix("nvidia")).isdigit()]
    return Gpus(devices, os.environ.get("CUDA_VISIBLE_DEVICES", ",".join(numbers)))


def ladder(data: str | None, devices: Sequence[str] = ()) -> list[Walls]:
    """The rungs to try on this machine, best first; none if nothing can contain student code here.

    data: folder of data sets that kernels see.  devices: nodes in /dev that they may use.
    """
    if os.environ.get(NO_SANDBOX):
        return [NO_WALLS]
    if sys.platform != "linux":
        return []
    view = {"visible": _visible(data), "links": _links(), "devices": list(devices), "home": HOME,
            "switch_user": os.geteuid() == 0}  # fmt: skip
    rungs = [Walls("namespaces", False, view)]
    if bubblewrap_works():
        rungs.insert(0, Walls("bubblewrap and namespaces", True, view))
    return rungs


@cache
def bubblewrap_works() -> bool:
    """Whether bubblewrap is installed and may make its namespaces here."""
    if shutil.which("bwrap") is None:
        return False
    view = {"visible": _visible(None), "links": _links(), "devices": []}
    command = [*_bubblewrap(view), sys.executable, "-I", "-c", ""]
    return subprocess.run(command, env={}, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def _visible(data: str | None) -> list[str]:
    """System, interpreter, installed packages, the bridge and the kit; and nothing else of this machine."""
    packages = [_folder(package) for package in ("coursebridge", "coursekit")]
    python = [sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")]
    wanted = [*SYSTEM, *SETTINGS, *python, *packages, *([data] if data else [])]
    paths = [p for p in dict.fromkeys(wanted) if os.path.exists(p) and not os.path.islink(p)]
    return [p for p in paths if not any(p != other and Path(other) in Path(p).parents for other in paths)]


def _folder(package: str) -> str:
    """Where it is installed; found without importing it, which would take seconds."""
    spec = find_spec(package)
    assert spec is not None and spec.origin is not None
    return str(Path(spec.origin).parent)


def _links() -> list[tuple[str, str]]:
    return [(path, os.readlink(path)) for path in SYSTEM if os.path.islink(path)]


def _bubblewrap(view: dict[str, Any]) -> list[str]:
    """bubblewrap with what is visible, read-only, and the capabilities that putting up inner walls takes."""
    root = os.geteuid() == 0
    options = ["--unshare-pid", "--unshare-ipc", "--unshare-net", "--unshare-uts"] if root else ["--unshare-all"]
    options += ["--die-with-parent", "--new-session", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    options += ["--cap-drop", "ALL"]
    for name in AS_ROOT if root else AS_USER:
        options += ["--cap-add", f"CAP_{name}"]
    for path in view["visible"]:
        options += ["--ro-bind", path, path]
    for path in view["devices"]:
        options += ["--dev-bind", path, path]
    for path, target in view["links"]:
        options += ["--symlink", target, path]
    return ["bwrap", *options, "--dir", HOME, "--chdir", HOME]
