"""One handed-in notebook with what is known about it: opened, looked up in the store, and made ready for nbgrader."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from course.lessons import Course, Lesson
from course.pages.reading import Reading, read_prose
from course.records import ExerciseRecord, SubmissionRecord
from course.runs.notebook import NotebookSubmission, UnreadableNotebook, blank_submission, open_notebook, tidy_notebook
from course.source import SourceCell, read_source

if TYPE_CHECKING:
    from nbformat import NotebookNode


def source_of(lesson: Lesson) -> list[SourceCell]:
    """The lesson's source, read once for a class."""
    return _read_source(lesson, lesson.source.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _read_source(lesson: Lesson, changed: int) -> list[SourceCell]:
    return read_source(lesson)


@lru_cache(maxsize=16)
def _read_reading(lesson: Lesson, changed: int) -> Reading:
    return read_prose(source_of(lesson))


def reading_of(lesson: Lesson) -> Reading:
    """The lesson's sections and hints, read once for a class."""
    return _read_reading(lesson, lesson.source.stat().st_mtime_ns)


@dataclass(frozen=True)
class Submitted:
    """A handed-in notebook. unreadable: why it could not be opened; the submission is then blank."""

    course: Course
    lesson: Lesson
    source: list[SourceCell]
    submission: NotebookSubmission
    unreadable: str | None = None

    @classmethod
    def open(cls, course: Course, lesson: Lesson, student: str) -> Submitted:
        source = source_of(lesson)
        try:
            submission = open_notebook(lesson, source, lesson.submitted_notebook(student), student)
        except UnreadableNotebook as error:
            return cls(course, lesson, source, blank_submission(source, student), str(error))
        return cls(course, lesson, source, submission)

    def notebook(self) -> NotebookNode:
        return tidy_notebook(self.lesson, self.source, self.submission)

    def record(self, ask: Callable[[Submitted], Told]) -> SubmissionRecord:
        """What the store knows; on a miss, what the engine says when it is asked to grade."""
        if self.unreadable is not None:
            return self._record({name: self._by_hand(name, self.unreadable) for name in self._order()})
        records = self._stored()
        if None in records.values():
            told = ask(self)
            records = {**told.records.get(self.submission.student, {}), **_known(self._stored())}
            reason = told.problem or "the engine gave no record for it"
            records |= {name: self._by_hand(name, reason) for name in self._order() if name not in records}
        return self._record(_known(records))

    def _stored(self) -> dict[str, ExerciseRecord | None]:
        from course.runs.classroom import stored_records

        return stored_records(self.course, self.lesson, self.submission)

    def _order(self) -> list[str]:
        return [cell.exercise for cell in self.source if cell.role == "exercise" and cell.exercise]

    def _by_hand(self, name: str, reason: str) -> ExerciseRecord:
        return ExerciseRecord.needs_manual(self.lesson.name, name, self.lesson.exercise(name).points, reason)

    def _record(self, exercises: dict[str, ExerciseRecord]) -> SubmissionRecord:
        notes = self.submission.notes if self.unreadable is None else (self.unreadable,)
        in_order = {name: exercises[name] for name in self._order()}
        return SubmissionRecord(self.lesson.name, self.submission.student, in_order, notes)


@dataclass(frozen=True)
class Told:
    """What the engine said: records by student and exercise, and what went wrong with all of it, for people."""

    records: dict[str, dict[str, ExerciseRecord]]
    problem: str | None = None


def ask_engine(course: Course, lesson: Lesson, student: str | None) -> Told:
    """Have ``course grade`` fill the store for one student or for everyone, in a process of its own."""
    command = [sys.executable, "-m", "course", "grade", lesson.name, "--course", str(course.root)]
    command += ["--store-only", "--json", *([f"--student={student}"] if student is not None else [])]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    records = {}
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            said = json.loads(line)
            records[said["student"]] = {n: ExerciseRecord.from_json(r) for n, r in said["exercises"].items()}
    if done.returncode in (0, 1):
        return Told(records)
    last = done.stderr.strip().splitlines()[-1:]
    return Told(records, last[0].removeprefix("course: ") if last else f"course grade ended with {done.returncode}")


def finish(notebook: NotebookNode, course: Course, lesson: Lesson, record: SubmissionRecord) -> NotebookNode:
    """Write the record into the tidied notebook, for our pages as metadata and for nbgrader's own as an output."""
    from nbformat import from_dict

    from course.nbgrader_side.summary import summary

    notebook.metadata["course"] = {
        "course": course.config.title,
        "lesson": lesson.name,
        "title": lesson.config.title,
        "student": record.student,
        "order": list(record.exercises),
        "notes": list(record.notes),
    }
    for cell in notebook.cells:
        graded = record.exercises.get(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
        if graded is None:
            continue
        cell.metadata["course"] = graded.to_json()
        if cell.cell_type == "code":
            said = {"output_type": "display_data", "data": {"text/plain": summary(graded)}, "metadata": {}}
            cell.outputs = [from_dict(said)]
    return notebook


def _known(records: dict[str, ExerciseRecord | None]) -> dict[str, ExerciseRecord]:
    return {name: record for name, record in records.items() if record is not None}
