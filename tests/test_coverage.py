"""docs/coverage.md says of every topic where it is taught, README which lessons there are; the folders agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from course.lessons import Course

ROOT = Path(__file__).parents[1]
TABLE = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+) \| .* \| (.*) \| (.*) \| \d \|$", TABLE, re.MULTILINE)


def test_no_row_is_left_out() -> None:
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 96))


@pytest.mark.parametrize(("taught_by", "state"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_the_folders_say_the_same(taught_by: str, state: str) -> None:
    states = []
    for part in taught_by.split("; "):
        lesson, *exercises = re.findall(r"`(\w+)`", part)
        found = [is_graded(lesson, name) or is_shown(lesson, name) for name in exercises]
        assert all(found) or not any(found), f"{part}: some of these are missing"
        states.append("outline" if not exercises else "works" if all(found) else "planned")
    assert state == ", ".join(name for name in ("works", "planned", "outline") if name in states)


def is_graded(lesson: str, name: str) -> bool:
    return (ROOT / "graders" / lesson / name).is_dir()


def is_shown(lesson: str, name: str) -> bool:
    """Whether a page of the lesson defines it, for reading and running only."""
    source = ROOT / "source" / lesson / f"{lesson}.py"
    return source.is_file() and f"\ndef {name}(" in source.read_text(encoding="utf-8")


def test_readme_lists_every_lesson_with_its_question() -> None:
    lessons = Course.open(ROOT).config.lessons
    expected = [f"| `{lesson.name}` | {lesson.question} |" for lesson in lessons]
    assert [line for line in (ROOT / "README.md").read_text("utf-8").splitlines() if line.startswith("| `")] == expected
