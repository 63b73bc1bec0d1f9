"""Huge pages: forks of a process with much memory of its own become cheap, and nothing else changes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os
from coursebridge.memory import HUGE, use_huge_pages

def huge():
    return sum(int(line.split()[1]) for line in open("/proc/self/smaps_rollup") if line.startswith("AnonHugePages"))

data = [bytearray(b"ab" * (1 << 20)) for _ in range(64)]
numbers = list(range(500_000))
before = huge()
use_huge_pages()
pid = os.fork()
if not pid:
    data[3][0] = 1
    numbers[7] = -7
    os._exit(0)
os.waitpid(pid, 0)
assert all(bytes(d) == b"ab" * (1 << 20) for d in data) and numbers == list(range(500_000))
print(huge() - before, 1024 * huge() > 32 * HUGE)
"""


@pytest.mark.skipif(sys.platform != "linux" or not hasattr(os, "fork"), reason="Linux has huge pages")
def test_private_memory_moves_to_huge_pages_and_stays_private() -> None:
    ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    moved, most = ran.stdout.split()
    version = tuple(int(n) for n in os.uname().release.split("-")[0].split(".")[:2])
    if version < (6, 1) or not Path("/sys/kernel/mm/transparent_hugepage").is_dir():
        assert moved == "0"
    else:
        assert int(moved) > 0 and most == "True"
