"""The page from which a course is graded, and the calls of its script: start a job, look at it, cancel it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from jupyter_server.auth.decorator import authorized
from tornado import web

from course.errors import InputError
from course.review.base import Call, Page
from course.review.jobs import JOBS, Job, Jobs


@dataclass(frozen=True)
class Action:
    """Something to do with a lesson. good: exit statuses that mean that it was done."""

    title: str
    says: str
    command: Callable[[str], list[str]]
    good: frozenset[int] = frozenset({0})


ACTIONS = {
    "grade": Action(
        "Grade",
        "Grade what was handed in; what is graded already stays as it is.",
        lambda lesson: ["course", "grade", "--", lesson],
        frozenset({0, 1}),  # 1: somebody's exercise needs a person
    ),
    "preview": Action(
        "Preview",
        "Who would gain or lose points if it were graded now; nothing is written.",
        lambda lesson: ["course", "grade", "--preview", "--", lesson],
        frozenset({0, 1}),
    ),
    "feedback": Action(
        "Make feedback",
        "A page for everyone who is graded.",
        lambda lesson: ["course", "feedback", "--", lesson],
    ),
    "report": Action("Report", "The class as a table.", lambda lesson: ["course", "report", "--", lesson]),
    "check": Action(
        "Check the release",
        "Is what students get made of the sources as they are now?",
        lambda lesson: ["course", "release", "--check", "--", lesson],
    ),
    "export": Action(
        "Export grades",
        "Write grades.csv beside the gradebook: all students, this lesson.",
        lambda lesson: ["nbgrader", "export", "--to=grades.csv", f"--assignment=['{lesson}']"],
    ),
}


class JobsPage(Page):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        course = self.course
        self.show("jobs.html.j2", course=course.config, lessons=course.lessons.values(), actions=ACTIONS)


class JobsCall(Call):
    """GET: all jobs of this course, the newest first. POST ``{"action", "lesson"}``: start one."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        queue = str(self.course.root)
        told = [job.to_json() for job in self.settings[JOBS] if job.queue == queue]
        self.reply(jobs=told[::-1])

    @web.authenticated
    @authorized
    async def post(self) -> None:
        asked = self.get_json_body() or {}
        action, course = ACTIONS.get(asked.get("action", "")), self.course
        if action is None:
            raise InputError(f"there is nothing called {asked.get('action')!r} to do; there is {', '.join(ACTIONS)}")
        lesson = course.lesson(str(asked.get("lesson", ""))).name
        jobs: Jobs = self.settings[JOBS]
        command = [sys.executable, "-m", *action.command(lesson)]
        job = jobs.start(f"{action.title}: {lesson}", command, course.root, str(course.root), action.good)
        self.reply(job=job.to_json())


class CancelCall(Call):
    """POST ``{"job"}``: stop it. What it has finished is kept."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        jobs: Jobs = self.settings[JOBS]
        job: Job | None = jobs.get(str((self.get_json_body() or {}).get("job", "")))
        if job is None:
            raise InputError("there is no such job any more")
        jobs.cancel(job)
        self.reply(job=job.to_json())


HANDLERS = [
    (r"/review/jobs/?", JobsPage),
    (r"/review/api/jobs", JobsCall),
    (r"/review/api/jobs/cancel", CancelCall),
]
