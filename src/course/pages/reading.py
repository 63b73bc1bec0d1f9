"""What of a lesson's prose helps with an exercise: the section it stands in, those that a sentence names, its hints."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from course.source import SourceCell

_HEADING = re.compile(r"^## (\d+\.\d+) +(.+)$", re.MULTILINE)
_EXERCISE = re.compile(r"^### Exercise\b.*", re.MULTILINE | re.DOTALL)
_HINT = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
_CAPTION = re.compile(r"^\*Figure .*$\n?", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """A section's prose, without its exercises, hints and the captions of its figures."""

    number: str
    title: str
    prose: str


@dataclass(frozen=True)
class Hint:
    symptom: str
    text: str


@dataclass(frozen=True)
class Reading:
    """sections: by number.  section_of: for each exercise the number of its section.  hints: by exercise."""

    sections: dict[str, Section] = field(default_factory=dict)
    section_of: dict[str, str] = field(default_factory=dict)
    hints: dict[str, list[Hint]] = field(default_factory=dict)


def read_prose(cells: Iterable[SourceCell]) -> Reading:
    """The sections and hints of a lesson's source."""
    reading, prose = Reading(), dict[str, list[str]]()
    number = exercise = ""
    for cell in cells:
        if cell.role == "exercise" and cell.exercise:
            exercise = cell.exercise
            reading.section_of[exercise] = number
        elif cell.kind == "markdown" and cell.role == "free":
            text = cell.source
            if heading := _HEADING.search(text):
                number, exercise = heading[1], ""
                reading.sections[number] = Section(number, heading[2].strip(), "")
            if exercise:
                found = [Hint(symptom.strip(), said.strip()) for symptom, said in _HINT.findall(text)]
                reading.hints.setdefault(exercise, []).extend(found)
            prose.setdefault(number, []).append(_plain_prose(text))
    for number, section in reading.sections.items():
        said = "\n\n".join(filter(None, prose[number]))
        reading.sections[number] = Section(number, section.title, said)
    return reading


def _plain_prose(text: str) -> str:
    for left_out in (_HEADING, _EXERCISE, _HINT, _CAPTION):
        text = left_out.sub("", text)
    return text.strip()
