"""Courses of one lesson for the engine's tests, written into a temporary folder."""

from __future__ import annotations

from pathlib import Path

from course.answers import from_answers, parse_answers
from course.config import Limits
from course.grading.exercise import Answer, Grader
from course.kernels.inprocess import InProcessKernel
from course.lessons import Course, Lesson
from course.records import ExerciseRecord
from course.source import read_source
from course.submission import Submission

LESSON = "01_numbers"
CONFIG = f"""\
COURSE = {{"id": "small", "title": "A small course"}}
LESSONS = {{"{LESSON}": {{"title": "Numbers"}}}}
"""


def write_lesson(
    root: Path, setup: str = "import torch", support: str = "", **exercises: dict[str, str] | str
) -> Course:
    """A course whose lesson has these exercises: the text of each test file, or all files of the folder by name."""
    files = {"course_config.py": CONFIG}
    source = f'# %% tags=["setup"]\n{setup}\n'
    if support:
        files[f"graders/{LESSON}/support.py"] = support
    for name, folder in exercises.items():
        source += f'\n# %% exercise="{name}"\ndef {name}(*args):\n    raise NotImplementedError("{name}")\n'
        for file, text in ({f"test_{name}.py": folder} if isinstance(folder, str) else folder).items():
            files[f"graders/{LESSON}/{name}/{file}"] = text
    files[f"source/{LESSON}/{LESSON}.py"] = source
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return Course.open(root)


def lesson_of(course: Course) -> Lesson:
    return course.lesson(LESSON)


def grader_of(course: Course, seed: int = 0) -> Grader:
    lesson = lesson_of(course)
    return Grader(lesson, list(lesson.exercises.values()), Limits(), seed)


def submission(course: Course, answers: str, student: str = "ada") -> Submission:
    """What an answers file of this text hands in."""
    return from_answers(read_source(lesson_of(course)), parse_answers(answers), student)


def grade(grader: Grader, name: str, code: str) -> ExerciseRecord:
    """Grade one answer to one exercise in this process."""
    handed_in = submission_of_code(grader, name, code)
    kernel = InProcessKernel()
    error = kernel.run(handed_in.cells)[-1].error
    return grader.grade(name, Answer(code, error), kernel.snapshot)


def submission_of_code(grader: Grader, name: str, code: str) -> Submission:
    return from_answers(read_source(grader.lesson), parse_answers(f"# %% {name}\n{code}"), "ada")
