"""Grades answers files and notebooks directly, without a gradebook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from course.answers import from_answers, read_answers
from course.errors import SourceError
from course.lessons import Course, Lesson
from course.records import SubmissionRecord
from course.runs.here import grade_here
from course.runs.notebook import open_notebook
from course.source import SourceCell, exercise_order, read_source
from course.submission import Submission, Task


def try_files(
    course: Course,
    lesson_name: str,
    files: list[Path],
    *,
    exercise: str | None = None,
    jobs: int | None = None,
    seed: int = 0,
    tier: str = "cpu",
) -> Iterator[tuple[Path, SubmissionRecord]]:
    """Grade each file and yield the records in the files' order.

    Raises InputError for an unknown lesson or exercise, or a file that cannot be read.
    """
    lesson = course.lesson(lesson_name)
    source = read_source(lesson)
    names = [exercise] if exercise else exercise_order(source)
    lesson.exercise(names[0])
    tasks = [Task(open_file(lesson, source, path), tuple(names)) for path in files]
    done: dict[int, SubmissionRecord] = {}
    following = 0
    for number, record in grade_here(course, lesson, tasks, seed=seed, tier=tier, jobs=jobs):
        done[number] = record
        while following in done:
            yield files[following], done.pop(following)
            following += 1


def open_file(lesson: Lesson, source: list[SourceCell], path: Path) -> Submission:
    """A notebook (``.ipynb``) or an answers file as a submission; unknown sections are an error."""
    if path.suffix == ".ipynb":
        return open_notebook(lesson, source, path, path.stem)
    answers = read_answers(path)
    if unknown := set(answers.code) - set(lesson.exercises):
        raise SourceError(
            f"{path} has a section `# %% {min(unknown)}`, which is no exercise of {lesson.name}; "
            f"they are {', '.join(lesson.exercises)}"
        )
    return from_answers(source, answers, path.name)
