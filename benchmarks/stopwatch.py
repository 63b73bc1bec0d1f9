"""Runs ``course`` and writes down where its time goes: ``python stopwatch.py SPANS grade 02_convolution -j 2``.

Wraps the engine's seams from outside. Every process adds lines of JSON to the file SPANS: each grading process one when
it has graded a submission, and the run itself one at its end. All times are wall-clock seconds.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Stopwatch:
    """Seconds by name; what a span spends inside another counts for the inner one only."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._open: list[str] = []
        self._since = time.perf_counter()

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        self._lap()
        self._open.append(name)
        try:
            yield
        finally:
            self._lap()
            self._open.pop()

    def _lap(self) -> None:
        now = time.perf_counter()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now

    def wrap(self, owner: Any, name: str, span: str) -> None:
        """Time every call of ``owner.name`` from now on."""
        function: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(function)
        def timed(*args: Any, **options: Any) -> Any:
            with self.span(span):
                return function(*args, **options)

        setattr(owner, name, timed)

    def wrap_recursive(self, owner: Any, name: str, span: str) -> None:
        """The same for a method with a ``depth``, that calls itself: only the outermost call is timed."""
        function: Callable[..., Any] = getattr(owner, name)

        def timed(this: Any, value: Any, depth: int = 0) -> Any:
            if depth:
                return function(this, value, depth)
            with self.span(span):
                return function(this, value)

        setattr(owner, name, timed)


def wrap_engine(watch: Stopwatch) -> None:
    """What happens in a grading process."""
    from _pytest.python import Function

    from course.grading.diagnose import Diagnosis
    from course.grading.exercise import Grader
    from course.kernels import inprocess, warm
    from course.kernels.parent import WarmParent
    from coursebridge.codec import Decoder, Encoder

    watch.wrap(WarmParent, "start", "kernel")
    watch.wrap(warm.WarmKernel, "close", "kernel")
    watch.wrap(warm.WarmKernel, "snapshot", "snapshots")
    watch.wrap(warm.WarmConnection, "close", "snapshots")
    watch.wrap(inprocess.InProcessKernel, "snapshot", "snapshots")
    for kernel, connection in (
        (warm.WarmKernel, warm.WarmConnection),
        (inprocess.InProcessKernel, inprocess.InProcessConnection),
    ):
        watch.wrap(kernel, "run", "cells")
        watch.wrap(connection, "ask", "answers")
    watch.wrap_recursive(Encoder, "encode", "codec")
    watch.wrap_recursive(Decoder, "decode", "codec")
    watch.wrap(Grader, "grade", "harness")
    watch.wrap(Function, "runtest", "tests")
    watch.wrap(Diagnosis, "explain", "diagnosis")


def wrap_run(watch: Stopwatch, spans: Path) -> None:
    """What happens in the process that hands out the work, and when a grading process ends its own."""
    from course.grading.exercise import Grader
    from course.kernels.parent import WarmParent
    from course.runs import classroom, pool, session

    watch.wrap(classroom.Intake, "take", "opening")
    watch.wrap(classroom.Intake, "open", "opening")
    watch.wrap(classroom.Intake, "remember", "store")
    for method in ("known", "keep", "graded"):
        watch.wrap(classroom.Shelf, method, "store")
    watch.wrap(session, "open_grader", "start")
    watch.wrap(WarmParent, "wait", "start")
    watch.wrap(Grader, "warm", "diagnosis")
    watch.wrap(pool._Pool, "_start", "fork")

    grade_class, grade_submission = classroom.grade_class, pool.grade_submission

    def whole_class(*args: Any, **options: Any) -> Iterator[Any]:
        """The class, and then the import of what writes the gradebook, so that it can be wrapped."""
        yield from grade_class(*args, **options)
        with watch.span("start"):
            from course.nbgrader_side import gradebook
        watch.wrap(gradebook, "write_grades", "gradebook")
        watch.wrap(gradebook, "write_autograded", "autograded")

    def one_submission(grader: Any, kernels: Any, submission: Any, *args: Any, **options: Any) -> Any:
        watch.reset()  # this is a fork
        with watch.span("kernel"):
            record = grade_submission(grader, kernels, submission, *args, **options)
        note(spans, {"student": submission.student, **watch.seconds})
        return record

    classroom.grade_class, pool.grade_submission = whole_class, one_submission


def note(spans: Path, line: dict[str, Any]) -> None:
    """Add a line; short lines of several processes do not mix."""
    with spans.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def main() -> None:
    from course import __main__ as command

    for name in command.UNUSED_IMPORTS:
        sys.modules[name] = None  # type: ignore[assignment]  # as the command does
    spans, here, watch = Path(sys.argv.pop(1)), os.getpid(), Stopwatch()
    with watch.span("start"):
        wrap_engine(watch)
        wrap_run(watch, spans)
    sys.argv[0] = "course"
    try:
        with watch.span("waiting"):
            command.main()
    finally:
        if os.getpid() == here:
            note(spans, dict(watch.seconds))


if __name__ == "__main__":
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    main()
