"""What a student handed in, matched to the lesson's source: which cells are run, and which answer which exercise.

Only the source says what a cell is; tags, points and metadata that came with a submission count for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from course.source import Role


@dataclass(frozen=True)
class Cell:
    """One code cell to run. source: Python (with IPython's magics)."""

    source: str
    role: Role = "free"
    exercise: str | None = None

    def name(self, number: int) -> str:
        """What tracebacks call it: the exercise, or its number in the notebook."""
        return self.exercise if self.exercise and self.role == "exercise" else str(number + 1)


@dataclass(frozen=True)
class Submission:
    """Code cells in running order, answers by grade id (code and text), and what was noticed on the way.

    answers: the source of each exercise's cell that is there; an untouched stub is listed in ``untouched``.
    """

    student: str
    cells: tuple[Cell, ...]
    answers: dict[str, str] = field(default_factory=dict)
    untouched: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """One submission and the exercises of it that are to be graded."""

    submission: Submission
    exercises: tuple[str, ...]
    enforce_bans: bool = True
