"""``course audit``: prove that a lesson's graders accept right answers and name wrong ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from course.commands.options import course_option, no_sandbox_option

if TYPE_CHECKING:
    from course.lessons import Course


@click.command("audit", short_help="Prove that a lesson's graders accept right answers and name wrong ones.")
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option("--exercise", "-e", "exercises", multiple=True, metavar="NAME", help="Only this exercise (repeatable).")
@click.option("--full", is_flag=True, help="Train every answer of trained exercises, not a few, and record it.")
@click.option("--in-process", is_flag=True, help="Run the answers in this process: quick, contains nothing.")
@click.option("--jobs", "-j", type=click.IntRange(1), default=None, help="How many at a time (default: one a core).")
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same cases.")
@no_sandbox_option
@course_option
def command(
    lessons: tuple[str, ...],
    exercises: tuple[str, ...],
    full: bool,
    in_process: bool,
    jobs: int | None,
    seed: int,
    course: Course,
) -> int:
    """Check the graders of LESSONs (default: all): solution full, stub zero, variants full, mistakes named.

    \b
    course audit 02_convolution
    course audit 02_convolution --exercise conv2d

    Prints the table mistake x diagnosis; its diagonal should be full. Exit status 1 when something is wrong.
    """
    from course.authoring.audit import audit, remember
    from course.pages.confusion import show_audit
    from course.pages.progress import progress

    problems = 0
    for name in lessons or tuple(course.lessons):
        running = audit(course, name, exercises, full=full, in_process=in_process, jobs=jobs, seed=seed)
        found = list(progress(running, None, f"Auditing {name}"))
        problems += show_audit(name, found)
        if full:
            remember(course.lesson(name), found)
    return 1 if problems else 0
