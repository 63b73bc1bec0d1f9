"""The procedural shapes: their form, their randomness, their knobs, and that the classes can be told apart."""

import pytest
import torch

from coursekit.shapes import EASY, NAMES, STANDARD, shapes

torch.set_num_threads(1)  # more cost time on tensors so small


def test_form():
    images, labels = shapes(20, seed=0)
    assert images.shape == (20, 3, 32, 32) and images.dtype == torch.float32
    assert labels.shape == (20,) and labels.dtype == torch.int64
    assert images.min() >= -2 and images.max() <= 2  # (x - 0.5) / 0.25 of [0, 1]
    assert images.is_contiguous()


def test_classes_are_equally_frequent_and_in_random_order():
    _, labels = shapes(200, seed=0)
    assert labels.bincount().tolist() == [20] * len(NAMES)
    assert labels[:10].tolist() != list(range(10))


def test_the_same_arguments_give_the_same_pictures():
    first, again = shapes(12, seed=3, split="test"), shapes(12, seed=3, split="test")
    assert torch.equal(first[0], again[0]) and torch.equal(first[1], again[1])


def test_seeds_and_splits_differ():
    pictures = [
        shapes(4, seed=seed, split=split)[0] for seed in (0, 1) for split in ("train", "validation", "test", "shifted")
    ]
    assert len({tuple(picture.flatten()[:50].tolist()) for picture in pictures}) == len(pictures)


def test_the_global_random_state_is_left_alone():
    before = torch.get_rng_state()
    shapes(4, seed=0)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("size", [16, 28, 64])
def test_other_sizes(size):
    assert shapes(3, seed=0, size=size)[0].shape == (3, 3, size, size)


def test_no_pictures():
    images, labels = shapes(0, seed=0)
    assert images.shape == (0, 3, 32, 32) and labels.shape == (0,)


def test_more_pictures_than_are_drawn_at_a_time():
    images, labels = shapes(1203, seed=0, size=8)
    assert len(images) == len(labels) == 1203


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match="'valid'.*train, validation, test, shifted"):
        shapes(1, seed=0, split="valid")


def plain(n=100, **knobs):
    """Pictures without noise, clutter and turns, in [0, 1]."""
    images, labels = shapes(n, seed=0, **{**STANDARD, "rot": 0, "clutter": 0, "noise": 0, **knobs})
    return images / 4 + 0.5, labels


def test_noise_is_as_strong_as_asked():
    shift = (shapes(50, seed=0, noise=0.02)[0] - shapes(50, seed=0, noise=0)[0]) / 4
    assert 0.012 < shift.std() < 0.02  # less than 0.02, since pixels are clamped


def test_bright_shapes_are_brighter_than_their_ground():
    for bright, brighter in ((1, True), (0, False)):
        images, labels = plain(bright=bright, pos=0)
        squares = images[labels == NAMES.index("square")].mean(1)
        assert (
            (squares[:, 13:19, 13:19].mean((1, 2)) > squares[:, :, :3].mean((1, 2))) == brighter
        ).float().mean() > 0.9


def test_the_shifted_split_moves_the_centre():
    """A disc's middle is where the picture is brightest after blurring."""
    images, labels = plain(1000, bright=1, split="shifted")
    discs = torch.nn.functional.avg_pool2d(images[labels == 0].mean(1, keepdim=True), 13, 1, 6)
    top = discs.flatten(1).argmax(1)
    distance = torch.hypot(top // 32 - 15.5, top % 32 - 15.5)
    assert 5 < distance.median() < 9  # 0.4 to 0.5 of 16 pixels


def test_a_linear_map_cannot_but_the_nearest_plain_picture_can_tell_classes_apart():
    """Without nuisance, each shape's mask is nearest to its own class's mean mask."""
    images, labels = plain(400, bright=1, pos=0)
    masks = images.mean(1).flatten(1)
    masks = (masks - masks.mean(1, keepdim=True)) / masks.std(1, keepdim=True)
    means = torch.stack([masks[:200][labels[:200] == label].mean(0) for label in range(10)])
    right = torch.cdist(masks[200:], means).argmin(1) == labels[200:]
    assert right.float().mean() > 0.7


def test_easy_is_a_set_of_knobs():
    assert shapes(2, seed=0, **EASY)[0].shape == (2, 3, 32, 32)
    assert EASY.keys() == STANDARD.keys()
