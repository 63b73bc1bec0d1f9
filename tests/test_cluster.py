"""A class graded on a Dask cluster gets the scores that it gets here, whatever dies on the way."""

from __future__ import annotations

import json
import os
import pickle
import re
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from small_course import lesson_of, submission, write_lesson

from course.__main__ import main
from course.errors import CourseError, EngineError, InputError
from course.kernels.inprocess import InProcessKernel
from course.lessons import Course
from course.records import ExerciseRecord, SubmissionRecord
from course.runs import cluster, station
from course.runs.classroom import grade_class, stored_records
from course.runs.cluster import on_cluster
from course.runs.notebook import open_notebook
from course.runs.pool import grade_all
from course.runs.session import open_grader
from course.runs.station import StationLost
from course.source import read_source
from course.submission import Task

distributed = pytest.importorskip("distributed")

TEST = """
import os, signal, time
from course.grading import points, same

@points(2)
def test_two(student):
    value = student.double(2)
    if value == "kill": os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(0.2)
    same(value, 4, "double(2)")
"""
QUIET = {"dashboard_address": None, "silence_logs": 50}
RIGHT, WRONG = "return 2 * n", "return 3"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return write_lesson(tmp_path, double=TEST)


@pytest.fixture(scope="module")
def one_worker() -> Iterator[str]:
    """A scheduler and a worker in this process; the worker's station is a process of its own all the same."""
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", **QUIET
    ) as running:
        yield running.scheduler_address
        for left in station._stations.values():
            left.close()


def tasks(course: Course, *bodies: str) -> list[Task]:
    code = "# %% double\ndef double(n):\n    {}\n"
    return [Task(submission(course, code.format(body), f"student {n}"), ("double",)) for n, body in enumerate(bodies)]


def graded(
    address: str, course: Course, *bodies: str, **options: str
) -> tuple[dict[int, SubmissionRecord], list[tuple[int, str, str]]]:
    """Records by number, and what was kept on the way."""
    kept: list[tuple[int, str, str]] = []

    def keep(number: int, record: ExerciseRecord, rung: str) -> None:
        kept.append((number, record.exercise, rung))

    run = on_cluster(address, course, lesson_of(course), **options)  # type: ignore[arg-type]
    return dict(run(tasks(course, *bodies), keep)), kept


def hand_in(course: Course, student: str, body: str) -> None:
    marks = {"grade_id": "double", "grade": True, "solution": True, "locked": False, "schema_version": 3}
    code = f"def double(n):\n    {body}"
    cell = {"cell_type": "code", "source": code, "metadata": {"nbgrader": marks}, "outputs": [], "execution_count": 1}
    path = lesson_of(course).submitted_notebook(student)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")


def known(course: Course) -> set[str]:
    """Whose record is in the store."""
    lesson = lesson_of(course)
    source = read_source(lesson)
    opened = [open_notebook(lesson, source, lesson.submitted_notebook(s), s) for s in lesson.students()]
    return {s.student for s in opened if all(stored_records(course, lesson, s).values())}


def here(course: Course, *bodies: str) -> dict[int, SubmissionRecord]:
    grader = open_grader(course, lesson_of(course), ["double"], 0)
    return dict(grade_all(grader, InProcessKernel(), tasks(course, *bodies)))


def scores(records: dict[int, SubmissionRecord]) -> list[tuple[str, float, str]]:
    return [(records[n].student, records[n].points, records[n].exercises["double"].status) for n in sorted(records)]


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nobody_anything(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "IN_FLIGHT", 4)
    bodies = [RIGHT, WRONG, "return 1 / 0", RIGHT, "return n + n"] * 2
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, **QUIET) as running:
        killed = {nanny.pid for nanny in list(running.workers.values())[:1]}
        records: dict[int, SubmissionRecord] = {}
        kept: list[int] = []
        run = on_cluster(running.scheduler_address, course, lesson_of(course))
        for number, record in run(tasks(course, *bodies), lambda number, record, rung: kept.append(number)):
            records[number] = record
            if len(records) == 2:
                os.kill(killed.pop(), signal.SIGKILL)
    assert sorted(kept) == sorted(records) == list(range(len(bodies)))
    assert scores(records) == scores(here(course, *bodies))


@pytest.mark.slow
def test_a_station_that_dies_is_replaced_and_asks_for_a_person_when_it_dies_every_time(
    course: Course, one_worker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "RETRIES", 0)
    records, kept = graded(one_worker, course, RIGHT, "return 'kill'", WRONG)
    assert [points for _, points, _ in scores(records)] == [2, 0, 0]
    assert [status for _, _, status in scores(records)] == ["graded", "needs_manual", "graded"]
    assert records[1].exercises["double"].reason == cluster.LOST
    rungs = {number: rung for number, _, rung in kept}
    assert rungs[1] == "none" != rungs[0]


@pytest.mark.slow
def test_what_has_come_is_kept_when_a_run_is_stopped(course: Course, one_worker: str) -> None:
    lesson = lesson_of(course)
    for student, body in {"ada": RIGHT, "bob": WRONG, "eve": "return n + n"}.items():
        hand_in(course, student, body)
    run = on_cluster(one_worker, course, lesson)
    stopped = grade_class(course, lesson, lesson.students(), run=run)
    first = next(stopped)
    stopped.close()
    assert first.student in known(course)
    points = {g.student: g.record.points for g in grade_class(course, lesson, lesson.students(), run=run)}
    assert points == {"ada": 2, "bob": 0, "eve": 2}
    assert known(course) == {"ada", "bob", "eve"}


@pytest.mark.slow
def test_a_worker_with_other_versions_is_refused_by_name(
    course: Course, one_worker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = station.versions()
    monkeypatch.setattr(station, "versions", lambda: {**ours, "torch": "0.4"})
    with pytest.raises(
        InputError, match=rf"worker tcp://\S+: it has torch {re.escape(ours['torch'])}, the coordinator 0.4"
    ):
        graded(one_worker, course, RIGHT)


@pytest.mark.slow
def test_tests_that_cannot_be_collected_end_the_run(course: Course, one_worker: str) -> None:
    file = lesson_of(course).exercise("double").test_file
    file.write_text(file.read_text() + "\nimport nothing_of_that_name\n")
    with pytest.raises(InputError, match="nothing_of_that_name"):
        graded(one_worker, course, RIGHT)


def test_a_worker_without_a_gpu_is_not_asked(course: Course, one_worker: str) -> None:
    with pytest.raises(InputError, match="offers GPU: start one with `dask worker .* --resources GPU=1`"):
        graded(one_worker, course, RIGHT, tier="gpu")


def test_a_worker_with_many_threads_is_refused(course: Course) -> None:
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=False, **QUIET) as running,
        pytest.raises(InputError, match="has 2 threads.*--nthreads 1 --nworkers 2`"),
    ):
        graded(running.scheduler_address, course, RIGHT)


def test_a_cluster_without_workers_is_told(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "WORKER_SECONDS", 0.2)
    with (
        distributed.LocalCluster(n_workers=0, processes=False, **QUIET) as running,
        pytest.raises(InputError, match="no workers: start some with `dask worker"),
    ):
        graded(running.scheduler_address, course, RIGHT)


def test_the_command_says_in_one_sentence_that_there_is_no_cluster(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(course, "ada", RIGHT)
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    words = ["grade", lesson_of(course).name, "--cluster", "tcp://127.0.0.1:1", "--course", str(course.root)]
    monkeypatch.setattr(sys, "argv", ["course", *words])
    with pytest.raises(SystemExit) as left:
        main()
    told = capsys.readouterr().err
    assert left.value.code == 2
    assert told.startswith("course: no Dask scheduler answers at") and len(told.strip().splitlines()) == 1


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x"])
def test_no_scheduler_is_one_sentence(course: Course, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    with pytest.raises(InputError, match=f"no Dask scheduler answers at '{address}'"):
        graded(address, course, RIGHT)


def test_without_dask_the_extra_is_named(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"convnet-course\[cluster\]"):
        graded("tcp://127.0.0.1:1", course, RIGHT)


def test_a_bundle_is_the_same_for_the_same_files_and_another_for_others(course: Course) -> None:
    def bundle(**options: int) -> station.Bundle:
        return station.make_bundle(course, lesson_of(course), ["double"], options.get("seed", 0), "cpu")

    first = bundle()
    lesson = lesson_of(course)
    os.utime(lesson.source, (time.time() + 100, time.time() + 100))
    assert bundle().digest == first.digest
    assert replace(first, seed=1).digest == bundle(seed=1).digest != first.digest
    lesson.exercise("double").test_file.write_text(TEST.replace("0.2", "0.1"))
    assert bundle().digest != first.digest


@pytest.mark.parametrize("kind", [InputError, EngineError, StationLost])
def test_errors_travel_by_their_message(kind: type[CourseError]) -> None:
    assert str(pickle.loads(pickle.dumps(kind("say what to do")))) == "say what to do"
