"""What a submission costs, beside plain nbgrader in the same run. Writes docs/performance.md.

Times are wall-clock, so the machine should be idle; on a busy one only ratios count.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from processes import Measured, measure
from report import RESULTS, last_line, machine, table, write_report
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sample_class import LESSON, hand_in, our_course, plain_source, students

from course.answers import read_answers
from course.lessons import Course, Lesson

HERE = Path(__file__).parent
CLASS = 24
RIGHT = 12  # right submissions, one at a time on one core, for the engine's own cost
GROWTH = [(size, jobs) for size in (24, 100, 400) for jobs in (1, 2)]
UNCHANGED = 1000
SCORES_ARE_NO_ERROR = (0, 1)  # 1: something needs a person
PLAIN_CONFIG = """\
c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "plain"
c.ClearSolutions.enabled = False
"""

Step = tuple[str, Any]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="Only the class of 24, not how cost grows with it.")
@click.option("--work", type=click.Path(path_type=Path), help="Keep the course folders and logs here.")
def main(quick: bool, work: Path | None) -> None:
    """Grade a generated class of lesson 02 with plain nbgrader and with ours, and compare.

    \b
    make bench
    .venv/bin/python benchmarks/throughput.py --quick

    The whole takes about half an hour on two idle cores, --quick five minutes. Results go to benchmarks/results.json
    and docs/performance.md; what --quick leaves out stays as it was. Stopping it changes nothing.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    folder = work or Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        with Progress(*columns, console=console) as bar:
            total = 5 if quick else 5 + len(GROWTH) + 1
            task = bar.add_task("preparing", total=total)
            for name, value in _steps(folder, quick, lambda what: bar.update(task, description=what)):
                results[name] = value
                bar.advance(task)
    finally:
        if work is None:
            shutil.rmtree(folder, ignore_errors=True)
    write_report(results)
    Console().print(table(results))
    click.echo(last_line(results))


def _steps(folder: Path, quick: bool, say: Any) -> Iterator[Step]:
    """Each measurement's name in the results, and its result."""
    origin = Course.open(HERE.parent)
    yield "machine", machine()

    say(f"plain nbgrader, {CLASS} submissions")
    yield "plain", _plain(origin, folder / "plain")

    course = our_course(origin, folder / "ours")
    jobs = min(2, len(os.sched_getaffinity(0)))
    say(f"ours, {CLASS} submissions, {jobs} workers")
    timed = _timed(course, origin, students(CLASS), jobs)
    say("the same again, looked at")
    yield "ours", {**_grade(course, origin, students(CLASS), jobs), **timed}

    say("the same answers in one process")
    right = next(student for student, kind in students(CLASS).items() if kind == "right")
    command = [sys.executable, str(HERE / "floor.py"), str(course.root), right]
    floor = json.loads(measure(command, course.root).output.splitlines()[-1])
    yield "floor", floor

    say(f"{RIGHT} right submissions on one core")
    yield "right", _grade(course, origin, students(RIGHT, ("right",)), 1, one_core=True)

    if quick:
        return
    growth = {}
    for size, workers in GROWTH:
        say(f"ours, {size} submissions, {workers} workers")
        growth[f"{size}/{workers}"] = _grade(course, origin, students(size), workers)
        yield "growth", growth
    say(f"{UNCHANGED} unchanged")
    yield "unchanged", _unchanged(course, origin)


def _plain(origin: Course, root: Path) -> dict[str, Any]:
    """Plain nbgrader, as it comes, on the same answers."""
    lesson = origin.lesson(LESSON)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(PLAIN_CONFIG, encoding="utf-8")
    tests = read_answers(HERE / "in_notebook_tests.py").code
    plain_source(lesson, tests, root / "source" / LESSON / f"{LESSON}.ipynb")
    nbgrader = [sys.executable, "-m", "nbgrader"]
    measure([*nbgrader, "generate_assignment", LESSON], root)
    released = root / "release" / LESSON / f"{LESSON}.ipynb"
    members = students(CLASS)
    for _ in hand_in(released, root / "submitted", lesson, members):
        pass
    told = measure([*nbgrader, "autograde", LESSON], root, limit_memory=True)
    graded = [s for s in members if (root / "autograded" / s / LESSON / f"{LESSON}.ipynb").is_file()]
    assert len(graded) == CLASS, f"plain nbgrader graded {len(graded)} of {CLASS}"
    return _result(told, CLASS)


def _timed(course: Course, origin: Course, members: dict[str, str], jobs: int) -> dict[str, Any]:
    """The command as instructors type it, from an empty store and an empty gradebook; nobody looks on."""
    _hand_in(course, origin, members)
    command = [str(Path(sys.executable).parent / "course"), "grade", LESSON, "-j", str(jobs)]
    told = measure(command, course.root, watch_memory=False, statuses=SCORES_ARE_NO_ERROR)
    return {"seconds": told.seconds, "cpu": told.cpu}


def _grade(
    course: Course, origin: Course, members: dict[str, str], jobs: int, *, one_core: bool = False
) -> dict[str, Any]:
    """The same with where the time went, in seconds a submission, and what memory it took; the scores are checked."""
    root, lesson = course.root, course.lesson(LESSON)
    _hand_in(course, origin, members)
    spans = root / "spans.jsonl"
    pinned = ["taskset", "-c", str(min(os.sched_getaffinity(0)))] if one_core else []
    command = [*pinned, sys.executable, str(HERE / "stopwatch.py"), str(spans), "grade", LESSON, "-j", str(jobs)]
    told = measure([*command, "--json"], root, statuses=SCORES_ARE_NO_ERROR)
    records = [json.loads(line) for line in told.output.splitlines() if line.startswith("{")]
    _check_scores(lesson, records, members)
    return {**_result(told, len(members)), "jobs": jobs, "spans": _shares(spans, len(members))}


def _hand_in(course: Course, origin: Course, members: dict[str, str]) -> None:
    _empty(course)
    released = course.lesson(LESSON).release_notebook
    for _ in hand_in(released, course.root / "submitted", origin.lesson(LESSON), members):
        pass


def _empty(course: Course) -> None:
    """Nobody has handed in, nothing is known, and nobody is in the gradebook."""
    from course.authoring.release import release

    for name in ("submitted", "autograded", ".course"):
        shutil.rmtree(course.root / name, ignore_errors=True)
    for path in course.root.glob("gradebook.db*"):
        path.unlink()
    release(course, course.lesson(LESSON))


def _check_scores(lesson: Lesson, records: list[dict[str, Any]], members: dict[str, str]) -> None:
    """A number only counts if the grading was right: full points for right answers, and nobody fails by accident."""
    assert {r["student"] for r in records} == set(members), "every student must be graded"
    for record in records:
        kind = members[record["student"]]
        coded = [e for name, e in record["exercises"].items() if not lesson.exercise(name).written]
        lost = sum(e["points"] < e["max_points"] for e in coded)
        accidents = [e["reason"] for e in coded if e["status"] == "needs_manual"]
        assert not accidents, f"{record['student']}: {accidents}"
        as_expected = {"right": lost == 0, "untouched": lost == len(coded)}.get(kind, 0 < lost < len(coded))
        assert as_expected, f"{record['student']} loses points in {lost} of {len(coded)} exercises"


def _shares(spans: Path, size: int) -> dict[str, float]:
    """Seconds a submission by span, of all processes together; ``start`` is in seconds a run."""
    seconds: Counter[str] = Counter()
    for line in spans.read_text(encoding="utf-8").splitlines():
        seconds.update({k: v for k, v in json.loads(line).items() if k != "student"})
    spans.unlink()
    return {name: total if name == "start" else total / size for name, total in seconds.items() if name != "waiting"}


def _unchanged(course: Course, origin: Course) -> dict[str, Any]:
    """A second run over a class of which everything is known."""
    lesson, size = course.lesson(LESSON), UNCHANGED
    _empty(course)
    command = [sys.executable, "-m", "course", "grade", LESSON]
    for members in (students(CLASS), students(size)):  # 24 are graded, and all others are theirs again
        for _ in hand_in(lesson.release_notebook, course.root / "submitted", origin.lesson(LESSON), members, CLASS):
            pass
        measure(command, course.root, statuses=SCORES_ARE_NO_ERROR)
    return _result(measure(command, course.root, statuses=SCORES_ARE_NO_ERROR), size)


def _result(told: Measured, size: int) -> dict[str, Any]:
    return {"size": size, "seconds": told.seconds, "cpu": told.cpu, "peak": told.peak}


if __name__ == "__main__":
    main()
