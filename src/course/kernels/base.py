"""The seam between grading and the places where student code runs.

A :class:`Kernel` runs a submission's cells once; a :class:`Connection` talks to a copy of it as it was after the last
cell. What a *submission* does to break the conversation is a :class:`SubmissionFault`; what breaks on our side is an
EngineError. The two are never mixed: the first costs points, the second asks for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from course.submission import Cell


class SubmissionFault(Exception):
    """The submission broke off the conversation; the message says how.

    lost: the kernel ended, and not at a limit.
    """

    lost = False


class KernelTimeout(SubmissionFault):
    """No answer in time."""


class KernelLost(SubmissionFault):
    """The kernel is gone: killed, crashed or left by ``os._exit``."""

    lost = True


class KernelStopped(KernelLost):
    """The kernel was killed at a limit: it would be so again."""

    lost = False


class BadReply(SubmissionFault):
    """What came back is no reply."""


@dataclass(frozen=True)
class CellResult:
    """What running one cell gave.

    outputs: nbformat outputs.  error: why it failed, for people; None if it ran.  lost: the kernel ended in it, and not
    at a limit.
    """

    outputs: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None
    lost: bool = False


class Connection(Protocol):
    """A conversation with one copy of the kernel."""

    def ask(self, request: dict[str, Any], seconds: float, from_ref: Any) -> list[dict[str, Any]]:
        """One message and its replies. Raises SubmissionFault."""

    def close(self) -> None: ...


class Kernel(Protocol):
    """A submission's cells, run once."""

    def run(self, cells: Sequence[Cell]) -> list[CellResult]:
        """Run the cells in order. A cell that hangs or kills the kernel is left out, and the others are run again."""

    def snapshot(self, bans: Sequence[str] = ()) -> Connection:
        """A fresh copy of the kernel as it is now; what was started before, an earlier copy too, may end.

        bans: families that the copy will be asked to refuse; to know them before saves time, and changes nothing else.

        Raises SubmissionFault.
        """

    def close(self) -> None: ...


class KernelSource(Protocol):
    """Starts kernels."""

    rung: str  # how well student code is contained, for the receipt

    def wait(self) -> None:
        """Until kernels can be started. Raises EngineError."""

    def start(self) -> Kernel: ...

    def close(self) -> None: ...
