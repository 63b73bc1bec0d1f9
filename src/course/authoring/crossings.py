"""Attempts to get over each wall around a submission, from inside: ``course doctor`` shows how they end.

Each attempt is a cell of a notebook. It must fail: a cell that runs to its end has crossed the wall.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course.kernels.base import KernelSource
from course.lessons import Course
from course.submission import Cell

SET_BY_ITSELF = {"PWD", "LC_CTYPE", "MPLBACKEND", "TORCHINDUCTOR_CACHE_DIR"}  # by each shell, Python, Jupyter and torch


@dataclass(frozen=True)
class Attempt:
    """wall: what is attempted, for people.  code: of the cell."""

    wall: str
    code: str


@dataclass(frozen=True)
class Crossing:
    """How an attempt ended. stopped_by: the error that stopped it; None if it succeeded."""

    wall: str
    stopped_by: str | None


def attempts(course: Course) -> list[Attempt]:
    """The attempts, for this course and this machine."""
    import torch

    from course.kernels.parent import environment

    hidden = set(os.environ) - set(environment("", "cpu")) - SET_BY_ITSELF
    others = "import os\nseen = [name for name in os.listdir('/proc') if name.isdigit()]\nassert len(seen) > 1, 'none'"
    return [
        Attempt("read the course's configuration", _reading(course.root / "course_config.py")),
        Attempt("read the hidden tests", _reading(course.root / "graders")),
        Attempt("read the solutions", _reading(course.root / "solutions")),
        Attempt("read the gradebook", _reading(course.root / "gradebook.db")),
        Attempt("read other submissions", _reading(course.root / "submitted")),
        Attempt("read files at home", f"{_reading(Path.home())}\nassert any(p.is_file() for p in seen), 'none'"),
        Attempt("read the environment", f"import os\nassert {{*os.environ}} & {hidden}, 'nothing of ours'"),
        Attempt("change installed packages", f"open({torch.__file__!r}, 'a')"),
        Attempt("write to the system", "open('/usr/left_behind', 'w')"),
        Attempt("see other processes", others),
        Attempt("see the grader", f"assert b'course' in open('/proc/{os.getpid()}/cmdline', 'rb').read(), 'another'"),
        Attempt("reach the network", "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=2)"),
        Attempt("become root", "import os\nos.setuid(0)\nassert os.getuid() == 0, 'still nobody'"),
        Attempt("make a namespace", "import ctypes\nassert ctypes.CDLL(None).unshare(0x10000000) == 0, 'refused'"),
        Attempt("fill the disk", "with open('full', 'wb') as file:\n    while True: file.write(bytes(1 << 20))"),
        Attempt("use all memory", "hoard = []\nwhile True: hoard.append(bytearray(b'x') * (64 << 20))"),
        Attempt("start endless processes", "import os, time\nwhile True: os.fork() or time.sleep(60)"),
        Attempt("run for ever", "while True: pass"),
    ]


def _reading(place: Path) -> str:
    return (
        f"from pathlib import Path\np = Path({str(place)!r})\nseen = p.read_bytes() if p.is_file() else [*p.iterdir()]"
    )


def cross(kernels: KernelSource, tried: list[Attempt]) -> Iterator[Crossing]:
    """Make each attempt in a kernel of its own."""
    for attempt in tried:
        kernel = kernels.start()
        try:
            yield Crossing(attempt.wall, kernel.run([Cell(attempt.code)])[0].error)
        finally:
            kernel.close()
