"""Runs all known mistakes through their tests before anything is graded, on all cores.

An audit needs every one of them. Forks do the work and send back what the tests saw; this process remembers it, and
forks made afterwards inherit it.
"""

from __future__ import annotations

import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

from course.grading.exercise import Grader


def rehearse(grader: Grader, jobs: int) -> None:
    """Prepare the diagnoses of all exercises that are not trained."""
    parts = [(name, slug) for name, exercise in grader.exercises.items() if not exercise.trained
             for slug in grader.diagnoses[name].mistakes]  # fmt: skip
    if len(parts) < 2:
        return
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(min(jobs, len(parts)), fork, initializer=_inherit, initargs=(grader,)) as pool:
        for (name, _), learnt in zip(parts, pool.map(_rehearse_one, parts), strict=True):
            grader.diagnoses[name].learn(pickle.loads(learnt))


_grader: Grader


def _inherit(grader: Grader) -> None:
    global _grader
    _grader = grader


def _rehearse_one(part: tuple[str, str]) -> bytes:
    """Pickled here, because multiprocessing would put tensors into shared memory."""
    name, slug = part
    diagnosis = _grader.diagnoses[name]
    return pickle.dumps(diagnosis.rehearse(slug, _grader.collected.tests(_grader.exercises[name])))
