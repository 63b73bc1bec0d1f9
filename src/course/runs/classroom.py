"""Grades a class: looks at what was handed in, looks up what is known, grades the rest, remembers it at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

from course.lessons import Course, Lesson, hash_files
from course.records import ExerciseRecord, SubmissionRecord
from course.runs.here import Keep, grade_here
from course.runs.notebook import MOST_BYTES, UnreadableNotebook, open_notebook, read_plain
from course.runs.receipt import Receipts, answer_hashes, engine_fingerprint, key
from course.runs.store import Store, write_whole
from course.source import SourceCell, exercise_order, read_source
from course.submission import Submission, Task


@dataclass(frozen=True)
class HandedIn:
    """What one student handed in.

    hashes: for each exercise what ``answer_hashes`` says, and notes as in a Submission; both are known without opening
    a notebook that was seen before.  digest: of the file; "" if it may be another one next time.
    problem: why the notebook cannot be opened.  opened: the notebook, where it had to be opened.
    """

    lesson: Lesson
    source: Sequence[SourceCell]
    student: str
    hashes: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    digest: str = ""
    problem: str | None = None
    opened: Submission | None = None

    @cached_property
    def submission(self) -> Submission | None:
        """The notebook, opened; None if it cannot be."""
        try:
            path = self.lesson.submitted_notebook(self.student)
            return self.opened or open_notebook(self.lesson, self.source, path, self.student)
        except UnreadableNotebook:
            return None


@dataclass(frozen=True)
class Graded:
    """One student's result. version: the same as long as notebook and records are; "" if that is not known."""

    handed_in: HandedIn
    record: SubmissionRecord
    version: str = ""

    @property
    def student(self) -> str:
        return self.handed_in.student

    @property
    def submission(self) -> Submission | None:
        """None for a notebook that could not be opened."""
        return self.handed_in.submission


class Runner(Protocol):
    """Grades tasks somewhere else, as ``grade_here`` does."""

    def __call__(self, tasks: Sequence[Task], keep: Keep) -> Iterator[tuple[int, SubmissionRecord]]: ...


def grade_class(
    course: Course,
    lesson: Lesson,
    students: Sequence[str],
    *,
    jobs: int | None = None,
    seed: int = 0,
    tier: str = "cpu",
    force: bool = False,
    run: Runner | None = None,
) -> Iterator[Graded]:
    """Grade these students' notebooks, as they are done. What the store knows is not graded again unless forced.

    Every record is in the store as soon as it is known. run: where to grade (default: here, ``jobs`` at a time).
    Raises NotWritten when the store cannot be written.
    """
    intake, shelf = Intake(course, lesson), Shelf(course, lesson, seed, tier)
    names = intake.exercises
    waiting: list[tuple[HandedIn, dict[str, ExerciseRecord]]] = []
    for student in students:
        handed_in = intake.take(student)
        known = {} if force else shelf.known(handed_in.hashes)
        if len(known) < len(names) and not (handed_in.opened or handed_in.problem):
            handed_in = intake.open(student)  # what is graded is what was hashed
            known = {} if force else shelf.known(handed_in.hashes)
        if handed_in.opened is None or len(known) == len(names):
            yield shelf.graded(handed_in, names, known)
        else:
            waiting.append((handed_in, known))
    intake.remember()
    if not waiting:
        return

    def keep(number: int, record: ExerciseRecord, rung: str) -> None:
        handed_in, records = waiting[number]
        records[record.exercise] = shelf.keep(handed_in.hashes[record.exercise], record, rung)

    tasks = [Task(h.opened, tuple(n for n in names if n not in known)) for h, known in waiting if h.opened]
    graded = run(tasks, keep) if run else grade_here(course, lesson, tasks, seed=seed, tier=tier, jobs=jobs, keep=keep)
    for number, fresh in graded:
        handed_in, records = waiting[number]
        yield shelf.graded(handed_in, names, records, fresh.seconds)


def stored_records(
    course: Course, lesson: Lesson, submission: Submission, *, seed: int = 0, tier: str = "cpu"
) -> dict[str, ExerciseRecord | None]:
    """What the store knows of a submission; None for exercises that it does not know."""
    names = exercise_order(read_source(lesson))
    known = Shelf(course, lesson, seed, tier).known({name: answer_hashes(submission, name) for name in names})
    return {name: known.get(name) for name in names}


class Shelf:
    """The store as one run uses it: with this seed, tier and these limits."""

    def __init__(self, course: Course, lesson: Lesson, seed: int, tier: str) -> None:
        self._store, self._lesson = Store(course.root), lesson
        self._receipts = Receipts(lesson, seed=seed, tier=tier, limits=course.config.limits)

    def known(self, hashes: dict[str, dict[str, str]]) -> dict[str, ExerciseRecord]:
        """The records of these answers, by exercise. hashes: from ``answer_hashes``, by exercise."""
        found = {name: self._store.get(self._key(mine, name)) for name, mine in hashes.items()}
        return {name: record for name, record in found.items() if record is not None}

    def keep(self, hashes: dict[str, str], record: ExerciseRecord, rung: str) -> ExerciseRecord:
        """The record with its receipt. One that a person must look at because we failed is not remembered.

        Raises NotWritten.
        """
        ingredients = self._receipts.of(hashes, record.exercise)
        kept = record.with_receipt({**ingredients, "rung": rung})
        if self._lasts(record):
            self._store.put(key(ingredients), kept)
        return kept

    def graded(
        self, handed_in: HandedIn, names: Sequence[str], records: dict[str, ExerciseRecord], seconds: float = 0.0
    ) -> Graded:
        """The student's result; a notebook that cannot be opened needs a person in all exercises."""
        if handed_in.problem:
            records = {n: self._by_hand(n, handed_in.problem) for n in names}
        in_order = {name: records[name] for name in names}
        record = SubmissionRecord(self._lesson.name, handed_in.student, in_order, handed_in.notes, seconds)
        return Graded(handed_in, record, self._version(handed_in) if all(map(self._lasts, in_order.values())) else "")

    def _lasts(self, record: ExerciseRecord) -> bool:
        return record.status != "needs_manual" or self._lesson.exercise(record.exercise).written

    def _version(self, handed_in: HandedIn) -> str:
        keys = {name: self._key(mine, name) for name, mine in handed_in.hashes.items()}
        stored = [(name, key, self._store.changed(key)) for name, key in keys.items()]
        if not handed_in.digest or not all(moment for _, _, moment in stored):
            return ""
        return hashlib.sha256(json.dumps([handed_in.digest, stored]).encode()).hexdigest()

    def _key(self, hashes: dict[str, str], name: str) -> str:
        return key(self._receipts.of(hashes, name))

    def _by_hand(self, name: str, problem: str) -> ExerciseRecord:
        return ExerciseRecord.needs_manual(self._lesson.name, name, self._lesson.exercise(name).points, problem)


class Intake:
    """Takes in what students hand in. Of a notebook that was opened before, it remembers what grading looks up."""

    def __init__(self, course: Course, lesson: Lesson) -> None:
        self._lesson, self.source = lesson, read_source(lesson)
        self.exercises = exercise_order(self.source)
        self._path = course.root / ".course" / "seen" / f"{lesson.name}.json"
        self._context = self._what_opening_depends_on()
        self._seen: dict[str, dict[str, Any]] = self._remembered()
        self._news = False

    def take(self, student: str) -> HandedIn:
        digest = self._digest(student)
        seen = self._seen.get(digest)
        if seen is None:
            return self.open(student)
        return HandedIn(self._lesson, self.source, student, seen["hashes"], tuple(seen["notes"]), digest)

    def open(self, student: str) -> HandedIn:
        digest = self._digest(student)
        blank = HandedIn(self._lesson, self.source, student)
        try:
            opened = open_notebook(self._lesson, self.source, self._lesson.submitted_notebook(student), student)
        except UnreadableNotebook as error:
            return replace(blank, notes=(str(error),), problem=str(error))
        hashes = {name: answer_hashes(opened, name) for name in self.exercises}
        if digest != self._digest(student):  # it was handed in again just now
            digest = ""
        elif digest:
            self._seen[digest] = {"hashes": hashes, "notes": opened.notes}
            self._news = True
        return replace(blank, hashes=hashes, notes=opened.notes, digest=digest, opened=opened)

    def remember(self) -> None:
        if self._news:
            write_whole(self._path, json.dumps({"context": self._context, "notebooks": self._seen}))

    def _remembered(self) -> dict[str, dict[str, Any]]:
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
            return dict(told["notebooks"]) if told["context"] == self._context else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def _what_opening_depends_on(self) -> str:
        files = [p for p in (self._lesson.source, self._lesson.release_notebook) if p.is_file()]
        return f"{engine_fingerprint()} {hash_files(files, self._lesson.root)}"

    def _digest(self, student: str) -> str:
        """Of the notebook file; "" where there is none that is an ordinary file with the lesson's name."""
        try:
            data = read_plain(self._lesson.submitted_notebook(student), MOST_BYTES)
        except UnreadableNotebook:
            return ""
        return hashlib.sha256(self._context.encode() + data).hexdigest()
