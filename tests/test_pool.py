"""Submissions are graded in forks: nothing that happens to one reaches another, or stays behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from small_course import LESSON, grader_of, submission, write_lesson

from course.errors import EngineError
from course.grading.exercise import Grader
from course.kernels.base import KernelLost, KernelStopped
from course.kernels.inprocess import InProcessKernel
from course.lessons import Course
from course.records import ExerciseRecord, SubmissionRecord
from course.runs import pool, session
from course.runs.pool import grade_all
from course.runs.session import MendedKernels
from course.submission import Task

TEST = """
import os, signal, sys, time
from course.grading import points, same

@points(2)
def test_two(student):
    value = student.double(2)
    if value == "end": os._exit(7)
    if value == "die": os.kill(os.getpid(), signal.SIGKILL)
    if value == "exit": sys.exit(3)
    if value == "interrupt": raise KeyboardInterrupt
    if value == "sleep": time.sleep(60)
    if value == "nap": time.sleep(0.5)
    same(4 if value == "nap" else value, 4, "double(2)")
"""
MISTAKES = '''
def returns_zero(n):
    """You return zero."""
    return 0
'''
RIGHT = "return 2 * n"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return write_lesson(tmp_path, double={"test_double.py": TEST, "mistakes.py": MISTAKES})


@pytest.fixture
def grader(course: Course) -> Grader:
    return grader_of(course)


def tasks(course: Course, bodies: Sequence[str]) -> list[Task]:
    made = []
    for number, body in enumerate(bodies):
        code = f"# %% double\ndef double(n):\n    {body}\n"
        made.append(Task(submission(course, code, student=f"student {number}"), ("double",)))
    return made


def graded(course: Course, grader: Grader, *bodies: str, jobs: int = 2) -> list[ExerciseRecord]:
    """Records in the order of the tasks."""
    found: dict[int, SubmissionRecord] = dict(grade_all(grader, InProcessKernel(), tasks(course, bodies), jobs))
    assert [found[n].student for n in range(len(bodies))] == [f"student {n}" for n in range(len(bodies))]
    return [found[n].exercises["double"] for n in range(len(bodies))]


def children() -> set[int]:
    """The processes that this one has started and not yet buried."""
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


@pytest.mark.parametrize("jobs", [1, 3])
def test_every_task_gets_its_own_record(course: Course, grader: Grader, jobs: int) -> None:
    records = graded(course, grader, RIGHT, "return 3", RIGHT, "return 1 / 0", "return n + n", jobs=jobs)
    assert [r.points for r in records] == [2, 0, 2, 0, 2]


def forks_counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    forks: list[int] = []
    start = pool._Pool._start

    def counted(this: Any) -> Any:
        fork = start(this)
        forks.append(fork.pid)
        return fork

    monkeypatch.setattr(pool._Pool, "_start", counted)
    return forks


def test_a_fork_grades_one_after_another(course: Course, grader: Grader, monkeypatch: pytest.MonkeyPatch) -> None:
    forks = forks_counted(monkeypatch)
    assert all(record.full for record in graded(course, grader, *[RIGHT] * (2 * pool.JOBS_OF_A_FORK), jobs=1))
    assert len(forks) == 2


def test_a_fork_on_which_the_engine_failed_is_not_used_again(
    course: Course, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    forks = forks_counted(monkeypatch)
    records = graded(course, grader, RIGHT, "return 'exit'", RIGHT, RIGHT, jobs=1)
    assert [r.points for r in records] == [2, 0, 2, 2] and len(forks) == 2
    assert "the engine failed" in str(records[1].reason)


def test_what_has_been_learned_reaches_the_next_fork(
    course: Course, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    forks = forks_counted(monkeypatch)
    monkeypatch.setattr("course.grading.exercise.WORTH_WARMING", 2)
    graded(course, grader, *["return 0"] * 6, jobs=1)
    assert len(forks) == 2


def test_no_task_is_no_work(course: Course, grader: Grader) -> None:
    assert graded(course, grader) == []


def test_with_one_job_records_come_in_order_and_with_more_as_they_are_done(course: Course, grader: Grader) -> None:
    bodies = ["return 'nap'", RIGHT, RIGHT]
    in_order = [number for number, _ in grade_all(grader, InProcessKernel(), tasks(course, bodies), 1)]
    assert in_order == [0, 1, 2]
    as_done = [number for number, _ in grade_all(grader, InProcessKernel(), tasks(course, bodies), 3)]
    assert sorted(as_done) == [0, 1, 2] and as_done[-1] == 0


@pytest.mark.parametrize("end", ["end", "die"])
def test_a_grading_process_that_dies_asks_for_a_person_and_the_others_go_on(
    course: Course, grader: Grader, end: str
) -> None:
    first, broken, last = graded(course, grader, RIGHT, f"return {end!r}", RIGHT)
    assert first.full and last.full
    assert (broken.status, broken.points, broken.max_points) == ("needs_manual", 0, 2)
    assert broken.reason == "the grading process died"


@pytest.mark.parametrize("end", ["exit", "interrupt"])
def test_a_grader_that_leaves_asks_for_a_person(course: Course, grader: Grader, end: str) -> None:
    (broken,) = graded(course, grader, f"return {end!r}")
    assert broken.status == "needs_manual"


def test_an_engine_that_fails_asks_for_a_person(course: Course, grader: Grader) -> None:
    class Broken(InProcessKernel):
        def start(self) -> InProcessKernel:
            raise EngineError("no kernels today")

    ((_, record),) = grade_all(grader, Broken(), tasks(course, [RIGHT]))
    assert record.exercises["double"].status == "needs_manual"
    assert record.exercises["double"].reason == "no kernels today"


def test_a_setup_cell_that_does_not_run_costs_nobody_a_point(tmp_path: Path) -> None:
    course = write_lesson(tmp_path, setup="1 / 0", double={"test_double.py": TEST})
    (record,) = graded(course, grader_of(course), RIGHT)
    assert record.status == "needs_manual"
    assert "the lesson's setup cell did not run: ZeroDivisionError" in str(record.reason)


def test_what_happens_in_a_grading_process_stays_there(course: Course, grader: Grader) -> None:
    random.seed(1)
    torch.manual_seed(1)
    before = random.getstate(), torch.get_rng_state()
    folder = os.getcwd()
    spoil = (
        "import os, random, torch; os.chdir('/'); os.environ['X'] = '1'; random.seed(5); torch.manual_seed(5); return 4"
    )
    assert graded(course, grader, spoil)[0].full
    assert random.getstate() == before[0] and torch.equal(torch.get_rng_state(), before[1])
    assert os.getcwd() == folder and "X" not in os.environ


def test_a_diagnosis_is_the_same_for_the_first_and_for_later_submissions(course: Course, grader: Grader) -> None:
    records = graded(course, grader, "return 0", "return 0", "return 1", "return 0", jobs=1)
    assert [r.misconceptions for r in records] == [("returns_zero",), ("returns_zero",), (), ("returns_zero",)]


def test_nothing_stays_behind(course: Course, grader: Grader) -> None:
    before = children()
    descriptors = len(os.listdir("/proc/self/fd"))
    graded(course, grader, RIGHT, "return 'die'", RIGHT)
    assert children() == before and len(os.listdir("/proc/self/fd")) == descriptors


def test_stopping_in_the_middle_ends_what_is_running(course: Course, grader: Grader) -> None:
    before = children()
    running = grade_all(grader, InProcessKernel(), tasks(course, [RIGHT, "return 'sleep'", "return 'sleep'"]), 3)
    assert next(running)[0] == 0
    assert len(children() - before) >= 2
    started = time.monotonic()
    running.close()
    assert children() == before and time.monotonic() - started < 5


# -- what dies on our side costs nobody a point -------------------------------------------------------------------

COUNTED = """
import os, signal
from course.grading import points, same

@points({points})
def test_it(student):
    with open({log!r}, "a") as log:
        log.write("{name} ")
    if student.{name}(2) == "die once" and open({log!r}).read().split().count("{name}") == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    same(student.{name}(3), {value!r}, "{name}(3)")
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "log").touch()
    return tmp_path / "log"


@pytest.fixture
def counted(tmp_path: Path, log: Path) -> Course:
    """Two exercises whose tests write down that they run."""
    text = {
        name: COUNTED.format(points=points, name=name, value=value, log=str(log))
        for name, points, value in (("double", 2, 6), ("triple", 3, "die once"))
    }
    return write_lesson(tmp_path, **text)


BOTH = """
# %% double
def double(n): return 2 * n
# %% triple
def triple(n): return "die once"
"""


def test_an_exercise_is_told_at_once_and_not_graded_again_when_its_process_dies(counted: Course, log: Path) -> None:
    told: list[tuple[str, str]] = []
    task = Task(submission(counted, BOTH), ("double", "triple"))

    def keep(number: int, record: ExerciseRecord) -> None:
        told.append((record.exercise, log.read_text()))

    ((_, record),) = grade_all(grader_of(counted), InProcessKernel(), [task], keep=keep)
    assert record.points == 5
    assert log.read_text().split() == ["double", "triple", "triple"]
    assert [name for name, _ in told] == ["double", "triple"]


class Flaky(InProcessKernel):
    """Kernels that end, while they are asked, as often as the file has lines; each time it loses one."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    def start(self) -> Flaky:
        return Flaky(self.file)

    def snapshot(self, bans: Sequence[str] = ()) -> Any:
        lines = self.file.read_text().splitlines()
        self.file.write_text("\n".join(lines[1:]))
        if lines:
            raise (KernelStopped if "was stopped" in lines[0] else KernelLost)(lines[0])
        return super().snapshot(bans)


@pytest.mark.parametrize(("ends", "points", "left"), [(0, 2, 0), (1, 2, 0), (2, 0, 0), (3, 0, 1)])
def test_a_kernel_that_ends_gets_a_second_chance(
    course: Course, grader: Grader, log: Path, ends: int, points: float, left: int
) -> None:
    log.write_text("\n".join(["Your code ended the process that it ran in."] * ends))
    ((_, record),) = grade_all(grader, Flaky(log), tasks(course, [RIGHT]))
    assert record.exercises["double"].status == "graded" and record.points == points
    assert len(log.read_text().splitlines()) == left


def test_what_was_stopped_at_a_limit_gets_none(course: Course, grader: Grader, log: Path) -> None:
    log.write_text("Your code used more than 4 GB of memory and was stopped.")
    ((_, record),) = grade_all(grader, Flaky(log), tasks(course, [RIGHT]))
    assert record.points == 0


class Parent(InProcessKernel):
    """Dies (with all its kernels) while it is asked for a snapshot, as long as the file has lines."""

    def __init__(self, file: Path, home: Path) -> None:
        super().__init__()
        self.file, self.home = file, home
        home.mkdir(exist_ok=True)
        (home / "alive").touch()

    def start(self) -> Parent:
        if not (self.home / "alive").exists():
            raise EngineError("the kernels' parent process is gone")
        return self

    def snapshot(self, bans: Sequence[str] = ()) -> Any:
        lines = self.file.read_text().splitlines()
        if lines:
            self.file.write_text("\n".join(lines[1:]))
            (self.home / "alive").unlink()
            raise KernelLost("Your code ended the process that it ran in.")
        return super().snapshot(bans)


def mended(log: Path) -> MendedKernels:
    made: list[Parent] = []

    def make() -> Any:
        made.append(Parent(log, log.with_name(f"home-{len(made)}")))
        return made[-1]

    return MendedKernels(make)


@pytest.mark.parametrize("deaths", [1, 2])
def test_when_the_kernels_parent_dies_another_goes_on(course: Course, grader: Grader, log: Path, deaths: int) -> None:
    log.write_text("dies\n" * deaths)
    kernels = mended(log)
    found = dict(grade_all(grader, kernels, tasks(course, [RIGHT, "return 3", RIGHT]), jobs=2))
    assert [found[n].points for n in range(3)] == [2, 0, 2]
    assert kernels.generation == 1 + deaths


def test_only_a_submission_whose_parent_dies_each_time_needs_a_person(
    course: Course, grader: Grader, log: Path
) -> None:
    log.write_text("dies\n" * pool.PARENT_DEATHS)
    ((_, record),) = grade_all(grader, mended(log), tasks(course, [RIGHT]))
    assert record.exercises["double"].status == "needs_manual"
    assert "parent process died each time" in str(record.exercises["double"].reason)


def test_parents_that_die_and_die_end_the_run(course: Course, grader: Grader, log: Path) -> None:
    log.write_text("dies\n" * 100)
    with pytest.raises(EngineError, match="times in a row.*what was finished is kept"):
        list(grade_all(grader, mended(log), tasks(course, [RIGHT] * 9)))


def test_folders_of_killed_runs_are_removed_and_those_in_use_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name in ("course-dead", "course-alive", "course-young", "course-old", "other"):
        (tmp_path / name).mkdir()
    session.claim(tmp_path / "course-dead").close()
    lock = session.claim(tmp_path / "course-alive")
    os.utime(tmp_path / "course-old", (1, 1))
    session.remove_left_over_folders()
    assert {p.name for p in tmp_path.iterdir()} == {"course-alive", "course-young", "other"}
    lock.close()


# -- the whole tree of processes ----------------------------------------------------------------------------------

HANGS = """
# %% double
def double(n):
    while True: pass
"""
SLOW_TEST = "limits = {'call_seconds': 100}\n" + TEST


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL], ids=lambda s: s.name)
def test_when_the_coordinator_ends_so_do_all_its_processes(tmp_path: Path, sent: signal.Signals) -> None:
    """SIGINT goes to the whole group, as Ctrl-C does in a terminal; SIGKILL to the coordinator alone."""
    course = write_lesson(tmp_path, double=SLOW_TEST)
    files = []
    for number in range(2):
        files.append(tmp_path / f"answers_{number}.py")
        files[-1].write_text(HANGS, encoding="utf-8")
    command = [sys.executable, "-m", "course", "try", LESSON, *map(str, files), "--jobs", "2"]
    heeds = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # whatever these tests were started from
    options: dict[str, Any] = {"start_new_session": True, "preexec_fn": heeds, "stderr": subprocess.PIPE, "text": True}
    coordinator = subprocess.Popen(command, cwd=course.root, **options)
    try:
        wait_until(lambda: len(working(coordinator.pid)) >= 2, 120)  # both clones are in their loops
        family = descendants(coordinator.pid)
        assert len(family) >= 7  # the parent; for each file a grading process, a kernel and a clone
        (os.killpg if sent == signal.SIGINT else os.kill)(coordinator.pid, sent)
        status = coordinator.wait(20)
        wait_until(lambda: not [pid for pid in family if is_alive(pid)], 10)
        if sent == signal.SIGINT:
            assert status == 130 and coordinator.stderr is not None
            told = coordinator.stderr.read()
            assert "stopped" in told and "Traceback" not in told
    finally:
        coordinator.kill()
        coordinator.wait()


def descendants(pid: int) -> set[int]:
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def working(pid: int) -> list[int]:
    """The descendants that are busy and have no children: the clones in their loops."""
    return [p for p in descendants(pid) if not descendants(p) and cpu_seconds(p) > 1]


def cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(done, seconds: float) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
