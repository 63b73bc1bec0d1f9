"""Visible checks on notebooks and answers files, with and without the course's sources."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from course.authoring.notebook import build_notebook, read_notebook, write_notebook
from course.authoring.solve import solved_notebook
from course.authoring.visible import Answered, open_answers, run_checks
from course.errors import InputError, UnknownExercise, UnknownLesson
from course.lessons import Course
from course.source import SourceCell, read_source

from .authoring_course import write_course

RIGHT = "# %% add\ndef add(a, b):\n    return a + b\n\n# %% mean\ndef mean(a, b):\n    return add(a, b) / 2\n"


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    """A course whose lesson has been released."""
    made = write_course(tmp_path_factory.mktemp("course"))
    lesson = made.lesson("02_sums")
    points = {name: exercise.points for name, exercise in lesson.exercises.items()}
    write_notebook(build_notebook(read_source(lesson), points), lesson.release_notebook)
    return made


@pytest.fixture
def student(course, tmp_path) -> Path:
    """What a student has: a folder with the released notebook, and nothing of the course."""
    shutil.copytree(course.root / "release", tmp_path / "release")
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def verdicts(file: Path, course: Course | None = None):
    found = run_checks(open_answers(file, course), file.parent)
    return {v.exercise: (v.verdict, v.sentences) for v in found}


def verdicts_of(folder: Path, **answers: str):
    """Of a lesson with these answers, each with the check ``check(name(), 1)``; a cell may take three seconds."""
    cells = [SourceCell("code", "from coursekit import check", "setup")]
    for name, answer in answers.items():
        cells.append(SourceCell("code", answer, "exercise", name))
        cells.append(SourceCell("code", f"check({name}(), 1, '{name}()')", "check", name))
    found = run_checks(Answered("lesson", cells, frozenset()), folder, cell_seconds=3)
    return {v.exercise: (v.verdict, v.sentences) for v in found}


def test_right_answers_pass_in_the_words_of_the_kit(course, tmp_path):
    assert verdicts(write(tmp_path / "02_sums.py", RIGHT), course) == {
        "add": ("passed", ["ok: add(3, 4)"]),
        "mean": ("passed", ["ok: mean(3, 5)"]),
        "why": ("written", []),
    }


def test_wrong_answers_are_told_what_differs_and_where_they_stop(course, tmp_path):
    wrong = "# %% add\ndef add(a, b):\n    return a - b\n# %% mean\ndef mean(a, b):\n    return a / 0\n"
    found = verdicts(write(tmp_path / "my.py", wrong), course)
    assert found["add"] == ("failed", ["add(3, 4) is -1, expected 7."])
    assert found["mean"] == (
        "failed",
        ["mean stops with ZeroDivisionError: division by zero, at the line `return a / 0`."],
    )


def test_a_student_needs_the_released_notebook_only(student):
    """Also for an answers file; what is missing in it is not answered."""
    found = verdicts(write(student / "my.py", "# %% mean\ndef mean(a, b):\n    return add(a, b) / 2\n"))
    assert found == {
        "add": ("not_answered", []),
        "mean": ("failed", ["mean needs add, which is not answered yet."]),
        "why": ("written", []),
    }


def test_a_notebook_by_itself_is_checked_by_its_own_cells(course, tmp_path):
    """One exercise is answered, one is not; a broken example in between does not matter."""
    notebook = solved_notebook(course.lesson("02_sums"))
    cells = {c.metadata.get("nbgrader", {}).get("grade_id", c.id): c for c in notebook.cells}
    cells["mean"].source = 'def mean(a, b):\n    raise NotImplementedError("mean: exercise 2.2")'
    cells["check-add"].source += "\n1 / 0"
    next(c for c in notebook.cells if c.source == "numbers = [3, 4]").source = "numbers = [3, 4]\n1 / 0"
    write_notebook(notebook, tmp_path / "homework.ipynb")
    found = verdicts(tmp_path / "homework.ipynb")
    assert found["add"] == (
        "failed",
        ["ok: add(3, 4)", "add stops with ZeroDivisionError: division by zero, at the line `1 / 0`."],
    )
    assert found["mean"] == ("not_answered", [])


def test_locked_cells_are_those_of_the_course(course, tmp_path):
    """Checks that were deleted or made harmless run as they were released."""
    notebook = solved_notebook(course.lesson("02_sums"))
    cells = {c.metadata.nbgrader.grade_id: c for c in notebook.cells if "nbgrader" in c.metadata}
    cells["check-add"].source = "pass"
    notebook.cells.remove(cells["check-mean"])
    cells["mean"].source = "def mean(a, b):\n    return 1.0"
    write_notebook(notebook, tmp_path / "x.ipynb")
    found = verdicts(tmp_path / "x.ipynb", course)
    assert found["add"] == ("passed", ["ok: add(3, 4)"])
    assert found["mean"][0] == "failed" and found["mean"][1][0].startswith("mean(3, 5) ")


def test_an_untouched_notebook_is_not_answered(course, student):
    notebook = student / "release/02_sums/02_sums.ipynb"
    assert open_answers(notebook, course).untouched == {"add", "mean", "why"}


def test_one_exercise_is_checked_without_the_others(course, tmp_path):
    cells = open_answers(write(tmp_path / "my.py", RIGHT), course).only("mean").cells
    assert [c.exercise for c in cells if c.role == "check"] == ["mean"]
    assert [c.exercise for c in cells if c.role == "exercise"] == ["add", "mean"]  # mean may need add
    assert cells[-1].role == "check"


def test_a_cell_that_hangs_is_stopped_and_named(tmp_path):
    assert verdicts_of(tmp_path, f="def f(): return 1", g="while True: pass", h="def h(): return 1") == {
        "f": ("passed", ["ok: f()"]),
        "g": ("broken", ["g did not end within 3 s."]),
        "h": ("broken", ["h was not run, because an earlier cell did not end within 3 s."]),
    }


def test_only_what_the_stub_raises_means_not_answered(tmp_path):
    """torch raises NotImplementedError, too."""
    found = verdicts_of(
        tmp_path,
        f="def f(): raise NotImplementedError",
        g="def g(): raise NotImplementedError('g: exercise 1.2')",
        h="def h(): raise NotImplementedError('not for this dtype')",
    )
    assert (found["f"], found["g"]) == (("not_answered", []), ("not_answered", []))
    assert found["h"][0] == "failed" and "NotImplementedError: not for this dtype" in found["h"][1][0]


def test_cells_that_do_not_parse_or_end_python_are_named(tmp_path):
    assert verdicts_of(tmp_path, f="def f()\n    return 1", g="def g(): import os; os._exit(3)") == {
        "f": ("broken", ["f stops with SyntaxError: expected ':', at the line `def f()`."]),
        "g": ("failed", ["g ended Python itself, with status 3."]),
    }


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", "", r"must be a notebook \(.ipynb\) or an answers file \(.py\)"),
        ("a.py", "x = 1", "has no `# %% exercise` line"),
        ("a.py", "# %% conv2d\n", "no lesson with the exercises of .*a.py was found: put the released notebook"),
        ("a.ipynb", "{", "is not a Jupyter notebook: save it again"),
        ("a.ipynb", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "has no exercise cells"),
    ],
)
def test_files_that_cannot_be_checked_are_refused(course, tmp_path, name, text, message):
    with pytest.raises(InputError, match=message):
        open_answers(write(tmp_path / name, text), course)


def test_the_lesson_is_the_one_that_is_named(course, tmp_path):
    with pytest.raises(UnknownLesson, match="there is no lesson 'x'; the lessons are 02_sums"):
        open_answers(write(tmp_path / "my.py", RIGHT), course, lesson="x")
    with pytest.raises(UnknownExercise, match="lesson 02_sums has no exercise 'more'; it has add, mean, why"):
        open_answers(write(tmp_path / "02_sums.py", "# %% more\n"), course)
    with pytest.raises(UnknownExercise, match="lesson 02_sums has no exercise 'x'"):
        open_answers(write(tmp_path / "my.py", RIGHT), course).only("x")


def test_two_lessons_that_fit_equally_well_must_be_told_apart(course, student):
    shutil.copytree(student / "release/02_sums", student / "release/03_sums")
    (student / "release/03_sums/02_sums.ipynb").rename(student / "release/03_sums/03_sums.ipynb")
    file = write(student / "my.py", RIGHT)
    with pytest.raises(InputError, match="could belong to 02_sums or 03_sums: say which with --lesson"):
        open_answers(file)
    assert open_answers(file, lesson="03_sums").lesson == "03_sums"


def test_a_students_own_copy_is_no_template(student):
    """A notebook solved in place has no untouched original to be compared with."""
    file = student / "release/02_sums/02_sums.ipynb"
    notebook = read_notebook(file)
    next(c for c in notebook.cells if c.id == "add").source = "def add(a, b): return a + b"
    write_notebook(notebook, file)
    assert open_answers(file).untouched == frozenset()
    assert open_answers(file, Course.open(write_course(student / "c").root)).untouched == {"mean", "why"}
