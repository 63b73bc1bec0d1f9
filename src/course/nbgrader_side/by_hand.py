"""What people wrote into the gradebook, a comment and points, read and changed for many students at once.

A change names what was there before; where something else is there by now, somebody was faster, and it is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from course.errors import EngineError
from course.lessons import Course, Lesson
from course.nbgrader_side import patches
from course.nbgrader_side.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Hand:
    """One person's part of one answer. points: None for what the tests gave.  waits: shown as "needs manual grade"."""

    comment: str | None = None
    points: float | None = None
    waits: bool = False

    def to_json(self) -> dict[str, Any]:
        return {"comment": self.comment, "points": self.points, "waits": self.waits}


@dataclass(frozen=True)
class Change:
    before: Hand
    after: Hand

    def to_json(self) -> dict[str, Any]:
        return {"before": self.before.to_json(), "after": self.after.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Change:
        return cls(Hand(**data["before"]), Hand(**data["after"]))


def read(course: Course, lesson: Lesson, exercise: str) -> dict[str, Hand]:
    """By student, for everyone who is in the gradebook with this exercise. Raises EngineError."""
    return {student: hand for student, _, hand in _hands(course, lesson, exercise=exercise)}


def read_student(course: Course, lesson: Lesson, student: str) -> dict[str, Hand]:
    """By exercise, of one student. Raises EngineError."""
    return {name: hand for _, name, hand in _hands(course, lesson, student=student)}


def _hands(
    course: Course, lesson: Lesson, student: str | None = None, exercise: str | None = None
) -> list[tuple[str, str, Hand]]:
    """Student, exercise and what stands there; of one student or one exercise where it is given."""
    from nbgrader.api import Assignment, BaseCell, Comment, Grade, SubmittedAssignment, SubmittedNotebook
    graded, solved = BaseCell.__table__.alias(), BaseCell.__table__.alias()  # one cell of the notebook is a row in both
    with _book(course) as book:
        rows = (
            book.db.query(
                SubmittedAssignment.student_id,
                graded.c.name,
                Comment.manual_comment,
                Grade.manual_score,
                Grade.needs_manual_grade,
            )
            .select_from(SubmittedAssignment)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
            .join(Comment, Comment.notebook_id == SubmittedNotebook.id)
            .join(graded, graded.c.id == Grade.cell_id)
            .join(solved, solved.c.id == Comment.cell_id)
            .filter(Assignment.name == lesson.name, graded.c.name == solved.c.name)
        )
        if student is not None:
            rows = rows.filter(SubmittedAssignment.student_id == student)
        if exercise is not None:
            rows = rows.filter(graded.c.name == exercise)
        return [(who, name, Hand(comment, points, bool(waits))) for who, name, comment, points, waits in rows]


def change(course: Course, lesson: Lesson, exercise: str, changes: Mapping[str, Change]) -> list[str]:
    """Make these changes, all in one transaction; returns the students whose row was as it was expected to be.

    Raises EngineError; then nothing was changed.
    """
    from nbgrader.api import Comment, Grade, SubmittedAssignment, SubmittedNotebook

    changed = []
    with _book(course) as book:
        place = (exercise, lesson.name, lesson.name)
        grade_cell, solution_cell = book.find_grade_cell(*place).id, book.find_solution_cell(*place).id
        _lock(book)
        rows = (
            book.db.query(SubmittedAssignment.student_id, Grade, Comment)
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
            .join(Comment, Comment.notebook_id == SubmittedNotebook.id)
            .filter(Grade.cell_id == grade_cell, Comment.cell_id == solution_cell)
            .populate_existing()
            .with_for_update(of=(Grade, Comment))
        )
        for student, grade, comment in rows:
            wanted = changes.get(student)
            now = Hand(comment.manual_comment, grade.manual_score, bool(grade.needs_manual_grade))
            if wanted is None or now != wanted.before:
                continue
            comment.manual_comment = wanted.after.comment
            grade.manual_score = wanted.after.points
            grade.needs_manual_grade = wanted.after.waits
            changed.append(student)
        book.db.commit()
    return [student for student in changes if student in set(changed)]


def _lock(book: Any) -> None:
    """Nobody else writes between this and the commit."""
    book.db.rollback()
    if book.engine.dialect.name == "sqlite":
        book.db.connection().exec_driver_sql("BEGIN IMMEDIATE")
    else:
        book.db.connection().exec_driver_sql(f"SET LOCAL lock_timeout = {patches.LOCK_SECONDS * 1000}")


@contextmanager
def _book(course: Course) -> Iterator[Any]:
    """nbgrader's Gradebook; what was not committed is rolled back."""
    from nbgrader.api import Gradebook, MissingEntry

    settings = load_settings(course.root).CourseDirectory
    try:
        with Gradebook(settings.db_url, settings.course_id) as book:
            try:
                yield book
            finally:
                book.db.rollback()
    except MissingEntry as error:
        raise EngineError(f"not in the gradebook: {error}") from error
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        raise EngineError(f"the gradebook could not be used, nothing was changed: {reason}. Try again") from error
