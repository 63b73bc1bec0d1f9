"""``course feedback``: the students' pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from course.commands.options import course_option

if TYPE_CHECKING:
    from course.lessons import Course


@click.command("feedback", short_help="Make the students' feedback pages.")
@click.argument("lesson")
@click.option("--student", "-s", "students", multiple=True, metavar="ID", help="Only this student; may be repeated.")
@course_option
def command(lesson: str, students: tuple[str, ...], course: Course) -> int:
    """Write feedback/STUDENT/LESSON/LESSON.html for everyone whose notebook of LESSON is graded.

    \b
    course feedback 02_convolution
    course feedback 02_convolution --student ada

    Each page stands alone: it needs no network and runs no script. `nbgrader generate_feedback` makes the same pages.
    """
    from course.errors import InputError
    from course.nbgrader_side.feedback import graded_students, make_feedback
    from course.pages.progress import progress

    chosen = course.lesson(lesson)
    names = list(students) or graded_students(chosen)
    if not names:
        raise InputError(f"nobody's {lesson} is graded yet: run `course grade {lesson}` first")
    failed = 0
    for student, error in progress(make_feedback(course, chosen, names), len(names), "Pages"):
        if error:
            failed += 1
            click.echo(f"course: no page for {student}: {error}", err=True)
    click.echo(f"{len(names) - failed} pages in {course.root / 'feedback'}")
    return 1 if failed else 0
