"""What a newcomer sees first: `course demo`, from release to feedback pages."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from course.lessons import Course

ROOT = Path(__file__).parents[1]
LESSON = Course.open(ROOT).lesson("02_convolution")


def course(*arguments: str) -> str:
    command = [sys.executable, "-m", "course", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_demo_grades_three_submissions_and_makes_their_pages() -> None:
    told = course("demo")
    demo = ROOT / ".course" / "demo"
    lines = course("report", "02_convolution", "--json", "--course", str(demo)).splitlines()
    students = {line["student"]: line for line in map(json.loads, lines)}
    scores = {who: {k: e["points"] for k, e in line["scores"].items()} for who, line in students.items()}
    waiting = {k for k, e in students["solved"]["scores"].items() if e["needs_manual"]}
    most = {name: exercise.points for name, exercise in LESSON.exercises.items()}
    assert waiting == {name for name, exercise in LESSON.exercises.items() if exercise.written}
    assert {k: v for k, v in scores["solved"].items() if k not in waiting} == {
        k: v for k, v in most.items() if k not in waiting
    }
    assert not any(scores["untouched"].values())
    assert 0 < sum(scores["mistaken"].values()) < sum(most.values()) / 2
    for name in ("kernel_flipped", "forgets_plus_one", "vertical_and_horizontal_swapped"):
        assert name in told
    page = (demo / "feedback" / "mistaken" / "02_convolution" / "02_convolution.html").read_text()
    assert "turned by 180 degrees" in page
    assert "conv2d(x, weight" in page  # the smallest failing call
    assert "<script" not in page
