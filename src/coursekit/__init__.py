"""The kit: data, plots, training helpers and visible checks; students open and read it.

    check, check_raises   the visible checks under each exercise
    coursekit.data        picture sets: procedural shapes, handwritten digits, torchvision's sets
    coursekit.pictures    single pictures: two photographs, patterns drawn on the spot
    coursekit.plots       tensors as grids, pictures, curves, bars
    coursekit.train       a short training loop, accuracy
    coursekit.scenes      procedural scenes with a class and an instance a pixel
    coursekit.voc         PASCAL VOC's photographs with masks, or scenes in their place
    coursekit.instances   a small Mask R-CNN
    coursekit.transfer    a small net that has learned the ten shapes, ResNet-18, and pictures of other kinds
    coursekit.vgg         VGG-19's layers by name, or a small net in its place

The modules are imported when first used, so that ``import coursekit`` costs nothing beyond torch.
"""

from importlib import import_module
from typing import Any

from coursekit.check import check, check_raises, recording

MODULES = ("data", "instances", "pictures", "plots", "scenes", "shapes", "train", "transfer", "vgg", "voc")

__all__ = ["check", "check_raises", "recording", *MODULES]


def __getattr__(name: str) -> Any:
    if name in MODULES:
        return import_module(f"coursekit.{name}")
    raise AttributeError(f"module 'coursekit' has no attribute {name!r}")
