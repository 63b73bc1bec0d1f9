"""The visible checks of a lesson on somebody's answers, run in a process of their own.

Works without the course's sources: cells come from the source, else from a released notebook, else from the student's
notebook itself.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from course.answers import Answers, read_answers
from course.authoring.notebook import cells_of, read_notebook
from course.config import LessonConfig
from course.errors import EngineError, InputError, UnknownExercise, UnknownLesson
from course.lessons import Course, Lesson
from course.runs.notebook import open_notebook
from course.source import SourceCell, read_source

CELL_SECONDS = 120.0
RUNNER = Path(__file__).with_name("visible_runner.py")

Verdict = Literal["passed", "failed", "not_answered", "no_check", "written"]


@dataclass
class Visible:
    """What the visible checks of one exercise said. sentences: one a check, in the kit's words."""

    exercise: str
    verdict: Verdict = "no_check"
    sentences: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Answered:
    """A lesson's cells with somebody's answers in them. untouched: exercises whose stub is as it was given."""

    lesson: str
    cells: list[SourceCell]
    untouched: frozenset[str]

    @property
    def exercises(self) -> list[str]:
        return list(dict.fromkeys(c.exercise for c in self.cells if c.role == "exercise" and c.exercise))

    def only(self, exercise: str) -> Answered:
        """As far as this exercise's check goes, without the checks of the others. Raises UnknownExercise."""
        if exercise not in self.exercises:
            raise UnknownExercise(exercise, self.lesson, self.exercises)
        end = max(i for i, c in enumerate(self.cells) if c.exercise == exercise)
        cells = [c for c in self.cells[: end + 1] if c.role != "check" or c.exercise == exercise]
        return replace(self, cells=cells)


def open_answers(file: Path, course: Course | None = None, lesson: str | None = None) -> Answered:
    """A student's notebook or answers file, matched to its lesson.

    The lesson is the one given, else the one that the file or its folder is named after, else the one that shares most
    exercises. Raises InputError when the file cannot be read, or an answers file's lesson is nowhere to be found.
    """
    if file.suffix == ".ipynb":
        student = cells_of(read_notebook(file))
        found = _find_lesson(file, _exercises(student), course, lesson)
        if found is None:
            answered = Answered(file.stem, student, frozenset())
        else:
            submission = open_notebook(found[0], found[1], file, "you")
            cells = [SourceCell(c.kind, c.source, c.role, c.exercise) for c in submission.page]
            missing = {c.exercise for c in submission.page if c.missing and c.exercise}
            answered = Answered(found[0].name, cells, submission.untouched | missing)
    elif file.suffix == ".py":
        answers = read_answers(file)
        found = _find_lesson(file, set(answers.code), course, lesson)
        if found is None:
            raise InputError(
                f"no lesson with the exercises of {file} was found: put the released notebook beside it, "
                "or give the course's folder with --course DIR"
            )
        answered = _with_answers(found[0].name, found[1], answers)
    else:
        raise InputError(f"{file} must be a notebook (.ipynb) or an answers file (.py)")
    if not answered.exercises:
        raise InputError(f"{file} has no exercise cells: give a notebook that this course has released")
    return answered


def run_checks(
    answered: Answered,
    folder: Path,
    cell_seconds: float = CELL_SECONDS,
    on_cell: Callable[[str], None] = lambda name: None,
) -> Iterator[Visible]:
    """The verdict on each exercise in the lesson's order, as soon as it is known.

    Setup cells, answers and the student's own cells run in order in ``folder``, experiments do not; an example that
    fails does not matter. on_cell is told which exercise (or "") the next cell belongs to.
    """
    verdicts = {name: Visible(name) for name in answered.exercises}
    written = {c.exercise for c in answered.cells if c.role == "exercise" and c.kind == "markdown"}
    last = {c.exercise: i for i, c in enumerate(answered.cells)}
    runs = _Process([c.source for c in answered.cells if _is_run(c)], folder, cell_seconds)
    with runs:
        for index, cell in enumerate(answered.cells):
            name = cell.exercise or ""
            on_cell(name)
            outcome = runs.next() if _is_run(cell) else None
            if name not in verdicts:
                continue
            verdict = verdicts[name]
            if name in answered.untouched:
                verdict.verdict = "not_answered"
            elif name in written:
                verdict.verdict = "written"
            elif outcome is not None:
                _judge(verdict, cell, outcome, answered)
            if last[name] == index:
                yield verdict


def _judge(verdict: Visible, cell: SourceCell, outcome: Outcome, answered: Answered) -> None:
    """Add what one cell of an exercise said. A copy of its cell that comes later makes up for a broken one."""
    if cell.role == "check":
        verdict.sentences += outcome.messages
        if verdict.verdict == "no_check":
            verdict.verdict = "passed"
    elif cell.role == "exercise":
        verdict.verdict, verdict.sentences = "no_check", []
    if not outcome.passed:
        verdict.verdict = "failed"
    if outcome.error == "NotImplementedError":
        unfinished = outcome.message.split(":")[0]
        if unfinished in answered.exercises and unfinished != verdict.exercise:
            verdict.verdict = "failed"
            verdict.sentences.append(f"{verdict.exercise} needs {unfinished}, which is not answered yet.")
        else:
            verdict.verdict, verdict.sentences = "not_answered", []
    elif outcome.error:
        verdict.verdict = "failed"
        verdict.sentences.append(f"{verdict.exercise} stops with {outcome.told}.")


# --- which lesson, and its cells ---------------------------------------------------------------------------------------


def _find_lesson(
    file: Path, exercises: set[str], course: Course | None, name: str | None
) -> tuple[Lesson, list[SourceCell]] | None:
    """The lesson with its untouched cells: from its source, else as released."""
    lessons = {lesson.name: lesson for lesson in _lessons_beside(file)}
    lessons |= course.lessons if course else {}
    if name is not None and name not in lessons:
        raise UnknownLesson(name, sorted(lessons))
    for wanted in [name] if name else [file.stem, file.resolve().parent.name]:
        if wanted in lessons and (cells := _cells(lessons[wanted])):
            return lessons[wanted], cells
    known = {lesson.name: cells for lesson in lessons.values() if (cells := _cells(lesson))}
    shared = {name: len(exercises & _exercises(cells)) for name, cells in known.items()}
    best = [name for name, count in shared.items() if count and count == max(shared.values())]
    if len(best) > 1:
        raise InputError(f"{file} could belong to {' or '.join(best)}: say which with --lesson")
    return (lessons[best[0]], known[best[0]]) if best else None


def _lessons_beside(file: Path) -> Iterator[Lesson]:
    """Lessons released into ``release/<lesson>/``, looked for from the file's folder upwards; for those without a course.

    A notebook in the file's own folder counts, too, if it is another file.
    """
    folder = file.resolve().parent
    for root in (folder, *folder.parents):
        for path in sorted(root.glob("release/*/*.ipynb")):
            if path.stem == path.parent.name and path.resolve() != file.resolve():
                yield Lesson(LessonConfig(path.stem, path.stem), root)


def _cells(lesson: Lesson) -> list[SourceCell]:
    if lesson.source.is_file() and lesson.graders.is_dir():
        return read_source(lesson)
    return cells_of(read_notebook(lesson.release_notebook)) if lesson.release_notebook.is_file() else []


def _exercises(cells: list[SourceCell]) -> set[str]:
    return {c.exercise for c in cells if c.role == "exercise" and c.exercise}


def _with_answers(lesson: str, cells: list[SourceCell], answers: Answers) -> Answered:
    exercises = [c.exercise for c in cells if c.role == "exercise" and c.exercise]
    for name in answers.code:
        if name not in exercises:
            raise UnknownExercise(name, lesson, exercises)
    solved = [
        replace(c, source=answers.cell(c.exercise))
        if c.role == "exercise" and c.kind == "code" and c.exercise in answers.code
        else c
        for c in cells
    ]
    return Answered(lesson, solved, frozenset(set(exercises) - set(answers.code)))


# --- running them ------------------------------------------------------------------------------------------------------


def _is_run(cell: SourceCell) -> bool:
    return cell.kind == "code" and cell.role != "experiment"


@dataclass(frozen=True)
class Outcome:
    """What came out of one cell. error: the type of what it raised. line: where, in a cell's own words."""

    messages: list[str] = field(default_factory=list)
    passed: bool = True
    error: str = ""
    message: str = ""
    line: str = ""

    @property
    def told(self) -> str:
        """The error as part of a sentence."""
        said = f": {self.message}" if self.message else ""
        return f"{self.error}{said}" + (f", at the line `{self.line}`" if self.line else "")


class _Process:
    """Cells running one after the other in a Python process; ``next`` waits for the next one's outcome."""

    def __init__(self, cells: list[str], folder: Path, cell_seconds: float) -> None:
        self.cells, self.folder, self.cell_seconds = cells, folder, cell_seconds
        self.stopped: Outcome | None = None
        self.events: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def __enter__(self) -> _Process:
        self.home = TemporaryDirectory(prefix="course-check-")
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUNNER.read_text(encoding="utf-8")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env={**os.environ, "IPYTHONDIR": self.home.name, "MPLBACKEND": "Agg"},
            start_new_session=True,
            text=True,
            encoding="utf-8",
        )
        threading.Thread(target=self._listen, daemon=True).start()
        assert self.process.stdin is not None
        with suppress(BrokenPipeError), self.process.stdin as wire:
            json.dump(self.cells, wire)
        if self.events.get() is None:
            assert self.process.stderr is not None
            raise EngineError(f"the checks could not be started: {self.process.stderr.read().strip()[-300:]}")
        return self

    def next(self) -> Outcome:
        """What the next cell gave. When one hangs or ends the process, so did all that follow."""
        if self.stopped is None:
            try:
                event = self.events.get(timeout=self.cell_seconds)
            except queue.Empty:
                self._kill()
                self.stopped = _lost("a cell did not end", f"within {self.cell_seconds:g} s")
                return self.stopped
            if event is not None:
                checks, error = event["checks"], event["error"] or {"type": "", "message": "", "line": ""}
                return Outcome(
                    [c["message"] for c in checks],
                    all(c["passed"] for c in checks),
                    error["type"],
                    error["message"],
                    error["line"],
                )
            self.stopped = _lost("Python itself", f"ended, with status {self.process.wait()}")
        return self.stopped

    def __exit__(self, *_: object) -> None:
        self._kill()
        self.home.cleanup()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.put(json.loads(line))
        self.events.put(None)

    def _kill(self) -> None:
        """End the process with everything that it started."""
        with suppress(ProcessLookupError):
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        self.process.wait()


def _lost(what: str, how: str) -> Outcome:
    return Outcome(passed=False, error=what, message=how)
