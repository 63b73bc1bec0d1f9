"""Students for the engine's tests: code, run in this process or in a warm kernel, behind the proxy that graders use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from course.kernels.inprocess import InProcessKernel
from course.kernels.parent import WarmParent
from course.kernels.warm import WarmKernel
from course.student import Student
from course.submission import Cell


def in_process(code: str, **options: Any) -> Student:
    """A student whose cell ``answer`` is this code."""
    kernel = InProcessKernel()
    (result,) = kernel.run([Cell(code, "exercise", "answer")])
    assert result.error is None, result.error
    return Student(kernel.snapshot, **options)


@contextmanager
def warm_kernel(parent: WarmParent, *sources: str) -> Iterator[WarmKernel]:
    """A kernel in which these cells have run."""
    kernel = parent.start()
    try:
        kernel.run([Cell(source, "exercise", "answer") for source in sources])
        yield kernel
    finally:
        kernel.close()


@contextmanager
def warm(parent: WarmParent, code: str, **options: Any) -> Iterator[Student]:
    """The same as ``in_process``, in a kernel of its own."""
    with warm_kernel(parent, code) as kernel:
        student = Student(kernel.snapshot, **options)
        yield student
        student._close()
