"""Records on disk, one file an exercise of a submission, found by what they depend on.

A file is written whole or not at all; a damaged one counts as missing.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from course.records import ExerciseRecord


class Store:
    """``.course/records/`` below the course's root."""

    def __init__(self, root: Path) -> None:
        self.folder = root / ".course" / "records"

    def get(self, key: str) -> ExerciseRecord | None:
        try:
            return ExerciseRecord.from_json(json.loads(self._path(key).read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, record: ExerciseRecord) -> None:
        write_whole(self._path(key), json.dumps(record.to_json(), allow_nan=False))

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that readers see the old or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
