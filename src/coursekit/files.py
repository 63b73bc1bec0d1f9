"""The files of torchvision's picture sets: whether they are whole, and the pictures in them.

torchvision is asked for names, checksums and addresses only. A set is read here, file by file, so that a folder with
some of its files can be used, and so that nothing is unpickled before its checksum has been compared.
"""

import gzip
import hashlib
import math
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

Arrays = tuple[np.ndarray, np.ndarray]  # pictures (n, C, H, W) uint8, labels (n,)
Advance = Callable[[int], None]  # is told how many more bytes have been read
BLOCK = 1 << 20  # bytes read at a time
SLOW = 16 << 20  # bytes from which on a progress bar is shown


class DataError(RuntimeError):
    """A data set cannot be used; the message says which file, and what to do."""


@dataclass(frozen=True)
class File:
    """One file of a set. path: below the set's folder.  split: "train" or "test"."""

    path: str
    md5: str
    split: str

    def find(self, folder: Path) -> Path | None:
        """Where it is: as published (which has a checksum) rather than unpacked, or None."""
        published = folder / self.path
        unpacked = published.with_suffix("") if published.suffix == ".gz" else published
        return next((path for path in (published, unpacked) if path.is_file()), None)

    def read(self, folder: Path, advance: Advance) -> bytes:
        """Its bytes, compared with the checksum and unpacked."""
        path = self.find(folder)
        if path is None:
            raise DataError(f"{folder / self.path} is missing: put it back, or download the set again")
        content = _read(path, advance)
        if path != folder / self.path:
            return content
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != self.md5:
            raise damaged(path, "its checksum is not the published one")
        return gzip.decompress(content) if path.suffix == ".gz" else content


class Layout(NamedTuple):
    """How the sets of one family lie on the disk.

    files: lists a torchvision class's files, with other checksums by file name if the caller has them.
    read: the pictures of one split from its files in a folder.
    """

    files: Callable[[Any, Mapping[str, str]], list[File]]
    read: Callable[[Path, list[File], Advance], Arrays]


def damaged(path: Path, why: str) -> DataError:
    return DataError(f"{path} is damaged ({why}): delete it and download the set again")


def _read(path: Path, advance: Advance) -> bytes:
    blocks = []
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                blocks.append(block)
                advance(len(block))
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror}): make it readable, or download the set again"
        ) from None
    return b"".join(blocks)


# -- CIFAR: pickled batches (https://www.cs.toronto.edu/~kriz/cifar.html) -----------------------------------------


def cifar_files(torchvision_class: Any, checksums: Mapping[str, str]) -> list[File]:
    lists = {"train": torchvision_class.train_list, "test": torchvision_class.test_list}
    return [
        File(f"{torchvision_class.base_folder}/{name}", checksums.get(name, md5), split)
        for split, entries in lists.items()
        for name, md5 in entries
    ]


def read_cifar(folder: Path, files: list[File], advance: Advance) -> Arrays:
    """The pictures of those batches that are there."""
    batches = [
        pickle.loads(file.read(folder, advance), encoding="latin1") for file in files if file.find(folder) is not None
    ]
    labels = [batch["labels"] if "labels" in batch else batch["fine_labels"] for batch in batches]
    return np.concatenate([batch["data"] for batch in batches]).reshape(-1, 3, 32, 32), np.concatenate(labels)


CIFAR = Layout(cifar_files, read_cifar)


# -- MNIST and its relatives: idx files (http://yann.lecun.com/exdb/mnist/) ---------------------------------------


def mnist_files(torchvision_class: Any, checksums: Mapping[str, str]) -> list[File]:
    return [
        File(
            f"{torchvision_class.__name__}/raw/{name}", checksums.get(name, md5), "test" if "t10k" in name else "train"
        )
        for name, md5 in torchvision_class.resources
    ]


def read_mnist(folder: Path, files: list[File], advance: Advance) -> Arrays:
    """The pictures and labels of one split, from its two files."""
    pixels, labels = (_idx(file.read(folder, advance), file.find(folder) or folder / file.path) for file in files)
    if pixels.ndim != 3 or labels.shape != pixels.shape[:1]:
        raise damaged(folder / files[1].path, f"it has labels of shape {labels.shape} for pictures {pixels.shape}")
    return pixels[:, None], labels


def _idx(content: bytes, path: Path) -> np.ndarray:
    """An array of bytes: 0, 0, 8 for "unsigned byte", the number of axes, their lengths (big-endian), the values."""
    axes = content[3] if content[:3] == b"\0\0\x08" and len(content) > 3 else 0
    start = 4 + 4 * axes
    shape = [int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4)]
    if not axes or len(content) - start != math.prod(shape):
        raise damaged(path, "it is not a whole idx file")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


MNIST = Layout(mnist_files, read_mnist)


# -- progress -----------------------------------------------------------------------------------------------------


@contextmanager
def progress(title: str, total: int) -> Iterator[Advance]:
    """A bar of ``total`` bytes for as long as the block takes; yields what to call with each number of bytes done."""
    if total < SLOW:
        yield lambda amount: None
        return
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ImportError:
        yield _percentages(title, total)
        return
    with Progress(console=Console(stderr=True, force_jupyter=False), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda amount: bar.advance(task, amount)


def _percentages(title: str, total: int) -> Advance:
    done = 0

    def advance(amount: int) -> None:
        nonlocal done
        before, done = 10 * done // total, done + amount
        if 10 * done // total > before:
            end = "\n" if done >= total else ""
            print(f"\r{title}: {100 * done // total} %", end=end, file=sys.stderr, flush=True)

    return advance
