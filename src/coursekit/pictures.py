"""Single pictures, (1, 3, size, size) float32 in [0, 1]: two photographs, and patterns drawn on the spot.

The photographs are the two that come with scikit-learn, cut to a square and reduced. Both are under the licence CC BY
2.0 (https://creativecommons.org/licenses/by/2.0/), so whoever shows them names their authors:

    china    danielbuechele, https://www.flickr.com/photos/danielbuechele/6061409035/
    flower   vultilion, https://www.flickr.com/photos/vultilion/6056698931/
"""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

PHOTOS = ("china", "flower")

# Glass, and the lead between it.
PALETTE = (
    (0.85, 0.15, 0.10), (0.95, 0.75, 0.15), (0.10, 0.30, 0.70),
    (0.05, 0.60, 0.60), (0.95, 0.93, 0.85), (0.90, 0.45, 0.10),
)  # fmt: skip
LEAD = 2.0  # its width in pixels, about


def photo(name: str, size: int = 128) -> Tensor:
    """The middle square of a photograph, (1, 3, size, size) in [0, 1]. Raises ValueError for an unknown name."""
    if name not in PHOTOS:
        raise ValueError(f"there is no photograph {name!r}; the photographs are {', '.join(PHOTOS)}")
    pixels = _pixels(name).float() / 255
    height, width = pixels.shape[-2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = pixels[..., top : top + side, left : left + side]
    return F.interpolate(square, size=size, mode="bilinear", antialias=True).clamp(0, 1)


@lru_cache
def _pixels(name: str) -> Tensor:
    """All of a photograph, (1, 3, 427, 640) uint8."""
    from sklearn.datasets import load_sample_image

    return torch.tensor(load_sample_image(f"{name}.jpg")).permute(2, 0, 1)[None]


def mosaic(size: int = 128, *, cells: int = 160, seed: int = 0) -> Tensor:
    """Coloured glass between dark lead, (1, 3, size, size) in [0, 1]: each pixel belongs to the nearest of the seeds.

    The same arguments give the same picture; another ``seed`` gives other cells of the same kind.
    """
    g = torch.Generator().manual_seed(seed)
    centres = torch.rand(cells, 2, generator=g)
    glass = torch.tensor(PALETTE)[torch.randint(len(PALETTE), (cells,), generator=g)]
    glass = (glass + 0.08 * torch.randn(cells, 3, generator=g)).clamp(0, 1)
    along = (torch.arange(size) + 0.5) / size
    distances, nearest = torch.cdist(torch.cartesian_prod(along, along), centres).topk(2, largest=False)
    to_border = (distances[:, 1] - distances[:, 0]) * size / 2  # in pixels
    picture = glass[nearest[:, 0]] * (to_border / (LEAD / 2)).clamp(0, 1)[:, None]
    return picture.T.reshape(1, 3, size, size)


def shuffled(picture: Tensor, tile: int, *, seed: int = 0) -> Tensor:
    """The picture cut into squares of ``tile`` pixels, which are put back in another order.

    picture: (1, C, H, W), H and W multiples of ``tile`` (else ValueError).
    """
    height, width = picture.shape[-2:]
    if height % tile or width % tile:
        raise ValueError(f"a picture of {height} x {width} pixels cannot be cut into squares of {tile}")
    tiles = F.unfold(picture, tile, stride=tile)
    order = torch.randperm(tiles.shape[-1], generator=torch.Generator().manual_seed(seed))
    return F.fold(tiles[..., order], (height, width), tile, stride=tile)
