"""The procedural scenes: their form, their maps, their randomness."""

import pytest
import torch

from coursekit.scenes import NAMES, paint, scenes

torch.set_num_threads(1)  # more cost time on tensors so small


def test_form():
    images, labels, instances = scenes(6, seed=0)
    assert images.shape == (6, 3, 64, 64) and images.dtype == torch.float32
    assert labels.shape == instances.shape == (6, 64, 64)
    assert labels.dtype == instances.dtype == torch.int64
    assert images.min() >= -2 and images.max() <= 2  # (x - 0.5) / 0.25 of [0, 1]


def test_each_object_has_one_class_and_ground_has_none():
    _, labels, instances = scenes(20, seed=1, size=32)
    assert torch.equal(labels == 0, instances == 0)
    for label, instance in zip(labels, instances, strict=True):
        for number in instance.unique().tolist():
            assert len(label[instance == number].unique()) == 1
    assert labels.unique().tolist() == list(range(len(NAMES)))


def test_the_number_of_objects():
    _, _, instances = scenes(30, seed=0, size=32, objects=(2, 3))
    assert instances.flatten(1).amax(1).unique().tolist() == [2, 3]


def test_objects_differ_from_the_ground():
    images, labels, _ = scenes(50, seed=0, size=32, noise=0.0)
    brightness = images.mean(1)
    assert brightness[labels > 0].mean() > brightness[labels == 0].mean() + 0.5


def test_the_same_arguments_give_the_same_scenes():
    for first, again in zip(scenes(5, seed=3, size=16), scenes(5, seed=3, size=16), strict=True):
        assert torch.equal(first, again)


def test_seeds_and_splits_differ():
    pictures = [scenes(2, seed=s, split=split, size=16)[0] for s in (0, 1) for split in ("train", "validation", "test")]
    assert len({tuple(picture.flatten()[:50].tolist()) for picture in pictures}) == len(pictures)


def test_the_global_random_state_is_left_alone():
    before = torch.get_rng_state()
    scenes(3, seed=0, size=16)
    assert torch.equal(torch.get_rng_state(), before)


def test_no_scenes_and_more_than_are_drawn_at_a_time():
    assert scenes(0, seed=0, size=8).images.shape == (0, 3, 8, 8)
    assert len(scenes(403, seed=0, size=8).labels) == 403


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match="'valid'.*train, validation, test, shifted"):
        scenes(1, seed=0, split="valid")


def test_classes_and_void_are_painted_with_lightnesses_of_their_own():
    painted = paint(torch.tensor([[[0, 1, 2, 3, 255, -1]]]))
    assert painted.shape == (1, 3, 1, 6)
    lightness = painted[0, :, 0].mean(0)
    assert (lightness[:5].sort().values.diff() > 0.04).all()
    assert torch.equal(painted[..., 4], painted[..., 5])
