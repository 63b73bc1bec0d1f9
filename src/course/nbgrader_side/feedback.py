"""Feedback pages, made by nbgrader's own ``generate_feedback``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from course.errors import InputError
from course.lessons import Course, Lesson
from course.nbgrader_side.settings import nbgrader_api


def graded_students(lesson: Lesson) -> list[str]:
    """Who has a graded notebook of this lesson, sorted."""
    folder = lesson.root / "autograded"
    names = [p.name for p in folder.iterdir()] if folder.is_dir() else []
    return sorted(name for name in names if lesson.autograded_notebook(name).is_file())


def make_feedback(course: Course, lesson: Lesson, students: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Write ``feedback/<student>/<lesson>/<lesson>.html`` one by one; yields each student and what went wrong, or None.

    Raises InputError for a student without a graded notebook.
    """
    graded = set(graded_students(lesson))
    if missing := [name for name in students if name not in graded]:
        raise InputError(
            f"{missing[0]} has no graded notebook of {lesson.name}: run `course grade {lesson.name}` first"
        )
    api = nbgrader_api(course.root)
    for student in students:
        result = api.generate_feedback(lesson.name, student, force=True)
        yield student, None if result["success"] else _last_line(result)


def _last_line(result: dict[str, str]) -> str:
    """The exception that nbgrader logged, in one line."""
    text = result.get("log", "") or result.get("error", "")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith((" ", "[", "Traceback"))]
    return lines[-1] if lines else "nbgrader gave no reason"
