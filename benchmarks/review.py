"""How long the TA's pages take with a class of 600: ``benchmarks/review.py [--size 600]``.

The class is put together from records: right and wrong answers of lesson 02 are graded once each, and every
student gets one of them for each exercise, right ones more often. Then a Jupyter server is started on it, and each page
is asked for three times; the first time everything is read.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from sample_class import LESSON, our_course

from course.answers import from_answers, parse_answers, read_answers
from course.authoring.lab import SERVER_CONFIG, review_settings
from course.grading.exercise import Answer, Grader
from course.kernels.inprocess import InProcessKernel
from course.lessons import Course, Lesson
from course.nbgrader_side import patches
from course.nbgrader_side.gradebook import write_autograded, write_grades
from course.records import ExerciseRecord, SubmissionRecord
from course.runs.notebook import blank_submission
from course.source import SourceCell, exercise_order, read_source

ORIGIN = Path(__file__).parents[1]
TOKEN = "bench"
RIGHT = 0.55  # of the answers
MISTAKES = 4  # of each exercise; more take long to grade


def answers(lesson: Lesson, exercise: str) -> list[str]:
    """The solution, then some known mistakes, as code of a cell."""
    made = [read_answers(ORIGIN / "solutions" / f"{LESSON}.py").cell(exercise)]
    mistakes = lesson.exercise(exercise).mistakes_file
    if mistakes.is_file():
        text = mistakes.read_text(encoding="utf-8")
        names = re.findall(r"^(?:def|class) ([A-Za-z]\w*)", text, re.MULTILINE)
        made += [f"{text}\n{exercise} = {name}" for name in names[:MISTAKES]]
    return made


def graded(lesson: Lesson, source: list[SourceCell], grader: Grader, exercise: str) -> list[tuple[str, ExerciseRecord]]:
    """Each known answer with its record, graded in this process."""
    found = []
    for code in answers(lesson, exercise):
        handed_in = from_answers(source, parse_answers(f"# %% {exercise}\n{code}"), "sample")
        kernel = InProcessKernel()
        error = kernel.run(handed_in.cells)[-1].error
        found.append((code, grader.grade(exercise, Answer(code, error), kernel.snapshot)))
    return found


def make_class(root: Path, size: int) -> Course:
    course = our_course(Course.open(ORIGIN), root)
    lesson = course.lesson(LESSON)
    source = read_source(lesson)
    automatic = [name for name in exercise_order(source) if not lesson.exercise(name).written]
    grader = Grader(lesson, [lesson.exercise(name) for name in automatic], course.config.limits, 0)
    known = {name: graded(lesson, source, grader, name) for name in automatic}
    drawn, records = random.Random(0), []
    for number in range(size):
        chosen = {n: k[0] if drawn.random() < RIGHT else drawn.choice(k) for n, k in known.items()}
        exercises = {
            name: chosen[name][1]
            if name in chosen
            else ExerciseRecord.needs_manual(LESSON, name, lesson.exercise(name).points, "a written answer")
            for name in exercise_order(source)
        }
        record = SubmissionRecord(LESSON, f"student{number:04}", exercises)
        records.append(record)
        blank = blank_submission(source, record.student)
        code = {name: f"# {record.student}\n{chosen[name][0]}" for name in chosen}
        page = [
            replace(cell, source=code.get(cell.exercise or "", cell.source), missing=False)
            if cell.role == "exercise"
            else cell
            for cell in blank.page
        ]
        write_autograded(course, lesson, replace(blank, page=tuple(page)), record)
    write_grades(course, lesson, records)
    return course


def serve(root: Path, home: Path) -> Iterator[str]:
    settings = {**SERVER_CONFIG, **review_settings(root), "IdentityProvider": {"token": TOKEN}}
    settings["ServerApp"] |= {"ip": "127.0.0.1", "port": 0, "open_browser": False, "allow_root": True}
    settings["ServerApp"] |= {"root_dir": str(root)}
    (home / "jupyter_server_config.json").write_text(json.dumps(settings), encoding="utf-8")
    runtime = home / "runtime"
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(home), "JUPYTER_RUNTIME_DIR": str(runtime)}
    program = [sys.executable, "-m", "jupyterlab"]
    server = subprocess.Popen(program, env=environment, cwd=root, stderr=subprocess.DEVNULL)
    try:
        while True:
            time.sleep(0.2)
            for path in runtime.glob("jpserver-*.json"):
                try:
                    url = json.loads(path.read_text(encoding="utf-8"))["url"].rstrip("/")
                    get(url, "/api/status")
                except (URLError, ValueError, OSError):
                    continue
                yield url
                return
    finally:
        server.terminate()
        server.wait()


def get(url: str, path: str) -> str:
    with urlopen(Request(url + path, headers={"Authorization": f"token {TOKEN}"})) as answer:
        return answer.read().decode()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", type=int, default=600)
    options.add_argument("--keep", type=Path, help="a folder for the class; used again if it is there")
    chosen = options.parse_args()
    patches.apply()
    folder = chosen.keep or Path(tempfile.mkdtemp())
    root = folder / "course"
    if not (root / "gradebook.db").exists():
        make_class(root, chosen.size)
    size = sum(p.stat().st_size for p in root.glob(f"autograded/*/{LESSON}/*.ipynb")) / 1e6
    print(f"{chosen.size} graded notebooks, {size:.0f} MB; load {os.getloadavg()[0]:.1f}")
    shutil.rmtree(root / ".course" / "review", ignore_errors=True)
    for start in ("first start: every notebook is read", "second start: what was read is kept on the disk"):
        with tempfile.TemporaryDirectory() as home:
            for url in serve(root, Path(home)):
                print(start)
                html = get_timed(url, f"/review/{LESSON}", "the lesson's page")
                cluster = html.split("/cluster/")[1].split('"')[0]
                get_timed(url, f"/review/{LESSON}/cluster/{cluster}", "the largest cluster")
                get_timed(url, f"/review/{LESSON}/student/student0007", "one student")
                get_timed(url, f"/review/{LESSON}/similar/conv2d", "answers that are alike")


def get_timed(url: str, path: str, name: str, times: int = 3) -> str:
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        html = get(url, path)
        seconds.append(time.perf_counter() - started)
    later = ", ".join(f"{s:.2f}" for s in seconds[1:])
    print(f"  {name}: {seconds[0]:.2f} s, then {later} s; {len(html) / 1e3:.0f} kB")
    return html


if __name__ == "__main__":
    main()
