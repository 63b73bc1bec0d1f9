"""How values are compared and shown to students: in sentences, as data for pages, and as code that can be pasted."""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from coursebridge.codec import Ref

SHOWN = 64  # tensors up to this many values are written out
SHOWN_MASK = 400  # masks: each value is one digit
MOST_PIXELS = 12_288  # of one value in pictures: 3 x 64 x 64
MOST_TENSORS = 40  # of one value
DEEPEST = 3
RELATIVE = {torch.float64: 1e-9, torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 4e-2,
            torch.complex64: 1e-4, torch.complex128: 1e-9}  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """Why two values are not the same. kind: type, shape, dtype, value, or missing.  sentence: for the student."""

    kind: str
    sentence: str


def compare(got: Any, expected: Any, what: str, tolerance: float | None = None) -> Difference | None:
    """The first difference between two values, or None.

    Floating-point values may differ by ``tolerance`` times the largest magnitude (at least 1) of what is expected; by
    default the tolerance follows the dtype of what was given, wide enough for any order of summation.
    """
    if isinstance(expected, torch.Tensor):
        return _compare_tensors(got, expected, what, tolerance)
    if isinstance(expected, Mapping):
        return _compare_mappings(got, expected, what, tolerance)
    if isinstance(expected, (list, tuple)) and not isinstance(expected, torch.Size):
        return _compare_sequences(got, expected, what, tolerance)
    if isinstance(expected, bool) or expected is None or isinstance(expected, str):
        got = bool(got) if isinstance(got, np.bool_) else got
        if type(got) is not type(expected):
            return Difference("type", f"{what} is {what_it_is(got)}, expected {expected!r}.")
        return None if got == expected else Difference("value", f"{what} is {as_text(got)}, expected {expected!r}.")
    if isinstance(expected, int):
        if isinstance(got, bool) or not isinstance(got, (int, np.integer)):
            return Difference("type", f"{what} is {what_it_is(got)}{_shown(got)}, expected the int {expected}.")
        return None if got == expected else Difference("value", f"{what} is {got}, expected {expected}.")
    if isinstance(expected, float):
        return _compare_floats(got, expected, what, tolerance)
    if isinstance(got, (torch.Tensor, np.ndarray)):
        return Difference("type", f"{what} is {what_it_is(got)}, expected {as_text(expected)}.")
    return None if got == expected else Difference("value", f"{what} is {as_text(got)}, expected {as_text(expected)}.")


def _compare_floats(got: Any, expected: float, what: str, tolerance: float | None) -> Difference | None:
    if isinstance(got, bool) or not isinstance(got, (int, float, np.floating, np.integer)):
        return Difference("type", f"{what} is {what_it_is(got)}, expected the number {expected:.6g}.")
    if isinstance(got, int) and abs(got) > 1e300:  # more than a float can hold
        return Difference("value", f"{what} is larger than 1e300, expected {expected:.6g}.")
    if math.isnan(expected) or math.isnan(got):
        same = math.isnan(expected) and math.isnan(got)
    else:
        same = got == expected or abs(got - expected) <= (tolerance or 1e-9) * max(1.0, abs(expected))
    return None if same else Difference("value", f"{what} is {got:.6g}, expected {expected:.6g}.")


def _compare_tensors(got: Any, expected: torch.Tensor, what: str, tolerance: float | None) -> Difference | None:
    if not isinstance(got, torch.Tensor):
        if got is None:
            return Difference("type", f"{what} is None: did the function return its result?")
        return Difference("type", f"{what} is {what_it_is(got)}, expected a tensor of shape {_shape(expected)}.")
    if got.shape != expected.shape:
        return Difference("shape", f"{what} has shape {_shape(got)}, expected {_shape(expected)}.")
    if got.dtype != expected.dtype:
        return Difference("dtype", f"{what} has dtype {_dtype(got)}, expected {_dtype(expected)}.")
    wrong = differing(got, expected, tolerance)
    if not bool(wrong.any()):
        return None
    return Difference("value", _values_sentence(got.detach(), expected.detach(), wrong, what))


def differing(got: torch.Tensor, expected: torch.Tensor, tolerance: float | None = None) -> torch.Tensor:
    """A bool tensor: where two tensors of one shape and dtype differ by more than the tolerance."""
    got, expected = got.detach(), expected.detach()
    if not (expected.is_floating_point() or expected.is_complex()):
        return got != expected
    wide = torch.complex128 if expected.is_complex() else torch.float64
    g, e = got.to(wide), expected.to(wide)
    relative = RELATIVE[expected.dtype] if tolerance is None else tolerance
    if bool(((g - e).abs() <= relative).all()):  # the usual case; what is not finite fails it
        return torch.zeros_like(g, dtype=torch.bool)
    finite = e[torch.isfinite(e.abs())].abs()
    scale = max(1.0, float(finite.max())) if finite.numel() else 1.0
    allowed = relative * scale
    same = (g == e) | (torch.isnan(g.abs()) & torch.isnan(e.abs())) | ((g - e).abs() <= allowed)
    return ~same


def _values_sentence(got: torch.Tensor, expected: torch.Tensor, wrong: torch.Tensor, what: str) -> str:
    index = tuple(int(i) for i in wrong.nonzero()[0]) if wrong.ndim else ()
    place = f" at [{', '.join(map(str, index))}]" if index else ""
    first = f"{_number(got[index])} instead of {_number(expected[index])}{place}"
    count, total = int(wrong.sum()), wrong.numel()
    if total == 1:
        return f"{what} is {_number(got[index])}, expected {_number(expected[index])}."
    return f"{what} is wrong in {count} of {total} values: {first}."


def _compare_mappings(got: Any, expected: Mapping[Any, Any], what: str, tolerance: float | None) -> Difference | None:
    if not isinstance(got, Mapping):
        return Difference("type", f"{what} is {what_it_is(got)}, expected a dict.")
    missing, extra = [k for k in expected if k not in got], [k for k in got if k not in expected]
    if missing or extra:
        parts = [f"lacks {_keys(missing)}"] * bool(missing) + [f"has {_keys(extra)} too many"] * bool(extra)
        return Difference("missing", f"{what} {' and '.join(parts)}.")
    for key, value in expected.items():
        if (difference := compare(got[key], value, f"{what}[{key!r}]", tolerance)) is not None:
            return difference
    return None


def _compare_sequences(got: Any, expected: Any, what: str, tolerance: float | None) -> Difference | None:
    if not isinstance(got, (list, tuple)):
        return Difference("type", f"{what} is {what_it_is(got)}, expected a {type(expected).__name__}.")
    if len(got) != len(expected):
        return Difference("shape", f"{what} has {len(got)} items, expected {len(expected)}.")
    for number, (mine, theirs) in enumerate(zip(got, expected, strict=True)):
        if (difference := compare(mine, theirs, f"{what}[{number}]", tolerance)) is not None:
            return difference
    return None


# -- showing ------------------------------------------------------------------------------------------------------


def as_data(value: Any) -> dict[str, Any]:
    """A value for pages and JSON, of bounded size.

    ``{"kind": "tensor", "shape", "dtype", "values", "summary", "picture"}`` (values None when it is large; a picture
    for masks and large grids), ``{"kind": "list", "items"}``, ``{"kind": "dict", "items"}`` or
    ``{"kind": "text", "text"}``.
    """
    return _as_data(value, _Room(), 0)


@dataclass
class _Room:
    """What may still be shown of one value."""

    tensors: int = MOST_TENSORS
    pixels: int = MOST_PIXELS


def _as_data(value: Any, room: _Room, depth: int) -> dict[str, Any]:
    if isinstance(value, np.ndarray):
        value = torch.from_numpy(np.ascontiguousarray(value))
    if isinstance(value, torch.Tensor):
        t = value.detach()
        room.tensors -= 1
        small = t.numel() <= SHOWN and room.tensors >= 0
        return {
            "kind": "tensor",
            "shape": list(t.shape),
            "dtype": _dtype(t),
            "values": _nested(t) if small else None,
            "summary": _summary(t),
            "picture": _picture(t, room) if t.dtype == torch.bool or not small else None,
        }
    if depth < DEEPEST and room.tensors > 0 and holds_tensor(value):
        if isinstance(value, Mapping):
            items = list(value.items())[:12]
            return {"kind": "dict", "items": {_cut(str(k), 80): _as_data(v, room, depth + 1) for k, v in items}}
        return {"kind": "list", "items": [_as_data(v, room, depth + 1) for v in value[:8]]}
    return {"kind": "text", "text": as_text(value)}


def holds_tensor(value: Any, depth: int = 0) -> bool:
    """Whether a value is a tensor or array, or a list or dict with one in it."""
    if isinstance(value, (torch.Tensor, np.ndarray)):
        return True
    if depth >= DEEPEST:
        return False
    if isinstance(value, Mapping):
        return any(holds_tensor(v, depth + 1) for v in list(value.values())[:100])
    return isinstance(value, (list, tuple)) and any(holds_tensor(v, depth + 1) for v in value[:100])


def _picture(t: torch.Tensor, room: _Room) -> dict[str, Any] | None:
    """The last two dimensions as tiles of bytes, as many as there is room for; None for what is no picture.

    ``{"tiles", "low", "high", "bytes"}``: a byte is 0 for what is not finite, and runs from 1 (low) to 255 (high).
    """
    if t.ndim < 2 or min(t.shape) < 1 or max(t.shape[-2:]) < 3 or t.is_complex():
        return None
    pixels = t.shape[-1] * t.shape[-2]
    count = min(t.numel() // pixels, room.pixels // pixels)
    if not count:
        return None
    room.pixels -= count * pixels
    tiles = t.reshape(-1, pixels)[:count].double()
    finite = torch.isfinite(tiles)
    known = tiles[finite]
    low, high = (float(known.min()), float(known.max())) if known.numel() else (0.0, 0.0)
    if t.dtype == torch.bool:
        low, high = 0.0, 1.0
    span = high / 2 - low / 2 or 1.0  # halves: the difference of two floats may be more than one can hold
    steps = torch.where(finite, 1 + ((tiles / 2 - low / 2) / span * 254).round(), 0).to(torch.uint8)
    packed = zlib.compress(steps.cpu().numpy().tobytes(), 9)
    return {"tiles": count, "low": low, "high": high, "bytes": base64.b64encode(packed).decode()}


def as_text(value: Any) -> str:
    """A value in one line, or a few for a small tensor."""
    if isinstance(value, torch.Tensor):
        t = value.detach()
        return str(_nested(t)) if t.numel() <= SHOWN else _summary(t)
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    if isinstance(value, Ref):
        return f"a {value.kind} {value.name}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return _cut("{" + ", ".join(f"{k!r}: {as_text(v)}" for k, v in value.items()) + "}", 1000)
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        inner = ", ".join(as_text(v) for v in value)
        return _cut(f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})", 1000)
    if isinstance(value, torch.Generator):
        return _seeded(value)
    return _cut(repr(value), 300)


def _seeded(generator: torch.Generator) -> str:
    """Code that makes it; its repr is an address, another one in each run."""
    return f"torch.Generator().manual_seed({generator.initial_seed()})"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def as_code(value: Any) -> str:
    """Python that makes the value, where it is small; otherwise a comment on its shape."""
    if isinstance(value, torch.Tensor):
        t = value.detach()
        if t.numel() > (SHOWN_MASK if t.dtype == torch.bool else SHOWN):
            return f"...  # {_summary(t)}"
        if t.numel() == 0:
            return f"torch.empty({', '.join(map(str, t.shape))}, dtype={t.dtype})"
        span = 1 + sum((n - 1) * s for n, s in zip(t.shape, t.stride(), strict=True))
        if t.dtype == torch.bool and t.numel() > 8:
            return f"torch.tensor({_nested(t.byte())}, dtype=torch.bool)"
        if not t.is_contiguous() and span <= SHOWN:  # how it lies in memory may be what went wrong
            return f"{as_code(t.as_strided((span,), (1,)))}.as_strided({tuple(t.shape)}, {t.stride()})"
        suffix = "" if t.dtype in (torch.float32, torch.int64, torch.bool) else f", dtype={t.dtype}"
        return f"torch.tensor({_nested(t, code=t.is_floating_point())}{suffix})".replace("'", "")
    if isinstance(value, Ref):
        return f"...  # a {value.name}"
    if isinstance(value, torch.Generator):
        return _seeded(value)
    if isinstance(value, (list, tuple, Mapping)) and holds_tensor(value):
        codes = [as_code(v) for v in (value.values() if isinstance(value, Mapping) else value)]
        if any("..." in code for code in codes):  # a comment can stand at the end of a line only
            return f"...  # {what_it_is(value)}: {as_text(value)}"
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{key!r}: {code}" for key, code in zip(value, codes, strict=True)) + "}"
        inner = ", ".join(codes)
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(codes) == 1 else ''})"
    return repr(value)


def place(line: Mapping[str, Any]) -> str:
    """Where in a notebook a line of the student's stands; ``line`` has its number, and the name of its cell."""
    cell = str(line.get("cell") or "")
    if not cell:
        return f"line {line.get('line')} of the cell"
    return f"line {line.get('line')} of " + ("a cell that is no exercise" if cell.isdigit() else f"the cell of {cell}")


def call_text(name: str, arguments: Mapping[str, Any], positional: int) -> str:
    """``conv2d(x, weight, stride=2)``: tensors and generators by their names, other values written out."""
    parts = []
    for number, (key, value) in enumerate(arguments.items()):
        big = isinstance(value, (torch.Generator, Ref)) or holds_tensor(value)
        written = key if big else as_text(value) if number < positional else f"{key}={value!r}"
        parts.append(f"{key}={key}" if big and number >= positional else written)
    return f"{name}({', '.join(parts)})"


def _nested(t: torch.Tensor, code: bool = False) -> Any:
    """Nested lists of short numbers; NaN and infinities as strings, so that it stays JSON."""

    def short(x: Any) -> Any:
        if isinstance(x, list):
            return [short(v) for v in x]
        if isinstance(x, float):
            if not math.isfinite(x):
                return f'float("{x}")' if code else str(x)
            return float(f"{x:.5g}")
        if isinstance(x, complex):
            return f"{x:.4g}"
        return x

    return short(t.tolist())


def _summary(t: torch.Tensor) -> str:
    shape = f"a {_dtype(t)} tensor of shape {_shape(t)}"
    if not t.numel() or t.is_complex():
        return shape
    if str(t.dtype) in ("torch.uint16", "torch.uint32", "torch.uint64"):
        t = t.double()  # torch finds no minimum of these
    low, high = t.min(), t.max()
    return f"{shape}, values from {_number(low)} to {_number(high)}"


def _number(value: torch.Tensor) -> str:
    item = value.item()
    return f"{item:.5g}" if isinstance(item, (float, complex)) else str(item)


def _shape(t: torch.Tensor) -> str:
    return str(tuple(t.shape))


def _dtype(t: torch.Tensor) -> str:
    return str(t.dtype).removeprefix("torch.")


def _shown(value: Any) -> str:
    return f" ({value!r})" if isinstance(value, (int, float)) else ""


def what_it_is(value: Any) -> str:
    """``a tensor of shape (2, 3)``, ``an int``, ``None``."""
    if value is None:
        return "None"
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {_shape(value)}"
    if isinstance(value, Ref):
        return f"a {value.name} ({value.kind})"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _keys(keys: list[Any]) -> str:
    shown = ", ".join(_cut(str(k), 80) for k in keys[:6])
    return shown if len(keys) <= 6 else f"{shown} and {len(keys) - 6} more"
