"""A submission's kernel, forked from the warm parent, and its clones that answer hidden tests."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any, Protocol

from course.config import Limits
from course.errors import EngineError
from course.kernels.base import (
    BadReply,
    CellResult,
    Connection,
    KernelLost,
    KernelStopped,
    KernelTimeout,
    SubmissionFault,
)
from course.kernels.request import encode_request
from course.submission import Cell
from coursebridge.agent import MAX_MESSAGE
from coursebridge.codec import CodecError, Decoder
from coursebridge.frames import ConnectionLost, DeadlinePassed, MalformedFrame, receive_frame, send_frame

START_SECONDS = 30.0  # for a fork of the parent, on a very busy machine
FEW_PROCESSES = 8  # that cells may leave running without being asked to answer for it
SETTLE_SECONDS = 20.0  # until a hundred processes are gone
AFTERMATH_SECONDS = 0.05  # in which a timer or a thread that a cell has left shows itself
PATIENCE = 4  # how many times its limit a call or a cell may take in all, on a machine that is busy with other things
CREDENTIALS = struct.Struct("3i")  # process, user and group id of a sender, unix(7)


class Parent(Protocol):
    """What a kernel needs of the parent that forks it; ``WarmParent`` has it."""

    limits: Limits
    clones: bool  # whether a kernel may be forked

    def fork(self) -> tuple[str, socket.socket, int]: ...

    def kill(self, name: str) -> None: ...


class WarmKernel:
    """One submission's process."""

    def __init__(self, parent: Parent) -> None:
        self._parent = parent
        self._cells: tuple[Cell, ...] = ()
        self._skip: frozenset[int] = frozenset()
        self._ran: set[int] = set()
        self._alone = False  # whether each cell answers for what it leaves behind, before the next one runs
        self._used = 0.0  # seconds that cells have taken, apart from those in which the machine let others run
        self._name: str
        self._sock: socket.socket
        self._seen_from_here: int | None  # its process id in our namespace
        self._told: int
        self._spent: bool  # its process has served as its own clone
        self._banned: tuple[tuple[str, ...], socket.socket] | None  # a copy that refuses these families
        self._begin()

    @property
    def reply_bytes(self) -> int:
        return self._parent.limits.reply_bytes

    def run(self, cells: Sequence[Cell]) -> list[CellResult]:
        self._cells, self._ran, self._alone = tuple(cells), set(), False
        self._used = 0.0
        faults: dict[int, CellResult] = {}
        while (results := self._run_once(faults)) is None:
            self._restart()
        self._skip = frozenset(faults)
        return results

    def snapshot(self, bans: Sequence[str] = ()) -> Connection:
        """A clone; where a fork would go wrong, because threads or a GPU are in use, the kernel itself, once.

        bans: families that the clone will be asked to refuse. It makes no difference but for time.
        """
        if self._spent:
            self._replay()
        if not self._answers():  # what ran before has left something that ends it
            self._alone = True
            self._replay()
        itself = not self._parent.clones or self._threads() > 1
        if bans and not itself and (clone := self._banned_clone(tuple(bans))) is not None:
            return clone
        self._forget_banned()  # the kernel ends all others
        self._spent = True  # if anything goes wrong: its replies would be out of step with our questions
        try:
            ours, pid = self._copy(self._sock, {"op": "serve" if itself else "snapshot"})
            seen_from_here = _sender(ours)
        except (OSError, KernelLost):
            if self._alone:
                raise self.end(1.0) from None
            self._alone = True  # a timer or a thread of a cell: let each cell answer for what it leaves
            self._replay()
            return self.snapshot(bans)
        self._spent = itself
        return WarmConnection(self, self._sock, ours, pid, seen_from_here)

    def _banned_clone(self, bans: tuple[str, ...]) -> Connection | None:
        """A clone of a copy that refuses these families already; None if the copy is lost or does not answer."""
        try:
            if self._banned is None or self._banned[0] != bans:
                self._forget_banned()
                self._spent = True
                self._banned = bans, self._copy(self._sock, {"op": "forbid", "families": list(bans)})[0]
                self._spent = False
            copy = self._banned[1]
            ours, pid = self._copy(copy, {"op": "snapshot"})
            return WarmConnection(self, copy, ours, pid, _sender(ours))
        except (OSError, SubmissionFault):
            self._forget_banned()
            if self._spent:
                self._replay()
            return None

    def _forget_banned(self) -> None:
        if self._banned is not None:
            self._banned[1].close()
            self._banned = None

    def _copy(self, server: socket.socket, request: dict[str, Any]) -> tuple[socket.socket, int]:
        """Ask a kernel, or a copy of it, for a copy; gives our end of its socket and its process id there."""
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        with theirs:
            _send(server, request, [], 10.0)
            socket.send_fds(server, [b"S"], [theirs.fileno()])
        return ours, _number(_receive(server, 10.0, self.reply_bytes)[0], "pid")

    def close(self) -> None:
        self._forget_banned()
        self._parent.kill(self._name)
        self._sock.close()
        os.close(self._told)

    def end(self, seconds: float) -> KernelLost:
        """How this kernel or a clone of it ended: what "Your code" did, as the parent tells within ``seconds``."""
        told: dict[str, Any] = {}
        if select.select([self._told], [], [], seconds)[0]:
            for line in os.read(self._told, 4096).splitlines():
                told |= json.loads(line)
        if "stopped" in told:
            return KernelStopped(f"Your code {told['stopped']} and was stopped.")
        signal_name = signal.strsignal(-told["ended"]) if told.get("ended", 0) < 0 else None
        return KernelLost(f"Your code ended the process that it ran in{f' ({signal_name})' if signal_name else ''}.")

    def kill_clone(self, server: socket.socket, pid: int) -> None:
        """What made the clone reaps it; if it does not answer, both are killed."""
        if self._spent or server.fileno() < 0:
            return
        try:
            _send(server, {"op": "kill", "pid": pid}, [], 2.0)
            _receive(server, 2.0, self.reply_bytes)
        except SubmissionFault:
            self._forget_banned()
            if server is self._sock or not self._answers():
                self._alone = True
                self._replay()

    def _begin(self) -> None:
        self._spent, self._banned = False, None
        self._name, self._sock, self._told = self._parent.fork()
        try:
            self._seen_from_here = _sender(self._sock, START_SECONDS)
        except OSError as error:  # none of the submission's code has run yet
            raise EngineError("a kernel could not be started") from error

    def _restart(self) -> None:
        self.close()
        self._begin()

    def _replay(self) -> None:
        """A new kernel in the state of the old one."""
        self._restart()
        self._used = self._parent.limits.notebook_seconds
        faults = dict.fromkeys(self._skip, CellResult())
        while self._run_once(faults) is None:
            self._restart()
        self._skip = frozenset(faults)

    def _run_once(self, faults: dict[int, CellResult]) -> list[CellResult] | None:
        """Run all cells but the faulty ones; None (and one more fault) if a cell took the kernel with it."""
        limits = self._parent.limits
        results: list[CellResult] = []
        for number, cell in enumerate(self._cells):
            if number not in faults and self._too_late(number):
                late = f"the cells before it took more than {limits.notebook_seconds:g} seconds"
                faults[number] = CellResult(error=late)
            if number in faults:
                results.append(faults[number])
                continue
            request = {"op": "cell", "source": cell.source, "name": cell.name(number),
                       "limit": limits.output_bytes, "alone": self._alone}  # fmt: skip
            try:
                _send(self._sock, request, [], limits.cell_seconds)
                self._used += _await(self._sock, self._seen_from_here, limits.cell_seconds)
                result = _cell_result(self._receive(limits.cell_seconds))
                if self._alone:
                    time.sleep(AFTERMATH_SECONDS)
                    self._threads()
                results.append(result)
                self._ran.add(number)
            except KernelTimeout:
                self._used += limits.cell_seconds
                faults[number] = CellResult(error=f"it did not finish within {limits.cell_seconds:g} seconds")
                return None
            except KernelLost:
                end = self.end(1.0)
                if not self._alone:  # perhaps a cell before has left something that did this
                    self._alone = True
                    return None
                faults[number] = CellResult(error=str(end), lost=end.lost)
                return None
            except BadReply:
                faults[number] = CellResult(error="the kernel's reply could not be read")
                return None
        if not self._alone and self._left_running() > FEW_PROCESSES:
            self._alone = True  # the watcher may be about to end all of it, and the kernel
            return None
        return results

    def _left_running(self) -> int:
        """How many processes the cells have left; they are ended now. Many, if the kernel does not even answer."""
        try:
            _send(self._sock, {"op": "settle"}, [], SETTLE_SECONDS)
            return _number(self._receive(SETTLE_SECONDS), "others")
        except SubmissionFault:
            return FEW_PROCESSES + 1

    def _too_late(self, number: int) -> bool:
        """The notebook's time is up; cells that ran in time may run once more, in as much time again."""
        more = self._parent.limits.notebook_seconds if number in self._ran else 0.0
        return self._used > self._parent.limits.notebook_seconds + more

    def _answers(self) -> bool:
        try:
            return self._threads() > 0
        except SubmissionFault:
            return False

    def _threads(self) -> int:
        _send(self._sock, {"op": "threads"}, [], 5.0)
        return _number(self._receive(5.0), "threads")

    def _receive(self, seconds: float) -> Any:
        return _receive(self._sock, seconds, self.reply_bytes)[0]


class WarmConnection:
    """A clone of a kernel."""

    def __init__(
        self, kernel: WarmKernel, server: socket.socket, sock: socket.socket, pid: int, seen_from_here: int | None
    ) -> None:
        self._kernel, self._server, self._sock = kernel, server, sock  # server: of the process that made it
        self._pid, self._seen_from_here = pid, seen_from_here  # in the kernel's namespace, and in ours

    def ask(self, request: dict[str, Any], seconds: float, from_ref: Any) -> list[dict[str, Any]]:
        node, buffers = encode_request(request)
        try:
            _send(self._sock, node, buffers, seconds)
            _await(self._sock, self._seen_from_here, seconds)
            reply, received = _receive(self._sock, seconds, self._kernel.reply_bytes)
        except KernelLost:
            raise self._kernel.end(0.0) from None
        try:
            decoded = Decoder(received, from_ref).decode(reply)
        except CodecError as error:
            raise BadReply(f"The kernel sent a reply that cannot be read ({error}).") from None
        if type(decoded) is not list or len(decoded) != len(request["steps"]):
            raise BadReply("The kernel sent a reply to another question.")
        if not all(type(step) is dict for step in decoded):
            raise BadReply("The kernel sent a reply that cannot be read.")
        return decoded

    def close(self) -> None:
        self._sock.close()
        self._kernel.kill_clone(self._server, self._pid)


def _send(sock: socket.socket, node: Any, buffers: list[Any], seconds: float) -> None:
    """As send_frame, with the submission's faults. Raises KernelLost or KernelTimeout."""
    try:
        send_frame(sock, node, buffers, seconds)
    except DeadlinePassed:
        raise KernelTimeout(_late(seconds)) from None
    except ConnectionLost:
        raise KernelLost("Your code ended the process that it ran in.") from None


def _receive(sock: socket.socket, seconds: float, max_bytes: int) -> tuple[Any, list[bytearray]]:
    try:
        return receive_frame(sock, seconds, max_bytes)
    except DeadlinePassed:
        raise KernelTimeout(_late(seconds)) from None
    except ConnectionLost:
        raise KernelLost("Your code ended the process that it ran in.") from None
    except MalformedFrame as error:
        raise BadReply(f"The kernel sent a reply that cannot be read ({error}).") from None


def _await(sock: socket.socket, pid: int | None, seconds: float) -> float:
    """Until a reply begins; gives the seconds that it took. Raises KernelTimeout.

    Time in which a busy machine did not let the process work is not held against it.
    """
    started, before = time.monotonic(), _held_up(pid)
    while True:
        replied = bool(select.select([sock], [], [], 0.2)[0])
        waited = time.monotonic() - started
        took = max(0.0, waited - (_held_up(pid) - before))
        if replied:
            return took
        if took > seconds or waited > PATIENCE * seconds:
            raise KernelTimeout(_late(seconds))


def _held_up(pid: int | None) -> float:
    """Seconds for which a process was ready to work and others were served first: ``/proc/<pid>/schedstat``."""
    try:
        with open(f"/proc/{pid}/schedstat", "rb", buffering=0) as file:  # twice a message: Path.read_text takes longer
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def _sender(sock: socket.socket, seconds: float = 10.0) -> int | None:
    """The process that sends the first byte, by the system's account; its number in our namespace.

    Raises OSError if none comes.
    """
    sock.settimeout(seconds)
    byte, attached, _, _ = sock.recvmsg(1, socket.CMSG_SPACE(CREDENTIALS.size))
    if not byte:
        raise ConnectionResetError
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
    for level, kind, data in attached:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            return int(CREDENTIALS.unpack(data[: CREDENTIALS.size])[0]) or None
    return None


def _late(seconds: float) -> str:
    return f"No answer within {seconds:g} seconds: is there a loop that does not end, or far too much work in Python?"


def _number(reply: Any, name: str) -> int:
    number = reply.get(name) if type(reply) is dict else None
    if type(number) is not int:
        raise BadReply("The kernel sent a reply to another question.")
    return number


def _cell_result(reply: Any) -> CellResult:
    try:
        outputs = [dict(o) for o in reply["outputs"]]
        error = reply["error"]
        if error is None:
            return CellResult(outputs)
        lines = [f" (line {t['line']})" for t in error["traceback"][-1:]]
        return CellResult(outputs, f"{error['type']}: {error['message'][:MAX_MESSAGE]}{''.join(lines)}")
    except (KeyError, TypeError, ValueError):
        raise BadReply("malformed") from None
