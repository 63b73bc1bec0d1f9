"""Who would gain and who would lose is shown before anything is written."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from graded_course import build, kernels_in_this_process, run
from nbgrader.api import Gradebook
from tiny_course import LESSON, records_of

from course.lessons import Course
from course.nbgrader_side.settings import load_settings
from course.records import ExerciseRecord
from course.runs.preview import preview

BEFORE = {
    "ada": {"add": {"auto": 2.0, "manual": None}, "mean": {"auto": 3.0, "manual": None}},
    "ben": {"add": {"auto": 0.0, "manual": 1.5}, "mean": {"auto": None, "manual": None}},
}


def test_changes_are_told_exercise_by_exercise() -> None:
    found = preview(BEFORE, [records_of("ada", add=1, mean=3), records_of("ben", add=2, mean=3), records_of("cat")])
    assert [str(change) for change in found.changes] == [
        "ada  add  2 -> 1",
        "ben  add  0 -> 2  (the 1.5 that a person gave stay)",
        "ben  mean  ? -> 3",
    ]
    assert found.gains() == {"ada": -1, "ben": 3} and found.new == ("cat",)
    assert list(found.lines())[-1] == "1 would gain, 1 would lose, 0 would keep their points, 1 are new."


def test_what_cannot_be_graded_is_no_zero() -> None:
    record = records_of("ada", mean=3)
    broken = ExerciseRecord.needs_manual(LESSON, "add", 2, "the kernel could not be started")
    (change,) = preview(BEFORE, [replace(record, exercises={**record.exercises, "add": broken})]).changes
    assert str(change) == "ada  add  2 -> ?" and change.after is None


def test_a_preview_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernels_in_this_process(monkeypatch)
    course = build(tmp_path)
    said = run(course, "grade", LESSON, "--preview", "--jobs", "1").output
    assert "3 are new" in said and "Nothing was written" in said
    assert not list((course.root / "autograded").rglob("*.ipynb")) and not (course.root / ".course/backups").exists()
    run(course, "grade", LESSON, "--jobs", "1")
    with Gradebook(load_settings(course.root).CourseDirectory.db_url, "tiny") as gb:
        gb.find_grade("add", LESSON, LESSON, "cat").manual_score = 1.0
        gb.db.commit()
    test = course.root / "graders" / LESSON / "add" / "test_add.py"
    test.write_text(test.read_text().replace("8", "-2"))  # what ben's answer gives
    before = {p: p.read_bytes() for p in course.root.rglob("*") if p.is_file() and not _may_change(course, p)}
    done = run(Course.open(course.root), "grade", LESSON, "--preview")
    assert done.output.splitlines()[:4] == [
        "ada  add  2 -> 0",
        "cat  add  2 -> 0  (the 1 that a person gave stay)",
        "ben  add  0 -> 2",
        "1 would gain, 1 would lose, 1 would keep their points, 0 are new.",
    ]
    after = {p: p.read_bytes() for p in course.root.rglob("*") if p.is_file() and not _may_change(course, p)}
    assert after == before
    lines = run(course, "grade", LESSON, "--preview", "--json").output.splitlines()
    assert {(c["student"], c["gain"]) for c in map(json.loads, lines)} == {("ada", -2), ("ben", 2), ("cat", 0)}
    shutil.rmtree(tmp_path)


def _may_change(course: Course, path: Path) -> bool:
    """The store may be filled; readers of SQLite's log keep notes beside it."""
    return (
        path.is_relative_to(course.root / ".course" / "records")
        or path.name.endswith((".db-shm", ".db-wal"))
        or "__pycache__" in path.parts
    )
