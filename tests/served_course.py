"""The tiny course, graded, in a Jupyter server within the test's process: fixtures for tests of our server extension.

A test module names pytest-jupyter's plugin in ``pytest_plugins`` and imports these fixtures.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import graded_course
import pytest
from tiny_course import LESSON

from course.authoring.lab import SERVER_CONFIG
from course.lessons import Course

EXTENSIONS = (
    "course.review",
    "nbgrader.server_extensions.formgrader",
    "nbgrader.server_extensions.validate_assignment",
)


@pytest.fixture(scope="session")
def graded_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = graded_course.build(tmp_path_factory.mktemp("served") / "course")
    with pytest.MonkeyPatch.context() as monkeypatch:
        graded_course.kernels_in_this_process(monkeypatch)
        result = graded_course.run(course, "grade", LESSON)
    assert result.exception is None, result.output
    return course.root


@pytest.fixture
def course(graded_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """A copy for each test; the server's working folder, as nbgrader wants it."""
    import shutil

    root = shutil.copytree(graded_once, tmp_path / "course")
    monkeypatch.chdir(root)
    return Course.open(root)


@pytest.fixture
def jp_root_dir(course: Course) -> Path:
    return course.root


@pytest.fixture
def jp_server_config(course: Course) -> dict[str, Any]:
    return {
        **SERVER_CONFIG,
        "ServerApp": {"jpserver_extensions": {name: True for name in EXTENSIONS}},
        "ReviewApp": {"course_folder": str(course.root)},
    }
