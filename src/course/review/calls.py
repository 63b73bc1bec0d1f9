"""What the pages ask the server to do: give a comment to a cluster, take one back."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from course.errors import InputError
from course.review.actions import Done
from course.review.base import Call
from course.review.desk import Desk
from course.review.views import NAME


class Give(Call):
    """``{"cluster", "version", "comment", "points"}``: to the members that the page showed; points may be null."""

    @web.authenticated
    @authorized
    async def post(self, lesson: str) -> None:
        asked = self.get_json_body()
        if not isinstance(asked, dict):
            raise InputError("a JSON object is needed")
        done = await asyncio.to_thread(self.give, self.desk(lesson), asked, self.who)
        self.gradebook_changed()
        self.reply(id=done.id, changed=done.changed, kept=done.kept)

    def give(self, desk: Desk, asked: dict[str, Any], who: str) -> Done:
        cluster = desk.sight.cluster(str(asked.get("cluster")))
        if asked.get("version") != cluster.version:
            raise InputError("the class was graded again since this page was made: load it again and look")
        way = cluster.way.to_json()
        done = desk.actions.give(
            cluster.exercise, cluster.students, str(asked.get("comment", "")), who, _points(asked.get("points")), way
        )
        desk.library.learn(desk.actions.all())
        return done


class Undo(Call):
    """Take back what an action gave."""

    @web.authenticated
    @authorized
    async def post(self, lesson: str, action: str) -> None:
        done = await asyncio.to_thread(self.undo, self.desk(lesson), action, self.who)
        self.gradebook_changed()
        self.reply(id=done.id, changed=done.changed, kept=done.kept)

    def undo(self, desk: Desk, action: str, who: str) -> Done:
        done = desk.actions.undo(action, who)
        desk.library.learn(desk.actions.all())
        return done


def _points(told: Any) -> float | None:
    if told is None or told == "":
        return None
    try:
        return float(told)
    except (TypeError, ValueError):
        raise InputError("points must be a number, or be left out") from None


HANDLERS = [
    (rf"/review/api/{NAME}/give", Give),
    (rf"/review/api/{NAME}/undo/{NAME}", Undo),
]
