"""Values as pictures of numbers: what ``grading.describe.as_data`` wrote, as small tables and pictures for a page.

A table's cells carry a step from -4 to 4 for their colour, and whether they differ from the other table's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course.pages.pictures import Picture, Stack, differences, overlay, pictures, scale_of, stack_of

MOST_TABLES = 6
MOST_COLUMNS = 40
MOST_ROWS = 40
MOST_DEPTH = 4
STEPS = 4
NO_MASKS = np.zeros((0, 1, 1))
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
    """A value with a headline ("float32, shape (2, 3)"), and tables, pictures or text.

    more: tables or pictures that are not shown.
    """

    name: str
    headline: str
    tables: list[Table]
    text: str = ""
    more: int = 0
    pictures: list[Picture] = field(default_factory=list)


@dataclass(frozen=True)
class Scene:
    """Masks that were found in a picture, and those that are in it. found: each laid over all that are there."""

    title: str
    there: list[Picture]
    found: list[Picture]


def show(data: dict[str, Any] | None, other: dict[str, Any] | None = None, name: str = "") -> list[Shown]:
    """A value and what it holds, each with its name; cells that differ from ``other`` are marked."""
    return list(_show(data or {"kind": "text", "text": "nothing"}, other, name, 0))


def apart(got: dict[str, Any] | None, expected: dict[str, Any] | None, name: str = "") -> list[Shown]:
    """Where two values part, as pictures; what has no picture marks it in its table."""
    return [shown for shown in _apart(got or {}, expected or {}, name, 0) if shown.pictures]


def _apart(got: dict[str, Any], expected: dict[str, Any], name: str, depth: int) -> Iterator[Shown]:
    kind = got.get("kind")
    if kind != expected.get("kind"):
        return
    if kind == "tensor" and got["shape"] == expected["shape"]:
        mine, theirs = stack_of(got), stack_of(expected)
        if mine is not None and theirs is not None:
            yield Shown(name, "", [], pictures=differences(mine, theirs, *scale_of(mine, theirs)))
    elif kind in ("list", "dict") and depth < MOST_DEPTH:
        for key, item in got["items"].items() if kind == "dict" else enumerate(got["items"]):
            yield from _apart(item, _item(expected["items"], key) or {}, f"{name}[{key!r}]", depth + 1)


def scenes(inputs: Mapping[str, Any]) -> tuple[str, str, list[Scene]] | None:
    """Two arguments that hold masks for the same pictures, the first (found) laid over the second (there).

    Gives their names and a scene for each picture; None if a call has no such arguments. In a list of pictures the
    masks of one are a (M, H, W) tensor, or a list with it and with numbers for its masks.
    """
    masks = {name: _masks(value) for name, value in inputs.items()}
    names = [name for name, found in masks.items() if found is not None]
    if len(names) != 2:
        return None
    first, second = (masks[name] or [] for name in names)
    sizes = {stack.values.shape[1:] for stack, _ in (*first, *second) if len(stack.values)}
    if len(first) != len(second) or len(sizes) != 1:
        return None
    made = []
    for number, ((found, labels), (there, _)) in enumerate(zip(first, second, strict=True)):
        empty = np.zeros((1, *found.values.shape[1:]))
        whole = np.any((there.values if len(there.values) else empty) > 0.5, axis=0)
        over = [overlay(tile > 0.5, whole, label) for tile, label in zip(found.values, labels, strict=False)]
        made.append(Scene(f"Picture {number}", pictures(there, 0, 1), over))
    return names[0], names[1], made


def _masks(value: Any) -> list[tuple[Stack, list[str]]] | None:
    """For each picture its masks, with what stands under each; None for what is no list of masks."""
    if not isinstance(value, Mapping) or value.get("kind") != "list" or not value["items"]:
        return None
    found = []
    for item in value["items"]:
        parts = item["items"] if item.get("kind") == "list" else [item]
        stacks = [p for p in parts if p.get("kind") == "tensor" and p["dtype"] == "bool" and len(p["shape"]) == 3]
        if len(stacks) != 1:
            return None
        count = stacks[0]["shape"][0]
        stack = stack_of(stacks[0]) or Stack(NO_MASKS, [], "bool", 0)
        if count and not len(stack.values):
            return None
        notes = [p["values"] for p in parts if p.get("kind") == "tensor" and p["shape"] == [count] and p["values"]]
        labels = [f"{_number(note)}" for note in notes[0]] if notes else stack.index
        found.append((stack, labels))
    return found


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
    if (stack := stack_of(data)) is not None:
        theirs = stack_of(other) if other is not None and other.get("shape") == shape else None
        drawn = pictures(stack, *scale_of(stack, *([theirs] if theirs is not None else [])))
        return Shown(name, str(data["summary"]), [], more=stack.more, pictures=drawn)
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
