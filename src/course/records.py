"""What is known about a graded submission: plain, frozen, and the same as JSON.

Everything that shows grades (gradebook, feedback, report, ``course try --json``) is a view of these records.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

Outcome = Literal["passed", "failed", "error", "timeout", "forbidden", "not_run"]
Status = Literal["graded", "needs_manual", "not_answered"]


@dataclass(frozen=True)
class TestRecord:
    """One hidden test on one submission.

    title: the sentence that the student reads (the test's docstring).
    message: what went wrong, for the student; empty when passed.
    counterexample: ``{"call", "inputs", "got", "expected"}`` with values as ``describe.as_data`` writes them.
    misconceptions: names in ``mistakes.py`` that explain the failure.
    """

    __test__ = False  # not a pytest class

    name: str
    title: str
    points: float
    max_points: float
    outcome: Outcome
    message: str = ""
    counterexample: dict[str, Any] | None = None
    misconceptions: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExerciseRecord:
    """One exercise of one submission.

    reason: why it is not (fully) graded, or what happened before any test ran; for people.
    explanations: for each misconception, the sentence that the student reads.
    receipt: what the score depends on (hashes, versions, seed, tier, limits).
    kernel_lost: the kernel ended on the way and not at a limit, by the submission's doing or by the machine's.
    """

    lesson: str
    exercise: str
    points: float
    max_points: float
    status: Status
    reason: str | None = None
    tests: tuple[TestRecord, ...] = ()
    misconceptions: tuple[str, ...] = ()
    explanations: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    receipt: dict[str, Any] = field(default_factory=dict)
    kernel_lost: bool = False

    @property
    def full(self) -> bool:
        return self.status == "graded" and self.points == self.max_points

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ExerciseRecord:
        tests = tuple(TestRecord(**{**test, "misconceptions": tuple(test["misconceptions"])}) for test in data["tests"])
        return cls(**{**data, "tests": tests, "misconceptions": tuple(data["misconceptions"])})

    @classmethod
    def needs_manual(cls, lesson: str, exercise: str, max_points: float, reason: str) -> ExerciseRecord:
        """The exercise could not be graded; a person has to look, and nobody loses or gains a point by accident."""
        return cls(lesson, exercise, 0.0, max_points, "needs_manual", reason)

    @classmethod
    def not_answered(cls, lesson: str, exercise: str, max_points: float, reason: str) -> ExerciseRecord:
        return cls(lesson, exercise, 0.0, max_points, "not_answered", reason)

    def with_receipt(self, receipt: dict[str, Any]) -> ExerciseRecord:
        return replace(self, receipt=receipt)


@dataclass(frozen=True)
class SubmissionRecord:
    """All exercises of one submission, in the lesson's order.

    notes: what was repaired or missing in the notebook ("cell conv2d appears twice; the last one counts").
    """

    lesson: str
    student: str
    exercises: dict[str, ExerciseRecord]
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def points(self) -> float:
        return sum(e.points for e in self.exercises.values())

    @property
    def max_points(self) -> float:
        return sum(e.max_points for e in self.exercises.values())

    def to_json(self) -> dict[str, Any]:
        return {
            "lesson": self.lesson,
            "student": self.student,
            "exercises": {name: record.to_json() for name, record in self.exercises.items()},
            "notes": list(self.notes),
            "seconds": self.seconds,
        }
