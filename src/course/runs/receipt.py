"""What a score depends on. Two submissions with equal receipts have equal scores; its hash is the store's key."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import course as trusted
import coursebridge
import coursekit
from course.config import Limits
from course.lessons import Lesson, hash_files
from course.submission import Submission

NO_PART_OF_A_SCORE = {"commands", "pages", "authoring", "nbgrader_side"}


def receipt(
    lesson: Lesson, submission: Submission, exercise: str, *, seed: int, tier: str, limits: Limits
) -> dict[str, Any]:
    """Hashes, versions, seed, tier and limits behind one exercise's score."""
    code = "\0".join(f"{cell.exercise or ''}\1{cell.source}" for cell in submission.cells)
    answer = submission.answers.get(exercise, "")
    return {
        "code": hashlib.sha256(f"{code}\0\0{answer}\0{exercise in submission.untouched}".encode()).hexdigest(),
        "answer": hashlib.sha256(answer.encode()).hexdigest(),
        "grader": lesson.exercise(exercise).fingerprint(),
        "engine": engine_fingerprint(),
        "versions": {name: version(name) for name in ("torch", "numpy", "ipython", "pytest")},
        "seed": seed,
        "tier": tier,
        "limits": asdict(limits),
    }


def key(ingredients: dict[str, Any]) -> str:
    """The store's key: a hash of the receipt."""
    return hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()


@cache
def engine_fingerprint() -> str:
    """A hash of the code that has a part in scores: grading, bridge and kit."""
    digest = hashlib.sha256()
    for package in (trusted, coursebridge, coursekit):
        root = Path(str(package.__file__)).parent
        files = [p for p in sorted(root.rglob("*.py")) if p.relative_to(root).parts[0] not in NO_PART_OF_A_SCORE]
        digest.update(hash_files(files, root).encode())
    return digest.hexdigest()
