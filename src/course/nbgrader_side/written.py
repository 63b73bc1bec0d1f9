"""Written answers, for a person who gives points: read from graded notebooks, and entered into nbgrader's gradebook.

An answer is known by the id that its notebook has in the gradebook, which says nothing about whose it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from course.errors import InputError
from course.lessons import Course, Lesson
from course.nbgrader_side import by_hand
from course.nbgrader_side.by_hand import Change, Hand
from course.nbgrader_side.settings import load_settings
from course.runs.store import write_whole


@dataclass(frozen=True)
class Mark:
    """What a person has given. points: None for nothing yet.  shares: of each line of the rubric, 0 to 1."""

    points: float | None = None
    comment: str = ""
    shares: tuple[float, ...] = ()


@dataclass(frozen=True)
class Written:
    """An answer without its text. automatic: points without a person, None while it waits for one."""

    id: str
    student: str
    mark: Mark
    automatic: float | None
    waits: bool
    flagged: bool

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class ChangedMeanwhile(InputError):
    """Somebody else has marked this answer since it was shown."""

    def __init__(self, now: Written) -> None:
        self.now = now
        points = "no points" if now.mark.points is None else f"{now.mark.points:g} points"
        said = f" and the comment {now.mark.comment!r}" if now.mark.comment else ""
        super().__init__(f"somebody has given this answer {points}{said} meanwhile: look at it, and decide again")


def written_answers(course: Course, lesson: Lesson, exercise: str) -> list[Written]:
    """Everyone's answer to a written exercise, in an order that has nothing to do with names."""
    with _gradebook(course) as book:
        return _answers(book, course, lesson, exercise)


def waiting(course: Course) -> dict[str, dict[str, tuple[int, int]]]:
    """By lesson and written exercise: how many answers wait for a person, and how many there are."""
    from nbgrader.api import Assignment, BaseCell, Grade, Notebook
    from sqlalchemy import case, func

    count = func.sum(case((Grade.needs_manual_grade, 1), else_=0)), func.count(Grade.id)
    with _gradebook(course) as book:
        query = book.db.query(Assignment.name, BaseCell.name, *count).select_from(Grade)
        query = query.join(BaseCell, BaseCell.id == Grade.cell_id).join(Notebook, Notebook.id == BaseCell.notebook_id)
        query = query.join(Assignment, Assignment.id == Notebook.assignment_id)
        rows = query.group_by(Assignment.name, BaseCell.name).all()
    counts = {(lesson, exercise): (int(waits), int(total)) for lesson, exercise, waits, total in rows}
    return {
        lesson.name: {e.name: counts.get((lesson.name, e.name), (0, 0)) for e in lesson.exercises.values() if e.written}
        for lesson in course.lessons.values()
    }


def answer_text(lesson: Lesson, exercise: str, student: str) -> str:
    """What the student wrote, as Markdown; empty if there is no graded notebook."""
    try:
        cells = json.loads(lesson.autograded_notebook(student).read_text(encoding="utf-8"))["cells"]
    except OSError:
        return ""
    for cell in cells:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == exercise:
            return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
    return ""


def find_answer(course: Course, lesson: Lesson, exercise: str, answer_id: str) -> Written:
    with _gradebook(course) as book:
        return _answer(book, course, lesson, exercise, answer_id)


def give(course: Course, lesson: Lesson, exercise: str, answer_id: str, mark: Mark, seen: Mark) -> Written:
    """Enter a person's mark; no points (None) take it back. Returns the answer as it then is.

    seen: what the person saw. Raises ChangedMeanwhile, with nothing changed, if it is no longer so.
    """
    most = lesson.exercise(exercise).points
    if mark.points is not None and not 0 <= mark.points <= most:
        raise InputError(f"{exercise} is worth 0 to {most:g} points, not {mark.points:g}")
    now = find_answer(course, lesson, exercise, answer_id)
    before = Hand(seen.comment or None, seen.points, now.waits)
    after = Hand(mark.comment or None, mark.points, mark.points is None and now.automatic is None)
    changed = by_hand.change(course, lesson, exercise, {now.student: Change(before, after)})
    if changed:
        _Shares(course, lesson, exercise).write(answer_id, mark)
    now = find_answer(course, lesson, exercise, answer_id)
    if not changed:
        raise ChangedMeanwhile(now)
    return now


def flag(course: Course, lesson: Lesson, exercise: str, answer_id: str, flagged: bool) -> Written:
    """Set or take nbgrader's flag, which belongs to the whole notebook."""
    with _gradebook(course) as book:
        now = _answer(book, course, lesson, exercise, answer_id)
        notebook = book.find_submission_notebook_by_id(answer_id)
        notebook.flagged = flagged
        book.db.commit()
        return replace(now, flagged=flagged)


@contextmanager
def _gradebook(course: Course) -> Iterator[Any]:
    from nbgrader.api import Gradebook

    settings = load_settings(course.root).CourseDirectory
    with Gradebook(settings.db_url, settings.course_id) as book:
        yield book


def _answers(book: Any, course: Course, lesson: Lesson, exercise: str, only: str | None = None) -> list[Written]:
    """In one query for a class."""
    from nbgrader.api import Assignment, BaseCell, Comment, Grade, Notebook, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import and_
    from sqlalchemy.orm import aliased

    if not lesson.exercise(exercise).written:
        raise InputError(f"{exercise} of lesson {lesson.name} is no written answer: it has tests and no rubric.md")
    graded, commented = aliased(BaseCell), aliased(BaseCell)
    query = book.db.query(SubmittedNotebook, SubmittedAssignment.student_id, Grade, Comment)
    query = query.join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
    query = query.join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
    query = query.join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
    query = query.join(graded, and_(graded.notebook_id == Notebook.id, graded.name == exercise))
    query = query.join(Grade, and_(Grade.cell_id == graded.id, Grade.notebook_id == SubmittedNotebook.id))
    query = query.join(commented, and_(commented.notebook_id == Notebook.id, commented.name == exercise))
    query = query.join(Comment, and_(Comment.cell_id == commented.id, Comment.notebook_id == SubmittedNotebook.id))
    query = query.filter(Assignment.name == lesson.name, Notebook.name == lesson.name)
    if only is not None:
        query = query.filter(SubmittedNotebook.id == only)
    shares = _Shares(course, lesson, exercise).read()
    found = []
    for notebook, student, grade, comment in query.all():
        points, lines = shares.get(notebook.id, (None, ()))
        lines = lines if points == grade.manual_score else ()  # points that were given elsewhere since
        mark = Mark(grade.manual_score, comment.manual_comment or "", lines)
        waits, flagged = bool(grade.needs_manual_grade), bool(notebook.flagged)
        found.append(Written(notebook.id, student, mark, grade.auto_score, waits, flagged))
    return sorted(found, key=lambda answer: answer.id)


def _answer(book: Any, course: Course, lesson: Lesson, exercise: str, answer_id: str) -> Written:
    if found := _answers(book, course, lesson, exercise, answer_id):
        return found[0]
    raise InputError(f"{exercise} of lesson {lesson.name} has no answer {answer_id!r}")


class _Shares:
    """Which lines of the rubric were given: the gradebook has no place for it, so it stands in ``.course/review/``."""

    def __init__(self, course: Course, lesson: Lesson, exercise: str) -> None:
        self._path = course.root / ".course" / "review" / lesson.name / f"{exercise}.json"

    def read(self) -> dict[str, tuple[float | None, tuple[float, ...]]]:
        """By answer: the points that these shares made, and the shares."""
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))
            return {name: (points, tuple(map(float, shares))) for name, (points, shares) in known.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def write(self, answer_id: str, mark: Mark) -> None:
        known = self.read()
        if known.get(answer_id) != (mark.points, mark.shares):
            write_whole(self._path, json.dumps({**known, answer_id: (mark.points, mark.shares)}))
