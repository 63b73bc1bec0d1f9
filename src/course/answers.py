"""Answers files: Python text in which ``# %% <grade id>`` starts the code of an exercise.

Text before the first marker is the preamble; it goes before each exercise's code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from course.errors import SourceError
from course.source import SourceCell
from course.submission import Cell, Submission

MARKER = re.compile(r"^# %%[ \t]+([A-Za-z_][A-Za-z0-9_]*)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Answers:
    """The code of each answered exercise, in the file's order."""

    code: dict[str, str]
    preamble: str = ""

    def cell(self, exercise: str) -> str:
        """What is run for this exercise: the preamble and its code."""
        return self.preamble + self.code[exercise]


def parse_answers(text: str, name: str = "answers") -> Answers:
    """Split the text at its markers.

    Raises SourceError when there is no marker, or one stands twice.
    """
    markers = list(MARKER.finditer(text))
    if not markers:
        raise SourceError(f"{name} has no `# %% exercise` line: write one before the code of each exercise")
    code: dict[str, str] = {}
    ends = [m.start() for m in markers[1:]] + [len(text)]
    for marker, end in zip(markers, ends, strict=True):
        exercise = marker.group(1)
        if exercise in code:
            raise SourceError(f"{name} has two sections `# %% {exercise}`: keep one")
        code[exercise] = text[marker.end() : end].strip("\n") + "\n"
    preamble = text[: markers[0].start()]
    return Answers(code, preamble if preamble.strip() else "")


def read_answers(path: Path) -> Answers:
    try:
        return parse_answers(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is not UTF-8 text") from error


def from_answers(source: list[SourceCell], answers: Answers, student: str) -> Submission:
    """A submission from an answers file: the source's setup cells, then one cell an exercise that the file has."""
    order = [c.exercise for c in source if c.role == "exercise" and c.exercise in answers.code]
    written = {c.exercise for c in source if c.role == "exercise" and c.kind == "markdown"}
    cells = [Cell(answers.cell(name), "exercise", name) for name in order if name and name not in written]
    answered = {name: answers.cell(name) for name in order if name}
    return Submission(student, (*_setup(source), *cells), answered)


def from_code(source: list[SourceCell], exercise: str, code: str, student: str) -> Submission:
    """A submission that answers one exercise."""
    return Submission(student, (*_setup(source), Cell(code, "exercise", exercise)), {exercise: code})


def _setup(source: list[SourceCell]) -> list[Cell]:
    return [Cell(c.source, "setup") for c in source if c.role == "setup" and c.kind == "code"]
