"""The queue of written answers: the pages, and the calls of their script.

The gradebook and nothing else says what was given; the script keeps what it could not hand over, and tries again.
"""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from course.errors import InputError
from course.nbgrader_side import written
from course.nbgrader_side.written import ChangedMeanwhile, Mark, Written
from course.pages import text
from course.review.base import Call, Page
from course.review.rubric import read_rubric

MOST_COMMENT = 20_000  # characters


class WrittenPage(Page):
    """Which exercises have written answers, and how many wait."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        course = self.course
        counts = await asyncio.to_thread(written.waiting, course)
        self.show("written.html.j2", course=course.config, lessons=course.lessons, counts=counts)


class QueuePage(Page):
    @web.authenticated
    @authorized
    async def get(self, lesson_name: str, exercise_name: str) -> None:
        lesson = self.course.lesson(lesson_name)
        exercise = lesson.exercise(exercise_name)
        if not exercise.written:
            raise InputError(f"{exercise_name} is no written answer")
        rubric = read_rubric(exercise.rubric_file)
        self.show("queue.html.j2", lesson=lesson.config, exercise=exercise, rubric=rubric)


class AnswersCall(Call):
    """GET: all answers of an exercise, without names when ``?anonymous=1``."""

    @web.authenticated
    @authorized
    async def get(self, lesson_name: str, exercise_name: str) -> None:
        course = self.course
        lesson = course.lesson(lesson_name)
        answers = await asyncio.to_thread(written.written_answers, course, lesson, exercise_name)
        self.reply(answers=[_told(answer, bool(self.get_argument("anonymous", ""))) for answer in answers])


class AnswerCall(Call):
    """GET: one answer with its text as HTML. POST ``{"mark", "seen"}`` or ``{"flagged"}``: mark it, or flag it.

    A mark is ``{"points", "comment", "shares"}``, and ``seen`` the one that was on the screen: 409 if it has changed.
    """

    @web.authenticated
    @authorized
    async def get(self, lesson_name: str, exercise_name: str, answer_id: str) -> None:
        course = self.course
        lesson = course.lesson(lesson_name)
        answer = await asyncio.to_thread(written.find_answer, course, lesson, exercise_name, answer_id)
        source = await asyncio.to_thread(written.answer_text, lesson, exercise_name, answer.student)
        html = str(text.markdown(source)) if source.strip() else ""
        self.reply(answer=_told(answer, bool(self.get_argument("anonymous", ""))), html=html)

    @web.authenticated
    @authorized
    async def post(self, lesson_name: str, exercise_name: str, answer_id: str) -> None:
        course = self.course
        lesson = course.lesson(lesson_name)
        asked = self.get_json_body() or {}
        place = course, lesson, exercise_name, answer_id
        try:
            if "flagged" in asked:
                answer = await asyncio.to_thread(written.flag, *place, bool(asked["flagged"]))
            else:
                mark, seen = _mark(asked.get("mark")), _mark(asked.get("seen"))
                answer = await asyncio.to_thread(written.give, *place, mark, seen)
                self.log.info("%s gives %s of %s %s points", self.who, lesson.name, answer.student, mark.points)
        except ChangedMeanwhile as error:
            self.set_status(409)
            self.reply(message=str(error), answer=_told(error.now, bool(asked.get("anonymous"))))
            return
        self.gradebook_changed()
        self.reply(answer=_told(answer, bool(asked.get("anonymous"))))


def _told(answer: Written, anonymous: bool) -> dict[str, Any]:
    told = answer.to_json()
    student = told.pop("student")
    return told | {"name": None if anonymous else text.visible(student, 200)}


def _mark(said: Any) -> Mark:
    """A mark from JSON. Raises InputError for anything else."""
    if not isinstance(said, dict):
        raise InputError("a mark is an object with points, comment and shares")
    points, comment, shares = said.get("points"), said.get("comment", ""), said.get("shares", [])
    numbers = [points] if points is not None else []
    if not all(isinstance(n, (int, float)) and not isinstance(n, bool) and n == n for n in numbers):
        raise InputError("points must be a number, or null for none yet")
    if not isinstance(comment, str) or len(comment) > MOST_COMMENT:
        raise InputError(f"a comment is text of at most {MOST_COMMENT} characters")
    if not isinstance(shares, list) or not all(share in (0, 0.5, 1) for share in shares) or len(shares) > 100:
        raise InputError("shares are a list of 0, 0.5 and 1")
    safe = comment.replace("\0", "\ufffd").encode("utf-8", "replace").decode()  # what every database can hold
    return Mark(None if points is None else float(points), safe, tuple(map(float, shares)))


_PLACE = r"([^/]+)/([^/]+)"

HANDLERS = [
    (r"/review/written/?", WrittenPage),
    (rf"/review/written/{_PLACE}/?", QueuePage),
    (rf"/review/api/written/{_PLACE}", AnswersCall),
    (rf"/review/api/written/{_PLACE}/([^/]+)", AnswerCall),
]
