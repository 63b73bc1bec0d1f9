"""From a receipt, the same answer gets the same score again; where it does not, what has changed is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from graded_course import build, kernels_in_this_process, run
from tiny_course import LESSON, answered, hand_in

from course.errors import InputError
from course.lessons import Course
from course.nbgrader_side.feedback import make_feedback
from course.runs import receipt
from course.runs.replay import find_receipts


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class that was graded with seed 3, with pages."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        kernels_in_this_process(monkeypatch)
        course = build(tmp_path_factory.mktemp("course"))
        run(course, "grade", LESSON, "--jobs", "1", "--seed", "3")
        assert [error for _, error in make_feedback(course, course.lesson(LESSON), ["ada", "ben"])] == [None, None]
    return course.root


@pytest.fixture
def course(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    kernels_in_this_process(monkeypatch)
    shutil.copytree(template, tmp_path / "course")
    return Course.open(tmp_path / "course")


def page(course: Course) -> list[str]:
    return [str(course.root / "feedback" / "ben" / LESSON / f"{LESSON}.html")]


def record(course: Course) -> list[str]:
    """The file of ben's wrong answer to add."""
    for path in sorted((course.root / ".course" / "records").rglob("*.json")):
        told = json.loads(path.read_text())
        if told["exercise"] == "add" and told["points"] == 0:
            return [str(path)]
    raise AssertionError("no such record")


def student(course: Course) -> list[str]:
    return ["ben", LESSON]


def replayed(course: Course, *arguments: str) -> tuple[dict[str, dict[str, Any]], int]:
    """What ``course replay --json`` says, by exercise, and its exit status."""
    done = run(course, "replay", *arguments, "--json", "--jobs", "1")
    assert done.exception is None, done.exception
    lines = map(json.loads, done.output.splitlines())
    return {line["exercise"]: line for line in lines}, done.return_value


@pytest.mark.parametrize("source", [page, record, student])
def test_the_same_answer_gets_the_same_score(course: Course, source: Callable[[Course], list[str]]) -> None:
    before = {p: p.read_bytes() for p in course.root.rglob("*.json")}
    found, status = replayed(course, *source(course))
    assert status == 0 and all(line["same"] and not line["changed"] for line in found.values())
    assert (found["add"]["before"], found["add"]["after"], found["add"]["student"]) == (0, 0, "ben")
    if source is not record:
        assert set(found) == {"add", "mean", "why"} and found["mean"]["after"] == 3
    assert {p: p.read_bytes() for p in course.root.rglob("*.json")} == before
    said = run(course, "replay", *source(course), "--exercise", "add").output
    assert said == "ben, add: same score, 0\n"


def test_a_changed_test_is_named(course: Course) -> None:
    test = course.root / "graders" / LESSON / "add" / "test_add.py"
    test.write_text(test.read_text().replace("8", "-2"))  # what ben's answer gives
    found, status = replayed(Course.open(course.root), *page(course))
    assert status == 1 and (found["add"]["before"], found["add"]["after"]) == (0, 2)
    assert list(found["add"]["changed"]) == ["grader"]
    assert found["mean"]["same"] and not found["mean"]["changed"]
    said = run(course, "replay", *record(course)).output
    assert said == "ben, add: 0 -> 2, changed: grader (hidden tests, mistakes or support)\n"


def test_other_versions_and_engines_are_named(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipt, "engine_fingerprint", lambda: "another engine")
    now = {**receipt.installed_versions(), "torch": "99.0"}
    monkeypatch.setattr(receipt, "installed_versions", lambda: now)
    found, status = replayed(course, *page(course))
    assert status == 0 and set(found["add"]["changed"]) == {"engine", "versions"}
    assert found["add"]["changed"]["versions"].endswith("-> 99.0")


@pytest.mark.parametrize(("field", "value"), [("rung", "bubblewrap"), ("limits", {"gone": 1})])
def test_other_walls_and_limits_are_named(course: Course, field: str, value: object) -> None:
    path = Path(*record(course))
    told = json.loads(path.read_text())
    told["receipt"][field] = value
    path.write_text(json.dumps(told))
    found, status = replayed(course, str(path))
    assert status == 0 and list(found["add"]["changed"]) == [field]


def test_an_answer_that_is_gone_is_said(course: Course) -> None:
    lesson = course.lesson(LESSON)
    hand_in(lesson, "ben", answered(lesson, add="def add(a, b):\n    return a * b", mean="def mean(a, b): return 0"))
    found, status = replayed(course, *student(course))
    assert status == 1 and not found["add"]["same"]
    assert "submitted/ben no longer has the answer" in found["add"]["problem"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing.html"], "no file nothing.html"),
        (["dan", LESSON], "dan has no graded notebook"),
        (["course_config.py"], "has no receipt"),
        ([".course/seen/02_sums.json"], "no record of `course grade`"),
    ],
)
def test_what_has_no_receipt_is_said(
    course: Course, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(course.root)
    with pytest.raises(InputError, match=said):
        find_receipts(course, *arguments)
