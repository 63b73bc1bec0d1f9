"""Sources as notebooks: roles become nbgrader's metadata, and the same cells give the same bytes."""

from __future__ import annotations

import json

import nbformat
import pytest

from course.authoring.notebook import build_notebook, cells_of, read_notebook, write_notebook
from course.errors import SourceError
from course.source import SourceCell, read_source

from .authoring_course import tiny_lesson

POINTS = {"add": 2.5, "mean": 3.0, "why": 2.0}


@pytest.fixture
def cells(tmp_path):
    return read_source(tiny_lesson(tmp_path))


def nbgrader(notebook):
    return {c.metadata.nbgrader.grade_id: c.metadata.nbgrader for c in notebook.cells if "nbgrader" in c.metadata}


def test_exercises_are_graded_solution_cells_with_the_points_of_their_tests(cells):
    made = nbgrader(build_notebook(cells, POINTS))
    for name, points in POINTS.items():
        assert made[name] == {
            "grade": True, "solution": True, "locked": False, "grade_id": name, "points": points,
            "schema_version": 3, "task": False,
        }  # fmt: skip


def test_whole_points_are_written_as_integers(cells):
    made = nbgrader(build_notebook(cells, POINTS))
    assert (repr(made["mean"].points), repr(made["add"].points)) == ("3", "2.5")


def test_setup_and_checks_are_locked_without_points(cells):
    made = nbgrader(build_notebook(cells, POINTS))
    for name in ("setup-1", "check-add", "check-mean"):
        assert (made[name].locked, made[name].grade, made[name].solution) == (True, False, False)
        assert "points" not in made[name]


def test_prose_has_no_metadata_and_experiments_keep_their_tag(cells):
    notebook = build_notebook(cells, POINTS)
    assert notebook.cells[0].metadata == {}
    assert notebook.cells[-1].metadata == {"tags": ["experiment"]}


def test_magics_come_back(cells):
    setup = next(c for c in build_notebook(cells, POINTS).cells if c.id == "setup-1")
    assert setup.source.startswith("%matplotlib inline\n")


def test_second_setup_and_second_check_are_numbered():
    cells = [SourceCell("code", f"{i}", role, name) for i, (role, name) in enumerate(
        [("setup", None), ("setup", None), ("exercise", "f"), ("check", "f"), ("check", "f")])]  # fmt: skip
    assert list(nbgrader(build_notebook(cells, {"f": 1}))) == ["setup-1", "setup-2", "f", "check-f", "check-f-2"]


def test_equal_cells_get_different_ids_and_long_names_stay_short():
    long = "f" * 80
    cells = [SourceCell("code", "x = 1"), SourceCell("code", "x = 1"), SourceCell("code", "def f", "exercise", long)]
    notebook = build_notebook(cells, {long: 1})
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == 3 and max(map(len, ids)) <= 64
    nbformat.validate(notebook)


def test_cells_survive_the_way_to_a_notebook_and_back(cells, tmp_path):
    write_notebook(build_notebook(cells, POINTS), tmp_path / "a.ipynb")
    assert cells_of(read_notebook(tmp_path / "a.ipynb")) == cells


def test_same_cells_give_the_same_bytes(cells, tmp_path):
    for name in ("a", "b"):
        write_notebook(build_notebook(cells, POINTS), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert json.loads((tmp_path / "a").read_text())["metadata"] == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}'])
def test_what_is_no_notebook_is_refused_in_one_sentence(tmp_path, text):
    (tmp_path / "x.ipynb").write_text(text)
    with pytest.raises(SourceError, match=r"x.ipynb is not a Jupyter notebook: save it again from JupyterLab"):
        read_notebook(tmp_path / "x.ipynb")


def test_a_notebook_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SourceError, match="cannot be read: No such file"):
        read_notebook(tmp_path / "x.ipynb")
