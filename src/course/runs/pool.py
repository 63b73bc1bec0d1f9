"""Grades many submissions, a few at a time, in forks of this process that each grade one after another.

The forks inherit collected tests and diagnoses, and tell what they know exercise by exercise. What dies on our side (a
fork, the parent of the kernels) costs nobody a point: what it was grading is graded again. Only what fails again and
again asks for a person.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from course.errors import EngineError
from course.grading.exercise import Grader
from course.kernels.base import KernelSource
from course.records import ExerciseRecord, SubmissionRecord
from course.runs.grade import grade_submission
from course.runs.session import MendedKernels
from course.submission import Task
from coursebridge.process import die_with_parent

GRADINGS = 2  # of an exercise whose kernel ended, by its own doing or by the machine's; the better one counts
MOST_SECONDS_AGAIN = 40.0  # what took longer is not graded again for that reason
FORK_DEATHS = 2  # of the process that grades a submission, after which a person looks at it
PARENT_DEATHS = 3  # of the kernels' parent while a submission was graded, after which a person looks at it
JOBS_OF_A_FORK = 16  # after which there is a new one, so that nothing grows for ever
PARENT_DEATHS_IN_A_ROW = 6  # with nothing graded in between: then the run ends


@dataclass
class _Job:
    """A task on its way. records: what is settled.  doubtful: what a kernel's end has spoilt, perhaps by itself."""

    task: Task
    records: dict[str, ExerciseRecord] = field(default_factory=dict)
    doubtful: dict[str, ExerciseRecord] = field(default_factory=dict)
    gradings: int = 0
    fork_deaths: int = 0
    parent_deaths: int = 0
    seconds: float = 0.0

    @property
    def open(self) -> tuple[str, ...]:
        return tuple(name for name in self.task.exercises if name not in self.records)


@dataclass
class _Fork:
    """A process that grades jobs. generation: of the kernels' parent when it began.  learned: of mistakes, by then.

    number: of the job that it is grading, if any.  told: what it has said of that job.
    """

    pid: int
    sock: socket.socket
    generation: int
    learned: int
    jobs: int = 0
    number: int | None = None
    unread: bytearray = field(default_factory=bytearray)
    told: list[dict[str, Any]] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether it has said the last of its job."""
        return bool(self.told) and "exercise" not in self.told[-1]


def grade_all(
    grader: Grader,
    kernels: KernelSource,
    tasks: Sequence[Task],
    jobs: int = 1,
    keep: Callable[[int, ExerciseRecord], object] = lambda number, record: None,
) -> Iterator[tuple[int, SubmissionRecord]]:
    """Grade all tasks, ``jobs`` at a time; records come with their task's number, as they are done.

    keep: is called with every exercise's record as soon as it is settled.
    Raises EngineError when no kernel can be started any more.
    """
    kernels.wait()
    return _Pool(grader, kernels, tasks, keep).run(jobs)


class _Pool:
    def __init__(
        self,
        grader: Grader,
        kernels: KernelSource,
        tasks: Sequence[Task],
        keep: Callable[[int, ExerciseRecord], object],
    ) -> None:
        self.grader, self.kernels, self.keep = grader, kernels, keep
        self.jobs = [_Job(task) for task in tasks]
        self.waiting = list(range(len(tasks)))[::-1]
        self.running: list[_Fork] = []
        self.learned = 0
        self.deaths_in_a_row = 0

    def run(self, at_a_time: int) -> Iterator[tuple[int, SubmissionRecord]]:
        selector = selectors.DefaultSelector()
        gc.freeze()  # a collection in a fork would touch, and so copy, all that it has inherited
        try:
            while self.waiting or self.running:
                while self.waiting and len(self.running) < at_a_time:
                    fork = self._start()
                    selector.register(fork.sock, selectors.EVENT_READ, fork)
                    self._give(fork)
                for key, _ in selector.select():
                    fork = key.data
                    ended = not self._hear(fork)
                    if ended:
                        selector.unregister(fork.sock)
                        self._bury(fork)
                    if not (ended or fork.done) or fork.number is None:
                        continue
                    number = fork.number
                    self._judge(fork, number)
                    if open_again := bool(self.jobs[number].open):
                        self.waiting.insert(0, number)  # after all others: what was short may be there again
                    if not ended:
                        self._give(fork)
                    if not open_again:
                        yield number, self._record(self.jobs[number])
        finally:
            for fork in [*self.running]:
                os.kill(fork.pid, signal.SIGKILL)
                self._bury(fork)
            selector.close()
            gc.unfreeze()

    def _start(self) -> _Fork:
        ours, theirs = socket.socketpair()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            theirs.close()
            fork = _Fork(pid, ours, self._generation(), self.learned)
            self.running.append(fork)
            return fork
        status = 1
        try:
            for fork in self.running:
                fork.sock.close()
            ours.close()
            die_with_parent()
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides when to stop
            _serve(self.grader, self.kernels, self.jobs, theirs)
            status = 0
        finally:
            os._exit(status)  # never back into the caller's stack

    def _give(self, fork: _Fork) -> None:
        """The next job; or none, if there is no more or a new fork would do better."""
        sound = not any("failed" in told for told in fork.told) and fork.jobs < JOBS_OF_A_FORK
        current = fork.generation == self._generation() and fork.learned == self.learned
        fork.number, fork.told = None, []
        if not (self.waiting and sound and current):
            fork.sock.shutdown(socket.SHUT_WR)
            return
        fork.number = self.waiting.pop()
        fork.jobs += 1
        with contextlib.suppress(OSError):  # it has died: that will be heard
            _send(fork.sock, {"job": fork.number, "exercises": self.jobs[fork.number].open})

    def _hear(self, fork: _Fork) -> bool:
        """Take in what a fork tells; an exercise that is graded without doubt is settled at once. False at its end."""
        try:
            chunk = fork.sock.recv(1 << 20)
        except ConnectionResetError:
            return False
        fork.unread += chunk
        *lines, rest = fork.unread.split(b"\n")
        fork.unread = bytearray(rest)
        for line in lines:
            told = json.loads(line)
            fork.told.append(told)
            if "exercise" in told and not told["exercise"]["kernel_lost"] and fork.number is not None:
                self._settle(fork.number, ExerciseRecord.from_json(told["exercise"]))
        return bool(chunk)

    def _bury(self, fork: _Fork) -> None:
        fork.sock.close()
        os.waitpid(fork.pid, 0)
        self.running.remove(fork)

    def _judge(self, fork: _Fork, number: int) -> None:
        """When a fork is done with a job, or ended over it: settle what it told, or leave it open."""
        job = self.jobs[number]
        last = fork.told[-1] if fork.told else {}
        if "failed" in last:
            self._ask_a_person(number, f"the engine failed: {last['failed']}")
            return
        if "seconds" not in last:
            job.fork_deaths += 1
            if job.fork_deaths == FORK_DEATHS:
                self._ask_a_person(number, "the grading process died")
            return
        job.seconds += last["seconds"]
        if not job.open:
            self.deaths_in_a_row = 0
            return
        if self._parent_died(fork):
            job.parent_deaths += 1
            if job.parent_deaths == PARENT_DEATHS:
                self._ask_a_person(number, "the kernels' parent process died each time that this was graded")
            return
        job.gradings += 1
        for told in fork.told:
            if "exercise" in told and (record := ExerciseRecord.from_json(told["exercise"])).exercise in job.open:
                before = job.doubtful.get(record.exercise)
                if before is None or record.points > before.points:
                    job.doubtful[record.exercise] = record
        if job.gradings == GRADINGS or last["seconds"] > MOST_SECONDS_AGAIN:
            for name in job.open:
                self._settle(number, job.doubtful[name])

    def _parent_died(self, fork: _Fork) -> bool:
        """Whether the kernels' parent died while this fork worked; if so, there is another now."""
        if not isinstance(self.kernels, MendedKernels):
            return False
        before = self.kernels.generation
        self.kernels.mend()
        if self.kernels.generation > before:
            self.deaths_in_a_row += 1
            if self.deaths_in_a_row == PARENT_DEATHS_IN_A_ROW:
                raise EngineError(
                    f"the kernels' parent process died {PARENT_DEATHS_IN_A_ROW} times in a row: look for what kills it "
                    "(memory?), then run the same command again; what was finished is kept"
                )
        return self.kernels.generation > fork.generation

    def _generation(self) -> int:
        return self.kernels.generation if isinstance(self.kernels, MendedKernels) else 0

    def _settle(self, number: int, record: ExerciseRecord) -> None:
        self.keep(number, record)
        self.jobs[number].records[record.exercise] = record
        self._learn(record)

    def _ask_a_person(self, number: int, reason: str) -> None:
        lesson, job = self.grader.lesson, self.jobs[number]
        for name in job.open:
            points = lesson.exercise(name).points
            self._settle(number, ExerciseRecord.needs_manual(lesson.name, name, points, reason))

    def _learn(self, record: ExerciseRecord) -> None:
        """Prepare diagnoses once for all forks to come: of one failed test, or of all when the mistake has no name."""
        failed = [t for t in record.tests if t.outcome == "failed" and (t.counterexample or t.misconceptions)]
        if failed and record.exercise in self.grader.exercises:
            unnamed = any(not t.misconceptions for t in failed)
            if self.grader.warm(record.exercise, [t.name for t in (failed if unnamed else failed[:1])]):
                self.learned += 1

    def _record(self, job: _Job) -> SubmissionRecord:
        submission = job.task.submission
        in_order = {name: job.records[name] for name in job.task.exercises}
        return SubmissionRecord(
            self.grader.lesson.name, submission.student, in_order, submission.notes, round(job.seconds, 3)
        )


# -- in the fork --------------------------------------------------------------------------------------------------


def _serve(grader: Grader, kernels: KernelSource, jobs: Sequence[_Job], sock: socket.socket) -> None:
    """Grade jobs until there are no more; of each tell every record, as soon as it is known, and at last the seconds.

    Something wrong on our side is told, too: a person will look at that submission.
    """
    tell = lambda record: _send(sock, {"exercise": record.to_json()})
    with sock.makefile("rb") as orders:
        for order in map(json.loads, orders):
            task = jobs[order["job"]].task
            try:
                record = grade_submission(grader, kernels, task.submission, order["exercises"], task.enforce_bans, tell)
            except BaseException:
                _send(sock, {"failed": traceback.format_exc()[-2000:]})
            else:
                _send(sock, {"seconds": record.seconds})


def _send(sock: socket.socket, message: dict[str, Any]) -> None:
    sock.sendall(json.dumps(message, allow_nan=False).encode() + b"\n")
