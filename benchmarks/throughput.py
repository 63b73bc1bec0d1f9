"""What the engine adds to the tests' own arithmetic: warm kernels against the same tests in one process, in one run.

Floor: the solution of lesson 02, graded in process (no kernel, no fork of one, no socket). Measured: the same through
kernels forked from the warm parent, one at a time. Times are wall-clock: on a busy machine only the ratio counts.
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from course.answers import from_answers, read_answers  # noqa: E402
from course.kernels.base import KernelSource  # noqa: E402
from course.kernels.inprocess import InProcessKernel  # noqa: E402
from course.lessons import Course  # noqa: E402
from course.runs.grade import grade_submission  # noqa: E402
from course.runs.session import open_grader, open_kernels  # noqa: E402
from course.source import read_source  # noqa: E402

LESSON, ROUNDS = "02_convolution", 5


def main() -> None:
    course = Course.open(Path(__file__).parents[1])
    lesson = course.lesson(LESSON)
    submission = from_answers(read_source(lesson), read_answers(lesson.solutions), "solution")
    names = [n for n in submission.answers if not lesson.exercise(n).written]
    started = time.perf_counter()
    with open_kernels(course, lesson) as kernels:
        grader = open_grader(course, lesson, names, 0)
        kernels.wait()
        start = time.perf_counter() - started

        def seconds(source: KernelSource) -> float:
            begun = time.perf_counter()
            record = grade_submission(grader, source, submission, names)
            assert all(e.full for e in record.exercises.values())
            return time.perf_counter() - begun

        pairs = [(seconds(InProcessKernel()), seconds(kernels)) for _ in range(ROUNDS + 1)][1:]
    floor, measured = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"start (once a run)      {start:6.2f} s   import torch, collect the tests, warm the parent")
    print(f"floor, in process       {floor:6.2f} s   a right submission of {len(names)} exercises")
    print(f"measured, warm kernels  {measured:6.2f} s")
    print(f"gap                     {measured - floor:6.2f} s   {measured / floor:.2f}x the floor")


if __name__ == "__main__":
    main()
