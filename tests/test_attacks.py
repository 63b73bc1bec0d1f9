"""A class of attackers, graded once by ``course grade`` and once by nbgrader's own commands: nobody gains anything.

Each file in ``attacks/`` is one student's way to points that they did not earn, to what they may not see, or to stop
the run for everyone; ``attack_suite.py`` says how they are written and what notices their success.
"""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from attack_suite import ATTACKS, FULL, LESSON, REPOSITORY, Attack, Traps, load, table

from course.answers import read_answers
from course.config import NO_SANDBOX
from course.lessons import Course
from course.nbgrader_side.gradebook import scores

pytestmark = pytest.mark.slow

LIMITS = {"cell_seconds": 6.0, "notebook_seconds": 15.0, "call_seconds": 4.0, "exercise_seconds": 15.0}
JOBS = ("--jobs", "3")  # many only wait for a limit
MOST_PAGE_BYTES = 1_000_000
WRITTEN = "equivariance"
INPUTS = ("source", "graders", "solutions", "submitted")
SUCCESS = ("FORGED", "REACHED")  # what an attack says when it has found a way; never in one piece in its code


# -- the class ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """A course folder after a run. status: the command's.  scores: automatic points by student and exercise."""

    root: Path
    status: int
    said: str
    scores: dict[str, dict[str, float | None]]


def _run(traps: Traps, root: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | traps.environment | more | {"PATH": path}
    environment.pop(NO_SANDBOX, None)
    return subprocess.run([sys.executable, *command], cwd=root, env=environment, capture_output=True, text=True)


def _lay_out(root: Path, traps: Traps) -> None:
    """A course folder with the cheap exercises of this lesson, and with limits that make endless loops short."""
    hidden = shutil.ignore_patterns("__pycache__")
    for name in (*FULL, WRITTEN):
        shutil.copytree(REPOSITORY / "graders" / LESSON / name, root / "graders" / LESSON / name, ignore=hidden)
    with (root / "graders" / LESSON / "correlate1d" / "test_correlate1d.py").open("a") as test:
        test.write(f"\n# {traps.secret('hidden test')}\n")
    cells = re.split(r"^(?=# %%)", (REPOSITORY / "source" / LESSON / f"{LESSON}.py").read_text(), flags=re.MULTILINE)
    wanted = re.compile(rf'# %%.*(tags=\["setup"\]|(exercise|check)="({"|".join((*FULL, WRITTEN))})")')
    (root / "source" / LESSON).mkdir(parents=True)
    (root / "source" / LESSON / f"{LESSON}.py").write_text("".join(c for c in cells if wanted.match(c)))
    (root / "solutions").mkdir()
    solutions = (REPOSITORY / "solutions" / f"{LESSON}.py").read_text()
    (root / "solutions" / f"{LESSON}.py").write_text(f"{solutions}\n# {traps.secret('solution')}\n")
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    config = (
        f'COURSE = {{"id": "attacked", "title": "Attacked"}}\nLESSONS = {{"{LESSON}": {{"title": "Convolution"}}}}\n'
    )
    (root / "course_config.py").write_text(f"{config}LIMITS = {LIMITS}\n", encoding="utf-8")


def _hand_in(root: Path, traps: Traps) -> None:
    """Every attacker's folder; links and pipes in it point into this course folder."""
    mutations = load("mutations")
    right = read_answers(root / "solutions" / f"{LESSON}.py")
    notebook = json.loads((root / "release" / LESSON / f"{LESSON}.ipynb").read_text(encoding="utf-8"))
    for name in FULL:
        mutations.cell_of(notebook, name)["source"] = right.cell(name)
    for attack in ATTACKS.values():
        folder = root / "submitted" / attack.student / LESSON
        folder.mkdir(parents=True)
        mine: Any = copy.deepcopy(notebook)
        for name, code in attack.answers.items():
            mutations.cell_of(mine, name)["source"] = traps.set_in(code)
        if attack.student == "honest":
            mutations.cell_of(mine, "correlate1d")["source"] += f"# {traps.secret('submission')}\n"
        if attack.mutation is not None:
            mine = attack.mutation(mine, folder)
        if mine is not None:
            text = mine if isinstance(mine, str) else json.dumps(mine)
            (folder / f"{LESSON}.ipynb").write_text(text, encoding="utf-8")


def _outcome(root: Path, done: subprocess.CompletedProcess[str]) -> Outcome:
    course = Course.open(root)
    found: dict[str, dict[str, float | None]] = {}
    for row in scores(course, course.lesson(LESSON))["students"]:
        entries = {name: row["scores"][name] for name in FULL}
        found[row["student"]] = {n: None if e["needs_manual"] else e["points"] for n, e in entries.items()}
    return Outcome(root, done.returncode, done.stdout + done.stderr, found)


@pytest.fixture(scope="module")
def traps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traps]:
    traps = Traps(tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("home"))
    yield traps
    traps.close()


@pytest.fixture(scope="module")
def inputs(traps: Traps) -> dict[Path, bytes]:
    """The course's own files before the run, with everything handed in."""
    root = traps.root
    _lay_out(root, traps)
    released = _run(traps, root, "-m", "course", "release", LESSON)
    assert released.returncode == 0, released.stderr
    shutil.copy(root / "gradebook.db", root / "gradebook.empty")
    _hand_in(root, traps)
    return _inputs(root)


def _inputs(root: Path) -> dict[Path, bytes]:
    files = [path for folder in INPUTS for path in (root / folder).rglob("*") if "__pycache__" not in path.parts]
    files += [root / "course_config.py", root / "nbgrader_config.py", root / "secret.txt"]
    return {path: path.read_bytes() for path in files if path.is_file() and not path.is_symlink()}


@pytest.fixture(scope="module")
def ours(traps: Traps, inputs: dict[Path, bytes], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Every process of the run carries the mark, as a folder of data that it may read."""
    data = tmp_path_factory.mktemp(traps.mark)
    return _outcome(traps.root, _run(traps, traps.root, "-m", "course", "grade", LESSON, *JOBS, COURSE_DATA=str(data)))


@pytest.fixture(scope="module")
def stock(ours: Outcome, traps: Traps, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The same class by nbgrader's own commands. What the engine has found out is known to it."""
    root = tmp_path_factory.mktemp("stock") / "course"
    made = ("submitted", "autograded", "gradebook.db*", "secret.txt", "socket")
    shutil.copytree(ours.root, root, ignore=shutil.ignore_patterns(*made))
    (root / "gradebook.empty").rename(root / "gradebook.db")
    _hand_in(root, traps)
    graded = _run(traps, root, "-m", "nbgrader", "autograde", LESSON)
    pages = _run(traps, root, "-m", "nbgrader", "generate_feedback", LESSON)
    assert pages.returncode == 0, pages.stderr[-2000:]
    return _outcome(root, graded)


def _page(outcome: Outcome, attack: Attack) -> str:
    return (outcome.root / "feedback" / attack.student / LESSON / f"{LESSON}.html").read_text(encoding="utf-8")


# -- each attack --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("student", ATTACKS)
def test_attack_gains_nothing_and_costs_nothing_else(ours: Outcome, student: str) -> None:
    assert ours.scores[student] == ATTACKS[student].points


@pytest.mark.parametrize("student", ATTACKS)
def test_stock_nbgrader_gives_the_same_scores(ours: Outcome, stock: Outcome, student: str) -> None:
    assert stock.scores[student] == ours.scores[student]


@pytest.mark.parametrize("student", ATTACKS)
def test_feedback_page_says_why(stock: Outcome, student: str) -> None:
    attack = ATTACKS[student]
    page = _page(stock, attack)
    assert attack.reason in page or attack.reason in unescape(page)
    assert not any(word in page for word in SUCCESS)
    assert len(page.encode()) < MOST_PAGE_BYTES
    assert "<script" not in page and not set("\x00\x1b\u202e\u2066") & set(page)


# -- the run ------------------------------------------------------------------------------------------------------


def test_nothing_stops_the_run(ours: Outcome, stock: Outcome) -> None:
    for outcome in (ours, stock):
        assert outcome.status in (0, 1), outcome.said[-2000:]
        assert set(outcome.scores) == set(ATTACKS)
        assert "Traceback" not in outcome.said


def test_only_unreadable_notebooks_need_a_person(ours: Outcome) -> None:
    waiting = {student for student, points in ours.scores.items() if None in points.values()}
    assert waiting == {student for student, attack in ATTACKS.items() if None in attack.points.values()}


def test_nothing_of_a_folder_but_its_notebook_is_used(ours: Outcome, stock: Outcome) -> None:
    for root in (ours.root, stock.root):
        assert not (root / "a_students_file_was_run").exists()
        copied = [p for step in ("autograded", "feedback") for p in (root / step).rglob("*") if p.is_file()]
        assert {p.name for p in copied} <= {f"{LESSON}.ipynb", f"{LESSON}.html", "timestamp.txt"}
        assert not any(p.is_symlink() for p in copied)
        assert not any(b"nobody may read this" in p.read_bytes() for p in copied)


# -- the traps ----------------------------------------------------------------------------------------------------


def test_no_secret_is_in_anything_that_comes_out(traps: Traps, ours: Outcome, stock: Outcome) -> None:
    for outcome in (ours, stock):
        assert not traps.found_in(outcome.said.encode())
        outputs = [outcome.root / name for name in ("autograded", "feedback", ".course")]
        for path in (path for folder in outputs for path in folder.rglob("*") if path.is_file()):
            assert path.parts[-3] == "honest" or not traps.found_in(path.read_bytes()), path


def test_nobody_called(traps: Traps, ours: Outcome) -> None:
    assert traps.listener.calls == []


def test_nobody_touched_another_process(traps: Traps, ours: Outcome) -> None:
    assert traps.harmed() is None


def test_nothing_lives_on(traps: Traps, ours: Outcome) -> None:
    deadline = time.monotonic() + 10
    while left := traps.processes():
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def test_nothing_was_written_outside(traps: Traps, inputs: dict[Path, bytes], ours: Outcome) -> None:
    assert traps.files() == []
    assert _inputs(traps.root) == inputs
    made = {"autograded", "gradebook.db", "gradebook.db-shm", "gradebook.db-wal", "gradebook.empty", "release",
            ".course", "course_config.py", "nbgrader_config.py", "secret.txt", "socket", *INPUTS}  # fmt: skip
    assert {path.name for path in traps.root.iterdir()} <= made


def test_the_traps_notice(tmp_path: Path) -> None:
    """The same code in a plain Python, as somebody without walls would run it, is caught by every trap."""
    root, home = tmp_path / "course", tmp_path / "home"
    for folder in (root, home):
        folder.mkdir()
    traps = Traps(root, home)
    told = [attack for attack in ATTACKS.values() if attack.plain in ("secret read", "connected", "left behind")]
    try:
        (root / "attacks.json").write_text(
            json.dumps({a.student: traps.set_in(a.answers["correlate1d"]) for a in told})
        )
        done = _run(traps, root, "-c", WITHOUT_WALLS)
        said = {name: text for name, _, text in (line.partition(" ") for line in done.stdout.splitlines())}
        for attack in told:
            if attack.plain == "secret read":
                assert traps.found_in(said[attack.student].encode()), (attack.student, done.stderr[-2000:])
        assert set(traps.listener.calls) == {"tcp", "udp", "abstract", "path"}
        assert traps.processes()
        assert traps.files()
        assert traps.harmed() is None
        traps.bystander.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, traps.bystander.pid, os.WSTOPPED)
        assert traps.harmed() == "stopped"
    finally:
        traps.close()


WITHOUT_WALLS = """
import json, sys, numpy as np, torch
from IPython.core.interactiveshell import InteractiveShell
for name, code in json.load(open("attacks.json")).items():
    shell = InteractiveShell(user_ns={"torch": torch, "np": np})
    shell.user_ns["get_ipython"] = lambda: shell
    done = shell.run_cell(code)
    try:
        told = shell.user_ns["correlate1d"](torch.ones(5), torch.ones(2))
    except Exception as error:
        told = error
    print()
    print(name, str(told).replace("\\n", " "), flush=True)
"""


def test_the_table_is_current() -> None:
    told = REPOSITORY / "docs" / "attacks.md"
    assert told.read_text(encoding="utf-8") == table(), "run: python tests/attack_suite.py > docs/attacks.md"


def test_every_answer_says_what_it_tries_and_what_stops_it() -> None:
    written = [a for a in ATTACKS.values() if (a.answers or a.mutation) and not a.student.startswith("frame_")]
    silent = [a.student for a in written if not (a.tries and (a.here or a.mutation))]
    assert not silent


# -- what is remembered -------------------------------------------------------------------------------------------


def test_points_and_metadata_are_the_sources(ours: Outcome) -> None:
    for path in sorted((ours.root / "autograded").rglob("*.ipynb")):
        text = path.read_text(encoding="utf-8")
        assert not any(word in text for word in (*SUCCESS, "skip-execution")), path
        cells = [c["metadata"]["nbgrader"] for c in json.loads(text)["cells"] if "nbgrader" in c["metadata"]]
        assert {c["grade_id"]: c["points"] for c in cells if c["grade_id"] in FULL} == FULL, path


def test_the_store_holds_no_word_of_a_submission_about_its_points(ours: Outcome) -> None:
    for path in (ours.root / ".course" / "records").rglob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        assert record["points"] == sum(t["points"] for t in record["tests"]), path
        assert all(t["points"] in (0, t["max_points"]) for t in record["tests"]), path
