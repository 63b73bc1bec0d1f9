"""What a grader's author writes with, and how tests are run. See docs/grader-authors.md."""

from course.grading.expect import (
    Mismatch,
    agree,
    agree_gradients,
    agree_module,
    batch,
    fail,
    forbid,
    gradients,
    keeps_random_state,
    leaves_inputs,
    load,
    observe,
    points,
    refuses,
    same,
)
from course.grading.scaffolding import scaffolding
from course.student import StudentError

__all__ = [
    "Mismatch",
    "StudentError",
    "agree",
    "agree_gradients",
    "agree_module",
    "batch",
    "fail",
    "forbid",
    "gradients",
    "keeps_random_state",
    "leaves_inputs",
    "load",
    "observe",
    "points",
    "refuses",
    "same",
    "scaffolding",
]
