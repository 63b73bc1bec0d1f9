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
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from course.answers import Answers, read_answers
from course.authoring.notebook import cells_of, read_notebook
from course.config import LessonConfig
from course.errors import EngineError, InputError, UnknownExercise, UnknownLesson
from course.lessons import Course, Lesson
from course.runs.notebook import open_notebook
from course.source import SourceCell, exercise_order, read_source

CELL_SECONDS = 120.0
RUNNER = Path(__file__).with_name("visible_runner.py")

Verdict = Literal["passed", "failed", "broken", "not_answered", "no_check", "written", "unwritten"]


@dataclass(frozen=True)
class Visible:
    """What the visible checks of one exercise said.

    verdict: broken is an exercise whose own cell does not run; written and unwritten are answers in words.
    sentences: one a check, in the kit's words.
    """

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
        return list(dict.fromkeys(exercise_order(self.cells)))

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


def run_checks(answered: Answered, folder: Path, cell_seconds: float = CELL_SECONDS) -> Iterator[Visible]:
    """The verdict on each exercise in the lesson's order, as soon as it is known.

    Setup cells, answers and the student's own cells run in order in ``folder``, experiments do not; an example that
    fails does not matter.
    """
    verdicts = {name: Visible(name) for name in answered.exercises}
    last = {c.exercise: i for i, c in enumerate(answered.cells)}
    with _Process([c.source for c in answered.cells if _is_run(c)], folder, cell_seconds) as process:
        for index, cell in enumerate(answered.cells):
            name = cell.exercise or ""
            outcome = process.next() if _is_run(cell) else None
            if name in verdicts:
                verdicts[name] = _judged(verdicts[name], cell, outcome, answered)
                if last[name] == index:
                    yield verdicts[name]


def _judged(so_far: Visible, cell: SourceCell, outcome: Outcome | None, answered: Answered) -> Visible:
    """The verdict after one more cell of the exercise has been run."""
    name = so_far.exercise
    if cell.kind == "markdown" and cell.role == "exercise":
        return Visible(name, "unwritten" if name in answered.untouched else "written")
    if name in answered.untouched:
        return Visible(name, "not_answered")
    if outcome is None:
        return so_far
    if cell.role == "exercise":  # of copies of a cell the last one counts
        wrong = _what_went_wrong(name, outcome)
        return Visible(name, "broken", [wrong]) if wrong else Visible(name)
    if so_far.verdict in ("broken", "not_answered"):
        return so_far
    sentences = so_far.sentences + outcome.messages
    if outcome.error == "NotImplementedError":
        unfinished = outcome.message.split(":")[0]
        if unfinished in (name, ""):
            return Visible(name, "not_answered")
        if unfinished in answered.exercises:
            return Visible(name, "failed", [*sentences, f"{name} needs {unfinished}, which is not answered yet."])
    if wrong := _what_went_wrong(name, outcome):
        return Visible(name, "failed", [*sentences, wrong])
    return Visible(name, "passed" if outcome.passed and so_far.verdict != "failed" else "failed", sentences)


def _what_went_wrong(name: str, outcome: Outcome) -> str | None:
    """What kept a cell of this exercise from running to its end."""
    if outcome.lost:
        return f"{name} {outcome.lost}."
    if not outcome.error:
        return None
    said = f": {outcome.message}" if outcome.message else ""
    return f"{name} stops with {outcome.error}{said}" + (f", at the line `{outcome.line}`." if outcome.line else ".")


# --- which lesson, and its cells -----------------------------------------------------------------------------------


def _find_lesson(
    file: Path, exercises: set[str], course: Course | None, name: str | None
) -> tuple[Lesson, list[SourceCell]] | None:
    """The lesson with its untouched cells, or None."""
    known = {lesson.name: (lesson, read) for lesson, read in _lessons(file, course)}
    if name is not None and name not in known:
        raise UnknownLesson(name, sorted(known))
    for wanted in [name] if name else [file.stem, file.resolve().parent.name]:
        if wanted in known:
            return known[wanted][0], known[wanted][1]()
    cells = {name: read() for name, (_, read) in known.items()}
    shared = {name: len(exercises & _exercises(cells[name])) for name in known}
    best = [name for name, count in shared.items() if count and count == max(shared.values())]
    if len(best) > 1:
        raise InputError(f"{file} could belong to {' or '.join(best)}: say which with --lesson")
    return (known[best[0]][0], cells[best[0]]) if best else None


def _lessons(file: Path, course: Course | None) -> Iterator[tuple[Lesson, Callable[[], list[SourceCell]]]]:
    """Lessons that can be had here, each with what reads its untouched cells; of two of a name the later counts.

    Notebooks beside an answers file, lessons released into a ``release/`` at or above the file, the course's lessons.
    """
    folder = file.resolve().parent
    if file.suffix == ".py":
        for path in sorted(folder.glob("*.ipynb")):
            yield Lesson(LessonConfig(path.stem, path.stem), folder), partial(_read_cells, path)
    released = [
        Lesson(LessonConfig(path.stem, path.stem), root)
        for root in reversed((folder, *folder.parents))
        for path in sorted(root.glob("release/*/*.ipynb"))
    ]
    for lesson in (*released, *(course.lessons.values() if course else ())):
        if lesson.source.is_file() and lesson.graders.is_dir():
            yield lesson, partial(read_source, lesson)
        elif lesson.release_notebook.is_file() and lesson.release_notebook.resolve() != file.resolve():
            yield lesson, partial(_read_cells, lesson.release_notebook)


def _read_cells(notebook: Path) -> list[SourceCell]:
    return cells_of(read_notebook(notebook))


def _exercises(cells: list[SourceCell]) -> set[str]:
    return set(exercise_order(cells))


def _with_answers(lesson: str, cells: list[SourceCell], answers: Answers) -> Answered:
    exercises = exercise_order(cells)
    for name in answers.code:
        if name not in exercises:
            raise UnknownExercise(name, lesson, exercises)
    solved = [
        replace(c, source=answers.cell(c.exercise))
        if c.role == "exercise" and c.kind == "code" and c.exercise in answers.code
        else c
        for c in cells
    ]
    coded = {c.exercise for c in cells if c.role == "exercise" and c.exercise and c.kind == "code"}
    return Answered(lesson, solved, frozenset(coded - set(answers.code)))


# --- running them --------------------------------------------------------------------------------------------------


def _is_run(cell: SourceCell) -> bool:
    return cell.kind == "code" and cell.role != "experiment"


@dataclass(frozen=True)
class Outcome:
    """What came out of one cell.

    error: the type of what it raised, with its message, and the line of a cell where.  lost: why there is nothing.
    """

    messages: list[str] = field(default_factory=list)
    passed: bool = True
    error: str = ""
    message: str = ""
    line: str = ""
    lost: str = ""


class _Process:
    """Cells running one after the other in a Python process; ``next`` waits for the next one's outcome."""

    def __init__(self, cells: list[str], folder: Path, cell_seconds: float) -> None:
        self.cells, self.folder, self.cell_seconds = cells, folder, cell_seconds
        self.lost = ""
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
        """What the next cell gave; once one hangs or ends the process, nothing."""
        if self.lost:
            return Outcome(lost=f"was not run, because an earlier cell {self.lost}")
        try:
            event = self.events.get(timeout=self.cell_seconds)
        except queue.Empty:
            self._kill()
            self.lost = f"did not end within {self.cell_seconds:g} s"
            return Outcome(lost=self.lost)
        if event is None:
            self.lost = f"ended Python itself, with status {self.process.wait()}"
            return Outcome(lost=self.lost)
        checks, error = event["checks"], event["error"] or {}
        return Outcome([c["message"] for c in checks], all(c["passed"] for c in checks), **error)

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
