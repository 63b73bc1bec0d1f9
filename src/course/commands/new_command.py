"""``course new``: lay out a new lesson or exercise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from course.commands.options import course_option

if TYPE_CHECKING:
    from course.lessons import Course


@click.command("new", short_help="Lay out a new lesson or exercise.")
@click.argument("name", metavar="LESSON[/EXERCISE]")
@click.option("--title", help="The lesson's title, as students read it.")
@click.option("--written", "kind", flag_value="written", help="An answer in words, graded by hand with a rubric.")
@click.option("--trained", "kind", flag_value="trained", help="An answer that trains a model, graded by accuracy.")
@course_option
def command(name: str, title: str | None, kind: str | None, course: Course) -> int:
    """Lay out a lesson, or an exercise at the end of a lesson, and print each path.

    \b
    course new 03_building_cnns --title "Building CNNs"
    course new 03_building_cnns/max_pool
    course new 03_building_cnns/receptive_field --written

    What is laid out is a small exercise that works: `course audit` passes before you change anything. Nothing that is
    there already is overwritten.
    """
    from course.authoring.new import new_exercise, new_lesson

    lesson, _, exercise = name.partition("/")
    if exercise:
        if title:
            raise click.UsageError("--title is for lessons; an exercise is titled by its section in the source")
        laid = new_exercise(course.lesson(lesson), exercise, kind or "code")  # type: ignore[arg-type]
        following = f"course audit {lesson} --exercise {exercise}" if kind != "written" else f"course release {lesson}"
    else:
        if kind:
            raise click.UsageError(f"--{kind} is for exercises: write {lesson}/EXERCISE")
        laid = new_lesson(course, lesson, title)
        following = f"course new {lesson}/EXERCISE"
    for path in laid.made:
        click.echo(f"new       {_short(path, course.root)}")
    for path in laid.changed:
        click.echo(f"added to  {_short(path, course.root)}")
    click.echo(f"next      {following}")
    return 0


def _short(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) + ("/" if path.is_dir() else "")
