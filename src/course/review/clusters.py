"""Answers that fail in the same way: the same exercise, the same failing tests, the same mistake or the same outputs.

A failing test is told by the known mistake that explains it; where there is none, by what came out for the call that is
shown. Numbers are compared with a tolerance, since two programs with the same mistake may add in another order.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from course.review.register import Answer

CLOSE = 2e-3  # numbers in records have five digits
_NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d+(?:e[+-]?\d+)?", re.IGNORECASE)
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


@dataclass(frozen=True)
class Way:
    """How an answer failed.

    failing: (test, outcome, mistakes that explain it).  came_out: for each of these tests what came out, as JSON or as
    a sentence; "" where a mistake explains it, and for trained exercises, where no two runs give the same.
    """

    exercise: str
    status: str
    failing: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    came_out: tuple[str, ...] = ()

    @classmethod
    def of(cls, answer: Answer, trained: bool = False) -> Way:
        if not answer.failures:
            return cls(answer.exercise, answer.status, (), (answer.reason,) if answer.status == "needs_manual" else ())
        failing = tuple((test, failure.outcome, failure.mistakes) for test, failure in answer.failures.items())
        outs = tuple("" if trained else failure.came_out for failure in answer.failures.values())
        return cls(answer.exercise, answer.status, failing, outs)

    @property
    def mistakes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(slug for _, _, slugs in self.failing for slug in slugs))

    def same(self, other: Way) -> bool:
        return self._exactly == other._exactly and all(map(alike, self.came_out, other.came_out))

    def like(self, other: Way) -> bool:
        """Not the same, but what helps against one may help against the other: another failure of the same mistake."""
        return self.exercise == other.exercise and bool(set(self.mistakes) & set(other.mistakes))

    @property
    def _exactly(self) -> tuple[Any, ...]:
        return self.exercise, self.status, self.failing, len(self.came_out)

    @property
    def id(self) -> str:
        return hashlib.sha256(json.dumps(self.to_json()).encode()).hexdigest()[:12]

    def to_json(self) -> dict[str, Any]:
        failing = [[test, outcome, list(mistakes)] for test, outcome, mistakes in self.failing]
        return {"exercise": self.exercise, "status": self.status, "failing": failing, "came_out": list(self.came_out)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Way:
        failing = tuple((test, outcome, tuple(mistakes)) for test, outcome, mistakes in data["failing"])
        return cls(data["exercise"], data["status"], failing, tuple(data["came_out"]))


@dataclass(frozen=True)
class Cluster:
    """Answers that fail in one way, by student."""

    way: Way
    answers: tuple[Answer, ...]

    @property
    def exercise(self) -> str:
        return self.way.exercise

    @property
    def size(self) -> int:
        return len(self.answers)

    @cached_property
    def id(self) -> str:
        return self.way.id

    @property
    def students(self) -> list[str]:
        return [answer.student for answer in self.answers]

    @cached_property
    def version(self) -> str:
        """Of its members and their code: a comment goes to those that were seen."""
        told = [[answer.student, answer.code] for answer in self.answers]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]

    @property
    def typical(self) -> Answer:
        """The shortest answer: the quickest to read."""
        return min(self.answers, key=lambda answer: (len(answer.code), answer.student))


def clusters(answers: Iterable[Answer], trained: Callable[[str], bool] = lambda exercise: False) -> list[Cluster]:
    """All clusters of answers without full points, the largest first; written answers are left to people."""
    found: dict[Any, list[tuple[Way, list[Answer]]]] = {}
    for answer in answers:
        if answer.full or answer.written:
            continue
        way = Way.of(answer, trained(answer.exercise))
        nearby = found.setdefault(way._exactly, [])
        for other, members in nearby:
            if other.same(way):
                members.append(answer)
                break
        else:
            nearby.append((way, [answer]))
    made = [Cluster(way, tuple(members)) for nearby in found.values() for way, members in nearby]
    return sorted(made, key=lambda cluster: -cluster.size)


def alike(one: str, other: str) -> bool:
    """Whether two outputs are the same but for rounding: both JSON, or both text with numbers in it."""
    if one == other:
        return True
    try:
        return _alike(json.loads(one), json.loads(other))
    except ValueError:
        return _alike_text(one, other)


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, str) and isinstance(other, str):
        return _alike_text(one, other)
    if isinstance(one, float) or isinstance(other, float):
        return _is_number(one) and _is_number(other) and math.isclose(one, other, rel_tol=CLOSE, abs_tol=1e-5)
    return type(one) is type(other) and bool(one == other)


def _alike_text(one: str, other: str) -> bool:
    one, other = _ADDRESS.sub("0x", one), _ADDRESS.sub("0x", other)
    if _NUMBER.sub("#", one) != _NUMBER.sub("#", other):
        return False
    pairs: Sequence[tuple[str, str]] = list(zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True))
    return all(math.isclose(float(a), float(b), rel_tol=CLOSE, abs_tol=1e-5) for a, b in pairs)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
