"""PASCAL VOC 2012 for segmentation, if it is on this machine, or procedural scenes in its place.

Looked for in ``COURSE_DATA/voc/``, in torchvision's own layout: ``VOCdevkit/VOC2012/`` with ``JPEGImages``,
``SegmentationClass`` and ``ImageSets/Segmentation``. http://host.robots.ox.ac.uk/pascal/VOC/voc2012/
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from coursekit.data import DataError, data_folder
from coursekit.scenes import scenes

CLASSES = 21  # twenty kinds of things, and the ground, which is 0
VOID = 255  # the border between things, which nobody scores
INSTEAD = 400  # how many scenes stand in, unless ``n`` says otherwise


def load(
    split: str = "train", n: int | None = None, *, size: int = 128, root: str | Path | None = None
) -> tuple[Tensor, Tensor, int]:
    """Images (n, 3, size, size) float32, normalised by (x / 255 - 0.5) / 0.25, masks (n, size, size) int64, and K.

    split: "train" or "val".  root: in place of ``COURSE_DATA``.  Masks hold 0 ... K - 1, and 255 for void.
    Pictures are scaled so that the shorter side is ``size``, and the middle is cut out; masks take the nearest
    pixel, since a class between 3 and 5 is not 4. Raises ValueError for an unknown split, DataError for a broken set.
    """
    if split not in ("train", "val"):
        raise ValueError(f"there is no split {split!r}; the splits are train, val")
    folder = data_folder(root) / "voc"
    if not (folder / "VOCdevkit" / "VOC2012").is_dir():
        drawn = scenes(INSTEAD if n is None else n, seed=0, split="train" if split == "train" else "test", size=size)
        print(f"PASCAL VOC is not in {folder}; using {len(drawn.images)} procedural scenes with 4 classes instead.")
        return drawn.images, drawn.labels, 4
    from torchvision.datasets import VOCSegmentation

    try:
        pairs = VOCSegmentation(str(folder), year="2012", image_set=split, download=False)
        chosen = [pairs[i] for i in range(len(pairs) if n is None else min(n, len(pairs)))]
    except (OSError, RuntimeError) as error:
        raise DataError(f"PASCAL VOC in {folder} cannot be read ({error}): put the whole VOCdevkit there") from None
    images = torch.stack([_square(torch.from_numpy(np.array(image)).permute(2, 0, 1), size) for image, _ in chosen])
    masks = torch.stack([_square(torch.from_numpy(np.array(mask))[None], size, "nearest")[0] for _, mask in chosen])
    return images.div_(255).sub_(0.5).div_(0.25), masks.long(), CLASSES


def _square(picture: Tensor, size: int, mode: str = "bilinear") -> Tensor:
    """(C, H, W) as (C, size, size) float: the shorter side scaled to ``size``, the middle cut out."""
    height, width = picture.shape[-2:]
    scale = size / min(height, width)
    target = max(size, round(height * scale)), max(size, round(width * scale))
    smooth = {"antialias": True} if mode == "bilinear" else {}
    picture = F.interpolate(picture[None].float(), target, mode=mode, **smooth)[0]
    top, left = (target[0] - size) // 2, (target[1] - size) // 2
    return picture[:, top : top + size, left : left + size].contiguous()
