"""The process that runs a submission's cells, and its clones that answer hidden tests.

It is a fork of the warm parent. On its socket it serves ``cell`` (run one), ``snapshot`` (fork a clone that serves an
agent on the socket which comes with the message), ``serve`` (do that itself, until the end), ``forbid`` (fork a copy
that serves all this on the socket which comes with the message, and refuses some families of operations), ``kill`` (a
clone) and ``threads``.
"""

from __future__ import annotations

import builtins
import contextlib
import os
import signal
import socket
import traceback
from collections.abc import Callable
from functools import cache
from typing import Any, NoReturn

from coursebridge import bans
from coursebridge.agent import Agent, seed_everything
from coursebridge.codec import CodecError, Encoder
from coursebridge.frames import ConnectionLost, MalformedFrame, receive_frame, send_frame
from coursebridge.process import die_with_parent
from coursebridge.shell import KernelShell, make_shell

globals()["__builtins__"] = dict(vars(builtins))  # see codec

_fork, _exit, _getpid, _kill, _waitpid, _listdir = os.fork, os._exit, os.getpid, os.kill, os.waitpid, os.listdir
_open, _dup2, _close, _recv_fds = os.open, os.dup2, os.close, socket.recv_fds
MAX_REQUEST = 1_000_000_000


@cache
def prepare() -> KernelShell:
    """The shell, made once: before the fork where that is possible."""
    return make_shell()


def serve_kernel(sock: socket.socket) -> None:
    """Serve until the grader hangs up. Never returns into the parent's stack."""
    try:
        seed_everything(0)
        shell = prepare()
        sock.send(b".")  # the system tells the grader from whom it came
        _serve(shell, sock, walls=_getpid() == 1)
    except BaseException:
        traceback.print_exc()
    finally:
        _exit(1)


def _serve(shell: KernelShell, sock: socket.socket, walls: bool) -> NoReturn:
    """walls: behind walls nobody else's processes are in sight."""
    me = _getpid()
    try:
        while True:
            request, _ = receive_frame(sock, None, MAX_REQUEST)
            reply = _answer(shell, sock, request, walls)
            if _getpid() != me:  # a fork that a cell made came out of it
                _exit(1)
            send_frame(sock, reply, [])
    except ConnectionLost:
        _exit(0)


def _answer(shell: KernelShell, sock: socket.socket, request: dict[str, Any], walls: bool) -> dict[str, Any]:
    match request["op"]:
        case "cell":
            reply = shell.run(request["source"], request["name"], request["limit"])
            if walls and request["alone"]:
                _end_others()
            return reply
        case "forbid":
            theirs = _take_descriptor(sock)
            return {"pid": _branch(sock, theirs, walls, lambda: _forbid(shell, theirs, request["families"], walls))}
        case "snapshot":
            theirs = _take_descriptor(sock)
            return {"pid": _branch(sock, theirs, walls, lambda: serve_agent(theirs, shell.user_ns))}
        case "serve":
            theirs = _take_descriptor(sock)
            send_frame(sock, {"pid": _getpid()}, [])
            sock.close()
            serve_agent(theirs, shell.user_ns)
        case "kill":
            try:
                _kill(request["pid"], signal.SIGKILL)
                _waitpid(request["pid"], 0)
            except OSError:
                pass
            if walls:
                _end_others()  # what the clone has left running
            return {"done": True}
        case "threads":
            return {"threads": len(_listdir("/proc/self/task"))}
    return {"unknown": request["op"]}


def _take_descriptor(sock: socket.socket) -> int:
    _, fds, _, _ = _recv_fds(sock, 1, 1)
    return fds[0]


def _branch(sock: socket.socket, theirs: int, walls: bool, run: Callable[[], NoReturn]) -> int:
    """Fork a copy of this process that does something else, after ending whatever would help it around its bans."""
    if walls:
        _end_others()
    pid = _fork()
    if pid:
        _close(theirs)
        return pid
    try:
        die_with_parent()
        sock.close()
        run()
    finally:
        _exit(1)


def _forbid(shell: KernelShell, theirs: int, families: list[str], walls: bool) -> NoReturn:
    """A copy that refuses some families of operations: its clones need not put that up again, which takes a while."""
    bans.enforce(families)
    _serve(shell, socket.socket(fileno=theirs), walls)


def _end_others() -> None:
    """All that the cells have started, and earlier copies."""
    with contextlib.suppress(OSError):
        _kill(-1, signal.SIGKILL)
        while _waitpid(-1, os.WNOHANG)[0]:
            pass


def serve_agent(fd: int, namespace: dict[str, Any]) -> NoReturn:
    """Answer the grader's requests until it hangs up."""
    sock = socket.socket(fileno=fd)
    sock.send(b".")  # the system tells the grader from whom it came
    silence()
    agent, me = Agent(namespace), _getpid()
    try:
        while True:
            node, buffers = receive_frame(sock, None, MAX_REQUEST)
            try:
                reply, sent = agent.handle(node, buffers)
            except (CodecError, RecursionError) as error:
                reply, sent = Encoder().encode([{"status": "unsendable", "message": str(error)}]), []
            if _getpid() != me:  # a fork that the student's function made came out of it
                _exit(0)
            send_frame(sock, reply, sent)
    except (ConnectionLost, MalformedFrame):
        _exit(0)


def silence() -> None:
    """Send what is written to the descriptors of stdout and stderr nowhere."""
    nowhere = _open(os.devnull, os.O_WRONLY)
    _dup2(nowhere, 1)
    _dup2(nowhere, 2)
