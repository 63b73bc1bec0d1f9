"""Runs a command and measures it with all its descendants."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

EVERY = 0.2  # seconds between two looks at the processes
MEMORY_LIMIT = 6 << 30  # for what plain nbgrader runs: it has no limit of its own


@dataclass(frozen=True)
class Measured:
    """seconds: wall-clock.  cpu: CPU seconds of the whole machine meanwhile, since what a killed sandbox has used is in
    nobody's account.  peak: bytes, shared pages counted once; 0 where nobody looked."""

    seconds: float
    cpu: float
    peak: int
    output: str


class CommandFailed(Exception):
    """A command did not end as it should; the message is its last words."""


def measure(
    command: Sequence[str],
    cwd: Path,
    *,
    limit_memory: bool = False,
    watch_memory: bool = True,
    statuses: Sequence[int] = (0,),
) -> Measured:
    """Run to the end. Raises CommandFailed. Looking at the memory takes time of its own."""
    before, started = _cpu(), time.perf_counter()
    with (cwd / "output.log").open("w+") as log:
        process = subprocess.Popen(
            ["sh", "-c", f'ulimit -d {MEMORY_LIMIT >> 10}; exec "$@"', "sh", *command] if limit_memory else command,
            cwd=cwd,
            env=_environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            peak = _watch(process) if watch_memory else 0
            process.wait()
        finally:
            process.kill()
            process.wait()
        seconds = time.perf_counter() - started
        log.seek(0)
        output = log.read()
    if process.returncode not in statuses:
        raise CommandFailed(f"{' '.join(command)} ended with status {process.returncode}:\n{output[-2000:]}")
    return Measured(seconds, _cpu() - before, peak, output)


def _watch(process: subprocess.Popen[bytes]) -> int:
    """The most memory at a time: counted exactly whenever the plain sum, which is cheap, is higher than before."""
    peak, highest = 0, 0
    while process.poll() is None:
        with suppress(psutil.Error):
            tree = psutil.Process(process.pid)
            family = [tree, *tree.children(recursive=True)]
            total = sum(_resident(p) for p in family)
            if total > 1.03 * highest:
                highest = total
                peak = max(peak, sum(_proportional(p.pid) for p in family))
        time.sleep(EVERY)
    return peak


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def _proportional(pid: int) -> int:
    """Bytes of a process; of a page that several share, each has its part."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _cpu() -> float:
    used = psutil.cpu_times()
    return used.user + used.nice + used.system


def _environment() -> dict[str, str]:
    """One thread for everyone, and the programs that stand beside this Python."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, **threads, "PATH": path}
