"""Grades submissions on a Dask cluster: tasks go out, records come back, and only the coordinator keeps them.

What travels is data of ours: the lesson's graders (a ``Bundle``, once to each worker), submissions that the coordinator
has opened, records. Neither student code nor tests run in a worker's own process: a station beside it grades.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import fields
from itertools import islice
from typing import TYPE_CHECKING, Any

from course.errors import CourseError, EngineError, InputError
from course.lessons import Course, Lesson
from course.records import ExerciseRecord, SubmissionRecord
from course.runs.station import Bundle, StationLost, grade_at_station, make_bundle
from course.submission import Submission, Task

if TYPE_CHECKING:
    from distributed import Client, Future

    from course.runs.classroom import Runner

CONNECT_SECONDS = 20.0
WORKER_SECONDS = 60.0  # how long a run waits for its first worker
IN_FLIGHT = 1000  # tasks that the scheduler holds: enough to make an adaptive cluster grow
RETRIES = 2  # of a task whose station died; for whole workers Dask's own `allowed-failures` counts
RESOURCES: dict[str, dict[str, int]] = {"cpu": {}, "gpu": {"GPU": 1}}
LOST = "the process that graded it died, every time"


def on_cluster(address: str, course: Course, lesson: Lesson, *, seed: int = 0, tier: str = "cpu") -> Runner:
    """Grades tasks on the cluster whose scheduler is at ``address``.

    The runner raises InputError when there is no such cluster or its workers cannot be used, EngineError when the
    cluster is lost. What waits when it is closed is given up; what was begun is finished and thrown away.
    """

    def run(
        tasks: Sequence[Task], keep: Callable[[int, ExerciseRecord, str], None]
    ) -> Iterator[tuple[int, SubmissionRecord]]:
        answered = {name for task in tasks for name in task.exercises if name in task.submission.answers}
        with _connected(address) as client:
            _check_workers(client, address, tier)
            bundle = make_bundle(course, lesson, sorted(answered), seed, tier)
            for number, future in _results(client, bundle, tasks):
                record, rung = _outcome(future, address, lesson, tasks[number])
                for exercise in record.exercises.values():
                    keep(number, exercise, rung)
                yield number, record

    return run


def _results(client: Client, bundle: Bundle, tasks: Sequence[Task]) -> Iterator[tuple[int, Future]]:
    """Each task's number and its finished future."""
    from distributed import as_completed

    # a task, not scattered data: when the worker that held it dies, Dask runs it again
    sent = client.submit(_as_it_is, bundle, pure=False)

    def send(number: int) -> Future:
        task = tasks[number]
        opened = Submission(**{f.name: getattr(task.submission, f.name) for f in fields(Submission)})  # no pages
        return client.submit(
            grade_at_station,
            sent,
            opened,
            task.exercises,
            task.enforce_bans,
            key=(f"grade-{sent.key}", number),
            resources=RESOURCES[bundle.tier],
            retries=RETRIES,
            pure=False,
        )

    waiting = iter(range(len(tasks)))
    done = as_completed([send(number) for number in islice(waiting, IN_FLIGHT)], loop=client.loop)
    for future in done:
        yield future.key[1], future
        done.update([send(number) for number in islice(waiting, 1)])


def _as_it_is(bundle: Bundle) -> Bundle:
    return bundle


def _outcome(future: Future, address: str, lesson: Lesson, task: Task) -> tuple[SubmissionRecord, str]:
    """The record that came back, and its rung; one that asks for a person if all that tried to grade it died."""
    from distributed import KilledWorker

    student, notes = task.submission.student, task.submission.notes
    try:
        told: dict[str, Any] | CourseError = future.result()
    except (KilledWorker, StationLost):
        lost = {e: ExerciseRecord.needs_manual(lesson.name, e, lesson.exercise(e).points, LOST) for e in task.exercises}
        return SubmissionRecord(lesson.name, student, lost, notes), "none"
    except (CancelledError, OSError) as error:
        raise EngineError(f"the cluster at {address} is lost: run the same command again to go on") from error
    if isinstance(told, CourseError):
        raise told
    exercises = {name: ExerciseRecord.from_json(graded) for name, graded in told["record"]["exercises"].items()}
    return SubmissionRecord(lesson.name, student, exercises, notes, told["record"]["seconds"]), told["rung"]


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    try:
        from distributed import Client
    except ImportError:
        raise InputError("--cluster needs Dask: run `pip install 'convnet-course[cluster]'`, or leave it out") from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is told in one sentence
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"no Dask scheduler answers at {address!r}: start one with `dask scheduler`") from error
    try:
        yield client
    finally:
        client.close(timeout=5)


def _check_workers(client: Client, address: str, tier: str) -> None:
    """Wait for a first worker. Raises InputError when none is of the tier, or one of them cannot be used."""
    wanted = RESOURCES[tier]
    resources = "".join(f" --resources {name}={count}" for name, count in wanted.items())
    command = f"dask worker {address} --nthreads 1{resources}"
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError:
        raise InputError(f"the cluster at {address} has no workers: start some with `{command}`") from None
    workers = client.scheduler_info(n_workers=-1)["workers"]
    fit = [w for w, about in workers.items() if all(about["resources"].get(n, 0) >= c for n, c in wanted.items())]
    if not fit:
        raise InputError(f"no worker of the cluster at {address} offers {tier.upper()}: start one with `{command}`")
    for worker in fit:
        if (threads := workers[worker]["nthreads"]) != 1:
            raise InputError(
                f"worker {worker} has {threads} threads, but one worker grades one submission at a time: start "
                f"{threads} of one thread with `{command} --nworkers {threads}`"
            )
    for worker, told in client.run(_engine_is_here, workers=fit, on_error="return").items():
        if isinstance(told, Exception):
            raise InputError(f"worker {worker} cannot load the course's engine ({told!r}): install this version there")


def _engine_is_here() -> None:
    pass
