"""A grading station: what stands at each worker of a cluster and grades the submissions that it is sent.

A worker of Dask has many threads, and a process with threads cannot fork safely. So the worker only passes messages on
to a process of one thread, which keeps the kernels' warm parent and the collected tests of one bundle, and grades in
forks just as a local run does. It is started as ``python -I -m course.runs.station FD``, where FD is its end of a
connection, and ends with its worker.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import subprocess
import sys
import threading
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from course.errors import CourseError, EngineError, InputError
from course.lessons import Course, Lesson
from course.submission import Submission, Task
from coursebridge.process import die_with_parent


class StationLost(EngineError):
    """The station's process died."""


@dataclass(frozen=True)
class Bundle:
    """All that a station needs to grade a lesson.

    files: a zip of ``course_config.py``, the lesson's source and its graders.  exercises: those that tests run for.
    versions: what the coordinator has, see ``versions``.
    """

    files: bytes
    lesson: str
    exercises: tuple[str, ...]
    seed: int
    tier: str
    versions: dict[str, str]

    @cached_property
    def digest(self) -> str:
        settings = (self.lesson, self.exercises, self.seed, self.tier)
        return hashlib.sha256(repr(settings).encode() + self.files).hexdigest()


def make_bundle(course: Course, lesson: Lesson, exercises: Sequence[str], seed: int, tier: str) -> Bundle:
    """The same files and settings give the same digest."""
    graders = [p for p in sorted(lesson.graders.rglob("*")) if p.is_file() and "__pycache__" not in p.parts]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in (course.root / "course_config.py", lesson.source, *graders):
            entry = zipfile.ZipInfo(path.relative_to(course.root).as_posix())  # without a date
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return Bundle(packed.getvalue(), lesson.name, tuple(exercises), seed, tier, versions())


def versions() -> dict[str, str]:
    """What a score depends on besides the graders, on this machine."""
    from course.runs.receipt import engine_fingerprint, installed_versions

    python = ".".join(platform.python_version_tuple()[:2])
    return {"python": python, **installed_versions(), "engine": engine_fingerprint()[:12]}


# -- in the worker's process --------------------------------------------------------------------------------------

_stations: dict[str, Station] = {}  # that of the last bundle, by its digest
_one_at_a_time = threading.Lock()


def grade_at_station(bundle: Bundle, *task: Any) -> dict[str, Any] | CourseError:
    """What a worker runs: grade one submission.

    Gives what ``Station.grade`` gives, or the error that ends the whole run. Raises StationLost, so that Dask tries
    again.
    """
    from distributed import get_worker

    worker = get_worker().address
    with _one_at_a_time:
        station = _station_for(bundle)
        try:
            _refuse_other_versions(station.versions, bundle.versions)
            return station.grade(*task)
        except CourseError as error:
            _stations.pop(bundle.digest).close()
            if isinstance(error, StationLost):
                raise
            return type(error)(f"worker {worker}: {error}")


def _station_for(bundle: Bundle) -> Station:
    if bundle.digest not in _stations:
        while _stations:
            _stations.popitem()[1].close()
        _stations[bundle.digest] = Station(bundle)
    return _stations[bundle.digest]


def _refuse_other_versions(theirs: dict[str, str], ours: dict[str, str]) -> None:
    for name, wanted in ours.items():
        if theirs.get(name) != wanted:
            raise InputError(
                f"it has {name} {theirs.get(name)}, the coordinator {wanted}, so scores could differ: install the same "
                "course and requirements.lock on both"
            )


class Station:
    """Starts the station's process and talks to it. Its methods raise StationLost when that process died."""

    def __init__(self, bundle: Bundle) -> None:
        self._connection, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", "course.runs.station", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "COURSE_TIER": bundle.tier},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        self._send(bundle)

    @cached_property
    def versions(self) -> dict[str, str]:
        """What the process has; its first message."""
        return self._receive()

    def grade(self, submission: Submission, exercises: Sequence[str], enforce_bans: bool) -> dict[str, Any]:
        """``{"rung": how well the kernel was contained, "record": the SubmissionRecord as JSON}``.

        Raises InputError when the tests cannot be collected, EngineError when no kernel can be started.
        """
        self._send((submission, exercises, enforce_bans))
        reply = self._receive()
        if isinstance(reply, CourseError):
            raise reply
        return reply

    def close(self) -> None:
        self._connection.close()
        self._process.kill()
        self._process.wait()

    def _send(self, message: object) -> None:
        with suppress(OSError):  # that it is gone is told by what does not come back
            self._connection.send(message)

    def _receive(self) -> Any:
        try:
            return self._connection.recv()
        except (EOFError, OSError):
            raise StationLost(f"the grading process ended with status {self._process.wait()}") from None


# -- the station's process ----------------------------------------------------------------------------------------


def main() -> None:
    from course.runs.session import claim

    die_with_parent()
    connection = Connection(int(sys.argv[1]))
    with suppress(EOFError, ConnectionError), TemporaryDirectory(prefix="course-") as folder, claim(Path(folder)):
        bundle: Bundle = connection.recv()
        connection.send(versions())
        zipfile.ZipFile(io.BytesIO(bundle.files)).extractall(folder)
        try:
            _serve(connection, bundle, Course.open(Path(folder)))
        except CourseError as error:
            kind = InputError if isinstance(error, InputError) else EngineError  # these two can be sent as they are
            connection.send(kind(str(error)))


def _serve(connection: Connection, bundle: Bundle, course: Course) -> None:
    from course.runs.pool import grade_all
    from course.runs.session import open_grader, open_kernels

    lesson = course.lesson(bundle.lesson)
    with open_kernels(course, lesson, tier=bundle.tier) as kernels:  # starts while the tests are collected
        grader = open_grader(course, lesson, bundle.exercises, bundle.seed)
        while True:
            ((_, record),) = grade_all(grader, kernels, [Task(*connection.recv())])
            connection.send({"rung": kernels.rung, "record": record.to_json()})


if __name__ == "__main__":
    main()
