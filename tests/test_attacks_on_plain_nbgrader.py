"""The same answers against plain nbgrader: hidden tests in the notebook, its own pipeline, its ordinary kernel.

What each attack's ``PLAIN`` says is shown here. Nothing contains the attacks, so those that could harm the machine have
no ``PLAIN`` but say what is known (``PLAIN_KNOWN``), and these run only when asked for: ``COURSE_ATTACK_PLAIN=1``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from attack_suite import ATTACKS, REPOSITORY, Traps

pytestmark = pytest.mark.slow
if os.environ.get("COURSE_ATTACK_PLAIN") != "1":
    pytest.skip("nothing contains these attacks; COURSE_ATTACK_PLAIN=1 runs them", allow_module_level=True)

NAME, POINTS = "plain", 2
TRIED = {attack.student: attack for attack in ATTACKS.values() if attack.plain}
SETUP = "import numpy as np\nimport torch\nimport torch.nn.functional as F\nfrom torch import Tensor"
RIGHT = {
    "correlate1d": "def correlate1d(x, w):\n    return x.unfold(0, len(w), 1) @ w",
    "output_size": "def output_size(size, kernel_size, stride=1, padding=0):\n"
    "    return (size + 2 * padding - kernel_size) // stride + 1",
    "edge_kernels": "def edge_kernels():\n    vertical = torch.tensor([[1.0, 0.0, -1.0]] * 3)\n"
    '    return {"vertical": vertical, "horizontal": vertical.T, "blur": torch.full((3, 3), 1 / 9)}',
}
TESTS = {
    "correlate1d": """assert callable(correlate1d)
### BEGIN HIDDEN TESTS
def reference(x, w):
    return x.unfold(0, len(w), 1) @ w

for n, k in [(5, 2), (9, 3), (4, 4), (7, 1)]:
    x, w = torch.randn(n), torch.randn(k)
    expected = reference(x, w)
    assert torch.allclose(correlate1d(x, w), expected), f"correlate1d for lengths {n} and {k}"
### END HIDDEN TESTS""",
    "output_size": """assert output_size(28, 3) == 26
### BEGIN HIDDEN TESTS
assert output_size(28, 3, 2, 1) == 14
### END HIDDEN TESTS""",
    "edge_kernels": """assert set(edge_kernels()) == {"vertical", "horizontal", "blur"}
### BEGIN HIDDEN TESTS
assert abs(edge_kernels()["blur"].sum().item() - 1) < 1e-3
### END HIDDEN TESTS""",
}


@dataclass(frozen=True)
class Graded:
    """What nbgrader made of one student. points: for correlate1d; None if it was not graded.  text: the notebook."""

    points: float | None
    text: bytes


def _cell(source: str, name: str = "", **marks: object) -> dict[str, object]:
    nbgrader = {
        "schema_version": 3,
        "grade": False,
        "solution": False,
        "locked": False,
        "task": False,
        "grade_id": name,
    }
    metadata = {"nbgrader": nbgrader | marks} if name else {}
    return {"cell_type": "code", "execution_count": None, "metadata": metadata, "outputs": [], "source": source,
            "id": name or "setup"}  # fmt: skip


def _notebook() -> dict[str, object]:
    cells = [_cell(SETUP)]
    for name, code in RIGHT.items():
        cells.append(_cell(f"### BEGIN SOLUTION\n{code}\n### END SOLUTION", name, solution=True))
        cells.append(_cell(TESTS[name], f"test-{name}", grade=True, locked=True, points=POINTS))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _nbgrader(traps: Traps, step: str) -> subprocess.CompletedProcess[str]:
    home = {"JUPYTER_DATA_DIR": f"{traps.home}/data", "JUPYTER_CONFIG_DIR": f"{traps.home}/config"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | traps.environment | home | {"PATH": path}
    command = [sys.executable, "-m", "nbgrader", step, NAME]
    return subprocess.run(command, cwd=traps.root, env=environment, capture_output=True, text=True, timeout=1500)


def _lay_out(traps: Traps) -> None:
    kernel = traps.home / "data" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}))
    settings = 'c = get_config()\nc.CourseDirectory.course_id = "plain"\nc.ExecutePreprocessor.timeout = 20\n'
    (traps.root / "nbgrader_config.py").write_text(settings)
    (traps.root / "source" / NAME).mkdir(parents=True)
    (traps.root / "source" / NAME / f"{NAME}.ipynb").write_text(json.dumps(_notebook()))


def _hand_in(traps: Traps) -> None:
    released = json.loads((traps.root / "release" / NAME / f"{NAME}.ipynb").read_text())
    answers = {name: traps.set_in(attack.answers["correlate1d"]) for name, attack in TRIED.items()}
    wrong = "def correlate1d(x, w):\n    return torch.zeros(1)"
    for student, code in {"honest": RIGHT["correlate1d"], "wrong": wrong, **answers}.items():
        for cell in released["cells"]:
            if (name := cell["metadata"].get("nbgrader", {}).get("grade_id")) in RIGHT:
                cell["source"] = code if name == "correlate1d" else RIGHT[name]
        folder = traps.root / "submitted" / student / NAME
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_text(json.dumps(released))


@pytest.fixture(scope="module")
def traps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traps]:
    traps = Traps(tmp_path_factory.mktemp("plain"), tmp_path_factory.mktemp("home"))
    yield traps
    traps.close()


@pytest.fixture(scope="module")
def plain(traps: Traps) -> dict[str, Graded]:
    """Students, graded by plain nbgrader."""
    from nbgrader.api import Gradebook, MissingEntry

    _lay_out(traps)
    made = _nbgrader(traps, "generate_assignment")
    assert made.returncode == 0, made.stderr[-2000:]
    _hand_in(traps)
    _nbgrader(traps, "autograde")
    found = {}
    with Gradebook(f"sqlite:///{traps.root / 'gradebook.db'}") as gradebook:
        for student in ("honest", "wrong", *TRIED):
            path = traps.root / "autograded" / student / NAME / f"{NAME}.ipynb"
            try:
                grade = gradebook.find_grade("test-correlate1d", NAME, NAME, student)
                points = grade.score if path.exists() else None
            except MissingEntry:
                points = None
            found[student] = Graded(points, path.read_bytes() if path.exists() else b"")
    return found


def test_plain_nbgrader_tells_right_from_wrong(plain: dict[str, Graded]) -> None:
    assert plain["honest"].points == POINTS
    assert plain["wrong"].points == 0


@pytest.mark.parametrize("student", TRIED)
def test_the_attack_succeeds(plain: dict[str, Graded], traps: Traps, student: str) -> None:
    match TRIED[student].plain:
        case "full points":
            assert plain[student].points == POINTS
        case "secret read":
            assert traps.found_in(plain[student].text)
        case "connected":
            assert b"canary-" in plain[student].text and traps.found_in(plain[student].text) == {"network"}
        case "left behind":
            assert traps.processes() if student == "daemons" else traps.files()
        case "not graded":
            assert plain[student].points is None
        case other:
            raise AssertionError(f"{student}: PLAIN = {other!r} is not known")


def test_nothing_is_tried_that_could_harm_the_machine() -> None:
    assert not [name for name, attack in TRIED.items() if attack.known]
    assert (REPOSITORY / "docs" / "attacks.md").read_text().count("| **") == len(TRIED)
