"""Grades tasks on this machine, from the start of the kernels' parent to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from course.lessons import Course, Lesson
from course.records import ExerciseRecord, SubmissionRecord
from course.runs.session import default_jobs, open_grader, open_kernels
from course.submission import Task

Keep = Callable[[int, ExerciseRecord, str], None]


def grade_here(
    course: Course,
    lesson: Lesson,
    tasks: Sequence[Task],
    *,
    seed: int = 0,
    tier: str = "cpu",
    jobs: int | None = None,
    keep: Keep = lambda number, record, rung: None,
) -> Iterator[tuple[int, SubmissionRecord]]:
    """Grade all tasks, in forks of this process; records come with their task's number, as they are done.

    keep: is told every exercise's record as soon as it is known, with the task's number and the kernels' rung.
    """
    answered = {name for task in tasks for name in task.exercises if name in task.submission.answers}
    with open_kernels(course, lesson, tier=tier) as kernels:
        from course.runs.pool import grade_all  # brings torch and pytest, while the kernels' parent gets ready

        grader = open_grader(course, lesson, sorted(answered), seed)
        grader.rehearse()
        told = lambda number, record: keep(number, record, kernels.rung)
        yield from grade_all(grader, kernels, tasks, jobs or default_jobs(), told)
