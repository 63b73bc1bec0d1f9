"""The warm parent: imports torch once, then forks a kernel for each submission.

Started as ``python -m coursebridge.parent FD [MODULE...]``. FD is a SOCK_SEQPACKET socket on which several graders may
send ``{"op": "start", "id": ...}`` with the kernel's socket attached, and ``{"op": "kill", "id": ...}``. It ends, with
all its kernels, when the last of them hangs up.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import shutil
import signal
import socket
import sys
import tempfile

from coursebridge.limits import limit_this_process
from coursebridge.process import die_with_parent


def main() -> None:
    die_with_parent()
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides when to stop
    prewarm(sys.argv[2:])
    control.send(json.dumps({"ready": os.getpid()}).encode())
    serve(control)


def prewarm(modules: list[str]) -> None:
    """Import and use once what kernels need, so that forks have it ready and `budget` pays for training only."""
    import torch

    from coursebridge import kernel, shell  # noqa: F401

    torch.set_num_threads(1)
    for name in modules:
        with contextlib.suppress(Exception):  # a lesson's import that fails will fail in the kernel, where it is shown
            importlib.import_module(name)
    weight = torch.nn.Parameter(torch.randn(2, 1, 3, 3))
    for optimiser in (torch.optim.SGD([weight], lr=0.1), torch.optim.AdamW([weight], lr=0.1)):
        loss = torch.nn.functional.conv2d(torch.randn(1, 1, 4, 4), weight).sum()
        loss.backward()
        optimiser.step()
    torch.testing.assert_close(torch.ones(1), torch.ones(1))
    gc.collect()
    gc.freeze()


def serve(control: socket.socket) -> None:
    """Fork and kill kernels as asked."""
    kernels: dict[str, tuple[int, str]] = {}
    while True:
        message, fds, _, _ = socket.recv_fds(control, 65536, 1)
        if not message:
            break
        request = json.loads(message)
        if request["op"] == "start":
            kernels[request["id"]] = _fork_kernel(control, fds[0])
        elif request["op"] == "kill" and request["id"] in kernels:
            _kill(*kernels.pop(request["id"]))
    for pid, folder in kernels.values():
        _kill(pid, folder)


def _fork_kernel(control: socket.socket, fd: int) -> tuple[int, str]:
    folder = tempfile.mkdtemp(prefix="kernel-")
    pid = os.fork()
    if pid:
        os.close(fd)
        return pid, folder
    try:
        die_with_parent()
        os.setsid()
        limit_this_process()
        control.close()
        os.chdir(folder)
        from coursebridge.kernel import serve_kernel

        serve_kernel(socket.socket(fileno=fd))
    finally:
        os._exit(1)


def _kill(pid: int, folder: str) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
