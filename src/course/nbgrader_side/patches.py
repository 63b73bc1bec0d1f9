"""The few places where nbgrader itself is changed, because no setting reaches them. ``apply`` makes all of them.

- Each open of the gradebook made a new SQLAlchemy engine that compiled every query anew; one engine a database is kept.
  SQLite gets a write-ahead log, and waits a minute for a lock instead of five seconds.
- A new gradebook asked a subprocess, ``alembic``, for its schema's version; the same answer is read in this process.
- Folders were found by glob patterns made from student ids, so an id with ``[`` was never found; and a submission is
  the one notebook that has the lesson's name, whatever else lies beside it.
- Every file of a submission was copied, and links were followed; only two small files that nbgrader needs are taken.
- ``timestamp.txt`` was opened whatever it is (a pipe blocks for ever), and an unreadable date failed the submission.
"""

from __future__ import annotations

import datetime
import glob
import os
import re
import sqlite3
import stat
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from course.runs.notebook import UnreadableNotebook, read_plain

LOCK_SECONDS = 60
SIDE_FILES = ("timestamp.txt", "submission_secret.txt")  # the second is for `nbgrader release_feedback`
MOST_SIDE_BYTES = 1_000


def apply() -> None:
    """Change nbgrader; doing it twice is doing it once."""
    import nbgrader.api
    import nbgrader.apps.api
    import nbgrader.converters.base
    from nbgrader.coursedir import CourseDirectory

    nbgrader.api.create_engine = create_engine
    nbgrader.api.get_alembic_version = _schema_version
    nbgrader.converters.base.glob = SimpleNamespace(glob=_find_folders)
    nbgrader.converters.base.find_all_files = files_to_copy
    CourseDirectory.get_existing_timestamp = lambda self, folder: submitted_at(Path(folder))
    nbgrader.apps.api.NbGraderAPI.get_submitted_timestamp = lambda self, assignment_id, student_id: submitted_at(
        Path(self.coursedir.format_path(self.coursedir.submitted_directory, student_id, assignment_id))
    )


def create_engine(url: str, **options: Any) -> Any:
    """SQLAlchemy's, kept for databases whose URL means the same everywhere."""
    relative = url.startswith("sqlite:///") and not url.startswith("sqlite:////")
    return (_new_engine if relative else _kept_engine)(url, **options)


def submitted_at(folder: Path) -> datetime.datetime | None:
    """When a submission was handed in, from its ``timestamp.txt``: UTC without a zone, as nbgrader keeps it."""
    from nbgrader.utils import parse_utc

    try:
        text = read_plain(folder / "timestamp.txt", MOST_SIDE_BYTES).decode("utf-8", "replace").strip()
        offset = re.fullmatch(r"(.+?) ?([+-]\d\d):?(\d\d)", text)
        return parse_utc(f"{offset[1]}{offset[2]}:{offset[3]}" if offset else text) if text else None
    except (UnreadableNotebook, ValueError, OverflowError):
        return None


def is_submission(folder: Path, *steps: str) -> bool:
    """Whether this is ``submitted/<student>/<lesson>``, or the same of another of nbgrader's steps."""
    return len(folder.parts) > 3 and folder.parts[-3] in (steps or ("submitted",))


def _new_engine(url: str, **options: Any) -> Any:
    import sqlalchemy

    if not url.startswith("sqlite"):
        return sqlalchemy.create_engine(url, **options)
    engine = sqlalchemy.create_engine(url, connect_args={"timeout": LOCK_SECONDS}, **options)
    sqlalchemy.event.listen(engine, "connect", _use_write_ahead_log)
    return engine


_kept_engine = lru_cache(maxsize=8)(_new_engine)


def _use_write_ahead_log(connection: sqlite3.Connection, _: object) -> None:
    try:
        connection.execute("PRAGMA journal_mode=wal")
    except sqlite3.OperationalError:  # a reader is busy or the disk cannot; the next connection tries again
        pass


@lru_cache(maxsize=1)
def _schema_version() -> str:
    import nbgrader
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory(os.path.join(os.path.dirname(nbgrader.__file__), "alembic")).get_current_head())


def _find_folders(pattern: str) -> list[str]:
    """``glob.glob`` for nbgrader's patterns: a folder that exists as written is meant literally."""
    folder, name = os.path.split(pattern)
    if name == "*.ipynb" and is_submission(Path(folder)):
        return [os.path.join(folder, f"{os.path.basename(folder)}.ipynb")]
    if os.path.lexists(pattern):
        return [pattern]
    return glob.glob(os.path.join(glob.escape(folder), name) if os.path.isdir(folder) else pattern)


def files_to_copy(path: str, exclude: list[str] | None = None) -> list[str]:
    """``find_all_files`` of nbgrader; from students' folders, only the small files that nbgrader itself reads."""
    from nbgrader.utils import find_all_files

    if not is_submission(Path(path), "submitted", "autograded"):
        return find_all_files(path, exclude)
    return [os.path.join(path, name) for name in SIDE_FILES if _is_small_file(os.path.join(path, name))]


def _is_small_file(path: str) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size <= MOST_SIDE_BYTES
