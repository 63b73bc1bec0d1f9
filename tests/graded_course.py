"""The tiny course with a class that has handed in, and ``course`` commands on it with kernels in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tiny_course import ADD, LESSON, MEAN, WHY, answered, hand_in, write_course

from course.__main__ import cli
from course.authoring.release import release
from course.kernels.inprocess import InProcessKernel
from course.lessons import Course
from course.nbgrader_side import patches
from course.runs import here

CLASS = {  # student: answers, and the points of add and mean
    "ada": (dict(add=ADD, mean=MEAN, why=WHY), (2, 3)),
    "ben": (dict(add=ADD.replace("+", "-"), mean=MEAN), (0, 3)),
    "cat": (dict(add=ADD), (2, 0)),
}


def build(root: Any) -> Course:
    course = write_course(root)
    patches.apply()
    release(course, course.lesson(LESSON))
    for student, (answers, _) in CLASS.items():
        hand_in(course.lesson(LESSON), student, answered(course.lesson(LESSON), **answers))
    return course


def kernels_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def opened(*args: Any, **options: Any) -> Iterator[InProcessKernel]:
        yield InProcessKernel()

    monkeypatch.setattr(here, "open_kernels", opened)


def run(course: Course, *arguments: str) -> Result:
    """``course ARGUMENTS``. An error is in ``exception``; the exit status otherwise in ``return_value``."""
    return CliRunner().invoke(cli, [*arguments, "--course", str(course.root)], standalone_mode=False)
