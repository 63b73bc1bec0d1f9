"""What a score depends on. Two answers with equal receipts have equal scores; a receipt's hash is the store's key."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from course.config import Limits
from course.lessons import Lesson, hash_files
from course.submission import Submission

NO_PART_OF_A_SCORE = {"commands", "pages", "authoring", "nbgrader_side"}


class Receipts:
    """Makes the receipts of one run; what its scores have in common is looked up once."""

    def __init__(self, lesson: Lesson, *, seed: int, tier: str, limits: Limits) -> None:
        self._lesson, self._graders = lesson, dict[str, str]()
        self._common = {
            "engine": engine_fingerprint(),
            "versions": installed_versions(),
            "seed": seed,
            "tier": tier,
            "limits": asdict(limits),
        }

    def of(self, handed_in: dict[str, str], exercise: str) -> dict[str, Any]:
        """Hashes, versions, seed, tier and limits behind one exercise's score. handed_in: from ``answer_hashes``."""
        if exercise not in self._graders:
            self._graders[exercise] = self._lesson.exercise(exercise).fingerprint()
        return {**handed_in, "grader": self._graders[exercise], **self._common}


def answer_hashes(submission: Submission, exercise: str) -> dict[str, str]:
    """What a submission itself has to do with the score of an exercise.

    code: all its cells, and whether this exercise is answered.  answer: the exercise's own cell.
    """
    code = "\0".join(f"{cell.exercise or ''}\1{cell.source}" for cell in submission.cells)
    answer = submission.answers.get(exercise, "")
    return {
        "code": hashlib.sha256(f"{code}\0\0{answer}\0{exercise in submission.untouched}".encode()).hexdigest(),
        "answer": hashlib.sha256(answer.encode()).hexdigest(),
    }


def key(ingredients: dict[str, Any]) -> str:
    """The store's key: a hash of the receipt."""
    return hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()


@cache
def installed_versions() -> dict[str, str]:
    return {name: version(name) for name in ("torch", "numpy", "ipython", "pytest")}


@cache
def engine_fingerprint() -> str:
    """A hash of the code that has a part in scores: grading, bridge and kit."""
    digest = hashlib.sha256()
    for package in ("course", "coursebridge", "coursekit"):
        root = Path(str(getattr(find_spec(package), "origin", None))).parent  # importing the kit would import torch
        files = [p for p in sorted(root.rglob("*.py")) if p.relative_to(root).parts[0] not in NO_PART_OF_A_SCORE]
        digest.update(hash_files(files, root).encode())
    return digest.hexdigest()
