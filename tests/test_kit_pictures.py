"""The single pictures: their form, that they come out the same each time, and that shuffling keeps the pixels."""

import pytest
import torch

from coursekit.pictures import PHOTOS, mosaic, photo, shuffled

torch.set_num_threads(1)


@pytest.mark.parametrize("picture", [*(photo(name, 48) for name in PHOTOS), mosaic(48)], ids=[*PHOTOS, "mosaic"])
def test_form(picture):
    assert picture.shape == (1, 3, 48, 48) and picture.dtype == torch.float32
    assert picture.min() >= 0 and picture.max() <= 1
    assert picture.std() > 0.1  # not flat


def test_the_photographs_differ():
    assert (photo("china", 32) - photo("flower", 32)).abs().mean() > 0.1


def test_an_unknown_photograph_is_refused():
    with pytest.raises(ValueError, match="'cat'.*china, flower"):
        photo("cat")


def test_a_mosaic_is_decided_by_its_seed_and_leaves_the_random_state_alone():
    before = torch.get_rng_state()
    assert torch.equal(mosaic(32, seed=1), mosaic(32, seed=1))
    assert not torch.equal(mosaic(32, seed=1), mosaic(32, seed=2))
    assert torch.equal(torch.get_rng_state(), before)


def test_lead_runs_between_the_glass():
    dark = (mosaic(96, cells=40).amax(1) < 0.1).float().mean().item()
    assert 0.01 < dark < 0.3


def test_shuffled_tiles_hold_the_same_pixels_in_other_places():
    picture = mosaic(32)
    other = shuffled(picture, 8, seed=3)
    assert other.shape == picture.shape and not torch.equal(other, picture)
    assert torch.equal(other.flatten(2).sort().values, picture.flatten(2).sort().values)
    assert torch.equal(shuffled(picture, 32), picture)  # a single tile has no other place


def test_tiles_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="32 x 32.*5"):
        shuffled(mosaic(32), 5)
