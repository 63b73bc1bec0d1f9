"""nbgrader's settings for a course: what ``nbgrader_config.py`` loads, and what our own commands use."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course.config import load_config
from course.errors import EngineError, InputError

if TYPE_CHECKING:
    from traitlets.config import Config

OURS = "course.nbgrader_side.preprocessors"
GRADING_PAGE = "course.nbgrader_side.grading_page"
NBGRADER = "nbgrader.preprocessors"
CLOSED = "course_engine_could_not_be_loaded.X"  # what a broken nbgrader_config.py puts in the place of preprocessors


def nbgrader_settings(c: Config, root: str | os.PathLike[str]) -> None:
    """Set everything that nbgrader must know. Lists are replaced, so that loading it again changes nothing."""
    from course.nbgrader_side import patches

    folder = Path(root).resolve()
    course = load_config(folder)
    patches.apply()
    _find_programs_beside_python()
    warnings.filterwarnings("ignore", message=".*Object of type <.*> not in session.*")  # nbgrader's, harmless

    c.CourseDirectory.root = str(folder)
    c.CourseDirectory.course_id = course.id
    c.CourseDirectory.db_url = f"sqlite:///{folder / 'gradebook.db'}"  # nbgrader_config.py may name another
    c.ClearSolutions.enabled = False  # a source holds stubs, and they are handed out as they are

    c.Autograde.exporter_class = f"{OURS}.SubmissionExporter"
    c.Autograde.sanitize_preprocessors = [
        f"{OURS}.Tidy",
        f"{NBGRADER}.OverwriteKernelspec",
        f"{NBGRADER}.OverwriteCells",
        f"{NBGRADER}.CheckCellMetadata",
    ]
    c.Autograde.autograde_preprocessors = [
        f"{OURS}.Grade",
        f"{OURS}.SaveGrades",
        f"{NBGRADER}.AssignLatePenalties",
        f"{NBGRADER}.CheckCellMetadata",
    ]
    c.Autograde.exclude_overwriting = {lesson.name: _source_files(folder, lesson.name) for lesson in course.lessons}

    c.GenerateFeedback.exporter_class = "course.pages.exporter.FeedbackExporter"
    c.GenerateFeedback.preprocessors = [f"{OURS}.AddGrades"]
    c.HTMLExporter.preprocessors = [f"{GRADING_PAGE}.GradingPage"]  # of the formgrader's page for one submission
    c.HTMLExporter.filters = {"markdown2html": f"{GRADING_PAGE}.safe_markdown"}
    c.ExportApp.plugin_class = "course.nbgrader_side.export.GradesExport"


def load_settings(root: Path) -> Config:
    """The settings as nbgrader sees them: ``nbgrader_config.py`` where there is one.

    Raises EngineError when that file does not load, InputError when its ``db_url`` cannot be used.
    """
    from traitlets.config import Config
    from traitlets.config.loader import PyFileConfigLoader

    if not (root / "nbgrader_config.py").is_file():
        config = Config()
        nbgrader_settings(config, root)
        return config
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    if CLOSED in config.Autograde.sanitize_preprocessors:
        raise EngineError(f"{root / 'nbgrader_config.py'} could not be loaded: its traceback is above")
    _check_database(config.CourseDirectory.db_url)
    return config


def _check_database(url: str) -> None:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    from course.nbgrader_side import patches

    try:
        patches.create_engine(url)
    except ImportError as error:
        raise InputError(
            f"the gradebook is in a {make_url(url).get_backend_name()} database, and {error.name} is not installed: "
            "pip install 'convnet-course[postgres]'"
        ) from error
    except ArgumentError as error:
        raise InputError(
            "c.CourseDirectory.db_url in nbgrader_config.py is no database that can be used: write it like "
            "postgresql+psycopg://USER@HOST/DATABASE, or leave it out for gradebook.db"
        ) from error


def nbgrader_api(root: Path) -> Any:
    """nbgrader's own Python interface, for this course."""
    from nbgrader.apps import NbGraderAPI

    config = load_settings(root)
    return NbGraderAPI(config=config)


def _find_programs_beside_python() -> None:
    """`nbgrader db upgrade` runs ``alembic``, which stands beside this Python even if no environment is active."""
    beside, path = os.path.dirname(sys.executable), os.environ.get("PATH", "")
    if beside not in path.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([beside, path])


def _source_files(root: Path, lesson: str) -> list[str]:
    """Files beside the source, which nbgrader would copy to every submission that it grades."""
    folder = root / "source" / lesson
    return [str(p.relative_to(folder)) for p in sorted(folder.rglob("*")) if p.is_file()]
