"""pytest for grader authors: hidden tests on an answers file, in this process, bans off.

``pytest graders/02_convolution --answers solutions/02_convolution.py -k conv2d``
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from course.answers import from_answers, read_answers
from course.config import find_root
from course.kernels.inprocess import InProcessKernel
from course.lessons import Course
from course.source import read_source
from course.student import Student


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--answers", metavar="FILE", help="the answers file to run the hidden tests on")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "points(value): what a test is worth")


@pytest.fixture(scope="module")
def student(request: pytest.FixtureRequest) -> Iterator[Student]:
    """What the answers file defines for the lesson that the test stands in."""
    path = request.config.getoption("--answers")
    if path is None:
        raise pytest.UsageError("give the answers to test: --answers FILE")
    folder = Path(request.path).parent
    lesson = Course.open(find_root(folder)).lesson(folder.parent.name)
    submission = from_answers(read_source(lesson), read_answers(Path(path)), "answers")
    kernel = InProcessKernel()
    kernel.run(submission.cells)
    student = Student(kernel.snapshot, support=lesson.support, call_seconds=600.0)
    yield student
    student._close()
