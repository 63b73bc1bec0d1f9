"""Grades one submission: cells in, records out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from course.errors import EngineError
from course.grading.exercise import Answer, Grader
from course.kernels.base import CellResult, Kernel, KernelSource, SubmissionFault
from course.lessons import Lesson
from course.records import ExerciseRecord, SubmissionRecord
from course.submission import Submission


def grade_submission(
    grader: Grader,
    kernels: KernelSource,
    submission: Submission,
    exercises: Sequence[str],
    enforce_bans: bool = True,
    tell: Callable[[ExerciseRecord], object] = lambda record: None,
) -> SubmissionRecord:
    """Grade these exercises (of ``grader.lesson``) of one submission.

    What the submission does wrong costs it points; what goes wrong on our side asks for grading by hand.
    tell: is called with each exercise's record as soon as it is known.
    """
    started = time.perf_counter()
    records: dict[str, ExerciseRecord] = {}

    def settle(record: ExerciseRecord) -> None:
        records[record.exercise] = record
        tell(record)

    for name in exercises:
        if record := unanswered(grader.lesson, submission, name):
            settle(record)
    if open_exercises := [name for name in exercises if name not in records]:
        _grade_answered(grader, kernels, submission, open_exercises, enforce_bans, settle)
    return SubmissionRecord(
        lesson=grader.lesson.name,
        student=submission.student,
        exercises={name: records[name] for name in exercises},
        notes=submission.notes,
        seconds=round(time.perf_counter() - started, 3),
    )


def unanswered(lesson: Lesson, submission: Submission, name: str) -> ExerciseRecord | None:
    """The record of an exercise that no test has to run for; None if there is something to grade."""
    exercise = lesson.exercise(name)
    if name not in submission.answers:
        return ExerciseRecord.not_answered(lesson.name, name, exercise.points, "there is no answer to this exercise")
    if name in submission.untouched:
        return ExerciseRecord.not_answered(lesson.name, name, exercise.points, "the cell is as it was handed out")
    if exercise.written:
        return ExerciseRecord.needs_manual(lesson.name, name, exercise.points, "graded by hand, with its rubric")
    return None


def _grade_answered(
    grader: Grader,
    kernels: KernelSource,
    submission: Submission,
    names: list[str],
    enforce_bans: bool,
    settle: Callable[[ExerciseRecord], None],
) -> None:
    setup = "\n".join(c.source for c in submission.cells if c.role == "setup")
    cells = tuple(c.source for c in submission.cells if c.role != "setup")
    kernel: Kernel | None = None
    waiting = list(names)

    def by_hand(reason: str, lost: bool) -> None:
        name = waiting.pop(0)
        points = grader.lesson.exercise(name).points
        settle(replace(ExerciseRecord.needs_manual(grader.lesson.name, name, points, reason), kernel_lost=lost))

    try:
        kernel = kernels.start()
        results = kernel.run(submission.cells)
        lost = any(cell.lost for cell in results)
        while waiting and (problem := _setup_error(submission, results)):
            by_hand(f"the lesson's setup cell did not run: {problem}", lost)
        while waiting:
            name = waiting[0]
            answer = Answer(submission.answers[name], _cell_error(submission, results, name), setup, cells)
            try:
                record = grader.grade(name, answer, kernel.snapshot, enforce_bans)
            except SubmissionFault:
                raise
            except Exception as error:  # ours: this exercise needs a person, the others go on
                by_hand(f"the engine failed: {type(error).__name__}: {error}", isinstance(error, EngineError))
            else:
                del waiting[0]
                settle(replace(record, kernel_lost=record.kernel_lost or lost))
    except SubmissionFault as fault:
        while waiting:
            by_hand(f"the notebook's kernel did not survive: {fault}", fault.lost)
    except EngineError as error:
        while waiting:
            by_hand(str(error), lost=True)
    finally:
        if kernel is not None:
            kernel.close()


def _setup_error(submission: Submission, results: list[CellResult]) -> str | None:
    """Setup cells are the lesson's own: if one fails, no answer can be blamed."""
    cells = zip(submission.cells, results, strict=True)
    return next((result.error for cell, result in cells if cell.role == "setup" and result.error), None)


def _cell_error(submission: Submission, results: list[CellResult], name: str) -> str | None:
    for cell, result in zip(submission.cells, results, strict=True):
        if cell.exercise == name and cell.role == "exercise":
            return result.error
    return None
