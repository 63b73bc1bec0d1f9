"""Grades a class: opens what was handed in, looks up what is known, grades the rest, remembers it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from course.config import Limits
from course.lessons import Course, Lesson
from course.records import ExerciseRecord, SubmissionRecord
from course.runs.notebook import UnreadableNotebook, open_notebook
from course.runs.pool import Task, grade_all
from course.runs.receipt import key, receipt
from course.runs.session import default_jobs, open_grader, open_kernels, source_order
from course.runs.store import Store
from course.source import SourceCell, read_source
from course.submission import Submission


@dataclass(frozen=True)
class Graded:
    """One student's result. submission: None for a notebook that could not be opened."""

    student: str
    submission: Submission | None
    record: SubmissionRecord


def grade_class(
    course: Course,
    lesson: Lesson,
    students: Sequence[str],
    *,
    jobs: int | None = None,
    seed: int = 0,
    tier: str = "cpu",
    force: bool = False,
) -> Iterator[Graded]:
    """Grade these students' notebooks, as they are done. What the store knows is not graded again unless forced."""
    source = read_source(lesson)
    names = [e.name for e in source_order(lesson)]
    shelf = Shelf(course, lesson, seed, tier)
    waiting: list[tuple[Submission, dict[str, ExerciseRecord]]] = []
    for student in students:
        opened = _open(lesson, source, student, names)
        if isinstance(opened, Graded):
            yield opened
            continue
        known = {} if force else shelf.known(opened, names)
        if len(known) == len(names):
            yield Graded(student, opened, _record(lesson, opened, names, known))
        else:
            waiting.append((opened, known))
    if not waiting:
        return
    tasks = [Task(submission, tuple(n for n in names if n not in known)) for submission, known in waiting]
    needed = [n for n in names if any(n in t.exercises and n in t.submission.answers for t in tasks)]
    with open_kernels(course, lesson) as kernels:  # starts while the tests are collected
        grader = open_grader(course, lesson, needed, seed)
        for number, fresh in grade_all(grader, kernels, tasks, jobs or default_jobs()):
            submission, known = waiting[number]
            records = known | shelf.keep(submission, fresh.exercises, kernels.rung)
            yield Graded(
                submission.student, submission, _record(lesson, submission, names, records, fresh.seconds)
            )


def stored_records(
    course: Course, lesson: Lesson, submission: Submission, *, seed: int = 0, tier: str = "cpu"
) -> dict[str, ExerciseRecord | None]:
    """What the store knows of a submission; None for exercises that it does not know."""
    names = [e.name for e in source_order(lesson)]
    known = Shelf(course, lesson, seed, tier).known(submission, names)
    return {name: known.get(name) for name in names}


class Shelf:
    """The store as one run uses it: with this seed, tier and these limits."""

    def __init__(self, course: Course, lesson: Lesson, seed: int, tier: str) -> None:
        self._store, self._lesson = Store(course.root), lesson
        self._seed, self._tier, self._limits = seed, tier, course.config.limits

    def known(self, submission: Submission, names: Sequence[str]) -> dict[str, ExerciseRecord]:
        found = {}
        for name in names:
            record = self._store.get(key(self._receipt(submission, name)))
            if record is not None:
                found[name] = record
        return found

    def keep(
        self, submission: Submission, records: dict[str, ExerciseRecord], rung: str
    ) -> dict[str, ExerciseRecord]:
        """Records with their receipts; those that a person must look at because we failed are not remembered."""
        kept = {}
        for name, record in records.items():
            ingredients = self._receipt(submission, name)
            kept[name] = record.with_receipt({**ingredients, "rung": rung})
            if record.status != "needs_manual" or self._lesson.exercise(name).written:
                self._store.put(key(ingredients), kept[name])
        return kept

    def _receipt(self, submission: Submission, name: str) -> dict[str, object]:
        limits: Limits = self._limits
        return receipt(self._lesson, submission, name, seed=self._seed, tier=self._tier, limits=limits)


def _open(lesson: Lesson, source: list[SourceCell], student: str, names: Sequence[str]) -> Submission | Graded:
    try:
        return open_notebook(lesson, source, lesson.submitted_notebook(student), student)
    except UnreadableNotebook as error:
        records = {n: ExerciseRecord.needs_manual(lesson.name, n, lesson.exercise(n).points, str(error)) for n in names}
        return Graded(student, None, SubmissionRecord(lesson.name, student, records, (str(error),)))


def _record(
    lesson: Lesson,
    submission: Submission,
    names: Sequence[str],
    records: dict[str, ExerciseRecord],
    seconds: float = 0.0,
) -> SubmissionRecord:
    record = SubmissionRecord(lesson.name, submission.student, {n: records[n] for n in names}, submission.notes)
    return replace(record, seconds=seconds)
