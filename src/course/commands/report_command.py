"""``course report``: the class's scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from course.commands.options import course_option, json_option

if TYPE_CHECKING:
    from course.lessons import Course


@click.command("report", short_help="Show the class's scores as a table.")
@click.argument("lesson")
@json_option
@course_option
def command(lesson: str, as_json: bool, course: Course) -> int:
    """Show the gradebook's scores of LESSON: students down, exercises across.

    A score that a person gave ends in *, one that waits for a person is shown as ?. Grades for other programs:
    `nbgrader export`.
    """
    from course.nbgrader_side.gradebook import scores

    found = scores(course, course.lesson(lesson))
    if as_json:
        import json

        for student in found["students"]:
            click.echo(json.dumps({"lesson": lesson, **student}, allow_nan=False))
        return 0
    from course.pages.report import show_scores

    show_scores(found)
    return 0
