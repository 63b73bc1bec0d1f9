"""Ten classes of coloured shapes on busy grounds: a picture set that needs no download and trains in seconds.

Each picture is one shape, drawn from its signed distance (negative inside) in coordinates that are shifted, turned and
scaled picture by picture, over a coloured, textured ground with small ellipses as clutter, and noise over all.
The technique of drawing with signed distances: Inigo Quilez, https://iquilezles.org/articles/distfunctions2d/
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor

NAMES = ("disc", "ring", "square", "triangle", "plus", "star", "half-disc", "bar", "L", "pair of discs")

# rot: the largest turn in radians. clutter: how many small ellipses. noise: its standard deviation. bright: the part of
# shapes that are brighter than their ground. pos: the largest shift of the centre, 1 being half the picture.
EASY = {"rot": 0.5, "clutter": 2, "noise": 0.06, "bright": 1.0, "pos": 0.2}
STANDARD = {"rot": math.pi, "clutter": 3, "noise": 0.1, "bright": 0.9, "pos": 0.25}

SPLITS = ("train", "validation", "test", "shifted")
CHUNK = 500  # pictures drawn at a time, which bounds the memory


def shapes(
    n: int,
    *,
    seed: int,
    split: str = "train",
    size: int = 32,
    rot: float = STANDARD["rot"],
    clutter: int = 3,
    noise: float = STANDARD["noise"],
    bright: float = STANDARD["bright"],
    pos: float = STANDARD["pos"],
    classes: Sequence[Callable[[Tensor, Tensor], Tensor]] | None = None,
) -> tuple[Tensor, Tensor]:
    """Draw ``n`` pictures: images (n, 3, size, size) float32, normalised by (x - 0.5) / 0.25, and labels (n,) int64.

    The classes (``NAMES``) are equally frequent. The same arguments give the same pictures; the four splits of one seed
    differ. The split "shifted" is a test set whose shapes lie 0.4 to 0.5 half pictures away from the middle.
    The knobs default to ``STANDARD``; ``shapes(n, seed=0, **EASY)`` is easier. Raises ValueError for an unknown split.
    classes: signed distances f(u, v) of other shapes, each filling the unit disc, in place of the ten.
    """
    distances = DISTANCES if classes is None else classes
    if split not in SPLITS:
        raise ValueError(f"there is no split {split!r}; the splits are {', '.join(SPLITS)}")
    g = torch.Generator().manual_seed(seed * len(SPLITS) + SPLITS.index(split))
    labels = torch.arange(n)[torch.randperm(n, generator=g)] % len(distances)
    centre = _on_ring(n, 0.4, 0.5, g) if split == "shifted" else _uniform(g, -pos, pos, n, 2)
    chunks = [
        _draw(label, at, size, rot, clutter, noise, bright, g, distances)
        for label, at in zip(labels.split(CHUNK), centre.split(CHUNK), strict=True)
    ]
    images = torch.cat(chunks) if n else torch.zeros(0, 3, size, size)
    return (images - 0.5) / 0.25, labels


def _draw(
    labels: Tensor,
    centre: Tensor,
    size: int,
    rot: float,
    clutter: int,
    noise: float,
    bright: float,
    g: Generator,
    distances: Sequence[Callable[[Tensor, Tensor], Tensor]],
) -> Tensor:
    """Pictures (n, 3, size, size) in [0, 1]."""
    n = len(labels)
    y, x = _pixels(size)
    picture, fill = scene(n, size, clutter, bright, g)
    radius = _uniform(g, 0.55, 0.8, n, 1, 1)
    u, v = _turned(x - centre[:, 0, None, None], y - centre[:, 1, None, None], _uniform(g, -rot, rot, n, 1, 1))
    distance = torch.empty(n, size, size)
    for label, shape in enumerate(distances):
        of = labels == label
        distance[of] = shape(u[of] / radius[of], v[of] / radius[of])
    picture = _over(picture, fill + _waves(x, y, n, 6, 14, 0.1, g), distance * radius, size)
    return (picture + noise * torch.randn(picture.shape, generator=g)).clamp(0, 1)


def scene(n: int, size: int, clutter: int, bright: float, g: Generator) -> tuple[Tensor, Tensor]:
    """Grounds (n, 3, size, size) with waves and small ellipses, and a colour (n, 3, 1, 1) that stands out from each."""
    y, x = _pixels(size)
    ground = _uniform(g, 0, 0.6, n, 3, 1, 1)
    direction = _unit(_uniform(g, 0, 1, n, 3, 1, 1) + 0.5)  # random, biased towards white
    fill = ground + _uniform(g, 0.65, 1.75, n, 1, 1, 1) * direction
    dark = torch.rand(n, 1, 1, 1, generator=g) >= bright
    ground, fill = torch.where(dark, fill, ground), torch.where(dark, ground, fill)
    picture = ground + _waves(x, y, n, 0.5, 2, 0.25, g) + _waves(x, y, n, 6, 14, 0.25, g)
    for _ in range(clutter):
        picture = _over(picture, _uniform(g, 0, 1, n, 3, 1, 1), _ellipse(x, y, n, g), size)
    return picture, fill


def _over(picture: Tensor, colour: Tensor, distance: Tensor, size: int) -> Tensor:
    """Paint ``colour`` where ``distance`` (n, size, size) is negative, with an edge about a pixel wide."""
    alpha = torch.sigmoid(-distance * (size / 2) / 0.4)[:, None]
    return torch.lerp(picture, colour, alpha)


def _ellipse(x: Tensor, y: Tensor, n: int, g: Generator) -> Tensor:
    at, half = _uniform(g, -1, 1, n, 2, 1, 1), _uniform(g, 0.06, 0.18, n, 2, 1, 1)
    u, v = _turned(x - at[:, 0], y - at[:, 1], _uniform(g, 0, math.pi, n, 1, 1))
    return (torch.hypot(u / half[:, 0], v / half[:, 1]) - 1) * half.amin(1)


def _waves(x: Tensor, y: Tensor, n: int, low: float, high: float, amplitude: float, g: Generator) -> Tensor:
    """A sinusoid (n, 3, size, size) of random direction, frequency, phase and colour, of this mean amplitude."""
    angle, frequency, phase = (_uniform(g, a, b, n, 1, 1) for a, b in ((0, math.pi), (low, high), (0, 2 * math.pi)))
    u, _ = _turned(x, y, angle)
    colour = _unit(torch.randn(n, 3, 1, 1, generator=g)) * amplitude * math.sqrt(3)
    return colour * torch.sin(frequency * u + phase)[:, None]


# -- the classes: signed distances of shapes that fill the unit disc ----------------------------------------------


def _disc(u: Tensor, v: Tensor) -> Tensor:
    return torch.hypot(u, v) - 0.9


def _ring(u: Tensor, v: Tensor) -> Tensor:
    return (torch.hypot(u, v) - 0.7).abs() - 0.22


def _box(u: Tensor, v: Tensor, width: float, height: float) -> Tensor:
    return torch.maximum(u.abs() - width, v.abs() - height)


def _square(u: Tensor, v: Tensor) -> Tensor:
    return _box(u, v, 0.75, 0.75)


def _triangle(u: Tensor, v: Tensor) -> Tensor:
    return torch.maximum(v, math.sqrt(0.75) * u.abs() - 0.5 * v) - 0.5


def _plus(u: Tensor, v: Tensor) -> Tensor:
    return torch.minimum(_box(u, v, 0.95, 0.3), _box(u, v, 0.3, 0.95))


def _star(u: Tensor, v: Tensor) -> Tensor:
    """Fold the ten edges into one, then measure from the line through its inner and its outer corner."""
    tenth = math.pi / 5
    angle = (torch.atan2(v, u).remainder(2 * tenth) - tenth).abs()  # 0 at an inner corner, a tenth at an outer one
    a, b = torch.hypot(u, v) * torch.cos(angle), torch.hypot(u, v) * torch.sin(angle)
    inner, outer = (0.42, 0.0), (math.cos(tenth), math.sin(tenth))
    along = (outer[0] - inner[0], outer[1] - inner[1])
    return ((a - inner[0]) * along[1] - b * along[0]) / math.hypot(*along)


def _half_disc(u: Tensor, v: Tensor) -> Tensor:
    return torch.maximum(torch.hypot(u, v + 0.4) - 0.95, -0.4 - v)


def _bar(u: Tensor, v: Tensor) -> Tensor:
    return _box(u, v, 0.95, 0.28)


def _l(u: Tensor, v: Tensor) -> Tensor:
    return torch.minimum(_box(u + 0.4, v, 0.28, 0.85), _box(u, v - 0.57, 0.68, 0.28))


def _pair_of_discs(u: Tensor, v: Tensor) -> Tensor:
    return torch.hypot(u.abs() - 0.52, v) - 0.42


DISTANCES: tuple[Callable[[Tensor, Tensor], Tensor], ...] = (
    _disc, _ring, _square, _triangle, _plus, _star, _half_disc, _bar, _l, _pair_of_discs,
)  # fmt: skip


# -- small geometry -----------------------------------------------------------------------------------------------


def _pixels(size: int) -> tuple[Tensor, Tensor]:
    """Rows and columns of the pixels' centres, the picture being [-1, 1] x [-1, 1]."""
    along = (torch.arange(size) + 0.5) * 2 / size - 1
    y, x = torch.meshgrid(along, along, indexing="ij")
    return y, x


def _turned(x: Tensor, y: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    cos, sin = torch.cos(angle), torch.sin(angle)
    return cos * x + sin * y, cos * y - sin * x


def _uniform(g: Generator, low: float, high: float, *shape: int) -> Tensor:
    return low + (high - low) * torch.rand(*shape, generator=g)


def _on_ring(n: int, low: float, high: float, g: Generator) -> Tensor:
    angle, distance = _uniform(g, 0, 2 * math.pi, n), _uniform(g, low, high, n)
    return torch.stack([distance * torch.cos(angle), distance * torch.sin(angle)], 1)


def _unit(directions: Tensor) -> Tensor:
    return directions / directions.norm(dim=1, keepdim=True)
