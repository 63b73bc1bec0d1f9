"""What a submission may use at most: each process by the system's limits, all of them together by the watcher."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

MIB, GIB = 1 << 20, 1 << 30

# A submission: its kernel, the kernel's clones and everything that they start.
MEMORY_BYTES = 1 * GIB  # that it has for itself: what it shares with the warm parent is not counted
PROCESSES = 64
WATCH_SECONDS = 0.1  # how often the watcher looks at these two
TEMPORARY_BYTES = {"home": 128 * MIB, "/tmp": 64 * MIB, "/dev/shm": 128 * MIB}  # files live in memory

GPU_NEEDS = ("RLIMIT_DATA", "RLIMIT_MEMLOCK")  # CUDA maps and pins more than it uses: only the watcher bounds it

# One process of it, by name in `resource`. Limits that the system counts by user hold for the whole submission.
LIMITS = {
    "RLIMIT_DATA": 2 * GIB,  # more private memory than the warm parent has; torch refuses with a clear message
    "RLIMIT_FSIZE": 128 * MIB,  # one file
    "RLIMIT_NOFILE": 1024,  # open files
    "RLIMIT_NPROC": 128,  # processes and threads of its user
    "RLIMIT_CORE": 0,  # no core dumps
    "RLIMIT_MSGQUEUE": 0,  # memory in message queues
    "RLIMIT_MEMLOCK": 0,  # memory that cannot be swapped
    "RLIMIT_CPU": 1800,  # seconds; a call, a cell and an exercise have shorter ones on the clock (config.Limits)
}


def limit_this_process(gpu: bool = False) -> None:
    """Apply the table to this process and all that it starts. Where the system has no such limits, nothing happens.

    gpu: leave out what CUDA cannot live with.
    """
    if sys.platform != "linux":
        return
    import resource

    for name, most in LIMITS.items():
        if gpu and name in GPU_NEEDS:
            continue
        if name == "RLIMIT_DATA":
            most += data_bytes()
        with contextlib.suppress(ValueError, OSError):  # a lower limit is in force already
            resource.setrlimit(getattr(resource, name), (most, most))


def data_bytes() -> int:
    """Private memory that this process has mapped (field 6 of statm, proc(5))."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 2 * GIB
