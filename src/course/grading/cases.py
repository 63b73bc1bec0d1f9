"""Draws the cases of a test, and searches for the smallest one that still fails.

A draw is a function of :class:`Draws`, a ``random.Random`` that remembers its choices. Lowering choices gives smaller
cases; a whole round of them travels in one message. A general-purpose shrinker would need a message, and one call of a
possibly slow student's function, for each step (docs/decisions.md).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import lru_cache
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


@lru_cache(maxsize=4096)
def draw_cases(draw: Draw, seed: int, count: int) -> list[tuple[Case, list[int]]]:
    """``count`` cases with the choices that made them; each has a seed of its own. Nobody changes them in place."""
    cases = []
    for number in range(count):
        draws = Draws(case_seed(seed, number))
        cases.append((draw(draws), draws.made))
    return cases


def case_seed(seed: int, number: int) -> int:
    return seed * 1_000_003 + number


def smallest(
    draw: Draw, seed: int, choices: list[int], fails: Callable[[list[Case]], list[bool]]
) -> tuple[Case, list[int]] | None:
    """The smallest failing case that lowering choices leads to; None when nothing smaller fails.

    fails: says for a list of cases which of them fail; called once a round.
    """
    best: tuple[int, Case, list[int]] | None = None
    current = choices
    for _ in range(MAX_ROUNDS):
        made = [c for c in (_make(draw, seed, lowered) for lowered in _lowered(current)) if c is not None]
        verdicts = fails([case for case, _ in made])
        failing = [(_size(case), case, used) for (case, used), bad in zip(made, verdicts, strict=True) if bad]
        if not failing:
            break
        candidate = min(failing, key=lambda c: (c[0], c[2]))
        if best is not None and (candidate[0], candidate[2]) >= (best[0], best[2]):
            break
        best = candidate
        current = candidate[2]
    return None if best is None else (best[1], best[2])


def _make(draw: Draw, seed: int, choices: Sequence[int]) -> tuple[Case, list[int]] | None:
    draws = Draws(seed, choices, plain=True)
    try:
        return draw(draws), draws.made
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
