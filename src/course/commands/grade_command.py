"""``course grade``: grade the submitted notebooks of a lesson and write the gradebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from course.commands.options import course_option, json_option

if TYPE_CHECKING:
    from course.lessons import Course


@click.command("grade", short_help="Grade the submitted notebooks of a lesson and write the gradebook.")
@click.argument("lesson")
@click.option("--student", "-s", "students", multiple=True, metavar="ID", help="Only this student (repeatable).")
@click.option("--jobs", "-j", type=click.IntRange(1), default=None, help="How many at a time (default: one a core).")
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same cases.")
@click.option("--force", is_flag=True, help="Grade again what is known already.")
@click.option("--store-only", is_flag=True, help="Fill the store, and leave gradebook and autograded/ alone.")
@json_option
@course_option
def command(
    lesson: str,
    students: tuple[str, ...],
    jobs: int | None,
    seed: int,
    force: bool,
    store_only: bool,
    as_json: bool,
    course: Course,
) -> int:
    """Grade everything in submitted/*/LESSON/ and write scores and comments into nbgrader's gradebook.

    \b
    course grade 02_convolution
    course grade 02_convolution --student ada --force

    What was graded before is not graded again. Manual scores and comments are never changed. `nbgrader autograde` and
    the formgrader find the same results. Exit status 1 when something could not be graded and needs a person.
    """
    from course.errors import InputError
    from course.pages.progress import progress
    from course.runs.classroom import grade_class

    chosen = course.lesson(lesson)
    names = list(students) or chosen.students()
    if not names:
        raise InputError(f"nobody has handed in {lesson}: put notebooks into submitted/STUDENT/{lesson}/{lesson}.ipynb")
    if unknown := set(names) - set(chosen.students()):
        raise InputError(f"{min(unknown)!r} has not handed in {lesson}: there is no submitted/{min(unknown)}/{lesson}/")
    results = []
    for graded in progress(
        grade_class(course, chosen, names, jobs=jobs, seed=seed, force=force), len(names), f"Grading {lesson}"
    ):
        results.append(graded)
        if as_json:
            import json

            click.echo(json.dumps(graded.record.to_json(), allow_nan=False))
    results.sort(key=lambda graded: graded.student)
    if not store_only:
        from course.nbgrader_side.gradebook import write_autograded, write_grades

        write_grades(course, chosen, [graded.record for graded in results])
        for graded in results:
            write_autograded(course, chosen, graded.submission, graded.record)
    manual = [g.student for g in results if any(_by_accident(chosen, e) for e in g.record.exercises.values())]
    if not as_json:
        points = sum(g.record.points for g in results) / len(results)
        click.echo(f"{len(results)} graded, {points:.1f} points on average (written answers not counted).")
    if manual:
        click.echo(f"{len(manual)} with exercises that need a person: {', '.join(manual[:5])}", err=True)
    return 1 if manual else 0


def _by_accident(lesson, exercise) -> bool:  # type: ignore[no-untyped-def]
    """Needs a person although it is no written answer."""
    return exercise.status == "needs_manual" and not lesson.exercise(exercise.exercise).written
