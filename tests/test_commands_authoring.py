"""``course release, solve, new, check, data, lab`` as people type them: what is printed, and the exit status."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace

import pytest

from course.__main__ import main

from .authoring_course import write_course

RIGHT = "# %% add\ndef add(a, b):\n    return a + b\n\n# %% mean\ndef mean(a, b):\n    return add(a, b) / 2\n"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """The current folder is a course."""
    monkeypatch.chdir(tmp_path)
    return write_course(tmp_path)


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs a command line in this process."""

    def run(*words: str):
        monkeypatch.setattr(sys, "argv", ["course", *words])
        with pytest.raises(SystemExit) as stop:
            main()
        printed = capsys.readouterr()
        return SimpleNamespace(status=stop.value.code, out=printed.out, err=printed.err)

    return run


@pytest.mark.parametrize("name", ["release", "solve", "new", "check", "data", "lab"])
def test_help_teaches_with_an_example(run, name):
    shown = run(name, "--help")
    assert shown.status == 0 and f"\n  course {name}" in shown.out


# --- release -------------------------------------------------------------------------------------------------------


def test_release_builds_all_lessons_and_check_says_that_they_are_current(course, run):
    made = run("release")
    assert made.status == 0, made.err
    assert made.out == "release/02_sums (3 exercises, 7.5 points, due 2026-11-30 23:59:00 UTC): written\n"
    checked = run("release", "--check")
    assert (checked.status, checked.out, checked.err) == (0, "release/02_sums is current\n", "")


def test_release_check_says_what_to_run(course, run):
    (course.root / "release/01_old").mkdir(parents=True)
    checked = run("release", "--check")
    assert checked.status == 1
    assert checked.err.splitlines() == [
        f"{course.root}/release/01_old belongs to no lesson in course_config.py: remove it, or add the lesson",
        "release/02_sums is not current (02_sums.ipynb): run `course release 02_sums`",
    ]
    assert run("release", "--check", "02_sums").err.count("\n") == 1


def test_release_of_an_unknown_lesson_is_refused(course, run):
    refused = run("release", "03_x")
    assert (refused.status, refused.err) == (2, "course: there is no lesson '03_x'; the lessons are 02_sums\n")


def test_release_outside_a_course_is_refused(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    refused = run("release")
    assert refused.status == 2 and refused.err.startswith("course: no course_config.py in ")


# --- solve ---------------------------------------------------------------------------------------------------------


def test_solve_says_where_the_notebook_is(course, run):
    place = course.root / ".course/solved/02_sums/02_sums.ipynb"
    assert (run("solve", "02_sums").out, place.is_file()) == (f"{place}\n", True)
    assert run("solve", "02_sums", "--to", "a/b.ipynb").out == "a/b.ipynb\n"
    assert (course.root / "a/b.ipynb").is_file()


def test_solve_runs_the_notebook_and_names_cells_that_warn(course, run):
    source = course.lesson("02_sums").source
    source.write_text(
        source.read_text().replace("# %matplotlib inline\n", "").replace("print(sum(range(10**6)))", "1 / 0")
    )
    solutions = course.lesson("02_sums").solutions
    solutions.write_text(solutions.read_text() + "\n\nimport sys\nprint('careful', file=sys.stderr)\n")
    ran = run("solve", "02_sums", "--strict")
    assert ran.status == 1
    assert ran.err.splitlines() == [
        "02_sums: cell 11 (1 / 0) fails with ZeroDivisionError: division by zero",
        "02_sums: cell mean warns: careful",
    ]
    assert '"ok: add(3, 4)\\n"' in (course.root / ".course/solved/02_sums/02_sums.ipynb").read_text()


def test_solve_does_not_write_into_release(course, run):
    refused = run("solve", "02_sums", "--to", "release/02_sums/02_sums.ipynb")
    assert refused.status == 2 and "holds no solutions: give another place with --to" in refused.err


# --- new -----------------------------------------------------------------------------------------------------------


def test_new_prints_each_path_and_what_comes_next(course, run):
    assert run("new", "03_dots", "--title", "Dots").out.splitlines() == [
        "new       source/03_dots/03_dots.py",
        "new       solutions/03_dots.py",
        "new       graders/03_dots/",
        "added to  course_config.py",
        "next      course new 03_dots/EXERCISE",
    ]
    assert run("new", "03_dots/one").out.splitlines() == [
        "new       graders/03_dots/one/test_one.py",
        "new       graders/03_dots/one/mistakes.py",
        "new       graders/03_dots/one/variants.py",
        "added to  source/03_dots/03_dots.py",
        "added to  solutions/03_dots.py",
        "next      course audit 03_dots --exercise one",
    ]
    assert run("new", "03_dots/why", "--written").out.splitlines()[-1] == "next      course release 03_dots"
    assert run("release", "--check", "03_dots").err.startswith("release/03_dots is not current")


@pytest.mark.slow
@pytest.mark.parametrize("words", [["one_sum"], ["read_digits", "--trained"]])
def test_what_new_lays_out_passes_the_audit(course, run, words):
    run("new", "03_dots")
    run("new", f"03_dots/{words[0]}", *words[1:])
    audited = run("audit", "03_dots", "--in-process", "--full")
    assert audited.status == 0, audited.out + audited.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["02_sums"], "lesson 02_sums is already there"),
        (["02_sums/add"], "graders/02_sums/add is already there, and nothing was changed"),
        (["04_x/one"], "there is no lesson '04_x'"),
        (["03_dots", "--trained"], "--trained is for exercises: write 03_dots/EXERCISE"),
        (["02_sums/one", "--title", "One"], "--title is for lessons"),
    ],
)
def test_new_refuses_in_one_sentence(course, run, words, message):
    refused = run("new", *words)
    assert refused.status == 2 and message in refused.err


# --- check ---------------------------------------------------------------------------------------------------------


def test_check_prints_the_sentences_and_what_is_not_answered(course, run):
    (course.root / "my.py").write_text(RIGHT.replace("a + b", "a - b").split("# %% mean")[0])
    checked = run("check", "my.py")
    assert checked.status == 1
    lines = checked.out.splitlines()
    assert lines[0] == "add: not yet" and lines[1].startswith("    add(3, 4) ")
    assert lines[2:] == [
        "mean: not answered",
        "why: written, graded by hand",
        "0 of 2 exercises pass their visible checks; not answered: mean",
    ]


def test_check_of_one_exercise_that_passes(course, run, tmp_path_factory, monkeypatch):
    file = course.root / "my.py"
    file.write_text(RIGHT)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    checked = run("check", str(file), "--exercise", "add")
    assert checked.out == "add: passed\n    ok: add(3, 4)\nvisible checks passed; hidden tests run later\n"
    assert checked.status == 0


def test_check_refuses_in_one_sentence(course, run):
    (course.root / "my.py").write_text(RIGHT)
    refused = run("check", "my.py", "--exercise", "x")
    assert refused.status == 2
    assert refused.err == "course: lesson 02_sums has no exercise 'x'; it has add, mean, why\n"
    assert run("check", "nothing.py").status == 2
    assert run("check", "my.py", "--course", "/").err.startswith("course: no course_config.py in /")


def test_check_without_a_file_takes_the_notebook_in_this_folder(course, run, monkeypatch):
    assert run("release").status == 0
    assert run("lab", "--copy-only").status == 0
    monkeypatch.chdir(course.root / "work/02_sums")
    checked = run("check")
    assert checked.status == 1 and "add: not answered" in checked.out
    monkeypatch.chdir(course.root)
    refused = run("check")
    assert refused.status == 2
    assert refused.err == "course: name the notebook that is to be checked: this folder has 0 (none)\n"


# --- data and lab --------------------------------------------------------------------------------------------------


def test_data_lists_the_sets_and_their_state(run, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "sets"))
    listed = run("data")
    assert listed.status == 0
    assert "cifar10 " in listed.out and listed.out.count(" absent ") == listed.out.count(str(tmp_path)) == 4
    assert run("data", "status").out == listed.out


def test_data_that_is_absent_damaged_or_unknown(run, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    absent = run("data", "verify", "mnist")
    assert absent.status == 1 and absent.err.startswith(f"course: MNIST is not in {tmp_path}/mnist")
    unknown = run("data", "get", "imagenet")
    assert unknown.status == 2 and unknown.err.startswith("course: there is no data set 'imagenet'; the sets are ")
    images = tmp_path / "mnist/MNIST/raw/train-images-idx3-ubyte.gz"
    images.parent.mkdir(parents=True)
    images.write_bytes(b"x")
    damaged = run("data")
    assert damaged.status == 1 and " damaged " in damaged.out and damaged.err.startswith("mnist: ")


def test_lab_copies_and_says_which_folder(course, run):
    (course.root / "release/02_sums").mkdir(parents=True)
    (course.root / "release/02_sums/02_sums.ipynb").write_text("released")
    told = run("lab", "--copy-only")
    assert told.out == f"your folder is {course.root / 'work'}\n    new   02_sums/02_sums.ipynb\n"
    (course.root / "work/02_sums/02_sums.ipynb").write_text("mine")
    assert "    kept  02_sums/02_sums.ipynb (yours; the released one is " in run("lab", "--copy-only").out


@pytest.mark.skipif(os.name != "posix", reason="other systems start a child process")
def test_lab_becomes_jupyterlab(course, run, monkeypatch):
    (course.root / "release/02_sums").mkdir(parents=True)
    (course.root / "release/02_sums/02_sums.ipynb").write_text("released")
    started = []
    monkeypatch.setattr(os, "execve", lambda *program: started.append(program))
    run("lab", "--to", "mine", "--", "--no-browser")
    assert started[0][1][1:] == ["-m", "jupyterlab", f"--ServerApp.root_dir={course.root / 'mine'}", "--no-browser"]


def test_lab_without_released_lessons_is_refused(run, tmp_path):
    refused = run("lab", "--course", str(tmp_path))
    assert refused.status == 2 and "there are no released lessons" in refused.err
