"""The demo: a small course folder in which three submissions go all the way from release to feedback page."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat

from course.answers import Answers, read_answers
from course.authoring.notebook import write_notebook
from course.authoring.release import release
from course.authoring.solve import solved_notebook
from course.lessons import Course, Lesson

LESSON = "02_convolution"
SAMPLE = Path(__file__).parent / "samples" / f"{LESSON}.answers.txt"
CARRIED = ("course_config.py", "nbgrader_config.py", "source", "solutions", "graders")


def build_demo(course: Course, say: Callable[[str], None]) -> Course:
    """Lay out ``.course/demo/`` afresh and hand in three notebooks; says what was done, for people."""
    root = course.root / ".course" / "demo"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for name in CARRIED:
        place = course.root / name
        if place.is_dir():
            shutil.copytree(place, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb"))
        else:
            shutil.copy(place, root / name)
    demo = Course.open(root)
    say(f"a course folder in {root}")
    lesson = demo.lesson(LESSON)
    release(demo, lesson)
    say(f"released {LESSON} ({len(lesson.exercises)} exercises)")
    _hand_in(lesson)
    say("three students handed in: solved, mistaken, untouched")
    return demo


def _hand_in(lesson: Lesson) -> None:
    write_notebook(solved_notebook(lesson), lesson.submitted_notebook("solved"))
    released = nbformat.read(lesson.release_notebook, as_version=4)
    write_notebook(released, lesson.submitted_notebook("untouched"))
    write_notebook(answered(released, read_answers(SAMPLE)), lesson.submitted_notebook("mistaken"))


def answered(released: nbformat.NotebookNode, answers: Answers) -> nbformat.NotebookNode:
    """The released notebook with these answers in the exercises' cells."""
    notebook = nbformat.from_dict(released)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in answers.code:
            cell.source = answers.code[grade_id].rstrip("\n")
    return notebook
