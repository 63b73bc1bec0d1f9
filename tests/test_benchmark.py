"""The benchmark measures what it says: its class, its stopwatch, its page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from course.answers import read_answers
from course.lessons import Course
from course.runs.notebook import open_notebook
from course.source import read_source

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture(autouse=True)
def beside_the_benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def test_the_class_has_every_kind_in_the_promised_numbers() -> None:
    from sample_class import students

    members = students(24)
    assert Counter(members.values()) == {"right": 9, "wrong": 6, "untouched": 4, "broken": 3, "loop": 1, "hog": 1}
    assert list(students(48))[:24] == list(members)


def test_no_two_students_hand_in_the_same_and_each_answers_as_its_kind(tmp_path: Path) -> None:
    from sample_class import LESSON, hand_in, students

    course = Course.open(ROOT)
    lesson, members = course.lesson(LESSON), students(24)
    source = read_source(lesson)
    done = list(hand_in(lesson.release_notebook, tmp_path, lesson, members))
    assert done == list(members)
    texts = {}
    for student, kind in members.items():
        opened = open_notebook(lesson, source, tmp_path / student / LESSON / f"{LESSON}.ipynb", student)
        coded = opened.untouched & set(read_answers(lesson.solutions).code)
        assert bool(coded) == (kind == "untouched")
        texts[student] = tuple(opened.answers.values())
    answered = [text for student, text in texts.items() if members[student] != "untouched"]
    assert len(set(answered)) == len(answered)


def test_there_is_a_wrong_answer_and_a_test_cell_for_every_code_exercise() -> None:
    from sample_class import ANSWERS, LESSON

    lesson = Course.open(ROOT).lesson(LESSON)
    coded = {name for name, exercise in lesson.exercises.items() if not exercise.written}
    assert set(read_answers(ANSWERS / "wrong.txt").code) == coded
    assert set(read_answers(BENCHMARKS / "in_notebook_tests.py").code) == coded


@pytest.mark.slow
def test_the_teachers_tests_in_the_notebook_pass_on_the_solution() -> None:
    lesson = Course.open(ROOT).lesson("02_convolution")
    solutions, tests = read_answers(lesson.solutions), read_answers(BENCHMARKS / "in_notebook_tests.py").code
    names: dict[str, Any] = {}
    exec("\n".join(c.source for c in read_source(lesson) if c.role == "setup"), names)
    for name, test in tests.items():
        exec(solutions.cell(name), names)
        exec(test, names)


def test_time_inside_a_span_counts_once() -> None:
    from stopwatch import Stopwatch

    watch = Stopwatch()
    with watch.span("outer"):
        time.sleep(0.02)
        with watch.span("inner"):
            time.sleep(0.05)
    assert 0.02 <= watch.seconds["outer"] < 0.05 <= watch.seconds["inner"]


def test_of_a_method_that_calls_itself_the_outermost_call_is_timed() -> None:
    from stopwatch import Stopwatch

    class Tree:
        def walk(self, value: list[Any], depth: int = 0) -> int:
            return 1 + sum(self.walk(v, depth + 1) for v in value)

    watch, spans = Stopwatch(), []
    watch.wrap_recursive(Tree, "walk", "walk")
    watch._lap = lambda: spans.append(1)  # type: ignore[method-assign]
    assert Tree().walk([[], [[]]]) == 4
    assert len(spans) == 2


def test_a_command_is_measured_with_its_children(tmp_path: Path) -> None:
    from processes import CommandFailed, measure

    code = "import os, time; kept = bytearray(200_000_000); os.fork(); time.sleep(1); print('done')"
    told = measure([sys.executable, "-c", code], tmp_path)
    assert told.output == "done\ndone\n" and told.seconds > 1
    assert 200_000_000 < told.peak < 350_000_000  # the child's copy is shared
    with pytest.raises(CommandFailed, match="status 3"):
        measure([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)


def results(**more: Any) -> dict[str, Any]:
    """Measured values, made up."""
    spans = {"start": 6.0, "cells": 0.2, "answers": 0.4, "tests": 0.3, "kernel": 0.1, "store": 0.05}
    run = {"size": 24, "seconds": 24.0, "cpu": 40.0, "peak": 2.5e9}
    return {
        "machine": {"date": "2026-01-01", "cpu": "a cpu", "cores": 2, "load": 0.1, "versions": {"torch": "2.8"}},
        "plain": {**run, "seconds": 240.0},
        "ours": {**run, "jobs": 2, "spans": spans},
        "right": {**run, "size": 12, "jobs": 1, "spans": spans},
        "floor": {"cells": 0.1, "answers": 0.4, "tests": 0.3},
        **more,
    }


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    import report

    for name, file in {"RESULTS": "results.json", "PAGE": "page.md", "PLOT": "plot.png"}.items():
        monkeypatch.setattr(report, name, tmp_path / file)

    def write(values: dict[str, Any]) -> str:
        report.write_report(values)
        assert (tmp_path / "plot.png").stat().st_size > 1000
        return (tmp_path / "page.md").read_text(encoding="utf-8")

    return write


def test_the_page_and_the_last_line_come_from_the_measured_values(page: Any) -> None:
    from report import last_line, own_cost

    assert last_line(results()) == "throughput 10.0x nbgrader (24 submissions, 2 workers)"
    assert own_cost(results()) == pytest.approx(0.25)
    text = page(results())
    assert "| `course grade -j 2` | 24.0 | 1.00 | 1.67 | 2.5 GB |" in text
    assert "**10.0 times the throughput.**" in text and "How it grows" not in text


def test_growth_is_shown_when_it_was_measured(page: Any) -> None:
    grown = {"size": 400, "jobs": 2, "seconds": 200.0, "cpu": 390.0, "peak": 3e9, "spans": {"start": 6.0, "tests": 1.0}}
    text = page(results(growth={"400/2": grown}, unchanged={"size": 1000, "seconds": 8.0}))
    assert "| 400 | 2 | 200 | 0.50 | 3.0 GB |" in text
    assert "1000 submissions that are all known takes 8.0 s" in text


def test_the_page_in_docs_is_the_one_that_the_results_give(page: Any) -> None:
    kept, shown = BENCHMARKS / "results.json", ROOT / "docs" / "performance.md"
    assert kept.is_file() == shown.is_file()
    if kept.is_file():
        assert page(json.loads(kept.read_text(encoding="utf-8"))) == shown.read_text(encoding="utf-8")


def test_help_explains_and_imports_nothing_heavy() -> None:
    told = subprocess.run(
        [sys.executable, str(BENCHMARKS / "throughput.py"), "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "100"},
    )
    assert "--quick" in told.stdout and "nbgrader" in told.stdout
