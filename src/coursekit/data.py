"""Picture sets by name: ``shapes`` (drawn on the spot), ``digits`` (scikit-learn's), ``load`` (torchvision's sets).

    images, labels = coursekit.data.load("cifar10", split="train", n=5000)

Torchvision's sets are looked for in ``COURSE_DATA/<name>/``, in torchvision's own layout. A set that is not there is
replaced by pictures of the same shape that need no download, and a line says so.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from coursekit.files import CIFAR, MNIST, Arrays, DataError, File, Layout, progress
from coursekit.shapes import shapes

__all__ = ["DataError", "digits", "download", "load", "shapes", "status", "verify"]

Pictures = tuple[Tensor, Tensor]  # images (n, C, H, W) float32, labels (n,) int64


def digits(split: str = "train") -> Pictures:
    """Handwritten digits: images (n, 1, 8, 8) float32, normalised by (x / 16 - 0.3) / 0.37, and labels (n,) int64.

    "train" is the first 1500 of scikit-learn's 1797 (https://archive.ics.uci.edu/dataset/80), "test" the other 297.
    """
    _check_split(split)
    from sklearn.datasets import load_digits

    part = slice(1500) if split == "train" else slice(1500, None)
    pixels, labels = load_digits(return_X_y=True)
    images = torch.from_numpy(pixels[part]).float().reshape(-1, 1, 8, 8)
    return (images / 16 - 0.3) / 0.37, torch.from_numpy(labels[part]).long()


# -- what stands in for a set that is not there -------------------------------------------------------------------


def _colour_shapes(n: int, split: str) -> Pictures:
    return shapes(n, seed=0, split=split)


def _grey_shapes(n: int, split: str) -> Pictures:
    images, labels = shapes(n, seed=0, split=split, size=28)
    return images.mean(1, keepdim=True), labels


def _large_digits(n: int, split: str) -> Pictures:
    """The digits as MNIST has them: 20 x 20 pixels in the middle of 28 x 28."""
    images, labels = digits(split)
    images = F.pad(F.interpolate(images[:n] * 0.37 + 0.3, size=20, mode="bilinear"), (4, 4, 4, 4))
    return (images - 0.5) / 0.25, labels[:n]


@dataclass(frozen=True)
class PictureSet:
    """title: as people write it.  torchvision: its class.  layout: its files.  instead, noun: what stands in for it."""

    title: str
    torchvision: str
    layout: Layout
    instead: Callable[[int, str], Pictures]
    noun: str


SETS = {
    "cifar10": PictureSet("CIFAR-10", "CIFAR10", CIFAR, _colour_shapes, "procedural shapes"),
    "cifar100": PictureSet("CIFAR-100", "CIFAR100", CIFAR, _colour_shapes, "procedural shapes (10 classes)"),
    "mnist": PictureSet("MNIST", "MNIST", MNIST, _large_digits, "of scikit-learn's digits, enlarged,"),
    "fashion_mnist": PictureSet("Fashion-MNIST", "FashionMNIST", MNIST, _grey_shapes, "grey procedural shapes"),
}
INSTEAD = 2000  # how many pictures stand in for a set, unless ``n`` says otherwise


def load(
    name: str,
    split: str = "train",
    n: int | None = None,
    *,
    root: str | Path | None = None,
    checksums: Mapping[str, str] | None = None,
) -> Pictures:
    """The first ``n`` pictures (all without ``n``) of a set of torchvision's, or what stands in for it.

    name: one of ``SETS``.  split: "train" or "test".  root: in place of ``COURSE_DATA``.  checksums: MD5 by file name,
    where they are not the published ones.  Gives images (n, C, H, W) float32, normalised by (x / 255 - 0.5) / 0.25, and
    labels (n,) int64.  Raises DataError for damaged files, and where a set has no file of this split.
    """
    _check_split(split)
    chosen, folder = _find(name, root)
    there, missing = _listed(chosen, folder, checksums or {})
    if not there:
        return _stand_in(name, folder, split, n)
    mine = [file for file in there if file.split == split]
    lost = [file.path for file in missing if file.split == split]
    if not mine:
        raise DataError(
            f"{chosen.title} in {folder} has no {split} pictures: put {', '.join(lost)} there, or move the folder away "
            f"to use {chosen.noun} instead"
        )
    pixels, classes = _read(chosen, folder, split, there + missing)
    if lost:
        count = _thousands(len(pixels))
        print(f"{chosen.title} in {folder} lacks {', '.join(lost)}; using the {count} {split} pictures that are there.")
    images = torch.tensor(pixels[:n]).float().div_(255).sub_(0.5).div_(0.25)
    return images, torch.tensor(classes[:n]).long()


def _stand_in(name: str, folder: Path, split: str, n: int | None) -> Pictures:
    images, labels = SETS[name].instead(INSTEAD if n is None else n, split)
    print(
        f"{SETS[name].title} is not in {folder}; using {_thousands(len(images))} {SETS[name].noun} instead. "
        f'To use it: coursekit.data.download("{name}")'
    )
    return images, labels


# -- what is there ------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """What is known of one set on this machine. state: present, partial, absent or damaged.  note: why, what to do."""

    name: str
    title: str
    folder: Path
    state: str
    pictures: int
    note: str


def status(root: str | Path | None = None, checksums: Mapping[str, str] | None = None) -> list[Row]:
    """One row a set, after reading all its files."""
    return [_row(name, root, checksums or {}) for name in SETS]


def verify(name: str, root: str | Path | None = None, checksums: Mapping[str, str] | None = None) -> Row:
    """The row of one set. Raises DataError where it is damaged or not there."""
    row = _row(name, root, checksums or {})
    if row.state in ("damaged", "absent"):
        raise DataError(row.note)
    return row


def download(name: str, root: str | Path | None = None) -> Row:
    """Fetch a set into its folder with torchvision's downloader, and verify it. Raises DataError, saying why."""
    chosen, folder = _find(name, root)
    try:
        _torchvision_class(chosen)(folder, download=True)
    except Exception as error:  # the network, the disk, an archive: all are one sentence to the reader
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise DataError(
            f"{chosen.title} could not be downloaded into {folder} ({reason[-1].rstrip('.')}): try again, "
            f"or copy the folder from a machine that has it"
        ) from None
    return verify(name, root)


def data_folder(root: str | Path | None = None) -> Path:
    """Where the sets are: ``root``, else the environment variable COURSE_DATA, else the platform's folder for data."""
    if root or os.environ.get("COURSE_DATA"):
        return Path(root or os.environ["COURSE_DATA"]).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "~/AppData/Local")
    elif sys.platform == "darwin":
        base = "~/Library/Application Support"
    else:
        base = os.environ.get("XDG_DATA_HOME", "~/.local/share")
    return Path(os.path.expanduser(base), "convnet-course")


def _find(name: str, root: str | Path | None) -> tuple[PictureSet, Path]:
    if name not in SETS:
        raise ValueError(f"there is no data set {name!r}; the sets are {', '.join(SETS)}")
    return SETS[name], data_folder(root) / name


def _torchvision_class(chosen: PictureSet) -> Any:
    import torchvision.datasets

    return getattr(torchvision.datasets, chosen.torchvision)


def _listed(chosen: PictureSet, folder: Path, checksums: Mapping[str, str]) -> tuple[list[File], list[File]]:
    """The set's files: those that are there, and those that are missing."""
    listed = chosen.layout.files(_torchvision_class(chosen), checksums) if folder.is_dir() else []
    return [f for f in listed if f.find(folder)], [f for f in listed if not f.find(folder)]


def _read(chosen: PictureSet, folder: Path, split: str, listed: list[File]) -> Arrays:
    mine = [file for file in listed if file.split == split]
    total = sum(path.stat().st_size for file in mine if (path := file.find(folder)))
    with progress(f"{chosen.title}, {split}", total) as advance:
        return chosen.layout.read(folder, mine, advance)


def _row(name: str, root: str | Path | None, checksums: Mapping[str, str]) -> Row:
    chosen, folder = _find(name, root)
    there, missing = _listed(chosen, folder, checksums)
    row = Row(name, chosen.title, folder, "present", 0, "")
    if not there:
        note = f'{chosen.title} is not in {folder}: coursekit.data.download("{name}") fetches it'
        return row._replace(state="absent", note=note)
    try:
        splits = dict.fromkeys(file.split for file in there)
        pictures = sum(len(_read(chosen, folder, split, there + missing)[0]) for split in splits)
    except DataError as error:
        return row._replace(state="damaged", note=str(error))
    if missing:
        note = f"{', '.join(file.path for file in missing)} missing"
        return row._replace(state="partial", pictures=pictures, note=note)
    return row._replace(pictures=pictures)


def _check_split(split: str) -> None:
    if split not in ("train", "test"):
        raise ValueError(f"there is no split {split!r}; the splits are train, test")


def _thousands(count: int) -> str:
    return f"{count:,}".replace(",", " ")
