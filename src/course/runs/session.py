"""What a grading run needs, opened together: kernels, the lesson's grader, one thread."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from course.grading.exercise import Grader
from course.kernels.base import KernelSource
from course.kernels.inprocess import InProcessKernel
from course.lessons import Course, Exercise, Lesson
from course.source import read_source


@contextmanager
def open_kernels(course: Course, lesson: Lesson, *, in_process: bool = False) -> Iterator[KernelSource]:
    """Start the warm parent for this lesson; it and all its kernels are gone afterwards."""
    if in_process:
        yield InProcessKernel()
        return
    from course.kernels.warm import WarmParent

    parent = WarmParent(course.config.limits, preload=imported_modules(lesson))
    try:
        yield parent
    finally:
        parent.close()


def open_grader(course: Course, lesson: Lesson, names: Sequence[str], seed: int) -> Grader:
    """Collect the hidden tests of these exercises in this process, on one thread."""
    import torch

    torch.set_num_threads(1)
    exercises = [lesson.exercise(name) for name in names]
    return Grader(lesson, exercises, course.config.limits, seed)


def source_order(lesson: Lesson) -> list[Exercise]:
    """The lesson's exercises as its source has them."""
    return [lesson.exercise(c.exercise) for c in read_source(lesson) if c.role == "exercise" and c.exercise]


def imported_modules(lesson: Lesson) -> tuple[str, ...]:
    """What the lesson's setup cells import, so that the parent has it ready."""
    import ast

    found: dict[str, None] = {}
    for cell in read_source(lesson):
        if cell.role == "setup" and cell.kind == "code":
            try:
                tree = ast.parse(cell.source)
            except SyntaxError:  # magics; what such a cell imports is imported when it runs
                continue
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    found.update(dict.fromkeys(alias.name for alias in node.names))
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found[node.module] = None
    return tuple(found)


def default_jobs() -> int:
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
