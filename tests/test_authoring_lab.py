"""Working copies of released lessons: what a student has is never touched."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

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
    assert environment["JUPYTER_PATH"].endswith("nbgrader_side/jupyter")
    page = json.loads((settings / "labconfig/page_config.json").read_text())
    assert page == {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    assert json.loads((settings / "jupyter_server_config.json").read_text())["LabApp"]["news_url"] is None
    assert "use_visible_checks" in (settings / "nbgrader_config.py").read_text()
    assert environment["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)


def test_the_tas_pages_are_there_in_a_courses_own_folder_only(root):
    def told():
        jupyterlab(root, root / "work", ())
        return json.loads((root / ".course/lab/jupyter_server_config.json").read_text())

    assert told()["ServerApp"]["jpserver_extensions"] == {"course.review": False}
    (root / "course_config.py").write_text("")
    settings = told()
    assert settings["ServerApp"]["jpserver_extensions"] == {"course.review": True}
    assert settings["ReviewApp"] == {"course_folder": str(root)}
    (cards,) = settings["LabApp"]["extra_labextensions_path"]
    card = Path(cards, "course-review")
    about = json.loads((card / "package.json").read_text())
    assert about["name"] == card.name and (card / about["jupyterlab"]["_build"]["load"]).is_file()
    assert settings["LabApp"]["news_url"] is None


def test_for_tas_it_opens_the_courses_own_folder_with_its_extension(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from course.__main__ import cli
    from course.commands import lab_command

    (tmp_path / "course_config.py").write_text("COURSE, LESSONS = {'id': 'x', 'title': 'X'}, {}\n")
    (tmp_path / "deep").mkdir()
    started = []
    monkeypatch.setattr(lab_command.os, "execve", lambda *arguments: started.append((*arguments, os.getcwd())))
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(cli, ["lab", "--grading", "--course", "deep", "--", "--no-browser"], standalone_mode=False)
    ((_, program, _, folder),) = started
    assert program[-2:] == [f"--ServerApp.root_dir={tmp_path}", "--no-browser"] and folder == str(tmp_path)
    settings = json.loads((tmp_path / ".course/lab/jupyter_server_config.json").read_text())
    assert settings["ServerApp"]["jpserver_extensions"] == {"course.review": True}
    assert not (tmp_path / "work").exists()


def test_for_tas_nothing_is_copied(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from course.__main__ import cli

    result = CliRunner().invoke(cli, ["lab", "--grading", "--copy-only"], standalone_mode=False)
    assert isinstance(result.exception, InputError) and "neither --to nor --copy-only" in str(result.exception)
