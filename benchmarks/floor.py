"""What a right submission costs at least: its cells, its answers to the tests' calls and the tests' own arithmetic.

All in one process, without kernel, fork or socket, and as if it were the only one: what the engine keeps from one
submission to the next is forgotten. Prints seconds a submission as JSON. Called by throughput.py as
``python floor.py COURSE STUDENT``, with a right notebook handed in.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

from sample_class import LESSON
from stopwatch import Stopwatch, wrap_engine

from course.grading.cases import forget_cases
from course.kernels.inprocess import InProcessKernel
from course.lessons import Course
from course.runs.classroom import Intake
from course.runs.grade import grade_submission
from course.runs.session import open_grader

ROUNDS = 5


def main() -> None:
    course = Course.open(Path(sys.argv[1]))
    lesson, watch = course.lesson(LESSON), Stopwatch()
    submission = Intake(course, lesson).open(sys.argv[2]).submission
    assert submission is not None, "the notebook must be readable"
    names = [name for name in submission.answers if not lesson.exercise(name).written]
    grader = open_grader(course, lesson, names, 0)
    wrap_engine(watch)
    rounds = []
    for _ in range(ROUNDS + 1):
        forget_cases()
        watch.reset()
        record = grade_submission(grader, InProcessKernel(), submission, names)
        assert all(exercise.full for exercise in record.exercises.values()), "the right notebook must get full points"
        rounds.append(dict(watch.seconds))
    shares = ("cells", "answers", "tests")
    print(json.dumps({share: statistics.median(r[share] for r in rounds[1:]) for share in shares}))


if __name__ == "__main__":
    main()
