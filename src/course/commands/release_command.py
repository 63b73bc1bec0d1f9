"""``course release``: build the students' notebooks from the sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from course.commands.options import course_option

if TYPE_CHECKING:
    from course.lessons import Course


@click.command("release", short_help="Build the students' notebooks from the sources.")
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if release/ is not what the sources give.")
@course_option
def command(lessons: tuple[str, ...], check: bool, course: Course) -> int:
    """Build release/LESSON for each LESSON (default: all), and enter it into the gradebook.

    \b
    course release                      all lessons
    course release 02_convolution       one of them
    course release --check              for CI: is what is committed current?

    nbgrader's own generate_assignment makes the notebook; points come from the hidden tests, due dates from
    course_config.py. The same source gives the same bytes. release/LESSON changes in one step, or not at all.
    """
    from course.authoring.release import outdated, release, strays
    from course.pages.progress import progress

    chosen = [course.lesson(name) for name in lessons or course.lessons]
    told: list[str] = []
    problems: list[str] = [] if lessons else [
        f"{folder} belongs to no lesson in course_config.py: remove it, or add the lesson" for folder in strays(course)
    ]  # fmt: skip
    try:
        for lesson in progress(chosen, len(chosen), "checking" if check else "building"):
            if not check:
                told.append(str(release(course, lesson)))
            elif files := outdated(lesson):
                problems.append(
                    f"release/{lesson.name} is not current ({', '.join(files)}): run `course release {lesson.name}`"
                )
            else:
                told.append(f"release/{lesson.name} is current")
    finally:
        for line in told:
            click.echo(line)
        for line in problems:
            click.echo(line, err=True)
    return 1 if check and problems else 0
