"""Moves a process's private memory to huge pages, so that its forks are cheap.

A process with torch has a hundred thousand pages of its own. Every fork copies an entry for each and every end takes it
back, which takes longer than all that a clone is asked; on huge pages there are some hundred entries.
madvise(2): MADV_COLLAPSE exists since Linux 6.1 and works whatever the system's setting is; elsewhere nothing changes.
"""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from coursebridge.process import libc

COLLAPSE = 25
HUGE = 2 << 20
PRIVATE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw-p \S+ \S+ 0 ", re.MULTILINE)  # inode 0: of no file


def use_huge_pages() -> None:
    """Call once, when everything is imported and before the first fork. Takes about a second."""
    if sys.platform == "linux":
        for start, end in _private_memory():
            libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), COLLAPSE)


def _private_memory() -> Iterator[tuple[int, int]]:
    """Address ranges, cut to whole huge pages."""
    for first, last in PRIVATE.findall(Path("/proc/self/maps").read_text()):
        start, end = -(-int(first, 16) // HUGE) * HUGE, int(last, 16) // HUGE * HUGE
        if start < end:
            yield start, end
