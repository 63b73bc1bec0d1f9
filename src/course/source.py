"""A lesson's source as cells: percent text read with Jupytext, each cell with its role."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from course.errors import SourceError
from course.lessons import Lesson

Role = Literal["setup", "exercise", "check", "experiment", "free"]


@dataclass(frozen=True)
class SourceCell:
    """One cell of a lesson's source.

    role: setup (locked, always run), exercise (the stub), check (locked), experiment (not run when grading),
    free (prose and small examples).  exercise: the grade id of an exercise's stub or check.
    """

    kind: Literal["code", "markdown"]
    source: str
    role: Role = "free"
    exercise: str | None = None


def read_source(lesson: Lesson) -> list[SourceCell]:
    """The cells of ``source/<lesson>/<lesson>.py`` in order.

    Raises SourceError for text that is no percent notebook, or exercises that do not match ``graders/``.
    """
    import jupytext

    try:
        text = lesson.source.read_text(encoding="utf-8")
    except OSError as error:
        raise SourceError(f"{lesson.source} cannot be read: {error.strerror}") from error
    notebook = jupytext.reads(text, fmt="py:percent")
    cells = [_cell(lesson, cell) for cell in notebook.cells if cell.source.strip()]
    _check_exercises(lesson, cells)
    return cells


def exercise_order(cells: list[SourceCell]) -> list[str]:
    """The names of the exercises as the cells have them."""
    return [c.exercise for c in cells if c.role == "exercise" and c.exercise]


def stub_of(cells: list[SourceCell], exercise: str) -> str | None:
    """The source of an exercise's cell; None while the lesson has none."""
    return next((c.source for c in cells if c.role == "exercise" and c.exercise == exercise), None)


def check_complete(lesson: Lesson, cells: list[SourceCell]) -> None:
    """Every exercise folder has its cell. Raises SourceError."""
    if missing := set(lesson.exercises) - {c.exercise for c in cells if c.role == "exercise"}:
        raise SourceError(
            f"{lesson.source}: no cell is marked exercise={min(missing)!r}, but {lesson.graders / min(missing)} exists"
        )


def _cell(lesson: Lesson, cell) -> SourceCell:  # type: ignore[no-untyped-def]
    if cell.cell_type not in ("code", "markdown"):
        raise SourceError(
            f"{lesson.source}: a cell of type {cell.cell_type!r} is not supported; use code or [markdown]"
        )
    meta, tags = cell.metadata, cell.metadata.get("tags", [])
    unknown = set(meta) - {"tags", "exercise", "check", "lines_to_next_cell", "region_name", "title"}
    if unknown or set(tags) - {"setup", "experiment"}:
        strange = sorted(unknown | (set(tags) - {"setup", "experiment"}))
        raise SourceError(
            f"{lesson.source}: a cell is marked {strange}; known markers are exercise=, check=, "
            'tags=["setup"] and tags=["experiment"]'
        )
    if "exercise" in meta:
        return SourceCell(cell.cell_type, cell.source, "exercise", meta["exercise"])
    if "check" in meta:
        return SourceCell(cell.cell_type, cell.source, "check", meta["check"])
    role: Role = "setup" if "setup" in tags else "experiment" if "experiment" in tags else "free"
    return SourceCell(cell.cell_type, cell.source, role)


def _check_exercises(lesson: Lesson, cells: list[SourceCell]) -> None:
    counts = Counter(c.exercise for c in cells if c.role == "exercise" and c.exercise)
    for name, count in counts.items():
        if count > 1:
            raise SourceError(f"{lesson.source}: exercise {name!r} stands in {count} cells; it must stand in one")
    if missing := set(counts) - set(lesson.exercises):
        raise SourceError(
            f"{lesson.source}: exercise {min(missing)!r} has no folder {lesson.graders / min(missing)}: "
            f"run `course new {lesson.name}/{min(missing)}`"
        )
    for cell in cells:
        if cell.role == "check" and cell.exercise not in counts:
            raise SourceError(f"{lesson.source}: a check is marked {cell.exercise!r}, which is no exercise")
        if cell.role == "exercise" and (cell.kind == "markdown") != lesson.exercise(cell.exercise or "").written:
            raise SourceError(
                f"{lesson.source}: {cell.exercise} must be a Markdown cell if and only if it has a rubric.md"
            )
