"""What TAs did to many answers at once, who and when: one file a lesson to which lines are only ever added.

A line is one JSON object. One that a killed process left unfinished is no line: readers pass over it, and the next
writer begins a new one behind it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from course.runs.store import NotWritten


class Journal:
    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[dict[str, Any]]:
        """All whole lines, oldest first."""
        try:
            lines = self.path.read_bytes().split(b"\n")[:-1]  # what has no end is not written yet
        except FileNotFoundError:
            return []
        return [entry for line in lines if (entry := _parsed(line)) is not None]

    def append(self, entry: dict[str, Any]) -> None:
        """On the disk when this returns. Raises NotWritten."""
        line = json.dumps(entry, allow_nan=False).encode() + b"\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "ab+", buffering=0) as file:
                if file.tell() and os.pread(file.fileno(), 1, file.tell() - 1) != b"\n":
                    line = b"\n" + line
                if file.write(line) != len(line):
                    raise OSError("the disk is full")
                os.fsync(file.fileno())
        except OSError as error:
            raise NotWritten(self.path, error.strerror or error) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One writer at a time, also among several servers on this machine."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path.with_suffix(".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
