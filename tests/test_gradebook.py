"""Nothing that goes wrong while results are written loses any of them, and what is current is left alone."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from graded_course import CLASS, build, kernels_in_this_process, run
from tiny_course import ADD, LESSON, answered, cell_of, hand_in

from course.__main__ import main
from course.errors import EngineError
from course.lessons import Course, Lesson
from course.nbgrader_side.gradebook import ImpossibleNames, scores
from course.runs import here


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("course")).root


@pytest.fixture
def course(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    kernels_in_this_process(monkeypatch)
    shutil.copytree(template, tmp_path / "course")
    return Course.open(tmp_path / "course")


@pytest.fixture
def lesson(course: Course) -> Lesson:
    return course.lesson(LESSON)


def entered_points(course: Course) -> dict[str, tuple[float, float]]:
    found = scores(course, course.lesson(LESSON))["students"]
    return {s["student"]: (s["scores"]["add"]["points"], s["scores"]["mean"]["points"]) for s in found}


EXPECTED = {student: points for student, (_, points) in CLASS.items()}


def autograded(course: Course) -> dict[str, tuple[bytes, int]]:
    """Content and moment of writing of each graded notebook, by student."""
    found = (course.root / "autograded").rglob("*.ipynb")
    return {p.parent.parent.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in found}


def test_impossible_names_stop_nobody(course: Course, lesson: Lesson) -> None:
    for name in ("x" * 129, "b\udcff"):
        hand_in(lesson, name, answered(lesson, add=ADD))
    done = run(course, "grade", LESSON, "--jobs", "1")
    assert isinstance(done.exception, ImpossibleNames) and done.exception.exit_status == 2
    assert str(done.exception).startswith("2 folders in submitted/ have names that cannot be student ids")
    assert entered_points(course) == EXPECTED and set(autograded(course)) == set(EXPECTED)


def test_what_is_current_is_left_alone(course: Course, lesson: Lesson) -> None:
    assert run(course, "grade", LESSON).return_value == 0
    first = autograded(course)
    assert run(course, "grade", LESSON).return_value == 0
    assert autograded(course) == first
    for change in (
        lambda: lesson.autograded_notebook("ada").unlink(),
        lambda: lesson.autograded_notebook("ada").chmod(0o644) or lesson.autograded_notebook("ada").write_text("{}"),
        lambda: (lesson.submitted_notebook("ada").parent / "timestamp.txt").write_text("2026-11-29 12:00:00 UTC"),
        lambda: hand_in(lesson, "ada", answered(lesson, add="def add(a, b):\n    return b + a")),
        lambda: run(course, "grade", LESSON, "--store-only", "--force", "--student", "ada"),
    ):
        before = autograded(course)
        change()
        assert run(course, "grade", LESSON).return_value == 0
        after = autograded(course)
        assert after["ada"] != before.get("ada") and {**after, "ada": 0} == {**before, "ada": 0}
    assert "b + a" in "".join(cell_of(json.loads(autograded(course)["ada"][0]), "add")["source"])


def test_a_full_disk_is_one_sentence_and_the_next_run_goes_on(course: Course) -> None:
    """No file may grow beyond a limit that only some of the files keep to; in a fork, since limits are for ever."""
    run(course, "grade", LESSON, "--store-only")
    before = (course.root / "gradebook.db").read_bytes()
    reading, writing = os.pipe()
    if not (pid := os.fork()):
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        error = run(course, "grade", LESSON).exception
        os.write(writing, f"{type(error).__mro__} {error}".encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(pid, 0)
    told = os.read(reading, 10_000).decode()
    assert "EngineError" in told and "could not be written" in told and "run the same command again" in told
    assert "\n" not in told
    with closing(sqlite3.connect(course.root / "gradebook.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert entered_points(course) == {} and len(before) > 20_000
    assert run(course, "grade", LESSON).return_value == 0
    assert entered_points(course) == EXPECTED and set(autograded(course)) == set(EXPECTED)
    assert not list(course.root.rglob("unfinished")) and not list(course.root.rglob(".*.new"))


def test_no_room_for_kernels_is_one_sentence(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp")

    monkeypatch.setattr(here, "open_kernels", full)
    monkeypatch.setattr("course.__main__.UNUSED_IMPORTS", ())  # this process may need them later
    monkeypatch.setattr("sys.argv", ["course", "grade", LESSON, "--course", str(course.root)])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err.splitlines()
    assert ended.value.code == 3 and len(told) == 1
    assert told[0].startswith("course: the disk is full ([Errno 28] No space left on device: '/tmp'): make room")


def test_what_is_no_database_is_said_in_one_sentence(course: Course) -> None:
    (course.root / "gradebook.db").write_bytes(b"no database " * 1000)
    for extra in ("-wal", "-shm"):
        (course.root / f"gradebook.db{extra}").unlink(missing_ok=True)
    error = run(course, "grade", LESSON).exception
    assert isinstance(error, EngineError) and "not a database" in str(error)
    assert len(list((course.root / ".course" / "records").rglob("*.json"))) == 9  # what was graded is kept


def test_after_a_kill_between_gradebook_and_notebooks_the_next_run_goes_on(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("course.nbgrader_side.gradebook.write_autograded", killed)
        run(course, "grade", LESSON)
    assert entered_points(course) == EXPECTED and autograded(course) == {}
    assert run(course, "grade", LESSON).return_value == 0
    assert set(autograded(course)) == set(EXPECTED)
