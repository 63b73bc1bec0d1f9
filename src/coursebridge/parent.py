"""The warm parent: imports torch once, then forks a kernel for each submission.

Started as ``python -m coursebridge.parent FD SETTINGS``. FD is a SOCK_SEQPACKET socket on which several graders may
send ``{"op": "start", "id": ...}`` with two descriptors attached (the kernel's socket, and a pipe on which the parent
tells how the kernel ended), and ``{"op": "kill", "id": ...}``. SETTINGS is JSON: ``preload``, modules to import;
``trains``, whether optimisers shall be ready; ``view``, what kernels see of the file system, null if they shall have no
walls; ``gpus``, what they get as CUDA_VISIBLE_DEVICES (this process itself never touches CUDA). It ends, with all its
kernels, when the last of the graders hangs up.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from coursebridge.limits import WATCH_SECONDS, limit_this_process
from coursebridge.memory import use_huge_pages
from coursebridge.process import adopt_orphans, die_with_parent
from coursebridge.walls import View, fork_behind_walls, walls_hold
from coursebridge.watch import Watcher, family_of


def main() -> None:
    die_with_parent()
    adopt_orphans()
    control = socket.socket(fileno=int(sys.argv[1]))
    settings = json.loads(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides when to stop
    view = View(**settings["view"]) if settings["view"] else None
    if view is not None and (reason := walls_hold(view)):
        control.send(json.dumps({"fallen": reason}).encode())
        return
    prewarm(settings["preload"], settings["trains"])
    control.send(json.dumps({"ready": os.getpid()}).encode())
    WarmParent(control, view, settings["gpus"]).serve()


def prewarm(modules: list[str], trains: bool) -> None:
    """Import and use once what kernels need, so that forks have it ready and `budget` pays for training only."""
    gc.disable()  # what is imported stays; looking through it again and again takes a quarter of the time
    from coursebridge import bans, kernel
    from coursebridge.first_use import use_agent, use_optimisers_once, use_torch_once

    for name in modules:
        with contextlib.suppress(Exception):  # a lesson's import that fails will fail in the kernel, where it is shown
            importlib.import_module(name)
    use_torch_once()
    use_agent()
    kernel.prepare()
    bans.find_operators()
    if trains:
        use_optimisers_once()
    gc.collect()
    gc.freeze()
    gc.enable()
    use_huge_pages()


@dataclass
class Forked:
    """A kernel as its parent knows it. told: the pipe for its end.  folder: its directory, where it has no walls."""

    pid: int
    told: int
    folder: str | None


class WarmParent:
    """Forks, watches and ends kernels."""

    def __init__(self, control: socket.socket, view: View | None, gpus: str | None) -> None:
        self._control, self._view, self._gpus = control, view, gpus
        self._kernels: dict[str, Forked] = {}
        self._dying: set[int] = set()
        self._forks = 0
        self._watcher = Watcher()

    def serve(self) -> None:
        """Until the last grader hangs up."""
        woken, waking = socket.socketpair()
        woken.setblocking(False)
        waking.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
        while True:
            ready, _, _ = select.select([self._control, woken], [], [], WATCH_SECONDS if self._kernels else None)
            if woken in ready:
                with contextlib.suppress(BlockingIOError):
                    woken.recv(4096)
                self._reap()
            if self._control in ready and not self._serve_one():
                break
            self._watch()
        for name in list(self._kernels):
            self._end(name)

    def _serve_one(self) -> bool:
        message, fds, _, _ = socket.recv_fds(self._control, 65536, 2)
        if not message:
            return False
        request = json.loads(message)
        if request["op"] == "start":
            self._start(request["id"], *fds)
        elif request["op"] == "kill":
            self._end(request["id"])
        return True

    def _start(self, name: str, sock: int, told: int) -> None:
        self._forks += 1
        folder = None if self._view else tempfile.mkdtemp(prefix="kernel-")
        try:
            pid = self._fork(lambda: self._become_kernel(sock, told, folder))
            self._kernels[name] = Forked(pid, told, folder)
        except OSError as error:  # no process, no namespace: the grader learns that there is no kernel
            _tell(told, {"not_started": str(error)})
            os.close(told)
        finally:
            os.close(sock)

    def _fork(self, run: Callable[[], None]) -> int:
        if self._view is not None:
            return fork_behind_walls(self._view, self._forks, run)
        pid = os.fork()
        if pid:
            return pid
        try:
            die_with_parent()
            os.setsid()
            limit_this_process(gpu=self._gpus is not None)
            run()
        finally:
            os._exit(1)

    def _become_kernel(self, sock: int, told: int, folder: str | None) -> None:
        """Keep nothing of the parent's but the kernel's socket."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(nowhere, fd)
        os.closerange(3, sock)
        os.closerange(sock + 1, 4096)
        if folder is not None:
            os.chdir(folder)
        if self._gpus is not None:
            os.environ["CUDA_VISIBLE_DEVICES"] = self._gpus
        from coursebridge.kernel import serve_kernel

        serve_kernel(socket.socket(fileno=sock))

    def _watch(self) -> None:
        stopped = self._watcher.look([k.pid for k in self._kernels.values()])
        for kernel in self._kernels.values():
            if kernel.pid in stopped:
                _tell(kernel.told, {"stopped": stopped[kernel.pid]})

    def _end(self, name: str) -> None:
        """Kill a kernel and all that it started. It is reaped later: a hundred forks take seconds to disappear."""
        kernel = self._kernels.pop(name, None)
        if kernel is None:
            return
        for pid in [kernel.pid] if self._view else family_of(kernel.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._dying.add(kernel.pid)
        os.close(kernel.told)
        if kernel.folder is not None:
            shutil.rmtree(kernel.folder, ignore_errors=True)

    def _reap(self) -> None:
        """Learn which children ended. Without walls, strangers among the children are what a kernel left behind."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
                pid, status = ended
                self._dying.discard(pid)
                for kernel in self._kernels.values():
                    if kernel.pid == pid:
                        _tell(kernel.told, {"ended": os.waitstatus_to_exitcode(status)})
        if self._view is None:
            mine = {kernel.pid for kernel in self._kernels.values()} | self._dying
            for pid in set(_children()) - mine:
                for member in family_of(pid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(member, signal.SIGKILL)


def _children() -> list[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []


def _tell(pipe: int, what: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # the grader has gone
        os.write(pipe, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    main()
