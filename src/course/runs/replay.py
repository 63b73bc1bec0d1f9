"""Grades an answer again under the conditions that its receipt states, and compares."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from course.config import Limits
from course.errors import InputError
from course.lessons import Course, Lesson
from course.records import ExerciseRecord
from course.runs.classroom import HandedIn, Intake
from course.runs.here import grade_here
from course.runs.receipt import Receipts, key
from course.runs.store import Store
from course.submission import Task


@dataclass(frozen=True)
class Evidence:
    """A receipt and the score that it stands for.

    points: None where a person gave or has to give them.  student: "" if whoever handed in this answer is meant.
    """

    lesson: str
    exercise: str
    receipt: dict[str, Any]
    points: float | None
    student: str = ""


@dataclass(frozen=True)
class Replayed:
    """before, after: points.  changed: what the score depends on that is not as it was, and how."""

    lesson: str
    exercise: str
    student: str
    before: float | None
    after: float | None
    changed: dict[str, str] = field(default_factory=dict)
    problem: str | None = None

    @property
    def same(self) -> bool:
        return self.problem is None and self.before == self.after

    def __str__(self) -> str:
        name = f"{self.student or 'nobody'}, {self.exercise}"
        if self.problem:
            return f"{name}: cannot be graded again: {self.problem}"
        changed = "; ".join(f"{what} ({how})" for what, how in self.changed.items())
        if self.same:
            return f"{name}: same score, {_points(self.after)}" + (
                f", although there changed: {changed}" * bool(changed)
            )
        why = f"changed: {changed}" if changed else "nothing that it depends on has changed: please report this"
        return f"{name}: {_points(self.before)} -> {_points(self.after)}, {why}"


# -- finding receipts ---------------------------------------------------------------------------------------------


def find_receipts(course: Course, what: str, lesson: str | None = None) -> list[Evidence]:
    """Receipts of a feedback page, of a record file, or of a student's graded notebook of ``lesson``.

    Raises InputError when there is none.
    """
    path = Path(what)
    if lesson is not None:
        found = _of_student(course.lesson(lesson), what)
    elif path.suffix == ".json" and path.is_file():
        found = [_of_record(_json(path))]
    elif path.is_file():
        found = _of_page(course, path)
    else:
        raise InputError(
            f"there is no file {what}: name a feedback page, a record of .course/records/, or STUDENT LESSON"
        )
    if not found:
        raise InputError(
            f"{what} has no receipt: grade it with `course grade`, and make its page with `course feedback`"
        )
    return found


def _of_record(data: Any, student: str = "") -> Evidence:
    try:
        record = ExerciseRecord.from_json(data)
        points = None if record.status == "needs_manual" else record.points
        return Evidence(record.lesson, record.exercise, record.receipt, points, student)
    except (KeyError, TypeError) as error:
        raise InputError("this file is no record of `course grade`: take one of .course/records/") from error


def _of_student(lesson: Lesson, student: str) -> list[Evidence]:
    path = lesson.autograded_notebook(student)
    if not path.is_file():
        raise InputError(f"{student} has no graded notebook of {lesson.name}: run `course grade {lesson.name}` first")
    records = [cell["metadata"].get("course") for cell in _json(path)["cells"]]
    found = [_of_record(record, student) for record in records if record]
    return [evidence for evidence in found if evidence.receipt]


def _of_page(course: Course, path: Path) -> list[Evidence]:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8", errors="replace"))
    lesson = next(
        (n for n in course.lessons if page.receipts and set(page.receipts) <= set(course.lesson(n).exercises)), ""
    )
    if not lesson and page.receipts:
        raise InputError(f"{path} is a page of another course: none of its lessons has the exercises that it shows")
    return [Evidence(lesson, name, receipt, page.points.get(name)) for name, receipt in page.receipts.items()]


class _Page(HTMLParser):
    """Receipts and points on a feedback page, by exercise. What a person gave is no score that tests can give again."""

    def __init__(self) -> None:
        super().__init__()
        self.receipts: dict[str, dict[str, Any]] = {}
        self.points: dict[str, float] = {}
        self._exercise, self._place, self._text = "", "", ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        have = dict(attributes)
        if tag == "section" and have.get("class") == "exercise":
            self._exercise, self._place = have.get("id") or "", ""
        elif tag == "details":
            self._place = "receipt" if have.get("class") == "receipt" else ""
        elif tag == "code" and self._place == "receipt":
            self._text = ""
        elif tag == "span" and have.get("class") == "points" and self._exercise:
            self._place, self._text = "points", ""
        elif tag == "p" and have.get("class") == "aside":
            self._place, self._text = "aside", ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "code" and self._place == "receipt":
            self.receipts[self._exercise] = json.loads(self._text)
            self._place = ""
        elif tag == "span" and self._place == "points":
            points = self._text.partition("/")[0].strip()
            if points.replace(".", "", 1).isdigit():
                self.points[self._exercise] = float(points)
            self._place = ""
        elif tag == "p" and self._place == "aside":
            if "A person gave" in self._text:
                self.points.pop(self._exercise, None)
            self._place = ""


# -- grading again ------------------------------------------------------------------------------------------------


def replay(course: Course, evidence: Sequence[Evidence], jobs: int | None = None) -> Iterator[Replayed]:
    """Grade these answers again, with the seed, tier and limits of their receipts. Nothing is kept.

    Raises InputError for a receipt of a lesson or exercise that is there no more.
    """
    groups: dict[str, list[Evidence]] = {}
    for one in evidence:
        conditions = [one.lesson, *(one.receipt.get(name) for name in ("seed", "tier", "limits"))]
        groups.setdefault(json.dumps(conditions), []).append(one)
    for group in groups.values():
        yield from _replay(course, group, jobs)


def _replay(course: Course, evidence: Sequence[Evidence], jobs: int | None) -> Iterator[Replayed]:
    lesson, stated = course.lesson(evidence[0].lesson), evidence[0].receipt
    course, altered = _with_limits(course, stated.get("limits", {}))
    seed, tier = int(stated.get("seed", 0)), str(stated.get("tier", "cpu"))
    receipts = Receipts(lesson, seed=seed, tier=tier, limits=course.config.limits)
    store, answers = Store(course.root), _Answers(course, lesson)
    groups: dict[str, tuple[HandedIn, list[Evidence]]] = {}  # by student
    for one in evidence:
        if (handed_in := answers.find(one)) is None:
            yield _no_answer(one)
        else:
            groups.setdefault(handed_in.student, (handed_in, []))[1].append(one)
    tasks = [Task(h.submission, tuple(one.exercise for one in mine)) for h, mine in groups.values() if h.submission]
    if not tasks:
        return
    rungs: dict[int, str] = {}
    keep = lambda number, record, rung: rungs.update({number: rung})
    for number, record in grade_here(course, lesson, tasks, seed=seed, tier=tier, jobs=jobs, keep=keep):
        handed_in, mine = list(groups.values())[number]
        for one in mine:
            now = {**receipts.of(handed_in.hashes[one.exercise], one.exercise), "rung": rungs[number]}
            graded = record.exercises[one.exercise]
            known = store.get(key({name: value for name, value in one.receipt.items() if name != "rung"}))
            before = known.points if known is not None and one.points is not None else one.points
            after = None if graded.status == "needs_manual" else graded.points
            changed = {**_differences(one.receipt, now), **altered}
            yield Replayed(lesson.name, one.exercise, handed_in.student, before, after, changed)


class _Answers:
    """What was handed in, found by the hashes of receipts."""

    def __init__(self, course: Course, lesson: Lesson) -> None:
        self._lesson, self._intake = lesson, Intake(course, lesson)
        self._taken: dict[str, HandedIn] = {}

    def find(self, one: Evidence) -> HandedIn | None:
        """Who handed in this very notebook; else, this very answer in a notebook that is otherwise another one."""
        students = [one.student] if one.student else self._lesson.students()
        for what in ("code", "answer"):
            for student in students:
                handed_in = self._take(student)
                if handed_in.hashes.get(one.exercise, {}).get(what) == one.receipt.get(what, ""):
                    return handed_in
        return None

    def _take(self, student: str) -> HandedIn:
        if student not in self._taken:
            self._taken[student] = self._intake.take(student)
        return self._taken[student]


def _no_answer(one: Evidence) -> Replayed:
    where = f"submitted/{one.student}" if one.student else "submitted/"
    problem = f"{where} no longer has the answer that was graded"
    return Replayed(one.lesson, one.exercise, one.student, one.points, None, {"answer": "another one"}, problem)


def _with_limits(course: Course, stated: dict[str, Any]) -> tuple[Course, dict[str, str]]:
    """The course with a receipt's limits; where limits are called otherwise now, with its own, and that is said."""
    try:
        return Course(replace(course.config, limits=Limits(**stated))), {}
    except TypeError:
        return course, {"limits": "there are other ones now"}


def _differences(before: dict[str, Any], now: dict[str, Any]) -> dict[str, str]:
    """What is not as it was; the sentences are for people."""
    words = {
        "code": "other cells of the notebook, or the lesson's source",
        "grader": "hidden tests, mistakes or support",
        "engine": "the course's own code",
    }
    changed = {}
    for name in ("code", "grader", "engine", "seed", "tier", "limits", "rung"):
        if before.get(name) != now.get(name):
            changed[name] = words.get(name) or f"{before.get(name)} -> {now.get(name)}"
    old, new = before.get("versions", {}), now["versions"]
    parts = [
        f"{name} {old.get(name)} -> {new.get(name)}" for name in sorted({*old, *new}) if old.get(name) != new.get(name)
    ]
    if parts:
        changed["versions"] = ", ".join(parts)
    return changed


def _points(points: float | None) -> str:
    return "for a person" if points is None else f"{points:g}"


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
