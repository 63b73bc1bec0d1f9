"""Solved notebooks: answers in the place of stubs, run in a stock kernel."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course.authoring.solve import (
    CellFailed,
    execute,
    model_answer,
    save_solved,
    solved_cells,
    solved_notebook,
    warnings_of,
    working_folder,
)
from course.errors import InputError, SourceError

from .authoring_course import RUBRIC, SOLUTIONS, tiny_lesson


@pytest.fixture
def lesson(tmp_path):
    return tiny_lesson(tmp_path)


def of(cells, exercise):
    return next(c.source for c in cells if c.exercise == exercise and c.role == "exercise")


def test_stubs_are_replaced_and_the_preamble_stands_before_the_first_answer(lesson):
    cells = solved_cells(lesson)
    assert of(cells, "add") == "def add(a, b):\n    return operator.add(a, b)"
    assert of(cells, "mean") == "def mean(a, b):\n    return add(a, b) / 2"
    before = cells[[c.exercise for c in cells].index("add") - 1]
    assert (before.source, before.role) == ("import operator", "free")


def test_checks_setup_and_prose_stay(lesson):
    notebook = solved_notebook(lesson)
    ids = [c.metadata.nbgrader.grade_id for c in notebook.cells if "nbgrader" in c.metadata]
    assert ids == ["setup-1", "add", "check-add", "mean", "check-mean", "why"]


def test_written_answers_are_the_rubrics_model_answer(lesson):
    assert of(solved_cells(lesson), "why") == "Because addition is **commutative**."


def test_a_rubric_without_model_answer_leaves_the_cell(lesson):
    lesson.exercise("why").rubric_file.write_text("---\npoints: 2\n---\n- 2: all\n")
    assert of(solved_cells(lesson), "why").startswith("Why is a sum")


@pytest.mark.parametrize("rest", ["", "\n## Notes\nmore", "\n# End\nmore"])
def test_a_model_answer_ends_at_the_next_heading_of_its_rank(tmp_path, rest):
    (tmp_path / "rubric.md").write_text(RUBRIC + "\n### A part\nof it\n" + rest)
    assert model_answer(tmp_path / "rubric.md") == "Because addition is **commutative**.\n\n### A part\nof it"


@pytest.mark.parametrize("preamble", ["", '"""Only about the file."""\n', "# a comment\n"])
def test_a_preamble_without_code_gives_no_cell(lesson, preamble):
    lesson.solutions.write_text(preamble + SOLUTIONS[SOLUTIONS.index("# %% add") :])
    cells = solved_cells(lesson)
    assert cells[[c.exercise for c in cells].index("add") - 1].source == "numbers = [3, 4]"


def test_a_missing_answer_is_named(lesson):
    lesson.solutions.write_text("# %% add\nadd = sum\n")
    with pytest.raises(SourceError, match=r"02_sums.py has no answer to 'mean': write it below a line `# %% mean`"):
        solved_cells(lesson)


def test_a_lesson_without_code_needs_no_solutions(lesson):
    lesson.solutions.unlink()
    lesson.source.write_text('# %% [markdown] exercise="why"\n# ...\n')
    for name in ("add", "mean"):
        lesson.exercise(name).test_file.unlink()
        lesson.exercise(name).folder.rmdir()
    cells = solved_cells(type(lesson)(lesson.config, lesson.root))
    assert [c.source for c in cells] == ["Because addition is **commutative**."]


@pytest.mark.parametrize("place", ["release/02_sums/02_sums.ipynb", "source/02_sums/solved.ipynb", "work/../release/x"])
def test_solutions_are_not_written_where_students_look(lesson, place):
    with pytest.raises(InputError, match="holds no solutions: give another place with --to"):
        save_solved(lesson, solved_notebook(lesson), lesson.root / place)
    assert not (lesson.root / place).exists()


def test_figures_stand_where_the_solved_notebook_runs(lesson):
    (lesson.source.parent / "a.svg").write_text("<svg/>")
    folder = working_folder(lesson)
    assert folder == lesson.root / ".course/solved/02_sums"
    assert [p.name for p in folder.iterdir()] == ["a.svg"]


def notebook_of(*sources):
    return new_notebook(cells=[new_code_cell(source) for source in sources])


def test_cells_run_in_a_stock_kernel_in_the_folder(tmp_path, capfd):
    notebook = notebook_of("import os\nos.getcwd()", "1 + 1", "import sys\nprint('careful', file=sys.stderr)")
    assert list(execute(notebook, tmp_path)) == [0, 1, 2]
    first, second, _ = (cell.outputs[0] for cell in notebook.cells)
    assert first.data["text/plain"] == repr(str(tmp_path))
    assert second.data["text/plain"] == "2"
    assert warnings_of(notebook) == [("cell 3 (import sys)", "careful")]
    assert list(tmp_path.iterdir()) == []
    nbformat.validate(notebook)
    assert capfd.readouterr().err == ""


def test_the_first_cell_that_fails_is_named(tmp_path):
    notebook = notebook_of("1", "1 / 0", "2")
    with pytest.raises(CellFailed, match=r"cell 2 \(1 / 0\): ZeroDivisionError: division by zero"):
        list(execute(notebook, tmp_path))
    assert notebook.cells[1].outputs[0].ename == "ZeroDivisionError" and not notebook.cells[2].outputs


def test_a_kernel_that_dies_is_told(tmp_path):
    with pytest.raises(CellFailed, match="the kernel died"):
        list(execute(notebook_of("import os\nos._exit(1)"), tmp_path))
