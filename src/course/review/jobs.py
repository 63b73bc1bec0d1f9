"""Commands that take seconds or minutes, started from a page: each in a process of its own, so the server answers on.

Jobs of one queue (a course) run one after another. A job belongs to the server and not to the page: a page that is
loaded again finds it by its id. Cancelling is pressing Ctrl-C: what a command of ours has finished is kept.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from course.pages.progress import PROGRESS, read_progress

JOBS = "course_jobs"  # the name of the Jobs in a server's settings
MOST_LINES = 400  # of a job's output that are kept: the last ones
MOST_CHARACTERS = 2_000  # of a line
MOST_JOBS = 50  # finished ones that are remembered
PATIENCE = (signal.SIGINT, 10.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, None)  # to end a job: signal, seconds

State = Literal["waiting", "running", "done", "failed", "cancelled"]

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


@dataclass
class Job:
    """One command. status: its exit status; progress: what it counts, how many are done, how many there are."""

    title: str
    command: Sequence[str]
    folder: Path
    queue: str
    good: frozenset[int] = frozenset({0})
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: State = "waiting"
    status: int | None = None
    progress: tuple[str, int, int] | None = None
    output: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_LINES))
    asked: float = field(default_factory=time.time)
    ended: float | None = None
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    cancelling: bool = False
    process: asyncio.subprocess.Process | None = None

    @property
    def over(self) -> bool:
        return self.finished.is_set()

    def to_json(self) -> dict[str, Any]:
        """For a page. Times are seconds since 1970."""
        label, done, total = self.progress or ("", 0, 0)
        return {
            "id": self.id,
            "title": self.title,
            "state": self.state,
            "cancelling": self.cancelling and not self.over,
            "status": self.status,
            "progress": {"label": label, "done": done, "total": total} if self.progress else None,
            "output": list(self.output),
            "asked": self.asked,
            "ended": self.ended,
        }


class Jobs:
    """The jobs of a server, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._queues: dict[str, asyncio.Lock] = {}

    def start(
        self, title: str, command: Sequence[str], folder: Path, queue: str, good: frozenset[int] = frozenset({0})
    ) -> Job:
        """Put a command into a queue; one that waits there already is not put there twice.

        folder: where it runs.  good: exit statuses that mean success.
        """
        for job in self._jobs.values():
            if job.state == "waiting" and (list(job.command), job.queue) == (list(command), queue):
                return job
        job = Job(title, command, folder, queue, good)
        self._jobs[job.id] = job
        for old in [j for j in self._jobs.values() if j.over][:-MOST_JOBS]:
            del self._jobs[old.id]
        task = asyncio.get_running_loop().create_task(self._run(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    def __iter__(self) -> Any:
        return iter(self._jobs.values())

    def get(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def cancel(self, job: Job) -> None:
        """Ask the job to stop. It is over when ``job.finished`` is set."""
        if job.over or job.cancelling:
            return
        job.cancelling = True
        if job.process is None:
            _end(job, "cancelled")
            return
        task = asyncio.get_running_loop().create_task(_stop(job.process))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Cancel what runs, and wait for its end."""
        for job in self._jobs.values():
            self.cancel(job)
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, job: Job) -> None:
        async with self._queues.setdefault(job.queue, asyncio.Lock()):
            if job.over:  # cancelled while it waited
                return
            job.state = "running"
            try:
                await self._execute(job)
            except OSError as error:
                job.output.append(f"{job.command[0]} could not be started: {error.strerror or error}")
                _end(job, "failed")
            except BaseException:
                _end(job, "failed")
                raise

    async def _execute(self, job: Job) -> None:
        job.process = await asyncio.create_subprocess_exec(
            *job.command,
            cwd=job.folder,
            env=environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # so that everything it starts can be stopped with it
            preexec_fn=_hear_ctrl_c,
        )
        assert job.process.stdout is not None
        if job.cancelling:
            await _stop(job.process)
        async for line in _lines(job.process.stdout):
            if (progress := read_progress(line)) is not None:
                job.progress = progress
            elif line.strip():
                job.output.append(line)
        job.status = await job.process.wait()
        crashed = any(line.startswith("Traceback (most recent call last)") for line in job.output)  # exits with 1, too
        good = job.status in job.good and not crashed
        _end(job, "cancelled" if job.cancelling else "done" if good else "failed")


def environment() -> Mapping[str, str]:
    """Of a job: its output is read by a page, and says how far it is."""
    return {**os.environ, PROGRESS: "lines", "NO_COLOR": "1", "TERM": "dumb", "PYTHONUNBUFFERED": "1"}


def _hear_ctrl_c() -> None:
    """A server that was started in the background ignores Ctrl-C, and what it starts would, too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _end(job: Job, state: State) -> None:
    job.state, job.ended = state, time.time()
    job.finished.set()


async def _stop(process: asyncio.subprocess.Process) -> None:
    for number, seconds in PATIENCE:
        if process.returncode is not None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(process.wait()), seconds)


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    """Lines of any length, cut; what is not UTF-8 is replaced."""
    rest = b""
    while chunk := await stream.read(65_536):
        *whole, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
        for line in whole:
            yield _readable(line)
        rest = rest[: 4 * MOST_CHARACTERS + 4]
    if rest:
        yield _readable(rest)


def _readable(line: bytes) -> str:
    text = _ANSI.sub("", line[: 4 * MOST_CHARACTERS + 4].decode("utf-8", "replace")).rstrip()
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"
