"""Processes of a running class are killed at random moments; afterwards nothing is lost and nothing is left over.

20 kills by default. A hundred, as published in the documentation:

    CRASH_KILLS=100 .venv/bin/python -m pytest tests/test_crash.py
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_course import LESSON, answered, hand_in, write_course

from course.authoring.release import release
from course.lessons import Course
from course.nbgrader_side import patches
from course.nbgrader_side.gradebook import scores

KILLS = int(os.environ.get("CRASH_KILLS", "20"))
SECONDS = 120 + 6 * KILLS  # after which something hangs

NAME_THE_PROCESS = """
import ctypes, time
ctypes.CDLL(None).prctl(15, b"{student}")   # PR_SET_NAME: the test sees whose kernel it kills
"""
ADD = "def add(a, b):\n    time.sleep(0.1)\n    return {add}\n" + NAME_THE_PROCESS
MEAN = "def mean(a, b):\n    time.sleep(0.1)\n    return {mean}\n"
ANSWERS = {  # what a student writes, and what it is worth
    ("a + b", "(a + b) / 2"): (2, 3),
    ("a - b", "(a + b) / 2"): (0, 3),
    ("a + b", "a"): (2, 0),
    ("a + b", "1 / 0"): (2, 0),
}


class Process:
    """A process, told from a later one with the same number."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.state, parent, self.started = self._stat()
        self.parent = int(parent)

    def _stat(self) -> tuple[str, str, str]:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return fields[0], fields[1], fields[19]

    @property
    def name(self) -> str:
        return Path(f"/proc/{self.pid}/comm").read_text().strip()

    @property
    def command(self) -> str:
        return Path(f"/proc/{self.pid}/cmdline").read_text().replace("\0", " ")

    @property
    def alive(self) -> bool:
        try:
            state, _, started = self._stat()
        except OSError:
            return False
        return started == self.started and state != "Z"


def family(pid: int) -> list[Process]:
    """The descendants of a process, parents before children."""
    children: dict[int, list[Process]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                process = Process(int(folder.name))
            except OSError:
                continue
            children.setdefault(process.parent, []).append(process)
    found, waiting = [], [pid]
    while waiting:
        mine = children.get(waiting.pop(0), [])
        found += mine
        waiting += [process.pid for process in mine]
    return found


class Run:
    """``course grade`` at work, and ways to hurt it. hit: students of whom a kernel was killed."""

    def __init__(self, course: Course, temporary: Path) -> None:
        command = [sys.executable, "-m", "course", "grade", LESSON, "--jobs", "2"]
        self.log = open(temporary.with_name("log.txt"), "ab")
        environment = {**os.environ, "TMPDIR": str(temporary)}
        self.coordinator = subprocess.Popen(
            command, cwd=course.root, env=environment, stdout=self.log, stderr=self.log, start_new_session=True
        )
        self.hit: set[str] = set()
        self.seen: dict[tuple[int, str], Process] = {}

    def victim(self, kind: str) -> Process | None:
        """A living process of this kind, chosen by chance; None if there is none now."""
        everyone = family(self.coordinator.pid)
        self.seen |= {(process.pid, process.started): process for process in everyone}
        candidates = []
        for process in everyone:
            try:
                is_parent = "coursebridge.parent" in process.command
                if kind == "fork" and process.parent == self.coordinator.pid and not is_parent:
                    candidates.append(process)
                if kind == "parent" and is_parent and not candidates:
                    candidates.append(process)
                if kind == "kernel" and process.name.startswith("student") and process.name not in self.hit:
                    candidates.append(process)
            except OSError:
                continue
        if kind == "coordinator":
            return Process(self.coordinator.pid) if any(self._named(process) for process in everyone) else None
        return random.choice(candidates) if candidates else None

    def kill(self, process: Process) -> None:
        name = self._named(process)
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        if name:
            self.hit.add(name)  # a second time it would be the submission's own doing, as far as anybody can tell

    @staticmethod
    def _named(process: Process) -> str:
        try:
            return process.name if process.name.startswith("student") else ""
        except OSError:
            return ""


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    course = write_course(tmp_path / "course")
    patches.apply()
    release(course, course.lesson(LESSON))
    yield course


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_killed_at_any_moment_a_class_is_graded_as_if_nothing_had_happened(course: Course, tmp_path: Path) -> None:
    lesson, expected = course.lesson(LESSON), {}
    for number in range(KILLS + 10):
        student, (texts, points) = f"student{number:03}", list(ANSWERS.items())[number % len(ANSWERS)]
        code = {"add": ADD.format(add=texts[0], student=student), "mean": MEAN.format(mean=texts[1])}
        hand_in(lesson, student, answered(lesson, **code))
        expected[student] = points
    temporary = tmp_path / "tmp"
    temporary.mkdir()

    rare = ["coordinator"] * max(1, KILLS // 33) + ["parent"] * max(1, KILLS // 20)
    kinds = rare + [("fork", "kernel")[number % 2] for number in range(KILLS - len(rare))]
    random.shuffle(kinds)
    runs = [Run(course, temporary)]
    deadline = time.monotonic() + SECONDS
    killed = []
    while kinds:
        assert time.monotonic() < deadline, f"killed so far: {killed}"
        run = runs[-1]
        if run.coordinator.poll() is not None:  # killed, or done: then there is nothing more to disturb
            if run.coordinator.returncode != -signal.SIGKILL:
                break
            runs.append(Run(course, temporary))
            continue
        if (process := run.victim(kinds[-1])) is None:
            time.sleep(0.02)
            continue
        run.kill(process)
        killed.append(kinds.pop())
        time.sleep(random.uniform(0, 0.3))
    for run in runs:
        run.coordinator.wait(max(1.0, deadline - time.monotonic()))
    assert len(killed) >= 0.8 * KILLS and set(killed) == {"coordinator", "parent", "fork", "kernel"}, killed

    last = Run(course, temporary)
    status = last.coordinator.wait(SECONDS)
    assert status == 0, temporary.with_name("log.txt").read_text()[-2000:]
    graded = {s["student"]: s["scores"] for s in scores(course, lesson)["students"]}
    assert {s: (found["add"]["points"], found["mean"]["points"]) for s, found in graded.items()} == expected
    assert not any(found[name]["needs_manual"] for found in graded.values() for name in ("add", "mean"))
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert {p.parent.parent.name for p in (course.root / "autograded").rglob("*.ipynb")} == set(expected)
    left_over = [p for p in course.root.rglob(".*") if p.is_file()] + list(course.root.rglob("unfinished"))
    assert left_over == [] and list(temporary.glob("course-*")) == []
    waiting = time.monotonic() + 10
    while alive := [p.pid for run in runs for p in run.seen.values() if p.alive]:
        assert time.monotonic() < waiting, f"still there: {alive}"
        time.sleep(0.1)
