"""Tensors as pictures: small PNGs inside the page, each with a sentence for those who do not see it.

What a picture says is never said by colour alone: signs differ in lightness and are told in numbers, masks in pattern.
"""

from __future__ import annotations

import base64
import binascii
import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Values = npt.NDArray[np.float64]  # (tiles, rows, columns); NaN for what is not finite
Pixels = npt.NDArray[np.uint8]  # (rows, columns, 3)

WIDTH = 150  # about the width of a tile on the page, in pixels
MOST_TILES = 12
PAPER, INK, RULE = (255, 255, 255), (35, 33, 29), (214, 210, 202)
BLUE, ORANGE = (33, 102, 172), (200, 100, 12)  # as the grids of numbers have them
NOT_A_NUMBER = (199, 62, 160)


@dataclass(frozen=True)
class Picture:
    """uri: the PNG.  width, height: in CSS pixels.  label: where in the tensor it stands, or what it is."""

    uri: str
    width: int
    height: int
    alt: str
    label: str = ""


@dataclass(frozen=True)
class Stack:
    """A tensor's last two dimensions, as many as were kept. index: for each, where in the tensor it stands."""

    values: Values
    index: list[str]
    dtype: str
    more: int

    @property
    def mask(self) -> bool:
        return self.dtype == "bool"


def stack_of(data: Mapping[str, Any]) -> Stack | None:
    """What ``grading.describe`` packed; None where there is no picture."""
    kept, shape = data.get("picture"), data.get("shape") or []
    if not kept or len(shape) < 2:
        return None
    try:
        raw = zlib.decompressobj().decompress(base64.b64decode(kept["bytes"]), 1_000_000)
        steps = np.frombuffer(raw, np.uint8).reshape(kept["tiles"], *shape[-2:]).astype(np.float64)
    except (ValueError, KeyError, TypeError, zlib.error, binascii.Error):
        return None
    low, high = float(kept["low"]), float(kept["high"])
    values = np.where(steps > 0, low + (steps - 1) / 254 * (high - low), np.nan)[:MOST_TILES]
    leading = list(np.ndindex(*shape[:-2]))
    index = [f"[{', '.join(map(str, place))}]" if place else "" for place in leading[: len(values)]]
    return Stack(values, index, str(data.get("dtype", "")), len(leading) - len(values))


def pictures(stack: Stack, low: float, high: float) -> list[Picture]:
    """One for each tile, on a scale from ``low`` to ``high``; three channels between 0 and 1 are a colour picture."""
    if stack.mask:
        return [
            _picture(mask_pixels(tile > 0.5), f"{int((tile > 0.5).sum())} of {tile.size} pixels set", label)
            for tile, label in zip(stack.values, stack.index, strict=True)
        ]
    scale = f"values from {_number(low)} to {_number(high)}"
    if _is_colour(stack, low, high):
        threes = stack.values.reshape(-1, 3, *stack.values.shape[1:])
        colours = (np.nan_to_num(np.moveaxis(three, 0, 2)).clip(0, 1) * 255 for three in threes)
        labels = [label.rpartition(",")[0] + "]" if "," in label else "" for label in stack.index[::3]]
        return [_picture(_enlarged(c.astype(np.uint8)), f"a colour picture, {scale}", label)
                for c, label in zip(colours, labels, strict=True)]  # fmt: skip
    return [_picture(_enlarged(_shades(tile, low, high)), scale, label)
            for tile, label in zip(stack.values, stack.index, strict=True)]  # fmt: skip


def differences(mine: Stack, theirs: Stack, low: float, high: float) -> list[Picture]:
    """For each tile that differs, where. For masks one laid over the other."""
    found = []
    for a, b, label in zip(mine.values, theirs.values, mine.index, strict=False):
        if mine.mask and theirs.mask:
            found.append(overlay(a > 0.5, b > 0.5, label))
            continue
        step = (high - low) / 254 or 1.0
        wrong = (np.abs(np.nan_to_num(a) - np.nan_to_num(b)) > 1.5 * step) | (np.isnan(a) != np.isnan(b))
        if wrong.any():
            found.append(_picture(mask_pixels(wrong), f"{int(wrong.sum())} of {wrong.size} values differ", label))
    return found


def overlay(mine: npt.NDArray[np.bool_], theirs: npt.NDArray[np.bool_], label: str = "") -> Picture:
    """Two masks, one over the other: filled where both are set, hatched where only mine is, framed otherwise."""
    both, first, second = mine & theirs, mine & ~theirs, theirs & ~mine
    counts = [int(part.sum()) for part in (both, first, second)]
    said = f"{counts[0]} pixels in both, {counts[1]} in the first only, {counts[2]} in the second only"
    return _picture(_cells(both * 1 + first * 2 + second * 3), said, label)


def samples() -> list[Picture]:
    """What the patterns of an overlay look like: both, first only, second only."""
    return [_picture(_cells(np.array([[kind]]), 15), "", "") for kind in (1, 2, 3)]


def scale_of(*stacks: Stack) -> tuple[float, float]:
    """The smallest and the largest value of some tensors."""
    known = np.concatenate([s.values[np.isfinite(s.values)] for s in stacks])
    return (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)


def mask_pixels(mask: npt.NDArray[np.bool_]) -> Pixels:
    return _cells(mask * 1)


def _is_colour(stack: Stack, low: float, high: float) -> bool:
    tiles = len(stack.values)
    last = [label.strip("[]").rpartition(",")[2].strip() for label in stack.index]
    return low >= 0 and high <= 1 and tiles % 3 == 0 and tiles > 0 and last == ["0", "1", "2"] * (tiles // 3)


def _shades(tile: Values, low: float, high: float) -> Pixels:
    """Grey from black to white; where there are both signs, blue for what is positive and orange for what is not."""
    known = np.nan_to_num(tile)[..., None]
    if low < 0 < high:
        most = max(-low, high)
        strength = np.abs(known) / most
        ink = np.where(known > 0, np.array(BLUE), np.array(ORANGE))
        pixels = np.array(PAPER) + (ink - np.array(PAPER)) * strength
    else:
        pixels = np.repeat((known - low) / ((high - low) or 1.0) * 255, 3, axis=2)
    return np.where(np.isnan(tile)[..., None], np.array(NOT_A_NUMBER), pixels).clip(0, 255).astype(np.uint8)


def _cells(kinds: npt.NDArray[Any], size: int = 0) -> Pixels:
    """Squares with a pattern: 0 empty, 1 filled, 2 hatched, 3 framed."""
    k = size or max(4, min(15, WIDTH // max(kinds.shape)))
    y, x = np.mgrid[:k, :k]
    edge = (x == 0) | (y == 0)
    empty = np.where(edge[..., None], RULE, PAPER)
    filled = np.where(edge[..., None], RULE, INK)
    hatched = np.where(((x + y) % 5 < 2)[..., None], ORANGE, empty)
    inner = (np.minimum(x, k - x) <= max(1, k // 6)) | (np.minimum(y, k - y) <= max(1, k // 6))
    framed = np.where((inner & ~edge)[..., None], BLUE, empty)
    tiles = np.stack([empty, filled, hatched, framed]).astype(np.uint8)[kinds]  # (rows, columns, k, k, 3)
    rows, columns = kinds.shape
    whole = tiles.transpose(0, 2, 1, 3, 4).reshape(rows * k, columns * k, 3)
    return np.pad(whole, ((0, 1), (0, 1), (0, 0)), constant_values=RULE[0])


def _enlarged(pixels: Pixels) -> Pixels:
    k = max(1, min(16, WIDTH // max(pixels.shape[:2])))
    return pixels.repeat(k, axis=0).repeat(k, axis=1)


def _picture(pixels: Pixels, alt: str, label: str) -> Picture:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).quantize(256).save(file, "PNG", optimize=True)
    height, width = pixels.shape[:2]
    return Picture(f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}", width, height, alt, label)


def _number(value: float) -> str:
    return f"{value:.4g}"
