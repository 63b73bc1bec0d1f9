"""Reads ``course_config.py``, the course on one page."""

from __future__ import annotations

import runpy
from dataclasses import dataclass, field
from pathlib import Path

from course.errors import CourseNotFound, SourceError, UnknownLesson

CONFIG_FILE = "course_config.py"
NO_SANDBOX = "COURSE_NO_SANDBOX"  # environment variable: student code runs without walls, also by nbgrader's commands


@dataclass(frozen=True)
class LessonConfig:
    """One lesson's block in ``course_config.py``.

    due: ``YYYY-MM-DD HH:MM:SS UTC`` or None.  after: names of lessons that it builds on.
    """

    name: str
    title: str
    question: str = ""
    due: str | None = None
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Seconds are wall-clock seconds unless said otherwise."""

    cell_seconds: float = 30.0  # one cell of the notebook
    notebook_seconds: float = 90.0  # all cells together; those that ran may run again after one that hung
    call_seconds: float = 5.0  # one message to the kernel, of one call or of a batch
    exercise_seconds: float = 120.0  # all tests of one exercise together
    output_bytes: int = 200_000  # printed output kept for each cell
    reply_bytes: int = 256_000_000  # one reply from the kernel


@dataclass(frozen=True)
class CourseConfig:
    root: Path
    id: str
    title: str
    lessons: tuple[LessonConfig, ...]
    limits: Limits = field(default_factory=Limits)

    def lesson(self, name: str) -> LessonConfig:
        for lesson in self.lessons:
            if lesson.name == name:
                return lesson
        raise UnknownLesson(name, [lesson.name for lesson in self.lessons])


def find_root(start: Path | None = None) -> Path:
    """The nearest folder at or above ``start`` that has a ``course_config.py``."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / CONFIG_FILE).is_file():
            return folder
    raise CourseNotFound(here)


def load_config(root: Path) -> CourseConfig:
    """Run ``course_config.py`` and check what it defines: ``COURSE``, ``LESSONS`` and, if present, ``LIMITS``."""
    path = root / CONFIG_FILE
    try:
        names = runpy.run_path(str(path))
    except Exception as error:  # any mistake in that file is the instructor's input
        raise SourceError(f"{path} cannot be read: {type(error).__name__}: {error}") from error
    try:
        course = names["COURSE"]
        lessons = tuple(LessonConfig(name=name, **block) for name, block in names["LESSONS"].items())
        limits = Limits(**names.get("LIMITS", {}))
        return CourseConfig(root, course["id"], course["title"], lessons, limits)
    except (KeyError, TypeError, AttributeError) as error:
        raise SourceError(f"{path} needs COURSE (id, title), LESSONS and optionally LIMITS: {error}") from error
