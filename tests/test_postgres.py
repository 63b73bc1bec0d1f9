"""The gradebook in a real PostgreSQL server, started here in a folder of its own."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from tiny_course import ADD, LESSON, MEAN, answered, hand_in, records_of, write_course

from course.authoring.release import release
from course.errors import EngineError, InputError
from course.lessons import Course, Lesson
from course.nbgrader_side import patches
from course.nbgrader_side.gradebook import entered, scores, write_grades
from course.nbgrader_side.settings import load_settings, nbgrader_api
from course.records import ExerciseRecord

psycopg = pytest.importorskip("psycopg", reason="needs the extra postgres (postgresql's driver, psycopg)")
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PROGRAMS and not shutil.which("initdb"), reason="postgresql is not installed"),
]


def run(*command: str | Path) -> None:
    """Run one of PostgreSQL's programs, which refuse to be run by root."""
    program = PROGRAMS[-1].with_name(str(command[0])) if PROGRAMS else command[0]
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    subprocess.run([*as_user, program, *command[1:]], check=True, stdout=subprocess.DEVNULL, cwd="/")


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    """The folder of a running server's socket."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))  # not pytest's own, which other users cannot enter
    folder.chmod(0o755)
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    try:
        run("initdb", "--pgdata", data, "--username=course", "--auth=trust", "--no-sync", "--encoding=UTF8")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c shared_buffers=16MB"
        run("pg_ctl", "--pgdata", data, "-o", options, "-l", folder / "log", "-w", "start")
        yield folder
        run("pg_ctl", "--pgdata", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def course(server: Path, tmp_path: Path) -> Course:
    """A course whose gradebook is an empty database of the server's."""
    name = f"book{abs(hash(tmp_path.name))}"
    with psycopg.connect(f"host={server} user=course dbname=postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    course = write_course(tmp_path / "course")
    with open(course.root / "nbgrader_config.py", "a") as file:
        file.write(f'\nc.CourseDirectory.db_url = "postgresql+psycopg://course@/{name}?host={server}"\n')
    patches.apply()
    release(course, course.lesson(LESSON))
    return course


@pytest.fixture
def lesson(course: Course) -> Lesson:
    return course.lesson(LESSON)


def database(course: Course) -> str:
    return str(load_settings(course.root).CourseDirectory.db_url)


def test_scores_are_kept_there_and_nowhere_else(course: Course, lesson: Lesson) -> None:
    for student in ("ada", "ben"):
        hand_in(lesson, student, answered(lesson, add=ADD, mean=MEAN), "2026-11-29 12:00:00 UTC")
    write_grades(course, lesson, [records_of("ada", add=2), records_of("ben", add=0, mean=3)])
    write_grades(course, lesson, [records_of("ada", add=1)])
    assert {s["student"]: s["points"] for s in scores(course, lesson)["students"]} == {"ada": 1, "ben": 3}
    assert entered(course, lesson)["ada"]["add"] == {"auto": 1, "manual": None}
    assert not (course.root / "gradebook.db").exists()
    with Gradebook(database(course), "tiny") as gb:
        assert gb.find_submission(LESSON, "ada").score == 1


def test_what_a_person_gave_stays_and_a_copy_is_kept_first(course: Course, lesson: Lesson) -> None:
    write_grades(course, lesson, [records_of("ada", add=2)])
    with Gradebook(database(course), "tiny") as gb:
        gb.find_grade("add", LESSON, LESSON, "ada").manual_score = 1.5
        gb.db.commit()
        gb.grant_extension(LESSON, "ada", days=2)
    write_grades(course, lesson, [records_of("ada", add=0)])
    assert entered(course, lesson)["ada"]["add"] == {"auto": 0, "manual": 1.5}
    *_, copy = sorted((course.root / ".course" / "backups").glob("*.db"))
    with closing(sqlite3.connect(copy)) as connection:
        query = "select auto_score, manual_score from grade join base_cell on base_cell.id = cell_id where name = 'add'"
        assert connection.execute(query).fetchall() == [(2, 1.5)]


def test_text_that_the_database_cannot_hold_stops_nobody(course: Course, lesson: Lesson) -> None:
    record = records_of("ada", add=0)
    odd = replace(record.exercises["add"], reason="half a character: \udcff, nothing: \0.")
    write_grades(course, lesson, [replace(record, exercises={**record.exercises, "add": odd}), records_of("ben")])
    with Gradebook(database(course), "tiny") as gb:
        assert "nothing: \ufffd" in gb.find_comment("add", LESSON, LESSON, "ada").auto_comment


def test_a_lock_is_waited_for_and_then_reported(
    course: Course, lesson: Lesson, server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("course.nbgrader_side.gradebook.time.sleep", lambda seconds: None)
    monkeypatch.setattr(patches, "LOCK_SECONDS", 0.05)
    write_grades(course, lesson, [records_of("ada", add=2)])
    name = database(course).partition("@/")[2].partition("?")[0]
    with psycopg.connect(f"host={server} user=course dbname={name}") as holder:
        holder.execute("LOCK TABLE student, grade IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(EngineError, match="nothing was changed: .*lock timeout"):
            write_grades(course, lesson, [records_of("ada", add=0)])
    assert scores(course, lesson)["students"][0]["points"] == 2


def test_nbgraders_own_commands_find_it(course: Course, lesson: Lesson) -> None:
    hand_in(lesson, "ada", "no notebook")  # what cannot be opened needs no kernel
    api = nbgrader_api(course.root)
    assert api.autograde(LESSON, "ada")["success"]
    found = scores(course, lesson)["students"]
    assert [(s["student"], s["needs_manual"]) for s in found] == [("ada", True)]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://course@/none?host=/nowhere", "could not be (written|read)"),
        ("postgresql+nothing://course@/none", "no database that can be used"),
        ("gradebook", "no database that can be used"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_in_one_sentence(course: Course, url: str, said: str) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.CourseDirectory.db_url = {url!r}\n")
    with pytest.raises((InputError, EngineError), match=said) as raised:
        write_grades(course, course.lesson(LESSON), [records_of("ada")])
    assert "\n" not in str(raised.value)


def test_a_record_that_waits_for_a_person_has_no_score(course: Course, lesson: Lesson) -> None:
    broken = ExerciseRecord.needs_manual(LESSON, "add", 2, "the kernel could not be started")
    record = records_of("ada")
    write_grades(course, lesson, [replace(record, exercises={**record.exercises, "add": broken})])
    assert entered(course, lesson)["ada"]["add"] == {"auto": None, "manual": None}
