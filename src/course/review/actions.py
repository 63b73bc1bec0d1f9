"""One comment, and points if wanted, for many answers at once; and the way back.

The order of writing makes a kill harmless: first the journal says what is going to change from what to what, then one
transaction of the gradebook changes it, then the journal says that it is done. After a kill in between, the gradebook
tells whether the transaction happened. Comments and points that a person gave before are never overwritten: a comment
is added below an older one, points are given only where nobody gave any.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from course.errors import InputError
from course.lessons import Course, Lesson
from course.nbgrader_side import by_hand
from course.nbgrader_side.by_hand import Change, Hand
from course.review.journal import Journal

MOST_COMMENT = 10_000  # characters


@dataclass(frozen=True)
class Action:
    """A comment that was given. changes: by student.  undone: who took it back, "" while it stands.

    way: how the answers failed, as ``clusters.Way`` writes it.
    """

    id: str
    when: str
    who: str
    exercise: str
    comment: str
    points: float | None
    changes: dict[str, Change]
    way: dict[str, Any]
    undone: str = ""


@dataclass(frozen=True)
class Done:
    """What an action did. kept: students for whom something stayed as it was, with the reason."""

    id: str
    changed: list[str]
    kept: dict[str, str]


class Actions:
    """The actions of one lesson."""

    def __init__(self, course: Course, lesson: Lesson) -> None:
        self._course, self._lesson = course, lesson
        self._journal = Journal(course.root / ".course" / "review" / f"{lesson.name}.journal")

    def all(self) -> list[Action]:
        """Newest first. Settles what a killed process left open."""
        if _unsettled(self._journal.read()):
            with self._journal.locked():
                self._settle()
        return _told(self._journal.read())

    def give(
        self,
        exercise: str,
        students: Iterable[str],
        comment: str,
        who: str,
        points: float | None = None,
        way: Mapping[str, Any] | None = None,
    ) -> Done:
        """Give these students a comment on an exercise, and points if wanted.

        Raises InputError for a comment or points that cannot be given, NotWritten and EngineError; then nothing was
        changed.
        """
        comment = _checked(comment)
        most = self._lesson.exercise(exercise).points
        if points is not None and not 0 <= points <= most:
            raise InputError(f"{points:g} points are not possible here: {exercise} has 0 to {most:g}")
        with self._journal.locked():
            self._settle()
            hands = by_hand.read(self._course, self._lesson, exercise)
            changes, kept = {}, {}
            for student in students:
                if student not in hands:
                    kept[student] = "is not in the gradebook"
                    continue
                before = hands[student]
                after = replace(before, comment=_with(before.comment, comment))
                if points is not None and before.points is not None:
                    kept[student] = f"got the comment, and keeps the {before.points:g} points that a person gave"
                elif points is not None:
                    after = replace(after, points=points, waits=False)
                changes[student] = Change(before, after)
            if not changes:
                raise InputError("nobody of them is in the gradebook: run `course grade` first")
            entry = {"exercise": exercise, "comment": comment, "points": points, "way": dict(way or {})}
            return self._make("give", entry, who, changes, kept)

    def undo(self, action: str, who: str) -> Done:
        """Take a comment, and the points that came with it, back; what was written since stays.

        Raises InputError when there is nothing to undo, NotWritten and EngineError; then nothing was changed.
        """
        with self._journal.locked():
            self._settle()
            found = next((a for a in _told(self._journal.read()) if a.id == action), None)
            if found is None:
                raise InputError("there is no such action: load the page again")
            if found.undone:
                raise InputError(f"{found.undone} has undone it already: load the page again")
            hands = by_hand.read(self._course, self._lesson, found.exercise)
            changes, kept = {}, {}
            for student, given in found.changes.items():
                now = hands.get(student)
                back = None if now is None else _back(now, given, found.comment)
                if back is None or now is None:
                    kept[student] = "was changed by a person since, and stays"
                else:
                    changes[student] = Change(now, back)
            if not changes:
                raise InputError("nothing of it is left: everything was changed by a person since")
            return self._make("undo", {"exercise": found.exercise, "of": action}, who, changes, kept)

    def _make(
        self, event: str, entry: dict[str, Any], who: str, changes: dict[str, Change], kept: dict[str, str]
    ) -> Done:
        name = uuid.uuid4().hex
        told = {student: change.to_json() for student, change in changes.items()}
        self._journal.append({"event": event, "id": name, "when": _now(), "who": who, **entry, "changes": told})
        try:
            changed = by_hand.change(self._course, self._lesson, entry["exercise"], changes)
        except Exception:
            self._journal.append({"event": "failed", "id": name})
            raise
        self._journal.append({"event": "done", "id": name, "changed": changed})
        kept |= {student: "was changed by somebody else just now" for student in changes if student not in changed}
        return Done(name, changed, kept)

    def _settle(self) -> None:
        """Find out what became of actions whose process was killed. The journal must be locked."""
        for entry in _unsettled(self._journal.read()):
            hands = by_hand.read(self._course, self._lesson, entry["exercise"])
            changes = {student: Change.from_json(told) for student, told in entry["changes"].items()}
            if any(hands.get(student) == change.after for student, change in changes.items()):  # it was one transaction
                changed = [student for student, change in changes.items() if hands.get(student) != change.before]
                self._journal.append({"event": "done", "id": entry["id"], "changed": changed})
            else:
                self._journal.append({"event": "failed", "id": entry["id"]})


def _unsettled(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    settled = {entry["id"] for entry in entries if entry["event"] in ("done", "failed")}
    return [entry for entry in entries if entry["event"] in ("give", "undo") and entry["id"] not in settled]


def _told(entries: list[dict[str, Any]]) -> list[Action]:
    """The actions that happened, newest first."""
    changed = {entry["id"]: set(entry["changed"]) for entry in entries if entry["event"] == "done"}
    undone = {entry["of"]: entry["who"] for entry in entries if entry["event"] == "undo" and entry["id"] in changed}
    actions = []
    for entry in entries:
        if entry["event"] != "give" or entry["id"] not in changed:
            continue
        changes = {s: Change.from_json(told) for s, told in entry["changes"].items() if s in changed[entry["id"]]}
        about = {name: entry[name] for name in ("id", "when", "who", "exercise", "comment", "points", "way")}
        actions.append(Action(**about, changes=changes, undone=undone.get(entry["id"], "")))
    return actions[::-1]


def _checked(comment: str) -> str:
    text = comment.replace("\r\n", "\n").replace("\0", "\ufffd").encode("utf-8", "replace").decode().strip()
    if not text:
        raise InputError("write a comment: students read it as the reason, also of a change of points")
    if len(text) > MOST_COMMENT:
        raise InputError(f"the comment has {len(text)} characters, and {MOST_COMMENT} are possible")
    return text


def _with(older: str | None, comment: str) -> str:
    return f"{older}\n\n{comment}" if older and older.strip() else comment


def _back(now: Hand, given: Change, comment: str) -> Hand | None:
    """What is left without what was given; None where nothing of it is found."""
    text = given.before.comment if now.comment == given.after.comment else _without(now.comment, comment)
    back = replace(now, comment=text)
    if given.after.points != given.before.points and now.points == given.after.points:
        back = replace(back, points=given.before.points, waits=given.before.waits)
    return None if back == now else back


def _without(text: str | None, comment: str) -> str | None:
    """The text without this comment, where it stands in it as paragraphs of its own."""
    inside, gap = f"\n\n{text or ''}\n\n", f"\n\n{comment}\n\n"
    at = inside.rfind(gap)
    if at < 0:
        return text
    rest = inside[:at] + "\n\n" + inside[at + len(gap) :]
    return rest.removeprefix("\n\n").removesuffix("\n\n") or None


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
