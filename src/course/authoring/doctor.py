"""Checks a machine and a course: what works, what is missing, and what to do about it."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from course.errors import CourseError
from course.lessons import Course
from course.source import check_complete, read_source
from course.submission import Cell

State = Literal["ok", "advice", "problem"]
PACKAGES = ("torch", "torchvision", "nbgrader", "jupyterlab", "pytest", "ipython")
PROGRAMS = {
    "chromium": "the browser tests are skipped without it: run `make system-deps`",
    "bwrap": "one wall less around student code: run `make system-deps`",
}


@dataclass(frozen=True)
class Finding:
    """One check. told: what was found and, if it is not well, what to do."""

    subject: str
    state: State
    told: str


def examine(course: Course) -> Iterator[Finding]:
    """All checks, quick ones first."""
    yield Finding("python", "ok" if sys.version_info >= (3, 10) else "problem", sys.version.split()[0])
    for package in PACKAGES:
        yield _package(package)
    for program, advice in PROGRAMS.items():
        place = shutil.which(program)
        yield Finding(program, "ok" if place else "advice", place or advice)
    for name, check in (("lessons", _lessons), ("gradebook", _gradebook), ("kernels", _kernels)):
        try:
            yield from check(course)
        except CourseError as error:
            yield Finding(name, "problem", str(error))


def _package(name: str) -> Finding:
    try:
        return Finding(name, "ok", version(name))
    except PackageNotFoundError:
        return Finding(name, "problem", "not installed: run `make demo`, which makes the environment")


def _lessons(course: Course) -> Iterator[Finding]:
    for lesson in course.lessons.values():
        source = read_source(lesson)
        check_complete(lesson, source)
        points = sum(e.points for e in lesson.exercises.values())
        yield Finding(lesson.name, "ok", f"{len(lesson.exercises)} exercises, {points:g} points")


def _gradebook(course: Course) -> Iterator[Finding]:
    from course.nbgrader_side.settings import load_settings

    url = load_settings(course.root).CourseDirectory.db_url
    known = (course.root / "gradebook.db").exists() or not url.startswith("sqlite")
    yield Finding("gradebook", "ok", url if known else "not made yet: `course release` makes it")


def _kernels(course: Course) -> Iterator[Finding]:
    """Start the warm parent, run a cell, and try to get over each wall from inside."""
    from dataclasses import replace

    from course.authoring.crossings import attempts, cross
    from course.kernels.parent import WarmParent

    started = time.perf_counter()
    parent = WarmParent(replace(course.config.limits, cell_seconds=5.0))
    try:
        parent.wait()
        state: State = "ok" if parent.contains else "advice"
        yield Finding("warm parent", state, f"ready in {time.perf_counter() - started:.1f} s; {parent.rung}")
        yield _timed("kernel", lambda: parent.start().run([Cell("1 + 1")])[0].error)
        for crossing in cross(parent, attempts(course)):
            held = crossing.stopped_by is not None
            told = f"{crossing.wall}: {crossing.stopped_by if held else 'nothing stopped it'}"
            yield Finding("wall", "ok" if held else "problem" if parent.contains else "advice", told)
    finally:
        parent.close()


def _timed(subject: str, run: Callable[[], str | None]) -> Finding:
    started = time.perf_counter()
    error = run()
    taken = f"answered in {1000 * (time.perf_counter() - started):.0f} ms"
    return Finding(subject, "problem" if error else "ok", error or taken)
