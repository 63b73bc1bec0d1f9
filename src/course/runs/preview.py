"""Who would gain or lose points if a class's records were entered into the gradebook now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from course.records import SubmissionRecord


@dataclass(frozen=True)
class Change:
    """One exercise of one student. before, after: points by the tests; None where a person has to give them.

    by_hand: points that a person gave; they count instead, before and after.
    """

    student: str
    exercise: str
    before: float | None
    after: float | None
    by_hand: float | None = None

    @property
    def gain(self) -> float:
        return 0.0 if self.by_hand is not None else (self.after or 0.0) - (self.before or 0.0)

    def __str__(self) -> str:
        said = f"{self.student}  {self.exercise}  {_points(self.before)} -> {_points(self.after)}"
        return said if self.by_hand is None else f"{said}  (the {self.by_hand:g} that a person gave stay)"


@dataclass(frozen=True)
class Preview:
    """What would change. students: how many were compared.  new: who is not in the gradebook yet."""

    changes: tuple[Change, ...]
    students: int
    new: tuple[str, ...]

    def gains(self) -> dict[str, float]:
        """For each student with a change, what it adds up to."""
        totals: dict[str, float] = {}
        for change in self.changes:
            totals[change.student] = totals.get(change.student, 0.0) + change.gain
        return totals

    def lines(self) -> Iterator[str]:
        """For people: each change, those who lose most first, and a summary."""
        totals = self.gains()
        yield from map(str, sorted(self.changes, key=lambda c: (totals[c.student], c.student)))
        up, down = (sum(sign * total > 0 for total in totals.values()) for sign in (1, -1))
        same = self.students - len(self.new) - up - down
        yield f"{up} would gain, {down} would lose, {same} would keep their points, {len(self.new)} are new."

    def to_json(self) -> list[dict[str, Any]]:
        return [{**asdict(change), "gain": change.gain} for change in self.changes]


def preview(entered: Mapping[str, Mapping[str, Mapping[str, Any]]], records: Sequence[SubmissionRecord]) -> Preview:
    """Compare what the gradebook has with new records.

    entered: for each student and exercise ``{"auto", "manual"}``, None where there is no such score.
    """
    changes = []
    for record in sorted(records, key=lambda r: r.student):
        before = entered.get(record.student, {})
        for name, graded in record.exercises.items():
            if name in before:
                points = None if graded.status == "needs_manual" else graded.points
                change = Change(record.student, name, before[name]["auto"], points, before[name]["manual"])
                if change.before != change.after:
                    changes.append(change)
    new = tuple(r.student for r in records if r.student not in entered)
    return Preview(tuple(changes), len(records), new)


def _points(points: float | None) -> str:
    return "?" if points is None else f"{points:g}"
