"""``course replay``: grade an answer again from its receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from course.commands.options import course_option, json_option, no_sandbox_option

if TYPE_CHECKING:
    from course.lessons import Course


@click.command("replay", short_help="Grade an answer again from its receipt, and compare.")
@click.argument("receipt")
@click.argument("lesson", required=False)
@click.option("--exercise", "-e", metavar="NAME", help="This exercise only.")
@click.option("--jobs", "-j", type=click.IntRange(1), default=None, help="How many at a time (default: one a core).")
@no_sandbox_option
@json_option
@course_option
def command(
    receipt: str, lesson: str | None, exercise: str | None, jobs: int | None, as_json: bool, course: Course
) -> int:
    """Grade the same answer again, with the seed and limits of its receipt, and say whether the score is the same.

    \b
    course replay feedback/ada/02_convolution/02_convolution.html     a feedback page, with all its exercises
    course replay .course/records/3f/3f5a….json                       one record
    course replay ada 02_convolution --exercise conv2d                what a student's graded notebook says

    Where something that a score depends on has changed since (tests, engine, versions, walls), it is named. Nothing is
    written. Exit status 1 when a score is another one, or its answer is there no more.
    """
    from dataclasses import asdict

    from course.errors import UnknownExercise
    from course.pages.progress import progress
    from course.runs.replay import find_receipts, replay

    found = find_receipts(course, receipt, lesson)
    if exercise:
        names = [one.exercise for one in found]
        found = [one for one in found if one.exercise == exercise]
        if not found:
            raise UnknownExercise(exercise, "on this receipt", names)
    status = 0
    for replayed in progress(replay(course, found, jobs), len(found), "Grading again"):
        if as_json:
            import json

            click.echo(json.dumps({**asdict(replayed), "same": replayed.same}))
        else:
            click.echo(str(replayed))
        status |= not replayed.same
    return status
