"""The proof that a lesson's graders work: right answers get full points, known mistakes lose them and are named.

For every exercise: the solution (with bans) and every variant get full points, the untouched stub gets none, and every
mistake is rejected and named by its own name. The table mistake x diagnosis should be a diagonal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from course.answers import Answers, from_answers, from_code, read_answers
from course.authoring.long_runs import training_run
from course.errors import SourceError
from course.grading.exercise import Grader
from course.grading.known import known_answers
from course.kernels.base import KernelSource
from course.lessons import Course, Exercise, Lesson
from course.records import ExerciseRecord
from course.runs.pool import grade_all
from course.runs.rehearse import rehearse
from course.runs.session import default_jobs, open_grader, open_kernels
from course.source import SourceCell, check_complete, exercise_order, read_source, stub_of
from course.submission import Submission, Task

Kind = Literal["solution", "stub", "variant", "mistake"]
FAST_TRAINED_MISTAKES = 2


@dataclass(frozen=True)
class Finding:
    """One known answer, graded. slug: its name among the exercise's variants or mistakes."""

    exercise: str
    kind: Kind
    slug: str
    record: ExerciseRecord

    @property
    def diagnosis(self) -> str:
        """What the student would be told: the named mistakes, or that nothing was named."""
        return ", ".join(self.record.misconceptions) or "(none)"

    @property
    def problem(self) -> str | None:
        """What is wrong with the grader, in one sentence; None if all is well."""
        record, who = self.record, f"{self.exercise}: the {self.kind} {self.slug}".strip()
        if record.status == "needs_manual":
            return f"{who} could not be graded: {record.reason}"
        if self.kind in ("solution", "variant") and not record.full:
            failed = next((t for t in record.tests if t.outcome != "passed"), None)
            told = f": {failed.name}: {failed.message}" if failed else f": {record.reason}"
            return f"{who} gets {record.points:g} of {record.max_points:g} points{told}"
        if self.kind == "stub" and record.points:
            return f"{who} gets {record.points:g} points; it must get none"
        if self.kind == "mistake" and record.points == record.max_points:
            return f"{who} gets full points"
        if self.kind == "mistake" and self.expects_name and record.misconceptions != (self.slug,):
            return f"{who} is named {self.diagnosis}"
        return None

    expects_name: bool = True


def audit(
    course: Course,
    lesson_name: str,
    exercises: Sequence[str] = (),
    *,
    full: bool = False,
    in_process: bool = False,
    jobs: int | None = None,
    seed: int = 0,
) -> Iterator[Finding]:
    """Audit a lesson, or some of its exercises."""
    lesson = course.lesson(lesson_name)
    source = read_source(lesson)
    if not exercises:
        check_complete(lesson, source)
    names = exercises or exercise_order(source)
    with open_kernels(course, lesson, in_process=in_process) as kernels:  # starts while the tests are collected
        grader = open_grader(course, lesson, names, seed)
        yield from audit_lesson(lesson, grader, kernels, full=full, jobs=jobs or default_jobs())


def audit_lesson(
    lesson: Lesson, grader: Grader, kernels: KernelSource, *, full: bool = False, jobs: int = 1
) -> Iterator[Finding]:
    """Grade every known answer of the grader's exercises; findings come as they are done."""
    source = read_source(lesson)
    solutions = read_answers(lesson.solutions)
    plan: list[tuple[str, Kind, str, bool, Submission]] = []
    for name, exercise in grader.exercises.items():
        if name not in solutions.code:
            raise SourceError(f"{lesson.solutions} has no `# %% {name}` section")
        for kind, slug, code in _known(exercise, source, solutions, full):
            if kind == "solution":  # may use what earlier exercises define, as in a notebook
                submission = from_answers(source, solutions, f"{name}/{kind}")
            else:
                submission = from_code(source, name, code, f"{name}/{slug or kind}")
            plan.append((name, kind, slug, _expects_name(grader, exercise, slug), submission))
    rehearse(grader, jobs)
    tasks = [Task(submission, (name,), kind == "solution") for name, kind, _, _, submission in plan]
    for number, graded in grade_all(grader, kernels, tasks, jobs):
        name, kind, slug, expects_name, _ = plan[number]
        yield Finding(name, kind, slug, graded.exercises[name], expects_name)


def remember(lesson: Lesson, findings: Sequence[Finding]) -> None:
    """Keep the results of trained exercises (``docs/records/``), if all is well with them."""
    for exercise in lesson.exercises.values():
        mine = [f for f in findings if f.exercise == exercise.name]
        if exercise.trained and mine and not any(f.problem for f in mine):
            results = {
                f"{f.kind} {f.slug}".strip(): {"points": f.record.points, "seconds": f.record.seconds} for f in mine
            }
            training_run(lesson, exercise).save(results)


def _known(
    exercise: Exercise, source: list[SourceCell], solutions: Answers, full: bool
) -> Iterator[tuple[Kind, str, str]]:
    yield "solution", "", solutions.cell(exercise.name)
    if (stub := stub_of(source, exercise.name)) is not None:
        yield "stub", "", stub
    variants = known_answers(exercise.variants_file, exercise.name)
    mistakes = known_answers(exercise.mistakes_file, exercise.name)
    if exercise.trained and not full:
        variants = {}
        mistakes = dict(list(mistakes.items())[:FAST_TRAINED_MISTAKES])
    for slug, known in variants.items():
        yield "variant", slug, known.code
    for slug, known in mistakes.items():
        yield "mistake", slug, known.code


def _expects_name(grader: Grader, exercise: Exercise, slug: str) -> bool:
    """Mistakes of trained exercises that only accuracy can see are listed as ``unnamed`` in calibration.toml."""
    return not exercise.trained or slug not in unnamed_mistakes(exercise)


def unnamed_mistakes(exercise: Exercise) -> tuple[str, ...]:
    try:
        import tomllib
    except ModuleNotFoundError:  # Python 3.10
        import tomli as tomllib  # type: ignore[no-redef]
    with open(exercise.folder / "calibration.toml", "rb") as file:
        return tuple(tomllib.load(file).get("unnamed", ()))
