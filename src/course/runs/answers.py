"""Answers files: Python text in which ``# %% <grade id>`` starts the code of an exercise.

Text before the first marker is the preamble; it goes before each exercise's code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from course.errors import SourceError

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
