"""New lessons and exercises: laid out beside what is there, working before anything is changed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from course.authoring.new import insert_entry, new_exercise, new_lesson
from course.authoring.release import outdated
from course.authoring.solve import solved_cells
from course.errors import InputError, SourceError
from course.lessons import Course
from course.source import read_source

from .authoring_course import write_course

BLOCK = '    "05_new": {},\n'


@pytest.fixture
def course(tmp_path):
    return write_course(tmp_path)


def everything(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_a_lesson_gets_files_and_a_block_in_lessons(course):
    laid = new_lesson(course, "01_dots", "Dots & dashes")
    names = [str(path.relative_to(course.root)) for path in laid.made + laid.changed]
    assert names == ["source/01_dots/01_dots.py", "solutions/01_dots.py", "graders/01_dots", "course_config.py"]
    opened = Course.open(course.root)
    assert list(opened.lessons) == ["01_dots", "02_sums"]
    assert opened.lesson("01_dots").config.title == "Dots & dashes"
    assert [c.role for c in read_source(opened.lesson("01_dots"))] == ["free", "free", "setup"]


def test_an_empty_lesson_can_be_built_and_solved(course):
    new_lesson(course, "03_dots")
    lesson = Course.open(course.root).lesson("03_dots")
    assert lesson.config.title == "Dots"
    assert outdated(lesson) == ["03_dots.ipynb"]
    assert solved_cells(lesson) == read_source(lesson)


def test_a_lesson_that_is_only_announced_gets_its_files(course):
    config = course.root / "course_config.py"
    config.write_text(config.read_text().replace("LESSONS = {", 'LESSONS = {\n    "01_dots": {"title": "Points"},'))
    before = config.read_text()
    laid = new_lesson(Course.open(course.root), "01_dots")
    assert laid.changed == [] and config.read_text() == before
    assert "# # Points" in laid.made[0].read_text()


@pytest.mark.parametrize("kind", ["code", "trained"])
def test_an_exercise_gets_tests_mistakes_variants_cells_and_a_solution(course, kind):
    laid = new_exercise(course.lesson("02_sums"), "one_sum", kind)
    lesson = Course.open(course.root).lesson("02_sums")
    exercise = lesson.exercise("one_sum")
    assert (
        exercise.test_file in laid.made and exercise.mistakes_file in laid.made and exercise.variants_file in laid.made
    )
    assert exercise.trained == (kind == "trained")
    assert laid.changed == [lesson.source, lesson.solutions]
    roles = [(c.role, c.exercise) for c in read_source(lesson)]
    assert roles.index(("exercise", "one_sum")) + 1 == roles.index(("check", "one_sum"))
    assert any(c.exercise == "one_sum" and "def one_sum" in c.source for c in solved_cells(lesson))
    for path in laid.made:
        assert "$" not in path.read_text()
        if path.suffix == ".py":
            ast.parse(path.read_text())


def test_a_written_exercise_gets_a_rubric_and_a_markdown_cell(course):
    laid = new_exercise(course.lesson("02_sums"), "because", "written")
    lesson = Course.open(course.root).lesson("02_sums")
    assert laid.made == [lesson.graders / "because" / "rubric.md"] and laid.changed == [lesson.source]
    assert lesson.exercise("because").points == 2
    assert "1 792" in next(c.source for c in solved_cells(lesson) if c.exercise == "because")


def test_sections_go_on_counting(course):
    for name in ("one", "two"):
        new_exercise(Course.open(course.root).lesson("02_sums"), name, "code")
    text = course.lesson("02_sums").source.read_text()
    assert '"one: exercise 2.3"' in text and "## 2.4 One patch" in text  # the stubs there are 2.1 and 2.2


def test_a_setup_cell_is_added_where_torch_is_not_imported(course):
    new_exercise(course.lesson("02_sums"), "one", "code")
    new_exercise(Course.open(course.root).lesson("02_sums"), "two", "code")
    setups = [c.source for c in read_source(Course.open(course.root).lesson("02_sums")) if c.role == "setup"]
    assert setups == ["%matplotlib inline\nimport math", "import torch\nfrom torch import Tensor"]


@pytest.mark.parametrize("name", ["add", "why"])
def test_what_is_there_is_not_overwritten(course, name):
    before = everything(course.root)
    with pytest.raises(InputError, match=f"{name} is already there, and nothing was changed"):
        new_exercise(course.lesson("02_sums"), name, "code")
    assert everything(course.root) == before


def test_a_solution_that_is_there_is_not_written_again(course):
    solutions = course.lesson("02_sums").solutions
    solutions.write_text(solutions.read_text() + "\n# %% one\none = 1\n")
    with pytest.raises(InputError, match="already has a section `# %% one`"):
        new_exercise(course.lesson("02_sums"), "one", "code")
    assert not (course.lesson("02_sums").graders / "one").exists()


@pytest.mark.parametrize("name", ["02_sums", "Dots", "5_dots", "05-dots", "05_dots+", "../05_dots", "05_"])
def test_names_that_are_taken_or_impossible_are_refused(course, name):
    before = everything(course.root)
    with pytest.raises(InputError, match="is already there|cannot be a lesson: write two digits"):
        new_lesson(course, name)
    assert everything(course.root) == before


@pytest.mark.parametrize("name", ["a-b", "1st", "a/b", ""])
def test_exercises_are_named_like_what_students_write(course, name):
    with pytest.raises(InputError, match="cannot be an exercise: it is named like the function or class"):
        new_exercise(course.lesson("02_sums"), name, "code")


def test_leftovers_of_a_lesson_are_not_overwritten(course):
    (course.root / "solutions/03_dots.py").write_text("mine")
    before = everything(course.root)
    with pytest.raises(InputError, match=r"solutions/03_dots.py is already there, and nothing was changed"):
        new_lesson(course, "03_dots")
    assert everything(course.root) == before


@pytest.mark.parametrize(
    ("lessons", "expected"),
    [
        ("LESSONS = {}\n", "LESSONS = {\n#}\n"),
        ("LESSONS = {}  # none yet\n", "LESSONS = {\n#}  # none yet\n"),
        ("LESSONS: dict = {\n}\n", "LESSONS: dict = {\n#}\n"),
        ('LESSONS = {\n    "04_a": {},\n}\n', 'LESSONS = {\n    "04_a": {},\n#}\n'),
        ('LESSONS = {\n    "04_ä": {"é": "é"}\n}\n', 'LESSONS = {\n    "04_ä": {"é": "é"},\n#}\n'),
        ('LESSONS = {\n    "04_a": {}  # last\n}\n', 'LESSONS = {\n    "04_a": {},  # last\n#}\n'),
        ('LESSONS = {\n    # six\n    "06_b": {},\n}\n', 'LESSONS = {\n#    # six\n    "06_b": {},\n}\n'),
        ('LESSONS = {\n    "04_a": {},\n    "06_b": {},\n}\n', 'LESSONS = {\n    "04_a": {},\n#    "06_b": {},\n}\n'),
    ],
)
def test_a_block_is_inserted_in_the_order_of_names(lessons, expected):
    """``#`` at the start of a line marks the place."""
    assert insert_entry(lessons, "05_new", BLOCK) == expected.replace("\n#", "\n" + BLOCK)


@pytest.mark.parametrize(
    "lessons",
    [
        "LESSONS = dict()\n",
        'LESSONS = {"04_a": {}}\n',
        "LESSONS = {**OTHERS}\n",
        'LESSONS = {\n "04_a": {}, "06_b": {},\n}\n',
    ],
)
def test_lessons_written_in_another_way_are_left_alone(lessons):
    with pytest.raises(SourceError):
        text = insert_entry(lessons, "05_new", BLOCK)
        compile(text, "course_config.py", "exec")


def test_the_block_to_insert_by_hand_is_shown(course):
    config = course.root / "course_config.py"
    config.write_text(config.read_text().replace("LESSONS = {", "LESSONS = dict(**{").replace("\n}\n", "\n})\n"))
    before = everything(course.root)
    with pytest.raises(SourceError, match="add this block by hand, and run the same command again") as error:
        new_lesson(Course.open(course.root), "03_dots", 'A "title"')
    assert '    "03_dots": {\n        "title": "A \\"title\\"",\n    },\n' in str(error.value)
    assert everything(course.root) == before
