"""Grades one exercise of one submission: its tests in order, the diagnosis, the record."""

from __future__ import annotations

import ast
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from course.config import Limits
from course.errors import SourceError
from course.grading.collect import Collected, HiddenTest, TestRun, forbidden_sentence
from course.grading.diagnose import Diagnosis
from course.grading.known import known_answers
from course.grading.look import forbidden_routes, parsed
from course.kernels.base import Connection
from course.kernels.inprocess import InProcessKernel
from course.lessons import Exercise, Lesson
from course.records import ExerciseRecord, TestRecord
from course.student import Student
from course.submission import Cell
from coursebridge.bans import FAMILIES

Connect = Callable[[Sequence[str]], Connection]
WORTH_WARMING = 4  # submissions that failed a test, before running all known mistakes on it pays


@dataclass(frozen=True)
class Answer:
    """What is graded: the exercise's code, and why its cell did not run (None if it did).

    setup: the code of the setup cells.  cells: that of all others, this one among them, in running order.
    """

    code: str
    cell_error: str | None = None
    setup: str = ""
    cells: tuple[str, ...] = ()


class Grader:
    """The hidden tests and known mistakes of a lesson (or some of its exercises), ready to grade."""

    def __init__(self, lesson: Lesson, exercises: list[Exercise], limits: Limits, seed: int = 0) -> None:
        self.lesson, self.limits, self.seed = lesson, limits, seed
        self.exercises = {e.name: e for e in exercises if not e.written}
        self.collected = Collected(list(self.exercises.values()))
        self.support = lesson.support
        self._check_bans()
        self._failures: Counter[tuple[str, str]] = Counter()
        self.diagnoses = {
            name: Diagnosis(self.collected, exercise, seed, self.support) for name, exercise in self.exercises.items()
        }

    def _check_bans(self) -> None:
        """An unknown family would be refused in the kernel, where it looks like the student's fault."""
        for exercise in self.exercises.values():
            if unknown := set(self.collected.setting(exercise, "bans", ())) - set(FAMILIES):
                raise SourceError(
                    f"{exercise.test_file}: bans has {min(unknown)!r}; the families are {', '.join(FAMILIES)}"
                )

    def limit(self, exercise: Exercise, name: str) -> float:
        """A limit of this exercise: the test file's ``limits``, else the course's."""
        return float(self.collected.setting(exercise, "limits", {}).get(name, getattr(self.limits, name)))

    def warm(self, name: str, tests: Sequence[str]) -> bool:
        """These tests were failed. Prepare the diagnosis of those failed often; forks made afterwards inherit it.

        Whether anything was prepared.
        """
        if self.exercises[name].trained:
            return False
        self._failures.update((name, test) for test in tests)
        often = [test for test in tests if self._failures[name, test] >= WORTH_WARMING]
        return self.diagnoses[name].warm([t for t in self.collected.tests(self.exercises[name]) if t.name in often])

    def rehearse(self, seconds: float = 0.5) -> None:
        """Run tests on known right answers for about so long, so that forks find what they need used once."""
        until = time.perf_counter() + seconds
        for exercise in self.exercises.values():
            variants = known_answers(exercise.variants_file, exercise.name)
            if exercise.trained or not variants:
                continue
            kernel = InProcessKernel([Cell(next(iter(variants.values())).code, "exercise", exercise.name)])
            student = Student(kernel.snapshot, support=self.support)
            for test in self.collected.tests(exercise):
                if time.perf_counter() > until:
                    return
                self.collected.run(test, student, self.seed)

    def grade(self, name: str, answer: Answer, connect: Connect, enforce_bans: bool = True) -> ExerciseRecord:
        """Run the exercise's tests on one submission. Never raises for anything that the submission does."""
        exercise, started = self.exercises[name], time.perf_counter()
        tests = self.collected.tests(exercise)
        bans = tuple(self.collected.setting(exercise, "bans", ())) if enforce_bans else ()
        routes = forbidden_routes(answer.code, name, bans, answer.setup, answer.cells)
        if routes:
            runs = _with_not_run(tests, {tests[0].name: TestRun("forbidden", forbidden_sentence(routes))})
        else:
            runs = self._run_all(exercise, tests, bans, connect, parameters(answer.code))
        named = self.diagnoses[name].explain(tests, runs)
        return self._record(exercise, tests, runs, named, answer, time.perf_counter() - started)

    def _run_all(
        self,
        exercise: Exercise,
        tests: list[HiddenTest],
        bans: tuple[str, ...],
        connect: Connect,
        names: Mapping[str, Sequence[str]],
    ) -> dict[str, TestRun]:
        student = Student(
            connect,
            bans=bans,
            call_seconds=self.limit(exercise, "call_seconds"),
            support=self.support,
            parameters=names,
        )
        deadline = time.perf_counter() + self.limit(exercise, "exercise_seconds")
        runs: dict[str, TestRun] = {}
        try:
            for test, following in zip(tests, [*tests[1:], None], strict=True):
                run = self.collected.run(test, student, self.seed, following)
                runs[test.name] = run
                if run.outcome in ("timeout", "forbidden") or time.perf_counter() > deadline:
                    break
        finally:
            self.collected.finish()
            student._close()
        return _with_not_run(tests, runs)

    def _record(
        self,
        exercise: Exercise,
        tests: list[HiddenTest],
        runs: dict[str, TestRun],
        named: dict[str, tuple[str, ...]],
        answer: Answer,
        seconds: float,
    ) -> ExerciseRecord:
        forbidden = next((r for r in runs.values() if r.outcome == "forbidden"), None)
        mistakes = self.diagnoses[exercise.name].mistakes
        records, explained = [], set()
        for test in tests:
            run = runs[test.name]
            message = run.message
            if run.not_defined and answer.cell_error:
                message = f"Your cell could not be run: {answer.cell_error}"
            slugs = named.get(test.name, ())
            for slug in slugs:
                if slug in mistakes and slug not in explained:
                    explained.add(slug)
                    message = f"{message} {mistakes[slug].explanation}".strip()
            earned = test.points if run.outcome == "passed" and forbidden is None else 0.0
            records.append(
                TestRecord(test.name, test.title, earned, test.points, run.outcome, message, run.counterexample, slugs)
            )
        total = sum(t.points for t in tests)
        broken = next((r for r in runs.values() if r.outcome == "error"), None)
        slugs = tuple(dict.fromkeys(slug for test in tests for slug in named.get(test.name, ())))
        return ExerciseRecord(
            lesson=exercise.lesson,
            exercise=exercise.name,
            points=sum(r.points for r in records),
            max_points=total,
            status="needs_manual" if broken else "graded",
            reason=_reason(broken, forbidden, answer),
            tests=tuple(records),
            misconceptions=slugs,
            explanations={slug: mistakes[slug].explanation for slug in slugs if slug in mistakes},
            seconds=round(seconds, 3),
            kernel_lost=any(run.kernel_lost for run in runs.values()),
        )


def parameters(code: str) -> dict[str, list[str]]:
    """What an answer calls the arguments of its functions, and of its modules when they are called; for messages."""
    found = {}
    for part in parsed(code).body:
        if isinstance(part, ast.FunctionDef):
            found[part.name] = _argument_names(part)
        elif isinstance(part, ast.ClassDef):
            methods = {m.name: _argument_names(m)[1:] for m in part.body if isinstance(m, ast.FunctionDef)}
            found |= {part.name: methods.get("__init__", []), f"the {part.name}": methods.get("forward", [])}
    return found


def _argument_names(function: ast.FunctionDef) -> list[str]:
    return [a.arg for a in (*function.args.posonlyargs, *function.args.args)]


def _with_not_run(tests: list[HiddenTest], runs: dict[str, TestRun]) -> dict[str, TestRun]:
    not_run = TestRun("not_run", "Not run: an earlier test ended the exercise.")
    return {test.name: runs.get(test.name, not_run) for test in tests}


def _reason(broken: TestRun | None, forbidden: TestRun | None, answer: Answer) -> str | None:
    if broken is not None:
        return f"a hidden test could not be run; please grade by hand. {broken.problem}".strip()
    if forbidden is not None:
        return forbidden.message
    return f"the cell could not be run: {answer.cell_error}" if answer.cell_error else None
