"""What a grading run needs, opened together: kernels, the lesson's grader, one thread."""

from __future__ import annotations

import ast
import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from course.errors import EngineError
from course.kernels.base import Kernel, KernelSource, SubmissionFault
from course.lessons import Course, Lesson
from course.source import read_source

if TYPE_CHECKING:
    from course.grading.exercise import Grader
    from course.kernels.parent import WarmParent

LOCK = ".in-use"  # in a private folder: locked as long as the run that made it lives
STARTS = 3  # of the warm parent, until one gets as far as being ready
UNLOCKED_SECONDS = 24 * 3600  # after which a folder without that file is nobody's any more


@contextmanager
def open_kernels(
    course: Course, lesson: Lesson, *, tier: str = "cpu", in_process: bool = False
) -> Iterator[KernelSource]:
    """Start the warm parent for this lesson; it and all its kernels are gone afterwards."""
    if in_process:
        from course.kernels.inprocess import InProcessKernel

        yield InProcessKernel()
        return
    from course.kernels.parent import WarmParent

    remove_left_over_folders()
    modules, trains = imported_modules(lesson), uses_optimisers(lesson)
    kernels = MendedKernels(lambda: WarmParent(course.config.limits, modules, tier, trains))
    try:
        yield kernels
    finally:
        kernels.close()


class MendedKernels:
    """Kernels from a warm parent. When the parent has died, ``mend`` starts another.

    generation: how many parents there have been.
    """

    def __init__(self, make: Callable[[], WarmParent]) -> None:
        self._make, self.generation = make, 0
        self._begin()

    def wait(self) -> None:
        """Until kernels can be started. Raises EngineError when several parents in a row did not get so far."""
        for remaining in range(STARTS)[::-1]:
            try:
                self._parent.wait()
                self._look()  # again: it may have settled elsewhere than it began
                return
            except EngineError:
                if not remaining:
                    raise
                self.close()
                self._begin()

    def start(self) -> Kernel:
        return self._parent.start()

    def mend(self) -> None:
        """Make sure that a kernel can be started now. Raises EngineError if not even a new parent can start one."""
        try:
            self._parent.start().close()
        except (EngineError, SubmissionFault):
            self.close()
            self._begin()
            self.wait()

    def close(self) -> None:
        self._parent.close()
        self._lock.close()

    def _begin(self) -> None:
        self._parent = self._make()
        self._look()
        self.generation += 1

    def _look(self) -> None:
        self.rung, self._lock = self._parent.rung, claim(self._parent.home)


def open_grader(course: Course, lesson: Lesson, names: Sequence[str], seed: int) -> Grader:
    """Collect the hidden tests of these exercises in this process, on one thread."""
    from course.grading.exercise import Grader
    from coursebridge.first_use import use_optimisers_once, use_torch_once

    use_torch_once()
    if uses_optimisers(lesson):
        use_optimisers_once()
    exercises = [lesson.exercise(name) for name in names]
    return Grader(lesson, exercises, course.config.limits, seed)


def imported_modules(lesson: Lesson) -> tuple[str, ...]:
    """What the lesson's setup cells and its support import, so that the parent has it ready."""
    sources = [*lesson.support, *(c.source for c in read_source(lesson) if c.role == "setup" and c.kind == "code")]
    found: dict[str, None] = {}
    for source in sources:
        try:
            tree = ast.parse(source)
        except SyntaxError:  # magics; what such a cell imports is imported when it runs
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found.update(dict.fromkeys(alias.name for alias in node.names))
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found |= dict.fromkeys([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    return tuple(found)


def uses_optimisers(lesson: Lesson) -> bool:
    """Whether something in the lesson or its reference answers is trained."""
    files = [file for file in (lesson.source, lesson.solutions) if file.is_file()]
    return any("optim" in file.read_text(encoding="utf-8") for file in files)


def default_jobs() -> int:
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


# -- private folders of kernels, outside the course ---------------------------------------------------------------


def claim(folder: Path) -> IO[bytes]:
    """Mark a run's folder as in use until the file that is returned is closed, or this process and its forks end."""
    file = open(folder / LOCK, "wb")
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def remove_left_over_folders() -> None:
    """Remove what runs that were killed have left in the folder for temporary files."""
    for folder in Path(tempfile.gettempdir()).glob("course-*"):
        with contextlib.suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid() or _in_use(folder):
                continue
            shutil.rmtree(folder, ignore_errors=True)


def _in_use(folder: Path) -> bool:
    try:
        with open(folder / LOCK, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:  # being made, or of something else that is called so
        return time.time() - folder.stat().st_mtime < UNLOCKED_SECONDS
    except BlockingIOError:
        return True
