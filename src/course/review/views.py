"""The pages of the review: lessons, a lesson's class, a cluster, a student, similar answers, what was done."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from course.nbgrader_side import by_hand
from course.pages import feedback, text, values
from course.review.base import Call, Page
from course.review.clusters import Cluster
from course.review.desk import Desk, NotThere
from course.review.draft import draft
from course.review.heatmap import legend, rows
from course.review.register import read_record

NAME = r"([^/]+)"  # of a lesson, a student, ...; quoted in an address
FREQUENT = 3  # members of a cluster that deserves a name
TOP = 12  # clusters that are shown at once
FILTERS: dict[str, Any] = {
    "plain": text.plain,
    "inline": text.inline,
    "markdown": text.markdown,
    "code_lines": text.code_lines,
    "number": lambda value: f"{value:.4g}",
}
GLOBALS: dict[str, Any] = {"show": values.show, "outcomes": feedback.OUTCOMES}


class Lessons(Page):
    """Every lesson, and how many notebooks of it are graded."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        course = self.course
        graded = {p.parent.name for p in course.root.glob("autograded/*/*/*.ipynb")}
        self.show("lessons.html.j2", course=course.config, lessons=course.config.lessons, graded=graded)


class Lesson(Page):
    """The class: clusters, the largest first, and the heatmap."""

    @web.authenticated
    @authorized
    async def get(self, lesson: str) -> None:
        self.finish(await asyncio.to_thread(self.build, self.desk(lesson)))

    def build(self, desk: Desk) -> str:
        several = [c for c in desk.sight.clusters if c.size > 1]
        singles = [c for c in desk.sight.clusters if c.size == 1]
        return self.rendered(
            "lesson.html.j2",
            desk=desk,
            several=several,
            singles=singles,
            top=TOP,
            what=lambda cluster: what(desk, cluster),
            exercises=desk.exercises,
            rows=rows(desk.sight.everyone, desk.exercises),
            legend=legend(),
        )


class ClusterPage(Page):
    """One cluster: what happened, a typical answer, its members, and one comment for all of them."""

    @web.authenticated
    @authorized
    async def get(self, lesson: str, name: str) -> None:
        self.finish(await asyncio.to_thread(self.build, self.desk(lesson), name))

    def build(self, desk: Desk, name: str) -> str:
        cluster = desk.sight.cluster(name)
        answer = cluster.typical
        record = read_record(desk.lesson, answer.student, cluster.exercise)
        part = feedback.ExercisePart(answer.exercise, answer.code, answer.written, answer.points, answer.max_points,
                                     record=record)  # fmt: skip
        unnamed = bool(cluster.way.failing) and not cluster.way.mistakes and cluster.size >= FREQUENT
        return self.rendered(
            "cluster.html.j2",
            desk=desk,
            cluster=cluster,
            part=part,
            what=what(desk, cluster),
            mistakes={slug: desk.mistakes(cluster.exercise).get(slug, "") for slug in cluster.way.mistakes},
            hands=by_hand.read(desk.course, desk.lesson, cluster.exercise),
            given=desk.given_to(cluster.way),
            offers=desk.library.offers(cluster.way),
            draft=draft(answer.code, cluster.exercise) if unnamed else None,
            mistakes_file=desk.lesson.exercise(cluster.exercise).mistakes_file.relative_to(desk.course.root),
        )


class Student(Page):
    """One submission: each exercise with its cluster, code and comments."""

    @web.authenticated
    @authorized
    async def get(self, lesson: str, student: str) -> None:
        self.finish(await asyncio.to_thread(self.build, self.desk(lesson), student))

    def build(self, desk: Desk, student: str) -> str:
        if student not in desk.sight.everyone:
            raise NotThere(f"nobody with the id {student} has a graded notebook of {desk.lesson.name}")
        answers = desk.sight.everyone[student]
        return self.rendered(
            "student.html.j2",
            desk=desk,
            student=student,
            answers=[answers[name] for name in desk.exercises if name in answers],
            clusters={name: desk.sight.of_answer.get((student, name)) for name in desk.exercises},
            hands=by_hand.read_student(desk.course, desk.lesson, student),
            what=lambda cluster: what(desk, cluster),
        )


class Similar(Page):
    """Pairs of answers to one exercise that are much alike, side by side."""

    @web.authenticated
    @authorized
    async def get(self, lesson: str, exercise: str) -> None:
        self.finish(await asyncio.to_thread(self.build, self.desk(lesson), exercise))

    def build(self, desk: Desk, exercise: str) -> str:
        pairs = desk.shelf.pairs(desk.lesson, desk.exercise(exercise))
        return self.rendered("similar.html.j2", desk=desk, exercise=exercise, pairs=pairs)


class Given(Page):
    """What was given and undone in a lesson, newest first."""

    @web.authenticated
    @authorized
    async def get(self, lesson: str) -> None:
        desk = self.desk(lesson)
        self.show("given.html.j2", desk=desk, given=await asyncio.to_thread(lambda: desk.given))


class About(Call):
    """Whether there is a course here: JupyterLab's card is shown only then."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.reply(title=self.course.config.title)


def what(desk: Desk, cluster: Cluster) -> str:
    """A cluster in one line: its mistake, else its first failing test."""
    way = cluster.way
    if way.mistakes:
        return ", ".join(way.mistakes)
    if way.status == "not_answered":
        return "not answered"
    if not way.failing:
        return way.came_out[0] if way.came_out and way.came_out[0] else "needs a person"
    titles = desk.tests(cluster.exercise)
    first, more = way.failing[0][0], len(way.failing) - 1
    return f"✗ {titles.get(first, first)}" + (f" (and {more} more test{'s' * (more > 1)})" if more else "")


HANDLERS = [
    (r"/review/?", Lessons),
    (r"/review/api/about", About),
    (rf"/review/{NAME}/?", Lesson),
    (rf"/review/{NAME}/cluster/{NAME}", ClusterPage),
    (rf"/review/{NAME}/student/{NAME}", Student),
    (rf"/review/{NAME}/similar/{NAME}", Similar),
    (rf"/review/{NAME}/given", Given),
]
