"""What can go wrong, each with its exit status and what to do about it.

    CourseError                     exit 3   the engine failed
    ├── InputError                  exit 2   the caller's input is wrong
    │   ├── CourseNotFound                   no course_config.py above this folder
    │   ├── UnknownLesson, UnknownExercise
    │   ├── SourceError                      a lesson, grader or answers file that cannot be used
    │   └── NoWalls                          student code cannot be contained on this machine
    └── EngineError                 exit 3   our own machinery broke: exercises need manual grading, never 0

What a *submission* does wrong is no exception here: it is an outcome in a record (see ``records``).
"""

from __future__ import annotations


class CourseError(Exception):
    """Base of all errors that a command reports in one sentence."""

    exit_status = 3


class InputError(CourseError):
    """The input is wrong; the message says what, where, and what to do."""

    exit_status = 2


class CourseNotFound(InputError):
    def __init__(self, start: object) -> None:
        super().__init__(
            f"no course_config.py in {start} or above it: change into the course folder, or give --course DIR"
        )


class UnknownLesson(InputError):
    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"there is no lesson {name!r}; the lessons are {', '.join(known) or '(none)'}")


class UnknownExercise(InputError):
    def __init__(self, name: str, lesson: str, known: list[str]) -> None:
        super().__init__(f"lesson {lesson} has no exercise {name!r}; it has {', '.join(known) or '(none)'}")


class SourceError(InputError):
    """A source, solution, grader or answers file cannot be used."""


class NoWalls(InputError):
    """Student code cannot be contained here, and nobody said that it need not be."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"this machine has no walls to run student code behind ({reason}): run `make system-deps` to install "
            "bubblewrap, or pass --no-sandbox for code that you trust"
        )


class EngineError(CourseError):
    """The engine itself failed; whatever was being graded needs manual grading."""
