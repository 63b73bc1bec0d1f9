"""Right answers of normalise of other kinds."""

import numpy as np
import torch


def from_a_table(images):
    """One entry a byte."""
    if images.dtype == torch.uint8:
        return torch.linspace(-1, 1, 256)[images.long()]
    return torch.lerp(-torch.ones_like(images), torch.ones_like(images), images)


def about_the_middle(images):
    """Subtract the middle, divide by half of the range."""
    middle = 127.5 if not images.is_floating_point() else 0.5
    images = images.to(torch.get_default_dtype()) if not images.is_floating_point() else images
    return (images - middle) / middle


def in_numpy(images):
    """numpy and back, in double precision in between."""
    values = images.detach().numpy()
    scaled = values.astype(np.float64) / (255 if values.dtype == np.uint8 else 1)
    return torch.from_numpy(2 * scaled - 1).to(torch.float32 if values.dtype == np.uint8 else images.dtype)


def from_the_middle(images):
    """The distance to the middle, in halves of the range; asks whether the dtype is a float."""
    middle = 0.5 if images.is_floating_point() else 127.5
    return (images - middle) / middle


def calls_itself(images):
    """Bytes become floats in [0, 1], and the function is called again."""
    if images.dtype is torch.uint8:
        return calls_itself(torch.div(images, 255))
    return torch.lerp(-torch.ones_like(images), torch.ones_like(images), images)


def in_its_own_copy(images):
    """In place, in a copy."""
    x = images.to(torch.float32, copy=True).div_(255) if images.dtype == torch.uint8 else images.clone()
    x *= 2
    x -= 1
    return x
