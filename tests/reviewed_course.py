"""The tiny course with a class that makes the same mistakes, graded by kernels in this process, for the TA's pages.

Nine students: four subtract instead of adding (no known mistake), three forget to halve (a known one), one is right,
and one is hostile in name, code and answers, and subtracts, too.
"""

from __future__ import annotations

from pathlib import Path

import graded_course
import pytest
from tiny_course import ADD, LESSON, MEAN, WHY, answered, hand_in, write_course

from course.authoring.release import release
from course.lessons import Course, Lesson
from course.nbgrader_side import patches

MISTAKES = '''\
def not_halved(a, b):
    """You add the two numbers and forget to halve the sum (section 2.2)."""
    return a + b
'''
HOSTILE = "x<img src=x onerror=window.XSS=1>"
SUBTRACT = (
    "def add(a, b):\n    return a - b",
    "def add(x, y):  # of two\n    return x - y",
    "def add(a, b):\n    minus = a - b\n    return minus",
    "def add(first, second):\n    result = first\n    result -= second\n    return result",
)
NOT_HALVED = "def mean(a, b):\n    return a + b"
STORY = "</code></pre><script>window.XSS = 1</script><img src=x onerror='window.XSS = 1'>"
CLASS = {
    "ann": dict(add=SUBTRACT[0], mean=NOT_HALVED),
    "bob": dict(add=SUBTRACT[1], mean=MEAN),
    "cyd": dict(add=SUBTRACT[2], mean=NOT_HALVED),
    "dan": dict(add=SUBTRACT[3], mean=MEAN),
    "eve": dict(add=ADD, mean=NOT_HALVED),
    "fay": dict(add=ADD, mean=MEAN, why=WHY),
    "gus": dict(add=ADD),
    "hal": dict(add=ADD.replace("+", "*"), mean=MEAN),
    HOSTILE: dict(add=f"{SUBTRACT[0]}  # {STORY}\n'''{STORY}'''", mean=MEAN, why=f"{STORY} [click](javascript:alert)"),
}
SUBTRACTED = ["ann", "bob", "cyd", "dan", HOSTILE]


def build(root: Path) -> Course:
    """Graded, with gradebook and autograded notebooks."""
    course = write_course(root)
    (root / "graders" / LESSON / "mean" / "mistakes.py").write_text(MISTAKES, encoding="utf-8")
    patches.apply()
    release(course, lesson_of(course))
    for student, answers in CLASS.items():
        hand_in(lesson_of(course), student, answered(lesson_of(course), **answers))
    grade(course)
    return course


def grade(course: Course) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        graded_course.kernels_in_this_process(monkeypatch)
        result = graded_course.run(course, "grade", LESSON)
    assert result.exception is None, result.output


def lesson_of(course: Course) -> Lesson:
    return course.lesson(LESSON)
