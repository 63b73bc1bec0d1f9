"""Records on disk, one file an exercise of a submission, found by what they depend on.

A file is written whole or not at all; a damaged one counts as missing.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

from course.errors import EngineError
from course.records import ExerciseRecord


class NotWritten(EngineError):
    """A file could not be written; what stood there before still does."""

    def __init__(self, path: Path, reason: object) -> None:
        super().__init__(
            f"{path} could not be written ({reason}): make room or give access, then run the same command again; "
            "what was finished is kept"
        )


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
        """Raises NotWritten."""
        write_whole(self._path(key), json.dumps(record.to_json(), allow_nan=False), durable=False)

    def changed(self, key: str) -> int:
        """When a record was put, in nanoseconds; a record that is put again has another moment."""
        try:
            return self._path(key).stat().st_mtime_ns
        except OSError:
            return 0

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"


def write_whole(path: Path, text: str, durable: bool = True) -> None:
    """Write a text file so that readers see the old or the new one, never a part. Raises NotWritten.

    durable: also after a power cut. What is missing or damaged then and is made again needs not be.
    The new text stands in ``.NAME.new`` first. The name is always the same, so what a killed process left there is
    written over by the next; a lock keeps two that live apart.
    """
    temporary = path.with_name(f".{path.name[:100]}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(temporary) as file:
            try:
                file.write(text.encode("utf-8"))
                file.flush()
                if durable:
                    os.fsync(file.fileno())
                os.fchmod(file.fileno(), 0o644)
                os.replace(temporary, path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise NotWritten(path, error.strerror or error) from error


def _locked(path: Path):  # type: ignore[no-untyped-def]
    """The file, empty, open for writing, and ours until it is closed or renamed."""
    while True:
        file = open(path, "ab")
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            if os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                file.truncate(0)
                return file
        except FileNotFoundError:
            pass
        file.close()  # the one who had it before has renamed it
