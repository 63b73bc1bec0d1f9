"""Grades many submissions, each in a fork of this process, a few at a time.

The forks inherit collected tests and diagnoses; a crash, leak or changed seed in one touches no other.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from course.grading.exercise import Grader
from course.kernels.base import KernelSource
from course.records import ExerciseRecord, SubmissionRecord
from course.runs.grade import grade_submission
from course.submission import Submission
from coursebridge.process import die_with_parent


@dataclass(frozen=True)
class Task:
    """One submission and the exercises of it that are to be graded."""

    submission: Submission
    exercises: tuple[str, ...]
    enforce_bans: bool = True


def grade_all(
    grader: Grader, kernels: KernelSource, tasks: Sequence[Task], jobs: int = 1
) -> Iterator[tuple[int, SubmissionRecord]]:
    """Grade all tasks, ``jobs`` at a time; records come with their task's number, as they are done."""
    kernels.wait()
    selector = selectors.DefaultSelector()
    waiting = list(enumerate(tasks))[::-1]
    running: dict[int, tuple[int, int, bytearray]] = {}  # read end -> task number, pid, what has arrived
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                number, task = waiting.pop()
                end, pid = _start(grader, kernels, task)
                running[end] = (number, pid, bytearray())
                selector.register(end, selectors.EVENT_READ)
            for key, _ in selector.select():
                end = key.fd
                number, pid, data = running[end]
                chunk = os.read(end, 1 << 20)
                data += chunk
                if chunk:
                    continue
                selector.unregister(end)
                os.close(end)
                os.waitpid(pid, 0)
                del running[end]
                record = _read(grader, tasks[number], bytes(data))
                _learn(grader, record)
                yield number, record
    finally:
        for end, (_, pid, _) in running.items():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(end)
        selector.close()


def _start(grader: Grader, kernels: KernelSource, task: Task) -> tuple[int, int]:
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        os.close(writing)
        return reading, pid
    status = 1
    try:
        os.close(reading)
        die_with_parent()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides when to stop
        record = grade_submission(grader, kernels, task.submission, task.exercises, task.enforce_bans)
        _write_all(writing, json.dumps(record.to_json(), allow_nan=False).encode())
        status = 0
    except BaseException:
        _write_all(writing, json.dumps({"failed": traceback.format_exc()[-2000:]}).encode())
    finally:
        os._exit(status)  # never back into the caller's stack


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _read(grader: Grader, task: Task, data: bytes) -> SubmissionRecord:
    """What the fork reported; if it did not, every exercise needs a person."""
    lesson = grader.lesson
    try:
        told = json.loads(data)
        exercises = {name: ExerciseRecord.from_json(record) for name, record in told["exercises"].items()}
        return SubmissionRecord(lesson.name, told["student"], exercises, tuple(told["notes"]), told["seconds"])
    except (ValueError, KeyError, TypeError):
        reason = "the grading process died"
        if data.startswith(b'{"failed"'):
            reason = f"the engine failed: {json.loads(data)['failed']}"
        exercises = {
            name: ExerciseRecord.needs_manual(lesson.name, name, lesson.exercise(name).points, reason)
            for name in task.exercises
        }
        return SubmissionRecord(lesson.name, task.submission.student, exercises, task.submission.notes)


def _learn(grader: Grader, record: SubmissionRecord) -> None:
    """Prepare diagnoses once for all forks to come: of one failed test, or of all when the mistake has no name."""
    for name, exercise in record.exercises.items():
        failed = [t for t in exercise.tests if t.outcome == "failed"]
        if failed and name in grader.exercises:
            unnamed = any(not t.misconceptions for t in failed)
            grader.warm(name, [t.name for t in (failed if unnamed else failed[:1])])
