"""The class as it was graded: of each notebook in ``autograded/`` what the review pages need, read once.

What was read is kept in memory and in ``.course/review/``, by the content of the notebooks; it may be deleted at any
time.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from course.lessons import Lesson
from course.nbgrader_side.feedback import graded_students
from course.records import ExerciseRecord, TestRecord
from course.runs.store import write_whole

VERSION = 1  # of what is kept; another number and everything is read again


@dataclass(frozen=True)
class Failure:
    """A test that did not pass. came_out: what the student's code gave, as JSON or as a sentence."""

    outcome: str
    mistakes: tuple[str, ...] = ()
    came_out: str = ""


@dataclass(frozen=True)
class Answer:
    """One student's answer to one exercise, and how it went.

    marks: one character a test, in the tests' order; see MARKS.  failures: by test.
    """

    student: str
    exercise: str
    code: str
    written: bool
    status: str
    points: float
    max_points: float
    marks: str
    failures: dict[str, Failure]
    mistakes: tuple[str, ...] = ()
    reason: str = ""

    @property
    def full(self) -> bool:
        return self.status == "graded" and self.points >= self.max_points


MARKS = {"passed": "·", "failed": "✗", "error": "?", "timeout": "∞", "forbidden": "⊘", "not_run": "–"}

Class = dict[str, dict[str, Answer]]  # by student and exercise


class Register:
    """One lesson's class. Safe to ask from several threads."""

    def __init__(self, lesson: Lesson) -> None:
        self._lesson = lesson
        self._path = lesson.root / ".course" / "review" / f"{lesson.name}.register.json"
        self._lock = threading.Lock()
        self._kept: dict[str, dict[str, Any]] | None = None  # by student: stamp, digest, answers
        self._class: Class = {}
        self.version = ""  # another one when anything changed

    def read(self) -> Class:
        """By student, sorted, and exercise, in the notebook's order; whatever changed on the disk is read again."""
        with self._lock:
            if self._kept is None:
                self._kept = self._remembered()
                self._class = {s: _answers(s, kept["answers"]) for s, kept in self._kept.items()}
            news = self._look()
            if news or not self.version:
                self._class = {student: self._class[student] for student in sorted(self._class)}
                digests = [(student, self._kept[student]["digest"]) for student in self._class]
                self.version = hashlib.sha256(json.dumps(digests).encode()).hexdigest()[:16]
            if news:
                write_whole(self._path, json.dumps({"version": VERSION, "class": self._kept}), durable=False)
            return self._class

    def _look(self) -> bool:
        """Bring what is kept up to date; whether there was something to do."""
        assert self._kept is not None
        news = False
        students = graded_students(self._lesson)
        for gone in set(self._kept) - set(students):
            del self._kept[gone], self._class[gone]
            news = True
        for student in students:
            path = self._lesson.autograded_notebook(student)
            try:
                stamp = _stamp(path)
                kept = self._kept.get(student)
                if kept is not None and kept["stamp"] == stamp:
                    continue
                data = path.read_bytes()
            except OSError:  # it is being written again
                continue
            digest = hashlib.sha256(data).hexdigest()
            if kept is None or kept["digest"] != digest:
                kept = {"answers": [_to_json(answer) for answer in read_answers(student, data)]}
                self._class[student] = _answers(student, kept["answers"])
            self._kept[student] = {**kept, "stamp": stamp, "digest": digest}
            news = True
        return news

    def _remembered(self) -> dict[str, dict[str, Any]]:
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
            return dict(told["class"]) if told["version"] == VERSION else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}


def read_answers(student: str, data: bytes) -> Iterator[Answer]:
    """What a graded notebook says; nothing for one that is no notebook."""
    for cell, record in _graded_cells(data):
        yield _answer(student, cell, record)


def read_record(lesson: Lesson, student: str, exercise: str) -> ExerciseRecord | None:
    """The whole record of one answer, from the graded notebook."""
    try:
        data = lesson.autograded_notebook(student).read_bytes()
    except OSError:
        return None
    return next((record for _, record in _graded_cells(data) if record.exercise == exercise), None)


def _graded_cells(data: bytes) -> Iterator[tuple[dict[str, Any], ExerciseRecord]]:
    try:
        notebook = json.loads(data)
        for cell in notebook["cells"]:
            if "course" in cell["metadata"]:
                yield cell, ExerciseRecord.from_json(cell["metadata"]["course"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return


def _answer(student: str, cell: dict[str, Any], record: ExerciseRecord) -> Answer:
    source = cell["source"]
    explained = [sentence for sentence in record.explanations.values() if sentence]
    return Answer(
        student=student,
        exercise=record.exercise,
        code=source if isinstance(source, str) else "".join(source),
        written=cell["cell_type"] == "markdown",
        status=record.status,
        points=record.points,
        max_points=record.max_points,
        marks="".join(MARKS[test.outcome] for test in record.tests),
        failures={test.name: _failure(test, explained) for test in record.tests if test.outcome != "passed"},
        mistakes=record.misconceptions,
        reason=record.reason or "",
    )


def _failure(test: TestRecord, explained: list[str]) -> Failure:
    """What came out is left out where a mistake is named: it came out just as with the mistake."""
    if test.misconceptions or test.outcome == "not_run":
        return Failure(test.outcome, test.misconceptions)
    shown = test.counterexample
    if shown is not None:
        return Failure(test.outcome, (), json.dumps([shown.get("call"), shown.get("got")]))
    message = test.message
    for sentence in explained:
        message = message.removesuffix(sentence).rstrip()
    return Failure(test.outcome, (), _WHERE.sub("", message))


_WHERE = re.compile(r" That happened in line \d+ of the cell(?:: `[^`]*`|\.)|\bline \d+")


def _to_json(answer: Answer) -> dict[str, Any]:
    return {name: value for name, value in asdict(answer).items() if name != "student"}


def _answers(student: str, told: list[dict[str, Any]]) -> dict[str, Answer]:
    return {data["exercise"]: _from_json(student, data) for data in told}


def _from_json(student: str, data: dict[str, Any]) -> Answer:
    failures = {
        test: Failure(f["outcome"], tuple(f["mistakes"]), f["came_out"]) for test, f in data["failures"].items()
    }
    return Answer(**{**data, "student": student, "failures": failures, "mistakes": tuple(data["mistakes"])})


def _stamp(path: Path) -> list[int]:
    """Changes whenever the file does: the time of its last change cannot be set by a program."""
    status = path.stat()
    return [status.st_ctime_ns, status.st_mtime_ns, status.st_size, status.st_ino]
