"""A class of attackers, graded once by ``course grade`` and once by nbgrader's own commands: nobody gains a point.

Each file in ``attacks/`` is one student's way to points that they did not earn, or to stop the run for everyone. What
needs walls around the kernel is tested where the walls are, not here:

- walking the file system to graders/, solutions/, the gradebook, other submissions or the student's own record;
- reading the command lines, environments and memory of the grader's processes (/proc), or signalling and tracing them;
- writing to gradebook.db, to the store, to installed packages or to files that later runs import;
- processes that leave the kernel's process group and live on; many processes, much memory, much disk;
- a network, a fresh Python in which nothing is forbidden, or another user's kernel.
"""

from __future__ import annotations

import ast
import copy
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from course.answers import Answers, read_answers
from course.lessons import Course
from course.nbgrader_side.gradebook import scores

pytestmark = pytest.mark.slow

REPOSITORY, HERE = Path(__file__).parents[1], Path(__file__).parent / "attacks"
LESSON = "02_convolution"
EXERCISES = Course.open(REPOSITORY).lesson(LESSON).exercises
FULL = {name: EXERCISES[name].points for name in ("correlate1d", "output_size", "edge_kernels")}  # quick to grade
LIMITS = {"cell_seconds": 6.0, "notebook_seconds": 25.0, "call_seconds": 4.0, "exercise_seconds": 15.0}
MOST_PAGE_BYTES = 1_000_000


@dataclass(frozen=True)
class Attack:
    """One student. points: what the cheap exercises give; None where a person has to look.

    answers: put in the place of the right ones.  mutation: what is done to the notebook and its folder.
    reason: text that the feedback page shows.
    """

    student: str
    points: dict[str, float | None]
    reason: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    mutation: Any = None


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"attacks_{name}", HERE / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _constants(answers: Answers) -> dict[str, Any]:
    """EXPECTED and REASON of an answers file, which stand before its first cell."""
    told = [node for node in ast.parse(answers.preamble).body if isinstance(node, ast.Assign)]
    return {node.targets[0].id: ast.literal_eval(node.value) for node in told}  # type: ignore[attr-defined]


def _attacks() -> Iterator[Attack]:
    yield Attack("honest", FULL)
    yield Attack("~honest, and the last of all", FULL)
    for path in sorted(HERE.glob("*.py")):
        if path.stem not in ("frames", "mutations"):
            answers = read_answers(path)
            told = _constants(answers)
            expected = {"correlate1d": 0.0} | told.get("EXPECTED", {})
            points = FULL | {name: value for name, value in expected.items() if value != "full"}
            yield Attack(path.stem, points, told.get("REASON", ""), dict(answers.code))
    for name, code in _module("frames").answers().items():
        yield Attack(name, FULL | {"correlate1d": 0.0}, "", {"correlate1d": code})
    for name, mutation in _module("mutations").MUTATIONS.items():
        yield Attack(name, FULL | mutation.points, mutation.reason, mutation=mutation)


ATTACKS = {attack.student: attack for attack in _attacks()}


# -- the class ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """A course folder after a run. status: the command's.  scores: automatic points by student and exercise."""

    root: Path
    status: int
    said: str
    scores: dict[str, dict[str, float | None]]


def _run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    beside = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run([sys.executable, *command], cwd=root, env=environment, capture_output=True, text=True)


def _lay_out(root: Path) -> None:
    """A course folder with this lesson, and with limits that make endless loops short."""
    for folder in ("source", "graders"):
        hidden = shutil.ignore_patterns("__pycache__", "*.ipynb")
        shutil.copytree(REPOSITORY / folder / LESSON, root / folder / LESSON, ignore=hidden)
    (root / "solutions").mkdir()
    shutil.copy(REPOSITORY / "solutions" / f"{LESSON}.py", root / "solutions")
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    config = (
        f'COURSE = {{"id": "attacked", "title": "Attacked"}}\nLESSONS = {{"{LESSON}": {{"title": "Convolution"}}}}\n'
    )
    (root / "course_config.py").write_text(f"{config}LIMITS = {LIMITS}\n", encoding="utf-8")


def _hand_in(root: Path) -> None:
    """Every attacker's folder; links and pipes in it point into this course folder."""
    mutations = _module("mutations")
    right = read_answers(root / "solutions" / f"{LESSON}.py")
    notebook = json.loads((root / "release" / LESSON / f"{LESSON}.ipynb").read_text(encoding="utf-8"))
    for name in FULL:
        mutations.cell_of(notebook, name)["source"] = right.cell(name)
    for attack in ATTACKS.values():
        folder = root / "submitted" / attack.student / LESSON
        folder.mkdir(parents=True)
        mine: Any = copy.deepcopy(notebook)
        for name, code in attack.answers.items():
            mutations.cell_of(mine, name)["source"] = code
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
def ours(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    root = tmp_path_factory.mktemp("ours")
    _lay_out(root)
    released = _run(root, "-m", "course", "release", LESSON)
    assert released.returncode == 0, released.stderr
    shutil.copy(root / "gradebook.db", root / "gradebook.empty")
    _hand_in(root)
    return _outcome(root, _run(root, "-m", "course", "grade", LESSON))


@pytest.fixture(scope="module")
def stock(ours: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The same class by nbgrader's own commands. What the engine has found out is known to it."""
    root = tmp_path_factory.mktemp("stock") / "course"
    made = ("submitted", "autograded", "gradebook.db*", "secret.txt")
    shutil.copytree(ours.root, root, ignore=shutil.ignore_patterns(*made))
    (root / "gradebook.empty").rename(root / "gradebook.db")
    _hand_in(root)
    graded = _run(root, "-m", "nbgrader", "autograde", LESSON)
    pages = _run(root, "-m", "nbgrader", "generate_feedback", LESSON)
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
    assert "FORGED" not in page
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


def test_points_and_metadata_are_the_sources(ours: Outcome) -> None:
    for path in sorted((ours.root / "autograded").rglob("*.ipynb")):
        text = path.read_text(encoding="utf-8")
        assert "FORGED" not in text and "skip-execution" not in text, path
        cells = [c["metadata"]["nbgrader"] for c in json.loads(text)["cells"] if "nbgrader" in c["metadata"]]
        assert {c["grade_id"]: c["points"] for c in cells if c["grade_id"] in FULL} == FULL, path


def test_the_store_holds_no_word_of_a_submission_about_its_points(ours: Outcome) -> None:
    for path in (ours.root / ".course" / "records").rglob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        assert record["points"] == sum(t["points"] for t in record["tests"]), path
        assert all(t["points"] in (0, t["max_points"]) for t in record["tests"]), path
