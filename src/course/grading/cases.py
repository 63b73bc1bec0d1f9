"""Draws the cases of a test, and searches for the smallest one that still fails.

A draw is a function of :class:`Draws`, a ``random.Random`` that remembers its choices. Lowering choices gives smaller
cases; a whole round of them travels in one message. A general-purpose shrinker would need a message, and one call of a
possibly slow student's function, for each step (docs/decisions.md).
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import FunctionType
from typing import Any

import torch

Case = dict[str, Any]
Draw = Callable[["Draws"], Case]

MAX_ROUNDS, MAX_CANDIDATES = 8, 20


class Draws(random.Random):
    """A source of cases. Same seed and same choices, same case.

    choices: replaces the first random choices; what comes after them is as low as possible.
    plain: tensors hold small whole numbers, for showing.
    """

    def __init__(self, seed: int, choices: Sequence[int] | None = None, plain: bool = False) -> None:
        super().__init__(seed)
        self._forced = None if choices is None else list(choices)
        self.made: list[int] = []
        self._plain = plain
        self._torch = torch.Generator().manual_seed(seed % 2**63)

    def _randbelow(self, n: int) -> int:
        place = len(self.made)
        if self._forced is None:
            value = int(super().random() * n)
        else:
            value = min(self._forced[place], n - 1) if place < len(self._forced) else 0
        self.made.append(value)
        return value

    def tensor(self, *shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
        """Normal values of this shape; small whole numbers, no two neighbours alike, when a case is to be shown."""
        if self._plain:
            whole = torch.randint(-3, 4, shape, generator=self._torch)
            return whole.masked_fill(whole == 0, 2).to(dtype)
        return torch.randn(shape, generator=self._torch, dtype=torch.float64).to(dtype)

    def ints(self, *shape: int, low: int = 0, high: int) -> torch.Tensor:
        """An int64 tensor with values from low to high, both included."""
        return torch.randint(low, high + 1, shape, generator=self._torch)

    def pair(self, low: int, high: int) -> int | tuple[int, int]:
        """An int, or a (height, width) pair of ints, from low to high."""
        if self._randbelow(2) == 0:
            return self.randint(low, high)
        return self.randint(low, high), self.randint(low, high)

    def maybe(self, value: Any, otherwise: Any = None) -> Any:
        """One of the two; ``otherwise`` counts as the smaller."""
        return value if self._randbelow(2) else otherwise


@dataclass(frozen=True, eq=False)
class Drawn:
    """A case, the choices that made it, and what has been found out about it: ``truths``, by what was asked.

    Nobody changes any of it in place: it serves every submission of a run.
    """

    case: Case
    choices: list[int]
    truths: dict[Hashable, Any] = field(default_factory=dict)

    def truth(self, what: str, function: Callable[..., Any], find: Callable[[Case], Any]) -> Any:
        """``find(case)``: what equal functions give, once for all."""
        key = what, Same(function)
        if key not in self.truths:
            self.truths[key] = find(self.case)
        return self.truths[key]


def draw_cases(draw: Draw, seed: int, count: int) -> list[Drawn]:
    """``count`` cases; each has a seed of its own."""
    return _draw_cases(Same(draw), seed, count)


def forget_cases() -> None:
    """Let all be drawn and found again."""
    _draw_cases.cache_clear()


@lru_cache(maxsize=4096)
def _draw_cases(draw: Same, seed: int, count: int) -> list[Drawn]:
    cases = []
    for number in range(count):
        draws = Draws(case_seed(seed, number))
        cases.append(Drawn(draw.function(draws), draws.made))
    return cases


class Same:
    """A function, equal to those that do the same: of the same code, with the same plain values around it.

    A test that runs again defines its draws and references again.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._key = _key(function)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


PLAIN = (int, float, str, bytes, bool, type(None))


def _key(function: Any) -> Hashable:
    """Names that the code looks up are those of its module, which stays as it is."""
    if not isinstance(function, FunctionType):
        return id(function), "object"
    around = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    with contextlib.suppress(ValueError):  # a name that is not bound yet
        around += [cell.cell_contents for cell in function.__closure__ or ()]
        keys = [_plain_key(value) for value in around]
        if None not in keys:
            return function.__code__, id(function.__globals__), tuple(keys)
    return id(function), "object"


def _plain_key(value: Any) -> Hashable:
    """None for what may change, or may be another thing tomorrow."""
    if type(value) in PLAIN:
        return type(value), repr(value)
    if type(value) is tuple:
        keys = tuple(_plain_key(item) for item in value)
        return None if None in keys else keys
    if isinstance(value, torch.dtype):
        return value
    return _key(value) if isinstance(value, FunctionType) else None


def case_seed(seed: int, number: int) -> int:
    return seed * 1_000_003 + number


def smallest(draw: Draw, seed: int, choices: list[int], fails: Callable[[list[Drawn]], list[bool]]) -> Drawn | None:
    """The smallest failing case that lowering choices leads to; None when nothing smaller fails.

    fails: says for a list of cases which of them fail; called once a round.
    """
    best: tuple[tuple[int, list[int]], Drawn] | None = None
    current = choices
    for _ in range(MAX_ROUNDS):
        made = [drawn for drawn in (_make(draw, seed, lowered) for lowered in _lowered(current)) if drawn is not None]
        failing = [drawn for drawn, bad in zip(made, fails(made), strict=True) if bad]
        if not failing:
            break
        size, candidate = min((((_size(d.case), d.choices), d) for d in failing), key=lambda pair: pair[0])
        if best is not None and size >= best[0]:
            break
        best = size, candidate
        current = candidate.choices
    return None if best is None else best[1]


def _make(draw: Draw, seed: int, choices: Sequence[int]) -> Drawn | None:
    draws = Draws(seed, choices, plain=True)
    try:
        return Drawn(draw(draws), draws.made)
    except Exception:  # a draw need not be defined for every lowered choice
        return None


def _lowered(choices: list[int]) -> list[list[int]]:
    """The choices themselves (with plain contents), all zero, and each one lowered alone or with its neighbours."""
    found = [choices, [0] * len(choices)]
    for i, value in enumerate(choices):
        for lower in (0, value // 2, value - 1):
            if 0 <= lower < value:
                found.append([*choices[:i], lower, *choices[i + 1 :]])
    for i in range(len(choices)):
        found.append([*choices[:i], *([0] * (len(choices) - i))])
        found.append([*([0] * i), *choices[i:]])
    unique = list({tuple(c): c for c in found}.values())
    return sorted(unique, key=sum)[:MAX_CANDIDATES]


def _size(case: Case) -> int:
    def weight(value: Any) -> int:
        if isinstance(value, torch.Tensor):
            return 10 * value.numel()
        if isinstance(value, (list, tuple)):
            return 3 + sum(weight(v) for v in value)
        if isinstance(value, bool) or value is None:
            return 0
        if isinstance(value, int):
            return abs(value)
        return 1

    return sum(weight(v) for v in case.values())
