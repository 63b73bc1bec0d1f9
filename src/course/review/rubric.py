"""The rubric of a written answer: lines that are worth points, and the model answer below them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from course.lessons import rubric_points

_LINE = re.compile(r"- (?P<points>\d+(?:\.\d+)?)(?: points?)?: *(?P<text>.*)")


@dataclass(frozen=True)
class RubricLine:
    points: float
    text: str


@dataclass(frozen=True)
class Rubric:
    """points: the most that an answer can get.  notes: what stands in the file besides its lines, as Markdown."""

    points: float
    lines: tuple[RubricLine, ...]
    notes: str

    def score(self, shares: list[float]) -> float:
        """Points for these shares of the lines (0, 0.5 or 1 each), never more than there are."""
        given = sum(line.points * share for line, share in zip(self.lines, shares, strict=True))
        return min(self.points, round(given, 4))


def read_rubric(path: Path) -> Rubric:
    """Lines are list items that begin with their points, such as ``- 1 point: names both`` or ``- 0.5: ...``."""
    points = rubric_points(path)
    body = path.read_text(encoding="utf-8").split("---\n", 2)[2]
    lines: list[tuple[float, list[str]]] = []
    notes: list[str] = []
    in_line = False
    for row in body.splitlines():
        if found := _LINE.match(row):
            lines.append((float(found["points"]), [found["text"]]))
            in_line = True
        elif in_line and row.startswith("  ") and row.strip():
            lines[-1][1].append(row.strip())
        else:
            in_line = False
            notes.append(row)
    return Rubric(points, tuple(RubricLine(p, " ".join(t)) for p, t in lines), "\n".join(notes).strip())
