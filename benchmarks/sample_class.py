"""A class that has handed in lesson 02, as two course folders: one for us, one for plain nbgrader.

Both hold the same answers. In the plain one, a locked cell of tests stands under each exercise, as teachers write them.
Of 24 students 9 are right, 6 partly wrong, 4 handed in what they got, 3 notebooks are broken, one answer loops for some
arguments, and one fills the memory for some.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from course.answers import read_answers
from course.authoring.notebook import build_notebook, read_notebook, write_notebook
from course.authoring.release import release
from course.lessons import Course, Lesson
from course.source import SourceCell, read_source

LESSON = "02_convolution"
ANSWERS = Path(__file__).parent / "answers"
PATTERN = (
    *("right", "wrong", "untouched", "right", "broken", "wrong", "right", "loop"),
    *("right", "wrong", "untouched", "right", "broken", "right", "wrong", "untouched"),
    *("hog", "right", "wrong", "right", "broken", "untouched", "wrong", "right"),
)


def students(size: int, kinds: tuple[str, ...] = PATTERN) -> dict[str, str]:
    """Kinds by student, in a fixed pattern."""
    return {f"s{number:05}-{kinds[number % len(kinds)]}": kinds[number % len(kinds)] for number in range(size)}


def our_course(origin: Course, root: Path) -> Course:
    """A course folder of its own with lesson 02 released and nobody in it."""
    shutil.rmtree(root, ignore_errors=True)
    for name in ("source", "graders"):
        ignored = shutil.ignore_patterns("__pycache__", "*.ipynb")
        shutil.copytree(origin.root / name / LESSON, root / name / LESSON, ignore=ignored)
    config = (origin.root / "course_config.py").read_text(encoding="utf-8")
    (root / "course_config.py").write_text(
        f"{config}\nLESSONS = {{{LESSON!r}: LESSONS[{LESSON!r}]}}\n", encoding="utf-8"
    )
    shutil.copy(origin.root / "nbgrader_config.py", root)
    course = Course.open(root)
    release(course, course.lesson(LESSON))
    return course


def plain_source(lesson: Lesson, tests: dict[str, str], target: Path) -> None:
    """The lesson as a source for plain nbgrader: exercises are solutions, tests are graded cells with hidden tests."""
    cells = [cell for cell in read_source(lesson) if cell.role != "experiment"]  # we do not run them either
    notebook = build_notebook(cells, {name: exercise.points for name, exercise in lesson.exercises.items()})
    made = []
    for cell in notebook.cells:
        made.append(cell)
        about = cell.metadata.get("nbgrader", {})
        name = about.get("grade_id", "").removeprefix("check-")
        if about.get("solution") and cell.cell_type == "code":
            about.pop("points")
            about["grade"] = False
        elif name in tests and about.get("locked"):
            (graded,) = build_notebook([SourceCell("code", tests[name], "exercise", name)], {name: 1}).cells
            graded.metadata.nbgrader.update(grade_id=f"test-{name}", locked=True, solution=False)
            graded.metadata.nbgrader.points = lesson.exercise(name).points
            graded.id = f"test-{name}"
            graded.source = f"### BEGIN HIDDEN TESTS\n{tests[name].strip()}\n### END HIDDEN TESTS"
            made.append(graded)
    notebook.cells = made
    write_notebook(notebook, target)


def answers_of(origin: Lesson, kind: str, number: int) -> dict[str, str]:
    """What student ``number``, of this kind, wrote, by exercise; empty for what was left as it was."""
    if kind == "untouched":
        return {}
    solutions = read_answers(origin.solutions)
    code = {name: solutions.cell(name) for name in solutions.code}
    others = read_answers(ANSWERS / f"{kind}.txt").code if kind != "right" else {}
    chosen = list(others)
    if kind == "wrong":
        chosen = [name for place, name in enumerate(others) if (place + number) % len(others) in (0, 2, 5)]
    elif kind == "broken":
        chosen = [chosen[number % len(chosen)]]
    for name in chosen:
        above = f"{code[name]}\nright_{name} = {name}\n\n\n" if f"right_{name}" in others[name] else ""
        code[name] = above + others[name]
    first = next(iter(code))
    code[first] = f"# student {number}\n{code[first]}"  # no two are the same
    return code


def hand_in(
    released: Path, submitted: Path, origin: Lesson, members: dict[str, str], different: int = 1_000_000
) -> Iterator[str]:
    """Write the notebooks of these students, made from a released one. Yields each student.

    different: how many notebooks there are; further students hand in one of these again.
    """
    notebook = read_notebook(released)
    cells = {c.metadata.get("nbgrader", {}).get("grade_id"): c for c in notebook.cells}
    handed_out = {name: cell.source for name, cell in cells.items()}
    for number, (student, kind) in enumerate(members.items()):
        answers = answers_of(origin, kind, number % different)
        for name in set(cells) & set(origin.exercises):
            cells[name].source = answers.get(name, handed_out[name])
        write_notebook(notebook, submitted / student / LESSON / f"{LESSON}.ipynb")
        yield student
