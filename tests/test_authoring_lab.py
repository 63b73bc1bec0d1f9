"""Working copies of released lessons: what a student has is never touched."""

from __future__ import annotations

import json
import sys

import pytest

from course.authoring.lab import copy_lessons, find_released, jupyterlab
from course.errors import InputError


@pytest.fixture
def root(tmp_path):
    for name in ("02_sums/02_sums.ipynb", "02_sums/figures/a.svg", ".02_sums.new/02_sums.ipynb"):
        path = tmp_path / "release" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("released")
    return tmp_path


def test_everything_released_is_copied_once(root):
    copied = copy_lessons(root, root / "work")
    assert (copied.new, copied.kept) == (["02_sums/02_sums.ipynb", "02_sums/figures/a.svg"], [])
    assert copy_lessons(root, root / "work").new == []


def test_a_begun_lesson_is_kept_and_named(root):
    mine = root / "work/02_sums/02_sums.ipynb"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    copied = copy_lessons(root, root / "work")
    assert copied.kept == ["02_sums/02_sums.ipynb"] and mine.read_text() == "mine"


def test_nothing_is_written_through_a_link(root):
    (root / "work/02_sums").mkdir(parents=True)
    (root / "work/02_sums/02_sums.ipynb").symlink_to(root / "elsewhere")
    assert copy_lessons(root, root / "work").kept == ["02_sums/02_sums.ipynb"]
    assert not (root / "elsewhere").exists()


def test_released_lessons_are_found_from_below(root):
    (root / "work/deep").mkdir(parents=True)
    assert find_released(root / "work/deep") == root


def test_no_released_lessons_is_told_in_one_sentence(tmp_path):
    with pytest.raises(InputError, match="there are no released lessons in .* or above it: run `course release`"):
        find_released(tmp_path)


def test_jupyterlab_starts_there_without_asking_for_news(root, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/theirs")
    program, environment = jupyterlab(root, root / "work", ("--no-browser",))
    assert program == [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root / 'work'}", "--no-browser"]
    settings = root / ".course/lab"
    assert environment["JUPYTER_CONFIG_PATH"] == f"{settings}:/theirs"
    page = json.loads((settings / "labconfig/page_config.json").read_text())
    assert page == {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    assert json.loads((settings / "jupyter_server_config.json").read_text())["LabApp"]["news_url"] is None
