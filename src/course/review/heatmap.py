"""Submissions down, tests across: one character a test, so that it can be read without colours."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from course.review.register import MARKS, Answer, Class

PASSED = MARKS["passed"]
WORDS = {MARKS[outcome]: outcome.replace("_", " ") for outcome in MARKS}
EMPTY, WAITS = "○", "…"  # not answered, waits for a person
_SPELT = {mark: Markup(mark if mark == PASSED else f"<b>{mark}</b>") for mark in MARKS.values()}


@dataclass(frozen=True)
class Cell:
    """One answer. marks: HTML.  label: the same in words.  kind: for the colour."""

    marks: Markup
    label: str
    kind: str

    @classmethod
    def of(cls, answer: Answer | None) -> Cell:
        if answer is None or answer.status == "not_answered":
            return cls(Markup(EMPTY), "not answered", "empty")
        if answer.written or answer.status == "needs_manual":
            return cls(Markup(WAITS), "for a person", "wait")
        marks = Markup("").join(_SPELT.get(mark, Markup("?")) for mark in answer.marks)
        if answer.full:
            return cls(marks, "all passed", "full")
        bad = len(answer.marks) - answer.marks.count(PASSED)
        return cls(marks, f"{bad} of {len(answer.marks)} did not pass", "part" if answer.points else "none")

    def __html__(self) -> Markup:
        return Markup('<td class="{}" aria-label="{}">{}</td>').format(self.kind, self.label, self.marks)


@dataclass(frozen=True)
class Row:
    student: str
    points: float
    cells: tuple[Cell, ...]


def rows(everyone: Class, exercises: list[str]) -> list[Row]:
    """One a submission, those with the fewest points first."""
    made = [
        Row(
            student,
            sum(answer.points for answer in answers.values() if not answer.written),
            tuple(Cell.of(answers.get(name)) for name in exercises),
        )
        for student, answers in everyone.items()
    ]
    return sorted(made, key=lambda row: (row.points, row.student))


def legend() -> list[tuple[str, str]]:
    return [*WORDS.items(), (EMPTY, "not answered"), (WAITS, "for a person")]


