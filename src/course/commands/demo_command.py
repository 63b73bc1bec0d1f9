"""``course demo``: three submissions, from release to feedback page."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from course.commands.options import course_option, no_sandbox_option

if TYPE_CHECKING:
    from course.lessons import Course


@click.command("demo", short_help="Grade three sample submissions from start to finish and show where the pages are.")
@click.option("--jobs", "-j", type=click.IntRange(1), default=None, help="How many at a time (default: one a core).")
@no_sandbox_option
@course_option
def command(jobs: int | None, course: Course) -> int:
    """Release lesson 02, hand in three notebooks, grade them with hidden tests, and make the feedback pages.

    Everything happens in .course/demo/, a course folder of its own that is made afresh; your gradebook is not touched.
    """
    from course.authoring.demo import LESSON, build_demo
    from course.config import NO_SANDBOX
    from course.errors import NoWalls
    from course.nbgrader_side.feedback import make_feedback
    from course.nbgrader_side.gradebook import scores, write_autograded, write_grades
    from course.pages.progress import progress
    from course.pages.report import show_scores
    from course.runs.classroom import grade_class

    demo = build_demo(course, say=lambda done: click.echo(f"· {done}"))
    lesson = demo.lesson(LESSON)
    students = lesson.students()
    try:
        results = list(progress(grade_class(demo, lesson, students, jobs=jobs), len(students), f"Grading {LESSON}"))
    except NoWalls as reason:
        click.echo(f"course: {reason}; the demo's own samples are harmless and graded without", err=True)
        os.environ[NO_SANDBOX] = "1"
        results = list(progress(grade_class(demo, lesson, students, jobs=jobs), len(students), f"Grading {LESSON}"))
    write_grades(demo, lesson, [graded.record for graded in results])
    for graded in results:
        write_autograded(demo, lesson, graded.submission, graded.record)
    click.echo(f"· graded with hidden tests in {max(g.record.seconds for g in results):.0f} s")
    for student, problem in make_feedback(demo, lesson, students):
        if problem:
            click.echo(f"course: no page for {student}: {problem}", err=True)
    for graded in results:
        if slugs := {s for e in graded.record.exercises.values() for s in e.misconceptions}:
            click.echo(f"· {graded.student}'s mistakes by name: {', '.join(sorted(slugs))}")
    show_scores(scores(demo, lesson))
    click.echo("Feedback pages, for a browser:")
    for student in students:
        click.echo(f"  {demo.root / 'feedback' / student / LESSON / LESSON}.html")
    return 0
