"""A class is graded once: what is known is looked up, what changed is graded again, and nothing else."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_course import LESSON, lesson_of, write_lesson

from course.config import Limits
from course.errors import EngineError
from course.kernels.inprocess import InProcessKernel
from course.lessons import Course
from course.records import ExerciseRecord
from course.runs import classroom, here, pool, receipt
from course.runs.classroom import grade_class, stored_records
from course.runs.notebook import open_notebook
from course.runs.store import Store, write_whole
from course.submission import Task

TEST = """
from course.grading import points, same

@points({points})
def test_two(student):
    same(student.{name}(2), {value}, "{name}(2)")
"""
DOUBLE = TEST.format(points=2, name="double", value=4)
TRIPLE = TEST.format(points=3, name="triple", value=6)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return write_lesson(tmp_path, double=DOUBLE, triple=TRIPLE)


@pytest.fixture
def graded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[str, ...]]]:
    """Who was really graded, and which exercises; kernels are in this process."""
    seen: list[tuple[str, tuple[str, ...]]] = []

    @contextmanager
    def no_kernels(*args: Any, **options: Any) -> Iterator[InProcessKernel]:
        yield InProcessKernel()

    def grade_all(grader: Any, kernels: Any, tasks: Sequence[Task], jobs: int, keep: Any) -> Iterator[Any]:
        seen.extend((task.submission.student, task.exercises) for task in tasks)
        yield from original(grader, kernels, tasks, jobs, keep)

    original: Callable[..., Iterator[Any]] = pool.grade_all
    monkeypatch.setattr(pool, "grade_all", grade_all)
    monkeypatch.setattr(here, "open_kernels", no_kernels)
    return seen


def hand_in(course: Course, student: str, **answers: str) -> None:
    """A notebook with these answers, as a student hands it in."""
    cells = [{"cell_type": "code", "source": "import torch", "metadata": {}, "outputs": [], "execution_count": None}]
    for name, code in answers.items():
        marks = {"grade_id": name, "grade": True, "solution": True, "locked": False, "schema_version": 3}
        cells.append({**cells[0], "source": code, "metadata": {"nbgrader": marks}})
    path = lesson_of(course).submitted_notebook(student)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")


def points(course: Course, *students: str, **options: Any) -> dict[str, dict[str, float]]:
    """Grade these students; points by student and exercise."""
    found = grade_class(course, lesson_of(course), students, jobs=1, **options)
    return {g.student: {name: e.points for name, e in g.record.exercises.items()} for g in found}


def change(course: Course, path: str, old: str, new: str) -> Course:
    """The course after one of its files was edited."""
    file = course.root / path
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return Course.open(course.root)


RIGHT = dict(double="def double(n): return 2 * n", triple="def triple(n): return 3 * n")
Seen = list[tuple[str, tuple[str, ...]]]


def test_a_class_is_graded_and_the_second_time_only_looked_up(course: Course, graded: Seen) -> None:
    hand_in(course, "ada", **RIGHT)
    hand_in(course, "ben", double="def double(n): return n", triple=RIGHT["triple"])
    expected = {"ada": {"double": 2, "triple": 3}, "ben": {"double": 0, "triple": 3}}
    assert points(course, "ada", "ben") == expected
    assert graded == [("ada", ("double", "triple")), ("ben", ("double", "triple"))]
    graded.clear()
    assert points(Course.open(course.root), "ada", "ben") == expected
    assert graded == []


def test_what_is_known_is_graded_again_when_forced(course: Course, graded: Seen) -> None:
    hand_in(course, "ada", **RIGHT)
    points(course, "ada")
    points(course, "ada", force=True)
    assert graded == [("ada", ("double", "triple"))] * 2


@pytest.mark.parametrize("file", ["test_triple.py", "mistakes.py", "variants.py"])
def test_a_change_in_one_graders_folder_grades_that_exercise_only(course: Course, graded: Seen, file: str) -> None:
    hand_in(course, "ada", **RIGHT)
    hand_in(course, "ben", **RIGHT)
    points(course, "ada", "ben")
    graded.clear()
    path = course.root / "graders" / LESSON / "triple" / file
    path.write_text((TRIPLE if file.startswith("test") else "") + "\n# a remark\n", encoding="utf-8")
    points(Course.open(course.root), "ada", "ben")
    assert graded == [("ada", ("triple",)), ("ben", ("triple",))]


def test_a_changed_test_changes_the_score_in_the_same_process(course: Course, graded: Seen) -> None:
    hand_in(course, "ada", **RIGHT)
    assert points(course, "ada")["ada"] == {"double": 2, "triple": 3}
    stricter = change(course, f"graders/{LESSON}/triple/test_triple.py", "(2), 6", "(2), 7")
    assert points(stricter, "ada")["ada"] == {"double": 2, "triple": 0}


def test_a_change_in_the_support_file_grades_the_whole_lesson(course: Course, graded: Seen) -> None:
    hand_in(course, "ada", **RIGHT)
    points(course, "ada")
    graded.clear()
    (course.root / "graders" / LESSON / "support.py").write_text("x = 1\n", encoding="utf-8")
    points(Course.open(course.root), "ada")
    assert graded == [("ada", ("double", "triple"))]


def test_another_answer_is_graded_and_who_did_not_change_is_not(course: Course, graded: Seen) -> None:
    hand_in(course, "ada", **RIGHT)
    hand_in(course, "ben", **RIGHT)
    points(course, "ada", "ben")
    graded.clear()
    hand_in(course, "ben", **{**RIGHT, "double": "def double(n): return n"})
    assert points(course, "ada", "ben")["ben"] == {"double": 0, "triple": 3}
    assert [student for student, _ in graded] == ["ben"]


@pytest.mark.parametrize("what", ["seed", "limits", "engine"])
def test_what_a_score_depends_on_is_part_of_the_key(
    course: Course, graded: Seen, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    hand_in(course, "ada", **RIGHT)
    points(course, "ada")
    graded.clear()
    options = {"seed": 1} if what == "seed" else {}
    if what == "limits":
        course = Course(replace(course.config, limits=Limits(call_seconds=7)))
    if what == "engine":
        monkeypatch.setattr(receipt, "engine_fingerprint", lambda: "another engine")
    points(course, "ada", **options)
    assert graded == [("ada", ("double", "triple"))]


DAMAGES = {
    "emptied": lambda path: path.write_text(""),
    "cut": lambda path: path.write_text(path.read_text()[:-20]),
    "no JSON": lambda path: path.write_bytes(b"\xff\xfe"),
    "another JSON": lambda path: path.write_text("[1, 2]"),
    "a field too few": lambda path: path.write_text('{"lesson": "x", "tests": [], "misconceptions": []}'),
    "a field too many": lambda path: path.write_text(path.read_text().replace('"points"', '"pts"', 1)),
    "removed": lambda path: path.unlink(),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_of_the_store_counts_as_missing(course: Course, graded: Seen, name: str) -> None:
    hand_in(course, "ada", **RIGHT)
    points(course, "ada")
    graded.clear()
    damaged = sorted((course.root / ".course" / "records").rglob("*.json"))
    assert len(damaged) == 2
    DAMAGES[name](damaged[0])
    assert points(course, "ada")["ada"] == {"double": 2, "triple": 3}
    ((student, exercises),) = graded
    assert student == "ada" and len(exercises) == 1
    graded.clear()
    points(course, "ada")
    assert graded == []


def test_what_we_could_not_grade_is_not_remembered(course: Course, graded: Seen) -> None:
    hand_in(course, "ada", **RIGHT)
    broken = change(course, f"graders/{LESSON}/triple/test_triple.py", "same(", "no_such_name(")
    (found,) = grade_class(broken, lesson_of(broken), ["ada"], jobs=1)
    assert found.record.exercises["triple"].status == "needs_manual"
    graded.clear()
    points(broken, "ada")
    assert graded == [("ada", ("triple",))]


def test_a_notebook_that_cannot_be_opened_needs_a_person_and_stops_nobody(course: Course, graded: Seen) -> None:
    hand_in(course, "ada", **RIGHT)
    hand_in(course, "ben", **RIGHT)
    lesson_of(course).submitted_notebook("ben").write_text("no notebook", encoding="utf-8")
    found = {g.student: g for g in grade_class(course, lesson_of(course), ["ben", "ada", "cat"], jobs=1)}
    assert found["ada"].record.points == 5
    for student in ("ben", "cat"):
        assert found[student].submission is None
        for record in found[student].record.exercises.values():
            assert record.status == "needs_manual" and record.reason and record.max_points > 0


def test_an_answer_that_is_missing_or_untouched_is_not_answered(course: Course, graded: Seen) -> None:
    hand_in(course, "ada", double='def double(*args):\n    raise NotImplementedError("double")')
    (found,) = grade_class(course, lesson_of(course), ["ada"], jobs=1)
    assert {n: e.status for n, e in found.record.exercises.items()} == {
        "double": "not_answered",
        "triple": "not_answered",
    }


def test_a_record_carries_its_receipt(course: Course, graded: Seen) -> None:
    hand_in(course, "ada", **RIGHT)
    (found,) = grade_class(course, lesson_of(course), ["ada"], jobs=1, seed=3)
    carried = found.record.exercises["double"].receipt
    assert carried["seed"] == 3 and carried["rung"] == "in process" and "torch" in carried["versions"]
    assert found.submission is not None
    known = stored_records(course, lesson_of(course), found.submission, seed=3)
    assert known["double"] == found.record.exercises["double"]
    assert stored_records(course, lesson_of(course), found.submission, seed=4) == {"double": None, "triple": None}


def test_an_unchanged_notebook_is_not_opened_again(
    course: Course, graded: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(course, "ada", **RIGHT)
    hand_in(course, "ben", **RIGHT)
    before = points(course, "ada", "ben")
    opened: list[str] = []

    def opening(*args: Any) -> Any:
        opened.append(args[-1])
        return open_notebook(*args)

    monkeypatch.setattr(classroom, "open_notebook", opening)
    assert points(course, "ada", "ben") == before and opened == []
    hand_in(course, "ben", double=RIGHT["double"], triple="def triple(n): return n")
    assert points(course, "ada", "ben")["ben"] == {"double": 2, "triple": 0} and opened == ["ben"]
    (found,) = grade_class(course, lesson_of(course), ["ada"])
    assert found.submission is not None and found.submission.answers["double"] == RIGHT["double"]


@pytest.mark.parametrize("text", ["", "[]", '{"context": 1}', "\0"])
def test_what_is_remembered_of_notebooks_may_be_lost(course: Course, graded: Seen, text: str) -> None:
    hand_in(course, "ada", **RIGHT)
    points(course, "ada")
    (seen,) = (course.root / ".course" / "seen").iterdir()
    seen.write_text(text)
    assert points(course, "ada")["ada"] == {"double": 2, "triple": 3} and len(graded) == 1


def test_a_result_is_kept_before_the_next_is_waited_for(course: Course, graded: Seen) -> None:
    for student in ("ada", "ben"):
        hand_in(course, student, **{**RIGHT, "double": f"def double(n): return 2 * n  # {student}"})
    running = grade_class(course, lesson_of(course), ["ada", "ben"], jobs=1)
    assert next(running).student == "ada"
    running.close()  # this process might as well have been killed here
    graded.clear()
    points(course, "ada", "ben")
    assert [student for student, _ in graded] == ["ben"]


def test_a_full_disk_is_one_sentence_and_what_was_kept_stays(
    course: Course, graded: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(course, "ada", **RIGHT)

    def full(temporary: Path, path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("os.replace", full)
        with pytest.raises(EngineError, match="No space left on device.*run the same command again"):
            points(course, "ada")
    assert not [p for p in (course.root / ".course").rglob("*") if p.is_file()]
    assert points(course, "ada")["ada"] == {"double": 2, "triple": 3}


# -- the store ----------------------------------------------------------------------------------------------------


def test_the_store_gives_back_what_it_was_given(tmp_path: Path) -> None:
    store, record = Store(tmp_path), ExerciseRecord.needs_manual("a", "b", 3, "because")
    assert store.get("0" * 64) is None
    store.put("0" * 64, record)
    assert store.get("0" * 64) == record


def test_what_a_killed_process_left_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    (tmp_path / ".file.json.new").write_text("half of somethi")
    write_whole(path, "whole")
    assert path.read_text() == "whole" and list(tmp_path.iterdir()) == [path]


def test_processes_that_write_the_same_file_do_not_mix(tmp_path: Path) -> None:
    path, texts = tmp_path / "file.json", [letter * 200_000 for letter in "ab"]
    for text in texts:
        if not (os.fork()):
            try:
                for _ in range(20):
                    write_whole(path, text)
            finally:
                os._exit(0)
    while os.waitpid(-1, os.WNOHANG)[0] == 0:
        assert not path.exists() or path.read_text() in texts
    os.wait()
    assert path.read_text() in texts and list(tmp_path.iterdir()) == [path]


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "file.json"
    write_whole(path, "old")
    monkeypatch.setattr("os.replace", lambda *names: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(EngineError, match="disk full.*what was finished is kept"):
        write_whole(path, "new")
    assert path.read_text() == "old" and list(path.parent.iterdir()) == [path]
