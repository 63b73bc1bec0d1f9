"""``course grade``: grade the submitted notebooks of a lesson and write the gradebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from course.commands.options import course_option, json_option, no_sandbox_option, tier_option

if TYPE_CHECKING:
    from course.lessons import Course, Lesson
    from course.records import ExerciseRecord
    from course.runs.classroom import Graded


@click.command("grade", short_help="Grade the submitted notebooks of a lesson and write the gradebook.")
@click.argument("lesson")
@click.option("--student", "-s", "students", multiple=True, metavar="ID", help="Only this student (repeatable).")
@click.option("--jobs", "-j", type=click.IntRange(1), default=None, help="How many at a time (default: one a core).")
@tier_option
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same cases.")
@click.option("--force", is_flag=True, help="Grade again what is known already.")
@click.option("--cluster", metavar="ADDRESS", help="Grade on the Dask cluster with this scheduler (docs/cluster.md).")
@click.option("--preview", is_flag=True, help="Show who would gain or lose points; write nothing but the store.")
@click.option("--store-only", is_flag=True, help="Fill the store, and leave gradebook and autograded/ alone.")
@no_sandbox_option
@json_option
@course_option
def command(
    lesson: str,
    students: tuple[str, ...],
    jobs: int | None,
    tier: str,
    seed: int,
    force: bool,
    cluster: str | None,
    preview: bool,
    store_only: bool,
    as_json: bool,
    course: Course,
) -> int:
    """Grade everything in submitted/*/LESSON/ and write scores and comments into nbgrader's gradebook.

    \b
    course grade 02_convolution
    course grade 02_convolution --student ada --force
    course grade 02_convolution --preview
    course grade 02_convolution --cluster tcp://10.0.0.5:8786

    What was graded before is not graded again, and a run that was stopped goes on where it was. Manual scores and
    comments are never changed. `nbgrader autograde` and the formgrader find the same results. --preview grades, and
    shows exercise by exercise what the gradebook has and what it would get. Exit status 1 when something could not be
    graded and needs a person.
    """
    from course.errors import InputError
    from course.pages.progress import progress
    from course.runs.classroom import grade_class
    from course.runs.cluster import on_cluster

    chosen = course.lesson(lesson)
    names = list(students) or chosen.students()
    if not names:
        raise InputError(f"nobody has handed in {lesson}: put notebooks into submitted/STUDENT/{lesson}/{lesson}.ipynb")
    if unknown := set(names) - set(chosen.students()):
        raise InputError(f"{min(unknown)!r} has not handed in {lesson}: there is no submitted/{min(unknown)}/{lesson}/")
    run = on_cluster(cluster, course, chosen, seed=seed, tier=tier) if cluster else None
    results: list[Graded] = []
    for graded in progress(
        grade_class(course, chosen, names, jobs=jobs, seed=seed, tier=tier, force=force, run=run),
        len(names),
        f"Grading {lesson}",
    ):
        results.append(graded)
        if as_json and not preview:
            import json

            click.echo(json.dumps(graded.record.to_json(), allow_nan=False))
    results.sort(key=lambda graded: graded.student)
    manual = [g.student for g in results if any(_by_accident(chosen, e) for e in g.record.exercises.values())]
    if preview:
        _show_preview(course, chosen, results, as_json)
    elif not store_only:
        _write(course, chosen, results)
    if not as_json and not preview:
        points = sum(g.record.points for g in results) / len(results)
        click.echo(f"{len(results)} graded, {points:.1f} points on average (written answers not counted).")
    if manual:
        shown = ", ".join(name.encode("utf-8", "backslashreplace").decode() for name in manual[:5])
        click.echo(f"{len(manual)} with exercises that need a person: {shown}", err=True)
    return 1 if manual else 0


def _write(course: Course, lesson: Lesson, results: Sequence[Graded]) -> None:
    """Gradebook first, then ``autograded/``; folders that cannot be students' are reported when all else is done."""
    from course.nbgrader_side.gradebook import ImpossibleNames, write_grades, write_notebooks
    from course.pages.progress import progress

    problem: ImpossibleNames | None = None
    try:
        write_grades(course, lesson, [graded.record for graded in results])
    except ImpossibleNames as error:
        problem = error
    for _ in progress(write_notebooks(course, lesson, results), len(results), "Writing autograded/"):
        pass
    if problem:
        raise problem


def _show_preview(course: Course, lesson: Lesson, results: Sequence[Graded], as_json: bool) -> None:
    import json

    from course.nbgrader_side.gradebook import entered
    from course.runs.preview import preview

    found = preview(entered(course, lesson), [graded.record for graded in results])
    for line in map(json.dumps, found.to_json()) if as_json else found.lines():
        click.echo(line)
    if not as_json:
        click.echo(f"Nothing was written; `course grade {lesson.name}` writes it.")


def _by_accident(lesson: Lesson, record: ExerciseRecord) -> bool:
    """Needs a person although it is no written answer."""
    return record.status == "needs_manual" and not lesson.exercise(record.exercise).written
