"""Watches how much memory and how many processes a submission has, from the warm parent.

Limits that the system keeps for each process do not bound a submission that starts many. What is counted is memory
that the submission does not share with the warm parent; proc(5) has the fields.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from coursebridge.limits import GIB, MEMORY_BYTES, PROCESSES, WATCH_SECONDS

MOST_WEIGHED = 16  # processes that are weighed exactly; it takes about 20 ms for each
PF_EXITING = 0x4  # among a process's flags, linux/sched.h
TOO_MUCH_MEMORY = f"used more than {MEMORY_BYTES / GIB:g} GiB of memory"
TOO_MANY_PROCESSES = f"started more than {PROCESSES} processes"


class Watcher:
    """Looks at submissions every WATCH_SECONDS, less often while weighing itself takes long."""

    def __init__(self) -> None:
        self._base = _own_memory(os.getpid())
        self._next = 0.0

    def look(self, kernels: list[int]) -> dict[int, str]:
        """Kill what is over a limit; says why, by the kernel's process id. Call at least every WATCH_SECONDS."""
        started = time.monotonic()
        if started < self._next:
            return {}
        stopped = {pid: why for pid in kernels if (why := self._judge(pid))}
        took = time.monotonic() - started
        self._next = started + max(WATCH_SECONDS, 4 * took) - 0.01
        return stopped

    def _judge(self, kernel: int) -> str | None:
        family = family_of(kernel)
        memory = {pid: _own_memory(pid) for pid in family}
        if len(family) <= PROCESSES and sum(memory.values()) <= MEMORY_BYTES + min(2, len(memory)) * self._base:
            return None  # a kernel and its clone count whole, though they share most of it
        memory = {pid: own for pid, own in memory.items() if not _is_ending(pid)}
        if len(memory) > PROCESSES and sum(not _is_ending(pid) for pid in family_of(kernel)) > PROCESSES:
            _kill([kernel, *family])  # and they are still there, though counting takes long on a busy machine
            return TOO_MANY_PROCESSES
        largest = sorted(memory, key=lambda pid: -memory[pid])
        memory |= {pid: _weigh(pid, memory[pid]) for pid in largest[:MOST_WEIGHED]}
        memory = {pid: own for pid, own in memory.items() if not _is_ending(pid)}  # by now: weighing takes long
        excess = sum(memory.values()) - MEMORY_BYTES
        if excess <= 0:
            return None
        for pid in sorted(memory, key=lambda pid: -memory[pid]):
            _kill([pid])
            excess -= memory[pid]
            if excess <= 0:
                break
        return TOO_MUCH_MEMORY


def family_of(pid: int) -> list[int]:
    """A process and all its descendants. In a namespace of their own none can leave the family."""
    found, waiting = [], [pid]
    while waiting:
        member = waiting.pop()
        found.append(member)
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{member}/task"):
                waiting += map(int, Path(f"/proc/{member}/task/{thread}/children").read_text().split())
    return found


def _is_ending(pid: int) -> bool:
    """Whether it has been killed, though a busy machine may take seconds to clear it away; proc(5), signal(7)."""
    try:
        state, _, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True
    pending = (int(line.split()[1], 16) for line in status.splitlines() if line.startswith(("SigPnd:", "ShdPnd:")))
    killed = any(signals & 1 << signal.SIGKILL - 1 for signals in pending)
    return killed or state in "ZX" or bool(int(fields[4]) & PF_EXITING)


def _own_memory(pid: int) -> int:
    """Bytes in memory or swap that come from no file; what is still shared after a fork counts for each."""
    return _sum_of(f"/proc/{pid}/status", ("RssAnon:", "RssShmem:", "VmSwap:"), 0)


def _weigh(pid: int, otherwise: int) -> int:
    """The same, but what several processes share is divided among them."""
    return _sum_of(f"/proc/{pid}/smaps_rollup", ("Pss_Anon:", "Pss_Shmem:", "SwapPss:"), otherwise)


def _sum_of(path: str, names: tuple[str, ...], otherwise: int) -> int:
    try:
        with open(path) as file:
            fields = [line.split() for line in file]
    except OSError:  # ended, or not ours to look at
        return otherwise if os.path.exists(path) else 0
    return 1024 * sum(int(words[1]) for words in fields if words and words[0] in names)


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
