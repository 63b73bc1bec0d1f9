"""A course of one tiny lesson, written into a temporary folder: a code exercise, a written one, all kinds of cells."""

from __future__ import annotations

from pathlib import Path

from course.lessons import Course, Lesson

CONFIG = """\
COURSE = {"id": "tiny", "title": "A tiny course"}

LESSONS = {
    "02_sums": {"title": "Sums", "due": "2026-11-30 23:59:00 UTC"},
}
"""

SOURCE = '''\
# %% [markdown]
# # Sums
# What does a sum compute?

# %% tags=["setup"]
# %matplotlib inline
import math

# %% [markdown]
# ## 2.1 Two numbers

# %%
numbers = [3, 4]

# %% exercise="add"
def add(a: float, b: float) -> float:
    """Add two numbers. Example: add(3, 4) gives 7."""
    raise NotImplementedError("add: exercise 2.1")


# %% check="add"
from coursekit.check import check

check(add(*numbers), 7, "add(3, 4)")

# %% exercise="mean"
def mean(a: float, b: float) -> float:
    """The mean of two numbers. Example: mean(3, 5) gives 4.0."""
    raise NotImplementedError("mean: exercise 2.2")


# %% check="mean"
check(mean(3, 5), 4.0, "mean(3, 5)")

# %% [markdown] exercise="why"
# Why is a sum of two numbers the same in either order?
#
# *Your answer:*

# %% tags=["experiment"]
print(sum(range(10**6)))
'''

SOLUTIONS = '''\
"""Reference answers."""

import operator

# %% add
def add(a, b):
    return operator.add(a, b)


# %% mean
def mean(a, b):
    return add(a, b) / 2
'''

TEST_ADD = '''\
from course.grading import points, same


@points(2)
def test_small(student):
    """add(3, 4) gives 7."""
    same(student.add(3, 4), 7, "add(3, 4)")


@points(0.5)
def test_negative(student):
    """Negative numbers are added, too."""
    same(student.add(-3, 4), 1, "add(-3, 4)")
'''

TEST_MEAN = '''\
from course.grading import points, same


@points(3)
def test_mean(student):
    """mean(3, 5) gives 4."""
    same(student.mean(3, 5), 4.0, "mean(3, 5)")
'''

RUBRIC = """\
---
points: 2
---
- 2: says that addition is commutative

## Model answer
Because addition is **commutative**.
"""


def write_course(root: Path) -> Course:
    """The tiny course in ``root``."""
    files = {
        "course_config.py": CONFIG,
        "source/02_sums/02_sums.py": SOURCE,
        "solutions/02_sums.py": SOLUTIONS,
        "graders/02_sums/add/test_add.py": TEST_ADD,
        "graders/02_sums/mean/test_mean.py": TEST_MEAN,
        "graders/02_sums/why/rubric.md": RUBRIC,
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Course.open(root)


def tiny_lesson(root: Path) -> Lesson:
    return write_course(root).lesson("02_sums")
