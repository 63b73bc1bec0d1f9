"""Students' notebooks from sources: built beside, checked, then moved into ``release/`` in one step."""

from __future__ import annotations

import filecmp
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from course.authoring.notebook import build_notebook, cells_of, read_notebook, write_notebook
from course.errors import EngineError, SourceError
from course.lessons import Course, Lesson
from course.source import read_source

DUE = "%Y-%m-%d %H:%M:%S UTC"
PRIVATE = {"__pycache__", "feedback"}  # nbgrader would not copy these; hidden files neither


@dataclass(frozen=True)
class Released:
    """What ``release`` made of one lesson. changed: files of ``release/<lesson>/`` that became others."""

    lesson: Lesson
    points: float
    changed: list[str]

    def __str__(self) -> str:
        count = len(self.lesson.exercises)
        what = f"{count} exercise{'s' * (count != 1)}, {self.points:g} points, due {self.lesson.config.due or 'never'}"
        return f"release/{self.lesson.name} ({what}): {'written' if self.changed else 'was current'}"


def release(course: Course, lesson: Lesson) -> Released:
    """Build ``source/<lesson>/<lesson>.ipynb`` and ``release/<lesson>/``, and enter the lesson into the gradebook.

    Raises SourceError for a source that cannot be used; ``release/`` and the gradebook are then as before.
    """
    from course.nbgrader_side.assignment import register_assignment

    due = _due(course, lesson)
    with _built(lesson) as folder:
        changed = differences(folder / "release" / lesson.name, lesson.release_notebook.parent)
        points = register_assignment(course.root, folder, lesson.name, due)
        _same_points(lesson, points, "the gradebook")
        write_notebook(read_notebook(_source_in(folder, lesson)), lesson.source_notebook)
        if changed:
            swap_in(folder / "release" / lesson.name, lesson.release_notebook.parent)
    return Released(lesson, points, changed)


def outdated(lesson: Lesson) -> list[str]:
    """Files of ``release/<lesson>/`` that differ from what the source gives now; empty when it is current."""
    with _built(lesson) as folder:
        return differences(folder / "release" / lesson.name, lesson.release_notebook.parent)


def strays(course: Course) -> list[Path]:
    """Folders in ``release/`` that belong to no lesson of the course."""
    folder = course.root / "release"
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [p for p in found if p.is_dir() and not p.name.startswith(".") and p.name not in course.lessons]


def assets(lesson: Lesson) -> list[Path]:
    """Figures and other files beside the source that students get too."""
    folder = lesson.source.parent
    return [p for p in _files(folder) if p.suffix != ".ipynb" and p != lesson.source]


def copy_assets(lesson: Lesson, folder: Path) -> None:
    for path in assets(lesson):
        target = folder / path.relative_to(lesson.source.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def differences(new: Path, old: Path) -> list[str]:
    """Names of the files that only one of two folders has, or that differ."""
    names = {p.relative_to(new) for p in _files(new)} | {p.relative_to(old) for p in _files(old)}
    return sorted(str(name) for name in names if not _same_file(new / name, old / name))


def swap_in(new: Path, target: Path) -> None:
    """Put the folder ``new`` in the place of ``target``; a reader sees the old folder or the new one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    incoming, outgoing = (target.with_name(f".{target.name}.{word}") for word in ("new", "old"))
    for leftover in (incoming, outgoing):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(new, incoming)  # ``new`` may be on another disk, and a rename must not be
    if target.exists():
        target.rename(outgoing)
    try:
        incoming.rename(target)
    except OSError:
        if outgoing.exists():
            outgoing.rename(target)
        raise
    shutil.rmtree(outgoing, ignore_errors=True)


@contextmanager
def _built(lesson: Lesson) -> Iterator[Path]:
    """A temporary course folder with ``source/<lesson>/`` and ``release/<lesson>/`` in it."""
    from course.nbgrader_side.assignment import generate_assignment

    cells = read_source(lesson)
    points = {name: exercise.points for name, exercise in lesson.exercises.items()}
    with tempfile.TemporaryDirectory(prefix="course-release-") as name:
        folder = Path(name).resolve()
        write_notebook(build_notebook(cells, points), _source_in(folder, lesson))
        copy_assets(lesson, _source_in(folder, lesson).parent)
        generate_assignment(folder, lesson.name, folder / "release")
        made = read_notebook(folder / "release" / lesson.name / f"{lesson.name}.ipynb")
        graded = [
            cell.metadata.nbgrader.points for cell in made.cells if cell.metadata.get("nbgrader", {}).get("grade")
        ]
        _same_points(lesson, sum(graded), "the student's notebook")
        if [c for c in cells_of(made) if c.role == "exercise"] != [c for c in cells if c.role == "exercise"]:
            raise SourceError(
                f"{lesson.source}: nbgrader cuts text out of a stub: remove its markers, such as BEGIN HIDDEN TESTS"
            )
        yield folder


def _source_in(folder: Path, lesson: Lesson) -> Path:
    return folder / "source" / lesson.name / f"{lesson.name}.ipynb"


def _same_points(lesson: Lesson, found: float, where: str) -> None:
    expected = sum(exercise.points for exercise in lesson.exercises.values())
    if abs(found - expected) > 1e-6:
        raise EngineError(f"the tests of lesson {lesson.name} give {expected:g} points, but {where} has {found:g}")


def _due(course: Course, lesson: Lesson) -> str | None:
    due = lesson.config.due
    if due is not None:
        try:
            datetime.strptime(due, DUE)
        except (TypeError, ValueError):
            raise SourceError(
                f"{course.root / 'course_config.py'}: the due date {due!r} of lesson {lesson.name} must be written "
                "like '2026-11-30 23:59:00 UTC'"
            ) from None
    return due


def _files(folder: Path) -> list[Path]:
    """Plain files below a folder, without links, hidden files and what nbgrader ignores."""
    found = sorted(folder.rglob("*")) if folder.is_dir() else []
    return [p for p in found if p.is_file() and not p.is_symlink() and _is_public(p.relative_to(folder))]


def _is_public(path: Path) -> bool:
    return path.suffix != ".pyc" and not any(part in PRIVATE or part.startswith(".") for part in path.parts)


def _same_file(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)
