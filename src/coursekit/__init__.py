"""The kit: data, plots, training helpers and visible checks; students open and read it.

    check, check_raises   the visible checks under each exercise
    coursekit.data        pictures: procedural shapes, handwritten digits, torchvision's sets
    coursekit.plots       tensors as grids, pictures, curves, bars
    coursekit.train       a short training loop, accuracy

The four modules are imported when first used, so that ``import coursekit`` costs nothing beyond torch.
"""

from importlib import import_module
from typing import Any

from coursekit.check import check, check_raises, recording

__all__ = ["check", "check_raises", "data", "plots", "recording", "shapes", "train"]


def __getattr__(name: str) -> Any:
    if name in ("data", "plots", "shapes", "train"):
        return import_module(f"coursekit.{name}")
    raise AttributeError(f"module 'coursekit' has no attribute {name!r}")
