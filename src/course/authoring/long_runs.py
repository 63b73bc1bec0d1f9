"""Results of long runs (``make full``), kept with a hash of what they measured.

``make test`` trains few answers and executes no whole notebook; it believes these records, and only while they are
as new as the code that they are about.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coursekit
from course.lessons import Course, Exercise, Lesson, hash_files
from course.runs.store import write_whole


@dataclass(frozen=True)
class LongRun:
    """One thing that is run rarely: a trained exercise's whole audit, or a lesson's solved notebook."""

    name: str
    fingerprint: str
    root: Path

    @property
    def path(self) -> Path:
        return self.root / "docs" / "records" / f"{self.name}.json"

    def save(self, results: dict[str, Any]) -> None:
        data = {"fingerprint": self.fingerprint, "results": results}
        write_whole(self.path, json.dumps(data, indent=1, sort_keys=True) + "\n")

    def is_current(self) -> bool:
        try:
            return json.loads(self.path.read_text(encoding="utf-8"))["fingerprint"] == self.fingerprint
        except (OSError, ValueError, KeyError):
            return False


def notebook_run(lesson: Lesson) -> LongRun:
    """The solved notebook, executed from top to bottom."""
    rubrics = [e.rubric_file for e in lesson.exercises.values() if e.written]
    files = [lesson.source, lesson.solutions, *rubrics]
    return LongRun(f"{lesson.name}.notebook", _hash(hash_files(files, lesson.root), _kit(files)), lesson.root)


def training_run(lesson: Lesson, exercise: Exercise) -> LongRun:
    """Every known answer of a trained exercise."""
    files = [lesson.solutions, *sorted(exercise.folder.glob("*.py")), *_existing(lesson.graders / "support.py")]
    parts = (exercise.fingerprint(), hash_files([lesson.solutions], lesson.root), _kit([lesson.source, *files]))
    return LongRun(f"{lesson.name}.{exercise.name}", _hash(*parts), lesson.root)


def long_runs(course: Course) -> list[LongRun]:
    """All long runs of a course."""
    found = []
    for lesson in course.lessons.values():
        found.append(notebook_run(lesson))
        found += [training_run(lesson, e) for e in lesson.exercises.values() if e.trained]
    return found


def _existing(path: Path) -> list[Path]:
    return [path] if path.is_file() else []


def _kit(users: Iterable[Path]) -> str:
    """A hash of those of the kit's modules that these files use, directly or through other modules."""
    root = Path(str(coursekit.__file__)).parent
    modules = {path.stem: path for path in root.glob("*.py")}
    del modules["__init__"]  # only lists the others
    used, waiting = {"check"}, [modules["check"], *users]
    while waiting:
        text = waiting.pop().read_text(encoding="utf-8")
        found = {name for name in modules if re.search(rf"kit(\.| import .*\b){name}\b", text)}
        waiting += [modules[name] for name in found - used]
        used |= found
    return hash_files(sorted(modules[name] for name in used), root)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
