"""PASCAL VOC: a tiny copy in its own layout is read; scenes stand in for one that is not there."""

import numpy as np
import pytest
import torch
from PIL import Image

from coursekit import voc
from coursekit.data import DataError


@pytest.fixture
def folder(tmp_path):
    """Two photographs, 40 × 30 and 20 × 50, with masks of classes 0, 7 and 255."""
    root = tmp_path / "voc" / "VOCdevkit" / "VOC2012"
    for name in ("JPEGImages", "SegmentationClass", "ImageSets/Segmentation"):
        (root / name).mkdir(parents=True)
    (root / "ImageSets/Segmentation/train.txt").write_text("a\nb\n")
    for name, (width, height) in (("a", (40, 30)), ("b", (20, 50))):
        Image.new("RGB", (width, height), (255, 0, 128)).save(root / "JPEGImages" / f"{name}.jpg")
        mask = np.zeros((height, width), np.uint8)
        mask[height // 2 :], mask[:, :2] = 7, 255
        picture = Image.fromarray(mask, mode="P")
        picture.putpalette([i // 3 for i in range(768)])
        picture.save(root / "SegmentationClass" / f"{name}.png")
    return tmp_path


def test_photographs_become_squares_and_masks_keep_their_numbers(folder):
    images, masks, classes = voc.load("train", size=16, root=folder)
    assert classes == 21 and images.shape == (2, 3, 16, 16) and masks.shape == (2, 16, 16)
    assert images.dtype == torch.float32 and masks.dtype == torch.int64
    red, green = images[0, :2].mean((1, 2))
    assert abs(red - 2) < 0.1 and abs(green + 2) < 0.1  # (1 - 0.5) / 0.25 and (0 - 0.5) / 0.25
    assert masks[0].unique().tolist() == [0, 7] and masks[1].unique().tolist() == [0, 7, 255]
    assert len(voc.load("train", n=1, size=16, root=folder)[0]) == 1


def test_a_broken_copy_is_refused_in_one_sentence(folder):
    (folder / "voc/VOCdevkit/VOC2012/JPEGImages/a.jpg").write_bytes(b"no picture")
    with pytest.raises(DataError, match="cannot be read"):
        voc.load("train", size=16, root=folder)


def test_scenes_stand_in(tmp_path, capsys):
    images, masks, classes = voc.load("val", n=3, size=16, root=tmp_path)
    assert images.shape == (3, 3, 16, 16) and masks.shape == (3, 16, 16) and classes == 4
    assert "using 3 procedural scenes" in capsys.readouterr().out


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match="'test'.*train, val"):
        voc.load("test")
