"""Student versions of lessons, made by nbgrader's own ``generate_assignment``, and their entry in the gradebook."""

from __future__ import annotations

import io
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course.errors import EngineError, InputError, SourceError


class CellsAreFixed(InputError):
    """A lesson's cells changed although students have handed it in."""

    def __init__(self, lesson: str, changed: list[str]) -> None:
        super().__init__(
            f"lesson {lesson} has submissions in the gradebook, so its graded and locked cells must stay the same "
            f"(changed: {', '.join(changed)}): undo that in source/{lesson}, or give up its grades with "
            f"`nbgrader db assignment remove {lesson} --force` and release again"
        )


def generate_assignment(course_root: Path, lesson: str, into: Path) -> None:
    """Make ``into/<lesson>/`` from ``course_root/source/<lesson>/`` as nbgrader does; no gradebook is read or written.

    Stubs stay as they are: our sources hold no solutions that would have to be cut out.
    """
    _convert(course_root, lesson, into, gradebook=None, course_id="")


def register_assignment(root: Path, built: Path, lesson: str, due: str | None) -> float:
    """Enter ``built/source/<lesson>/`` into the gradebook of the course in ``root``; return the points it then has.

    due: ``YYYY-MM-DD HH:MM:SS UTC``, or None for no deadline.
    Raises CellsAreFixed if cells were added or removed after students handed in, before anything is changed.
    """
    from nbgrader.api import Gradebook

    from course.nbgrader_side.settings import load_settings

    settings = load_settings(root).CourseDirectory
    with tempfile.TemporaryDirectory() as aside:
        _convert(built, lesson, Path(aside), settings.db_url, settings.course_id)
    with Gradebook(settings.db_url, settings.course_id) as book:
        return float(book.update_or_create_assignment(lesson, duedate=due).max_score)


def _convert(course_root: Path, lesson: str, into: Path, gradebook: str | None, course_id: str) -> None:
    from nbgrader.converters import GenerateAssignment, NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    config = Config()
    config.CourseDirectory.root = str(course_root.resolve())
    config.CourseDirectory.release_directory = str(into.resolve())
    config.CourseDirectory.course_id = course_id
    config.CourseDirectory.db_url = gradebook or ""
    config.CourseDirectory.assignment_id = lesson
    config.ClearSolutions.enabled = False
    config.SaveCells.enabled = gradebook is not None
    config.GenerateAssignment.no_database = gradebook is None
    config.GenerateAssignment.force = True
    converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
    with _log_of(converter.log) as log:
        try:
            converter.start()
        except NbGraderException as error:
            text = log.getvalue()
            if gradebook and "Cannot add or remove cells" in text:
                built = course_root / "source" / lesson / f"{lesson}.ipynb"
                raise CellsAreFixed(lesson, _changed_cells(gradebook, course_id, lesson, built)) from error
            if "error accessing the nbgrader database" in text:
                raise EngineError(f"the gradebook {gradebook} could not be written: {_last_error(text)}") from error
            raise SourceError(
                f"source/{lesson}: nbgrader refuses to make the students' notebook: {_last_error(text) or error}"
            ) from error


def _changed_cells(gradebook: str, course_id: str, lesson: str, built: Path) -> list[str]:
    """Grade ids that only the gradebook or only the notebook has."""
    import nbformat
    from nbgrader.api import Gradebook

    cells = nbformat.read(built, as_version=4).cells
    now = {cell.metadata.nbgrader.grade_id for cell in cells if "nbgrader" in cell.metadata}
    with Gradebook(gradebook, course_id) as book:
        before = {cell.name for cell in book.find_notebook(lesson, lesson).source_cells}
    return [f"new {name}" for name in sorted(now - before)] + [f"without {name}" for name in sorted(before - now)]


def _last_error(log: str) -> str:
    """The exception in the last traceback that nbgrader logged."""
    lines = [line for line in log.splitlines() if line and not line.startswith((" ", "[", "Traceback"))]
    return lines[-1] if lines else ""


@contextmanager
def _log_of(logger: logging.Logger) -> Iterator[io.StringIO]:
    """What is logged in the block, kept from the terminal."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    handler.setFormatter(logging.Formatter("[%(levelname)s] %(message)s"))
    handlers, propagate = logger.handlers[:], logger.propagate
    logger.handlers, logger.propagate = [handler], False
    try:
        yield log
    finally:
        logger.handlers, logger.propagate = handlers, propagate
