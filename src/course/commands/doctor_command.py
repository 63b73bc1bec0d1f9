"""``course doctor``: check this machine and this course."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from course.commands.options import course_option

if TYPE_CHECKING:
    from course.lessons import Course

MARKS = {"ok": ("✓", "green"), "advice": ("!", "yellow"), "problem": ("✗", "red")}


@click.command("doctor", short_help="Check this machine and this course.")
@course_option
def command(course: Course) -> int:
    """Check packages, programs, lessons, gradebook and kernels; each finding says what to do.

    Exit status 1 when there is a problem.
    """
    from course.authoring.doctor import examine

    problems = 0
    for finding in examine(course):
        mark, colour = MARKS[finding.state]
        click.echo(f"{click.style(mark, fg=colour)} {finding.subject:<14} {finding.told}")
        problems += finding.state == "problem"
    return 1 if problems else 0
