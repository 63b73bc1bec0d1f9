"""``release/`` from the sources by nbgrader's own hand: complete, the same each time, whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from course.authoring.release import outdated, release, strays
from course.errors import SourceError
from course.lessons import Course
from course.nbgrader_side.assignment import CellsAreFixed

from .authoring_course import write_course

pytestmark = pytest.mark.filterwarnings("ignore:Object of type.*not in session")  # nbgrader's own, harmless
TEST_FILE = "graders/02_sums/mean/test_mean.py"


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    """A course that has been released once."""
    root = tmp_path_factory.mktemp("template")
    course = write_course(root)
    release(course, course.lesson("02_sums"))
    return root


@pytest.fixture
def root(template, tmp_path) -> Path:
    shutil.copytree(template, tmp_path / "course")
    return tmp_path / "course"


def reopened(root: Path):
    course = Course.open(root)
    return course, course.lesson("02_sums")


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def gradebook(root: Path):
    from nbgrader.api import Gradebook

    return Gradebook(f"sqlite:///{root / 'gradebook.db'}", "tiny")


def hand_in(root: Path) -> None:
    with gradebook(root) as book:
        book.add_student("ann")
        book.add_submission("02_sums", "ann")


def test_two_courses_in_different_places_give_the_same_bytes(root, tmp_path):
    elsewhere = tmp_path / "else where [1]"
    elsewhere.mkdir()
    course = write_course(elsewhere)
    release(course, course.lesson("02_sums"))
    for name in ("source/02_sums/02_sums.ipynb", "release/02_sums/02_sums.ipynb"):
        assert (root / name).read_bytes() == (elsewhere / name).read_bytes()


def test_releasing_again_changes_nothing(root):
    notebook = root / "release/02_sums/02_sums.ipynb"
    before = notebook.stat().st_mtime_ns
    released = release(*reopened(root))
    assert released.changed == [] and notebook.stat().st_mtime_ns == before
    assert str(released) == "release/02_sums (3 exercises, 7.5 points, due 2026-11-30 23:59:00 UTC): was current"


def test_students_get_the_notebook_and_figures_but_not_the_source(root):
    for name in ("figures/a.svg", ".secret", "__pycache__/x.pyc"):
        path = root / "source/02_sums" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    (root / "source/02_sums/link").symlink_to("/etc/hostname")
    released = release(*reopened(root))
    files = sorted(str(p.relative_to(root / "release")) for p in (root / "release").rglob("*") if p.is_file())
    assert files == ["02_sums/02_sums.ipynb", "02_sums/figures/a.svg"]
    assert released.changed == ["figures/a.svg"]
    assert sorted(p.name for p in (root / "release").iterdir()) == ["02_sums"]


def test_the_gradebook_knows_notebook_cells_points_and_due_date(root):
    with gradebook(root) as book:
        assignment = book.find_assignment("02_sums")
        assert assignment.max_score == 7.5
        assert str(assignment.duedate) == "2026-11-30 23:59:00"
        cells = book.find_notebook("02_sums", "02_sums")
        assert {c.name: (c.max_score, c.cell_type) for c in cells.grade_cells} == {
            "add": (2.5, "code"), "mean": (3.0, "code"), "why": (2.0, "markdown"),
        }  # fmt: skip


def test_stock_nbgrader_makes_the_same_notebook(root, tmp_path):
    """`nbgrader generate_assignment`, as the formgrader's button runs it."""
    from course.nbgrader_side.settings import nbgrader_api

    ours = (root / "release/02_sums/02_sums.ipynb").read_bytes()
    result = nbgrader_api(root).generate_assignment("02_sums")
    assert result["success"], result
    assert (root / "release/02_sums/02_sums.ipynb").read_bytes() == ours


def test_outdated_names_the_files_that_differ(root):
    assert outdated(reopened(root)[1]) == []
    change(root / "source/02_sums/02_sums.py", "Two numbers", "Three numbers")
    assert outdated(reopened(root)[1]) == ["02_sums.ipynb"]
    (root / "release/02_sums/extra.txt").write_text("x")
    assert outdated(reopened(root)[1]) == ["02_sums.ipynb", "extra.txt"]
    release(*reopened(root))
    assert outdated(reopened(root)[1]) == []


def test_outdated_writes_nothing(root, tmp_path):
    for name in ("gradebook.db", "release", "source/02_sums/02_sums.ipynb"):
        path = root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert outdated(reopened(root)[1]) == ["02_sums.ipynb"]
    assert not (root / "gradebook.db").exists() and not (root / "release").exists()
    assert not (root / "source/02_sums/02_sums.ipynb").exists()


def test_points_and_text_may_change_after_students_handed_in(root):
    hand_in(root)
    change(root / TEST_FILE, "@points(3)", "@points(4)")
    assert release(*reopened(root)).points == 8.5
    with gradebook(root) as book:
        assert book.find_grade_cell("mean", "02_sums", "02_sums").max_score == 4


def test_cells_may_not_be_added_after_students_handed_in(root):
    hand_in(root)
    before = (root / "release/02_sums/02_sums.ipynb").read_bytes()
    change(root / "source/02_sums/02_sums.py", '# %% check="mean"\n', '# %% check="mean"\npass\n\n# %% check="mean"\n')
    with pytest.raises(CellsAreFixed) as error:
        release(*reopened(root))
    assert str(error.value) == (
        "lesson 02_sums has submissions in the gradebook, so its graded and locked cells must stay the same "
        "(changed: new check-mean-2): undo that in source/02_sums, or give up its grades with "
        "`nbgrader db assignment remove 02_sums --force` and release again"
    )
    assert (root / "release/02_sums/02_sums.ipynb").read_bytes() == before
    with gradebook(root) as book:
        assert book.find_notebook("02_sums", "02_sums").submissions


def test_the_deadline_follows_the_configuration(root):
    change(root / "course_config.py", '"due": "2026-11-30 23:59:00 UTC"', "")
    release(*reopened(root))
    with gradebook(root) as book:
        assert book.find_assignment("02_sums").duedate is None


@pytest.mark.parametrize("due", ["2026-11-30", "2026-11-30 23:59:00 +0100", "tomorrow"])
def test_a_due_date_in_another_form_is_refused(root, due):
    change(root / "course_config.py", "2026-11-30 23:59:00 UTC", due)
    with pytest.raises(SourceError, match=r"must be written like '2026-11-30 23:59:00 UTC'"):
        release(*reopened(root))


def test_a_test_without_points_releases_nothing(root):
    before = (root / "release/02_sums/02_sums.ipynb").read_bytes()
    change(root / TEST_FILE, "@points(3)\n", "")
    with pytest.raises(SourceError, match="test_mean needs exactly one @points"):
        release(*reopened(root))
    assert (root / "release/02_sums/02_sums.ipynb").read_bytes() == before


def test_what_nbgrader_refuses_is_told_in_one_sentence(root):
    change(root / "source/02_sums/02_sums.py", "numbers = [3, 4]", "numbers = [3, 4]  # BEGIN HIDDEN TESTS")
    with pytest.raises(SourceError, match=r"source/02_sums: nbgrader refuses to make .*: .*No end hidden tests"):
        release(*reopened(root))


def test_text_that_nbgrader_would_cut_out_of_a_stub_releases_nothing(root):
    """ClearHiddenTests works in graded cells; a stub must come out as it went in."""
    stub = '    raise NotImplementedError("mean: exercise 2.2")'
    change(root / "source/02_sums/02_sums.py", stub, f"    # BEGIN HIDDEN TESTS\n    # END HIDDEN TESTS\n{stub}")
    with pytest.raises(SourceError, match="nbgrader cuts text out of a stub: remove its markers"):
        release(*reopened(root))


def test_a_lesson_without_exercises_can_be_released(root):
    source = root / "source/02_sums/02_sums.py"
    source.write_text("# %% [markdown]\n# # Soon\n")
    shutil.rmtree(root / "graders")
    (root / "gradebook.db").unlink()
    assert release(*reopened(root)).points == 0


def test_strays_are_released_lessons_that_the_course_does_not_have(root):
    (root / "release/01_old").mkdir()
    assert strays(reopened(root)[0]) == [root / "release/01_old"]
