"""What a right submission costs at least: its cells, its answers to the tests' calls and the tests' own arithmetic.

All in one process, without kernel, fork or socket. Prints seconds a submission as JSON. Called by throughput.py.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

from sample_class import LESSON
from stopwatch import Stopwatch, wrap_engine

from course.answers import from_answers, read_answers
from course.kernels.inprocess import InProcessKernel
from course.lessons import Course
from course.runs.grade import grade_submission
from course.runs.session import open_grader
from course.source import read_source

ROUNDS = 5


def main() -> None:
    course = Course.open(Path(sys.argv[1]))
    lesson, watch = course.lesson(LESSON), Stopwatch()
    submission = from_answers(read_source(lesson), read_answers(lesson.solutions), "right")
    names = [name for name in submission.answers if not lesson.exercise(name).written]
    grader = open_grader(course, lesson, names, 0)
    wrap_engine(watch)
    rounds = []
    for _ in range(ROUNDS + 1):
        watch.reset()
        record = grade_submission(grader, InProcessKernel(), submission, names)
        assert all(exercise.full for exercise in record.exercises.values()), "the solution must get full points"
        rounds.append(dict(watch.seconds))
    shares = ("cells", "answers", "tests")
    print(json.dumps({share: statistics.median(r[share] for r in rounds[1:]) for share in shares}))


if __name__ == "__main__":
    main()
