"""Comments that helped before: ``comments/<lesson>.json`` in the course's folder, to be kept with the course.

A comment is found again by the exercise and the way in which answers failed, not by students, whom it does not name.
The next term's class makes the same mistakes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from course.lessons import Course, Lesson
from course.review.actions import Action
from course.review.clusters import Way
from course.runs.store import write_whole


@dataclass(frozen=True)
class Kept:
    """A comment. used: by action, how many students got it."""

    way: Way
    comment: str
    points: float | None
    used: dict[str, int] = field(default_factory=dict)

    @property
    def times(self) -> int:
        return sum(self.used.values())

    def to_json(self) -> dict[str, Any]:
        return {"way": self.way.to_json(), "comment": self.comment, "points": self.points, "used": self.used}


@dataclass(frozen=True)
class Offer:
    """A comment for a cluster. exact: it was given to answers that failed in just this way."""

    kept: Kept
    exact: bool


class Library:
    def __init__(self, course: Course, lesson: Lesson) -> None:
        self.path = course.root / "comments" / f"{lesson.name}.json"

    def read(self) -> list[Kept]:
        """All comments; those that cannot be read are not there."""
        try:
            told = json.loads(self.path.read_text(encoding="utf-8"))["comments"]
            return [Kept(Way.from_json(k["way"]), k["comment"], k["points"], k["used"]) for k in told]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def learn(self, actions: Iterable[Action]) -> None:
        """Keep the comments of these actions, and forget those that were undone. Twice is once."""
        kept = self.read()
        before = list(kept)
        for action in actions:
            if not action.way:
                continue
            way = Way.from_json(action.way)
            place = next((i for i, k in enumerate(kept) if k.comment == action.comment and k.way.same(way)), None)
            if action.undone:
                if place is not None:
                    used = {name: n for name, n in kept[place].used.items() if name != action.id}
                    kept[place] = Kept(kept[place].way, action.comment, kept[place].points, used)
            elif place is None:
                kept.append(Kept(way, action.comment, action.points, {action.id: len(action.changes)}))
            else:
                used = {**kept[place].used, action.id: len(action.changes)}
                kept[place] = Kept(kept[place].way, action.comment, action.points, used)
        kept = [k for k in kept if k.used]
        if kept != before:
            kept.sort(key=lambda k: (k.way.exercise, -k.times, k.comment))
            told = {"comments": [k.to_json() for k in kept]}
            write_whole(self.path, json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True) + "\n")

    def offers(self, way: Way) -> list[Offer]:
        """What was said about answers like these: about the very same first, then what was given most."""
        found = [Offer(k, k.way.same(way)) for k in self.read() if k.way.same(way) or k.way.like(way)]
        return sorted(found, key=lambda offer: (not offer.exact, -offer.kept.times))
