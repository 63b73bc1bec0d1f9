"""Records of long runs are believed only while they are as new as what they measured."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from course.authoring import long_runs as module
from course.authoring.long_runs import LongRun, long_runs
from course.lessons import Course

COURSE = Course.open(Path(__file__).parents[1])


@pytest.mark.parametrize("run", long_runs(COURSE), ids=lambda run: run.name)
def test_no_record_is_older_than_its_code(run: LongRun) -> None:
    if run.path.is_file():
        assert run.is_current(), f"{run.name} was measured before its code changed: `make full`"


def test_every_record_is_of_something_that_exists() -> None:
    known = {run.path for run in long_runs(COURSE)}
    assert set((COURSE.root / "docs" / "records").glob("*.json")) <= known


def fingerprints(root: Path) -> dict[str, str]:
    return {run.name: run.fingerprint for run in long_runs(Course.open(root))}


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("source", "solutions", "graders"):
        shutil.copytree(COURSE.root / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(COURSE.root / "course_config.py", tmp_path)
    kit = Path(str(module.coursekit.__file__)).parent
    shutil.copytree(kit, tmp_path / "coursekit", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(module.coursekit, "__file__", str(tmp_path / "coursekit" / "__init__.py"))
    return tmp_path


@pytest.mark.parametrize(
    "changed, older",
    [
        ("solutions/06_resnets.py", {"06_resnets.notebook", "06_resnets.train_resnet"}),
        ("graders/06_resnets/train_resnet/mistakes.py", {"06_resnets.train_resnet"}),
        ("graders/06_resnets/support.py", {"06_resnets.train_resnet"}),
        ("coursekit/instances.py", {"13_segmentation.notebook", "13_segmentation.train_segmenter"}),
        ("coursekit/__init__.py", set()),
        ("graders/06_resnets/ResNet/test_ResNet.py", set()),
    ],
)
def test_a_change_makes_older_what_depends_on_it(copy: Path, changed: str, older: set[str]) -> None:
    before = fingerprints(copy)
    with (copy / changed).open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    after = fingerprints(copy)
    assert {name for name in before if before[name] != after[name]} == older


def test_a_module_of_the_kit_counts_through_the_module_that_uses_it(copy: Path) -> None:
    before = fingerprints(copy)
    with (copy / "coursekit" / "files.py").open("a", encoding="utf-8") as file:  # used by coursekit.data only
        file.write("\n# changed\n")
    assert before["02_convolution.notebook"] != fingerprints(copy)["02_convolution.notebook"]
