"""Jobs of pages: one after another, told as they go, stopped by Ctrl-C, and never more output than is kept."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from course.review import jobs as module
from course.review.jobs import Job, Jobs


def run(work: Callable[[Jobs], Awaitable[Any]]) -> Any:
    async def all_of_it() -> Any:
        jobs = Jobs()
        try:
            return await asyncio.wait_for(work(jobs), 120)
        finally:
            await jobs.close()

    return asyncio.run(all_of_it())


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def start(jobs: Jobs, code: str, folder: Path, queue: str = "course", **options: Any) -> Job:
    return jobs.start("a title", python(code), folder, queue, **options)


async def told(job: Job, word: str) -> None:
    """Wait until the job has printed this."""
    while not any(word in line for line in job.output):
        assert not job.over, job.output
        await asyncio.sleep(0.02)


def test_output_and_exit_status_are_told(tmp_path: Path) -> None:
    async def work(jobs: Jobs) -> Job:
        job = start(jobs, "import sys; print('one'); print('two', file=sys.stderr); sys.exit(3)", tmp_path)
        await job.finished.wait()
        return job

    job = run(work)
    assert (job.state, job.status, sorted(job.output)) == ("failed", 3, ["one", "two"])


@pytest.mark.parametrize("status, state", [(0, "done"), (1, "done"), (2, "failed")])
def test_a_command_says_which_exit_statuses_are_good(tmp_path: Path, status: int, state: str) -> None:
    async def work(jobs: Jobs) -> Job:
        job = start(jobs, f"raise SystemExit({status})", tmp_path, good=frozenset({0, 1}))
        await job.finished.wait()
        return job

    assert run(work).state == state


def test_progress_lines_are_progress_and_no_output(tmp_path: Path) -> None:
    code = "from course.pages.progress import progress\nfor _ in progress('abc', 3, 'Letters'): pass"

    async def work(jobs: Jobs) -> Job:
        job = start(jobs, code, tmp_path)
        await job.finished.wait()
        return job

    job = run(work)
    assert (job.progress, list(job.output)) == (("Letters", 3, 3), [])


def test_jobs_of_one_course_run_one_after_another_and_those_of_two_side_by_side(tmp_path: Path) -> None:
    code = "import time; print(time.time(), flush=True); time.sleep(1); print(time.time())"

    async def work(jobs: Jobs) -> list[tuple[float, float]]:
        both = [start(jobs, f"0\n{code}", tmp_path), start(jobs, f"1\n{code}", tmp_path)]
        other = start(jobs, code, tmp_path, queue="another course")
        await asyncio.sleep(0.2)
        assert [job.state for job in (*both, other)] == ["running", "waiting", "running"]
        for job in (*both, other):
            await job.finished.wait()
        return [tuple(map(float, job.output)) for job in both]

    (_, end), (begin, _) = run(work)
    assert end <= begin


def test_what_waits_already_is_not_put_there_twice(tmp_path: Path) -> None:
    async def work(jobs: Jobs) -> None:
        first = start(jobs, "import time; time.sleep(60)", tmp_path)
        await asyncio.sleep(0.2)
        second, third = start(jobs, "print(2)", tmp_path), start(jobs, "print(2)", tmp_path)
        assert second is third and first is not second

    run(work)


def test_cancelling_is_ctrl_c_for_everything_that_the_job_started(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], stderr=-3)\n"
        "print('child', child.pid, flush=True)\n"
        "try: time.sleep(60)\n"
        "except KeyboardInterrupt: print('kept what was finished', child.wait())\n"
    )

    async def work(jobs: Jobs) -> Job:
        job = start(jobs, code, tmp_path)
        await told(job, "child")
        jobs.cancel(job)
        await job.finished.wait()
        return job

    job = run(work)
    assert job.state == "cancelled" and "kept what was finished" in job.output[-1]
    pid = job.output[0].split()[1]
    assert not Path(f"/proc/{pid}").exists()


def test_what_ignores_ctrl_c_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", tuple((number, 0.3 if wait else None) for number, wait in module.PATIENCE))
    code = (
        "import signal, time\n"
        "for n in (2, 15): signal.signal(n, signal.SIG_IGN)\n"
        "print('deaf', flush=True)\n"
        "time.sleep(60)"
    )

    async def work(jobs: Jobs) -> Job:
        job = start(jobs, code, tmp_path)
        await told(job, "deaf")
        jobs.cancel(job)
        await job.finished.wait()
        return job

    job = run(work)
    assert (job.state, job.status) == ("cancelled", -9)


def test_a_job_that_waits_is_cancelled_without_having_run(tmp_path: Path) -> None:
    async def work(jobs: Jobs) -> None:
        start(jobs, "import time; time.sleep(60)", tmp_path)
        job = start(jobs, f"open({str(tmp_path / 'ran')!r}, 'w')", tmp_path)
        await asyncio.sleep(0.1)
        jobs.cancel(job)
        assert job.state == "cancelled" and job.over

    run(work)
    assert not (tmp_path / "ran").exists()


def test_the_server_goes_and_takes_its_jobs_along(tmp_path: Path) -> None:
    async def work(jobs: Jobs) -> Job:
        job = start(jobs, "import time; print('on', flush=True); time.sleep(60)", tmp_path)
        await told(job, "on")
        return job

    began = time.monotonic()
    assert run(work).state == "cancelled" and time.monotonic() - began < 50


def test_output_is_bounded_in_lines_and_in_width(tmp_path: Path) -> None:
    code = "import sys\nfor i in range(20_000): print(i)\nsys.stdout.write('x' * 30_000_000 + '\\nend\\n')"

    async def work(jobs: Jobs) -> Job:
        job = start(jobs, code, tmp_path)
        await job.finished.wait()
        return job

    job = run(work)
    assert len(job.output) == module.MOST_LINES and job.output[-1] == "end"
    assert max(map(len, job.output)) == module.MOST_CHARACTERS


def test_output_that_is_no_text_and_colours_are_taken_calmly(tmp_path: Path) -> None:
    code = "import sys; sys.stdout.buffer.write(b'\\xff\\x1b[31mred\\x1b[0m\\r\\n')"

    async def work(jobs: Jobs) -> Job:
        job = start(jobs, code, tmp_path)
        await job.finished.wait()
        return job

    assert list(run(work).output) == ["\ufffdred"]


def test_a_command_that_cannot_be_started_fails_and_the_next_runs(tmp_path: Path) -> None:
    async def work(jobs: Jobs) -> tuple[Job, Job]:
        broken = jobs.start("broken", ["/no/such/program"], tmp_path, "course")
        next_one = start(jobs, "print('fine')", tmp_path)
        await next_one.finished.wait()
        return broken, next_one

    broken, next_one = run(work)
    assert broken.state == "failed" and "could not be started" in broken.output[0]
    assert next_one.state == "done"


def test_only_the_last_jobs_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_JOBS", 2)

    async def work(jobs: Jobs) -> int:
        for _ in range(5):
            await jobs.start("none", ["/no/such/program"], tmp_path, "course").finished.wait()
        return len(list(jobs))

    assert run(work) <= 3
