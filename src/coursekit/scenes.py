"""Scenes for segmentation: discs, squares and triangles that may hide one another, with a class and an object a pixel.

Each picture comes with two maps: which class a pixel belongs to, and which object. Later objects cover earlier ones.
Drawn with the signed distances of ``coursekit.shapes``, so nothing has to be downloaded.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit.shapes import (
    SPLITS,
    _disc,
    _ellipse,
    _over,
    _pixels,
    _square,
    _triangle,
    _turned,
    _uniform,
    _unit,
    _waves,
)

NAMES = ("ground", "disc", "square", "triangle")
COLOURS = torch.tensor([[0.1, 0.1, 0.1], [0.95, 0.75, 0.2], [0.2, 0.4, 0.85], [0.75, 0.95, 0.85]])  # of NAMES
VOID = (0.3, 0.3, 0.3)  # any other number in a map; every colour here has a lightness of its own
EASY = {"objects": (1, 3), "radius": (0.4, 0.65), "turn": 0.4, "clutter": 2, "noise": 0.06}  # learned in seconds
CHUNK = 200  # scenes drawn at a time, which bounds the memory
_KINDS = (_disc, _square, _triangle)


class Scenes(NamedTuple):
    """images (n, 3, size, size) float32, normalised by (x - 0.5) / 0.25.  labels (n, size, size) int64: 0 is ground, 1
    disc, 2 square, 3 triangle.  instances (n, size, size) int64: 0 is ground, objects are 1, 2, ... from back to front.
    """

    images: Tensor
    labels: Tensor
    instances: Tensor


def scenes(
    n: int,
    *,
    seed: int,
    split: str = "train",
    size: int = 64,
    objects: tuple[int, int] = (1, 4),
    radius: tuple[float, float] = (0.2, 0.42),
    turn: float = math.pi,
    clutter: int = 4,
    noise: float = 0.08,
) -> Scenes:
    """Draw ``n`` scenes. The same arguments give the same scenes; the splits of one seed differ.

    objects: the least and the largest number of objects.  radius: their least and largest size, 1 being half the
    picture.  turn: the largest turn in radians.  clutter: how many small ellipses lie on the ground; they belong to it.
    noise: its standard deviation.  The knobs in ``EASY`` make scenes that a small network learns in seconds.
    An object that others cover wholly leaves no pixel. Raises ValueError for an unknown split.
    """
    if split not in SPLITS:
        raise ValueError(f"there is no split {split!r}; the splits are {', '.join(SPLITS)}")
    g = torch.Generator().manual_seed(seed * len(SPLITS) + SPLITS.index(split))
    numbers = [min(CHUNK, n - first) for first in range(0, n, CHUNK)] or [0]
    chunks = [_draw(number, size, objects, radius, turn, clutter, noise, g) for number in numbers]
    images, labels, instances = (torch.cat(parts) for parts in zip(*chunks, strict=True))
    return Scenes((images - 0.5) / 0.25, labels, instances)


def paint(labels: Tensor) -> Tensor:
    """A map of classes (N, H, W) as pictures (N, 3, H, W) in [0, 1]: dark ground, a lightness for each class.

    Numbers that are no class, such as 255, become grey. Instance maps and predictions can be painted as well.

    >>> paint(torch.tensor([[[0, 255]]])).shape
    torch.Size([1, 3, 1, 2])
    """
    table = torch.cat([COLOURS, torch.tensor([VOID])])
    known = (labels >= 0) & (labels < len(COLOURS))
    return table[torch.where(known, labels, len(COLOURS))].movedim(-1, 1)


def _draw(
    n: int, size: int, objects: tuple[int, int], radius: tuple[float, float], turn: float, clutter: int, noise: float,
    g: torch.Generator,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Pictures in [0, 1], and the two maps."""
    y, x = _pixels(size)
    ground = _uniform(g, 0, 0.5, n, 3, 1, 1)
    picture = ground + _waves(x, y, n, 0.5, 2, 0.2, g) + _waves(x, y, n, 6, 14, 0.15, g)
    for _ in range(clutter):
        picture = _over(picture, _uniform(g, 0, 1, n, 3, 1, 1), _ellipse(x, y, n, g), size)
    labels, instances = torch.zeros(n, size, size, dtype=torch.int64), torch.zeros(n, size, size, dtype=torch.int64)
    count = torch.randint(objects[0], objects[1] + 1, (n, 1, 1), generator=g)
    for number in range(objects[1]):
        kind = torch.randint(len(_KINDS), (n, 1, 1), generator=g)
        r = _uniform(g, *radius, n, 1, 1)
        at = _uniform(g, -0.75, 0.75, n, 2, 1, 1)
        u, v = _turned(x - at[:, 0], y - at[:, 1], _uniform(g, -turn, turn, n, 1, 1))
        shapes = torch.stack([shape(u / r, v / r) for shape in _KINDS], 1)  # (n, kinds, size, size)
        distance = shapes.gather(1, kind[:, None].expand(-1, -1, size, size))[:, 0] * r
        distance = torch.where(number < count, distance, 1.0)  # outside everywhere: not there
        bright = ground + _uniform(g, 0.45, 1.3, n, 1, 1, 1) * _unit(_uniform(g, 0, 1, n, 3, 1, 1) + 0.5)
        picture = _over(picture, bright + _waves(x, y, n, 6, 14, 0.08, g), distance, size)
        inside = distance < 0
        labels = torch.where(inside, kind + 1, labels)
        instances = torch.where(inside, number + 1, instances)
    return (picture + noise * torch.randn(picture.shape, generator=g)).clamp(0, 1), labels, instances
