"""One handed-in notebook with what is known about it: opened, looked up in the store, and made ready for nbgrader."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from course.lessons import Course, Lesson
from course.records import ExerciseRecord, SubmissionRecord
from course.runs.notebook import NotebookSubmission, UnreadableNotebook, blank_submission, open_notebook, tidy_notebook
from course.source import SourceCell, read_source

if TYPE_CHECKING:
    from nbformat import NotebookNode


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
        source = _source(lesson, lesson.source.stat().st_mtime_ns)
        try:
            submission = open_notebook(lesson, source, lesson.submitted_notebook(student), student)
        except UnreadableNotebook as error:
            return cls(course, lesson, source, blank_submission(source, student), str(error))
        return cls(course, lesson, source, submission)

    def notebook(self) -> NotebookNode:
        return tidy_notebook(self.lesson, self.source, self.submission)

    def record(self, everyone: bool = False) -> SubmissionRecord:
        """What the store knows; on a miss the engine first grades this submission, or everyone's of the lesson."""
        if self.unreadable is not None:
            records = {name: self._by_hand(name, self.unreadable) for name in self._order()}
            return self._record(records)
        stored, reason = self._stored(), None
        if None in stored.values():
            reason = run_engine(self.course, self.lesson, None if everyone else self.submission.student)
            stored = self._stored()
        reason = reason or "the engine gave no record for it"
        return self._record({name: stored.get(name) or self._by_hand(name, reason) for name in self._order()})

    def _stored(self) -> dict[str, ExerciseRecord | None]:
        from course.runs.classroom import stored_records

        return stored_records(self.course, self.lesson, self.submission)

    def _order(self) -> list[str]:
        return [cell.exercise for cell in self.source if cell.role == "exercise" and cell.exercise]

    def _by_hand(self, name: str, reason: str) -> ExerciseRecord:
        return ExerciseRecord.needs_manual(self.lesson.name, name, self.lesson.exercise(name).points, reason)

    def _record(self, exercises: dict[str, ExerciseRecord]) -> SubmissionRecord:
        return SubmissionRecord(self.lesson.name, self.submission.student, exercises, self.submission.notes)


def run_engine(course: Course, lesson: Lesson, student: str | None) -> str | None:
    """Have ``course grade --store-only`` fill the store; returns what went wrong, for people, or None."""
    command = [sys.executable, "-m", "course", "grade", lesson.name, "--course", str(course.root), "--store-only"]
    command += [f"--student={student}"] if student is not None else []
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    said = done.stderr.strip().splitlines()
    return None if done.returncode in (0, 1) else (said[-1] if said else f"course grade ended with {done.returncode}")


def finish(notebook: NotebookNode, course: Course, lesson: Lesson, record: SubmissionRecord) -> NotebookNode:
    """Write the record into the tidied notebook, for our pages as metadata and for nbgrader's own as an output."""
    from nbformat.v4 import new_output

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
            cell.outputs = [new_output("display_data", {"text/plain": summary(graded)})]
    return notebook


@lru_cache(maxsize=16)
def _source(lesson: Lesson, changed: int) -> list[SourceCell]:
    return read_source(lesson)
