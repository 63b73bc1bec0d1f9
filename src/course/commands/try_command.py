"""``course try``: grade answers files without a gradebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from course.commands.options import course_option, json_option, no_sandbox_option, tier_option

if TYPE_CHECKING:
    from course.lessons import Course
    from course.records import SubmissionRecord


@click.command("try", short_help="Grade answers files or notebooks without a gradebook.")
@click.argument("lesson")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--exercise", "-e", metavar="NAME", help="Grade this exercise only.")
@click.option("--jobs", "-j", type=click.IntRange(1), default=None, help="How many at a time (default: one a core).")
@tier_option
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same cases.")
@no_sandbox_option
@json_option
@course_option
def command(
    lesson: str,
    files: tuple[Path, ...],
    exercise: str | None,
    jobs: int | None,
    tier: str,
    seed: int,
    as_json: bool,
    course: Course,
) -> int:
    """Grade FILES (answers files or notebooks of LESSON) with the hidden tests, and print what a student would read.

    \b
    course try 02_convolution solutions/02_convolution.py
    course try 02_convolution my_conv.py --exercise conv2d --json

    An answers file is Python text; `# %% conv2d` starts the code of exercise conv2d. Exit status 0 when all files could
    be graded, 1 when something needs a person.
    """
    from course.pages.terminal import show_submission
    from course.runs.tries import try_files

    status = 0
    for path, record in try_files(course, lesson, list(files), exercise=exercise, jobs=jobs, seed=seed, tier=tier):
        if as_json:
            import json

            click.echo(json.dumps(as_line(path, record), allow_nan=False))
        else:
            show_submission(record, title=str(path))
        status |= any(e.status == "needs_manual" and e.tests for e in record.exercises.values())
    return status


def as_line(path: Path, record: SubmissionRecord) -> dict[str, object]:
    """The line that ``--json`` prints for a file."""
    keys = ("points", "max_points", "status", "reason", "misconceptions", "explanations", "tests", "seconds")
    exercises = {}
    for name, graded in record.exercises.items():
        data = graded.to_json()
        exercises[name] = {key: data[key] for key in keys}
    return {"file": str(path), "lesson": record.lesson, "exercises": exercises, "seconds": record.seconds}
