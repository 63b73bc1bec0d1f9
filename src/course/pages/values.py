"""Values as pictures of numbers: what ``grading.describe.as_data`` wrote, as small tables for a page.

A table's cells carry a step from -4 to 4 for their colour, and whether they differ from the other table's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MOST_TABLES = 6
MOST_COLUMNS = 40
MOST_ROWS = 40
MOST_DEPTH = 4
STEPS = 4
LEVELS = (1e-3, 1e-6, 0.0)  # two numbers differ visibly, a little, at all: the first level that shows something counts


@dataclass(frozen=True)
class Cell:
    text: str
    step: int
    differs: bool


@dataclass(frozen=True)
class Table:
    """One matrix. index: where in a tensor of more dimensions it stands ("[0, 1]")."""

    index: str
    rows: list[list[Cell]]
    cut: bool = False


@dataclass(frozen=True)
class Shown:
    """A value with a headline ("float32, shape (2, 3)"), and tables or text."""

    name: str
    headline: str
    tables: list[Table]
    text: str = ""
    more: int = 0  # tables that are not shown


def show(data: dict[str, Any] | None, other: dict[str, Any] | None = None, name: str = "") -> list[Shown]:
    """A value and what it holds, each with its name; cells that differ from ``other`` are marked."""
    return list(_show(data or {"kind": "text", "text": "nothing"}, other, name, 0))


def _show(data: dict[str, Any], other: dict[str, Any] | None, name: str, depth: int) -> Iterator[Shown]:
    kind = data.get("kind")
    if kind == "tensor":
        yield _tensor(data, other, name)
    elif kind in ("list", "dict") and depth < MOST_DEPTH:
        items = data["items"].items() if kind == "dict" else enumerate(data["items"])
        theirs = other["items"] if other is not None and other.get("kind") == kind else None
        for key, item in items:
            yield from _show(item, _item(theirs, key), f"{name}[{key!r}]", depth + 1)
    else:
        yield Shown(name, "", [], str(data.get("text", data.get("summary", ""))))


def _item(items: Any, key: Any) -> Any:
    try:
        return items[key]
    except (KeyError, IndexError, TypeError):
        return None


def _tensor(data: dict[str, Any], other: dict[str, Any] | None, name: str) -> Shown:
    shape, values = data["shape"], data["values"]
    if values is None or 0 in shape:
        return Shown(name, str(data["summary"]), [])
    headline = f"{data['dtype']}, shape {_tuple(shape)}" if shape else f"{data['dtype']}, one number"
    theirs = other["values"] if other is not None and other.get("shape") == shape else None
    level = _level(values, theirs)
    most = max((abs(v) for v in _numbers(values)), default=0.0)
    matrices = list(_matrices(values, theirs, len(shape), ()))
    tables = [_table(index, mine, yours, most, level) for index, mine, yours in matrices[:MOST_TABLES]]
    return Shown(name, headline, tables, more=len(matrices) - len(tables))


def _matrices(values: Any, theirs: Any, dimensions: int, index: tuple[int, ...]) -> Iterator[tuple[str, Any, Any]]:
    if dimensions <= 2:
        rows = values if dimensions == 2 else [values] if dimensions == 1 else [[values]]
        other = theirs if dimensions == 2 else [theirs] if dimensions == 1 else [[theirs]]
        yield f"[{', '.join(map(str, index))}]" if index else "", rows, None if theirs is None else other
        return
    for number, value in enumerate(values):
        yield from _matrices(value, _item(theirs, number), dimensions - 1, (*index, number))


def _table(index: str, rows: list[list[Any]], theirs: Any, most: float, level: float) -> Table:
    cells = [
        [
            Cell(_number(v), _step(v, most), theirs is not None and _differ(v, theirs[r][c], level))
            for c, v in enumerate(row[:MOST_COLUMNS])
        ]
        for r, row in enumerate(rows[:MOST_ROWS])
    ]
    return Table(index, cells, cut=len(rows) > MOST_ROWS or any(len(row) > MOST_COLUMNS for row in rows))


def _level(values: Any, theirs: Any) -> float:
    if theirs is None:
        return 0.0
    pairs = list(zip(_flat(values), _flat(theirs), strict=False))
    return next((level for level in LEVELS if any(_differ(a, b, level) for a, b in pairs)), 0.0)


def _differ(a: Any, b: Any, level: float) -> bool:
    if _is_number(a) and _is_number(b):
        return abs(a - b) > level * max(1.0, abs(a), abs(b))
    return a != b


def _numbers(values: Any) -> Iterator[float]:
    return (float(v) for v in _flat(values) if _is_number(v))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _flat(values: Any) -> Iterator[Any]:
    if isinstance(values, list):
        for value in values:
            yield from _flat(value)
    else:
        yield values


def _step(value: Any, most: float) -> int:
    return round(STEPS * float(value) / most) if most and _is_number(value) else 0


def _number(value: Any) -> str:
    if isinstance(value, float):
        text = f"{value:.5g}"
        return "0" if text == "-0" else text
    return str(value)


def _tuple(shape: list[int]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
