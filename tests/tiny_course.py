"""A course of one tiny lesson (two code exercises, a written one), its notebooks, and records made by hand."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from course.lessons import Course, Lesson
from course.records import ExerciseRecord, SubmissionRecord, TestRecord

LESSON = "02_sums"

CONFIG = """\
COURSE = {"id": "tiny", "title": "A tiny course"}
LESSONS = {"02_sums": {"title": "Sums", "due": "2026-11-30 12:00:00 UTC"}}
"""

SOURCE = '''\
# %% [markdown]
# # Sums

# %% tags=["setup"]
import math

# %% [markdown]
# ## 2.1 Two numbers

# %%
numbers = [3, 4]

# %% exercise="add"
def add(a, b):
    """Add two numbers."""
    raise NotImplementedError("add: exercise 2.1")

# %% check="add"
print(add(*numbers))

# %% [markdown]
# ## 2.2 Their mean

# %% exercise="mean"
def mean(a, b):
    """The mean of two numbers."""
    raise NotImplementedError("mean: exercise 2.2")

# %% check="mean"
print(mean(3, 5))

# %% [markdown] exercise="why"
# Why may two numbers be added in either order?

# %% tags=["experiment"]
print(sum(range(10**6)))
'''

TEST = """\
from course.grading import points, same

@points({points})
def test_{name}(student):
    \"\"\"{name}(3, 5) is right.\"\"\"
    same(student.{name}(3, 5), {value}, "{name}(3, 5)")
"""

ADD, MEAN = "def add(a, b):\n    return a + b", "def mean(a, b):\n    return (a + b) / 2"
WHY = "Because addition is commutative."


def write_course(root: Path) -> Course:
    files = {
        "course_config.py": CONFIG,
        "nbgrader_config.py": (Path(__file__).parents[1] / "nbgrader_config.py").read_text(encoding="utf-8"),
        f"source/{LESSON}/{LESSON}.py": SOURCE,
        f"graders/{LESSON}/add/test_add.py": TEST.format(name="add", points=2, value=8),
        f"graders/{LESSON}/mean/test_mean.py": TEST.format(name="mean", points=3, value=4.0),
        f"graders/{LESSON}/why/rubric.md": "---\npoints: 2\n---\n- 2: says that addition is commutative\n",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Course.open(root)


def released(lesson: Lesson) -> dict[str, Any]:
    """The students' notebook, as JSON."""
    return json.loads(lesson.release_notebook.read_text(encoding="utf-8"))


def cell_of(notebook: dict[str, Any], grade_id: str) -> dict[str, Any]:
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def answered(lesson: Lesson, **answers: str) -> dict[str, Any]:
    """The students' notebook with these answers in it."""
    notebook = copy.deepcopy(released(lesson))
    for name, text in answers.items():
        cell_of(notebook, name)["source"] = text
    return notebook


def hand_in(lesson: Lesson, student: str, notebook: dict[str, Any] | str, timestamp: str | None = None) -> Path:
    path = lesson.submitted_notebook(student)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notebook if isinstance(notebook, str) else json.dumps(notebook), encoding="utf-8")
    if timestamp:
        (path.parent / "timestamp.txt").write_text(timestamp, encoding="utf-8")
    return path


def graded(name: str, points: float, max_points: float, message: str = "add(3, 5) is 9, expected 8.") -> ExerciseRecord:
    outcome = "passed" if points == max_points else "failed"
    test = TestRecord(f"test_{name}", f"{name}(3, 5) is right.", points, max_points, outcome)  # type: ignore[arg-type]
    if outcome == "failed":
        value = {"kind": "text", "text": "9"}
        shown = {"call": f"{name}(3, 5)", "code": f"{name}(3, 5)", "inputs": {}, "got": value, "expected": value}
        test = TestRecord(test.name, test.title, points, max_points, "failed", message, shown, ("off_by_one",))
    slugs = ("off_by_one",) if outcome == "failed" else ()
    said = {slug: "You count one too many (section 2.1)." for slug in slugs}
    return ExerciseRecord(LESSON, name, points, max_points, "graded", None, (test,), slugs, said, 0.1, {"seed": 0})


def records_of(student: str, add: float = 2, mean: float = 0, notes: tuple[str, ...] = ()) -> SubmissionRecord:
    exercises = {
        "add": graded("add", add, 2),
        "mean": graded("mean", mean, 3),
        "why": ExerciseRecord.needs_manual(LESSON, "why", 2, "graded by hand, with its rubric"),
    }
    return SubmissionRecord(LESSON, student, exercises, notes)
