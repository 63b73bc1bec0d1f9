"""Known wrong answers of normalise."""

import torch


def _right(images):
    return (images.float() / 255 if images.dtype == torch.uint8 else images) * 2 - 1


def divides_twice(images):
    """You divide floats by 255 as well, although they are in [0, 1] already: everything ends near -1. Only uint8 is
    divided (section 4.1)."""
    return images.to(torch.float32 if images.dtype == torch.uint8 else images.dtype) / 255 * 2 - 1


def never_divides(images):
    """You never divide by 255, so bytes end far outside of [-1, 1]. uint8 pictures are divided first (section 4.1)."""
    return (images.float() if images.dtype == torch.uint8 else images) * 2 - 1


def guesses_from_the_values(images):
    """You look at the values to find out whether they are bytes. A dark picture of bytes may hold nothing above 1: ask
    for the dtype (section 4.1)."""
    floats = images.float() if images.dtype == torch.uint8 else images
    return (floats / 255 if floats.max() > 1 else floats) * 2 - 1


def stretches_each_picture(images):
    """You stretch each picture from its own smallest to its own largest value, so a dark picture looks like a bright
    one. The same numbers for all pictures: 255, or 1 (section 4.1)."""
    x = images.float() if images.dtype == torch.uint8 else images
    low, high = x.amin((1, 2, 3), keepdim=True), x.amax((1, 2, 3), keepdim=True)
    return (x - low) / (high - low).clamp(min=1e-8) * 2 - 1


def zero_to_one(images):
    """Your result lies in [0, 1]. It has to lie in [-1, 1]: twice as wide, then one lower (section 4.1)."""
    return images.float() / 255 if images.dtype == torch.uint8 else images.clone()


def integer_division(images):
    """You divide bytes with //, which leaves 0 or 1 and nothing between (section 4.1)."""
    return ((images // 255).float() if images.dtype == torch.uint8 else images) * 2 - 1


def bytes_overflow(images):
    """You calculate while the pictures are still bytes: 200 * 2 is 144 there. Turn them into floats first (section
    4.1)."""
    return (images * 2).float() / 255 - 1 if images.dtype == torch.uint8 else images * 2 - 1


def in_place(images):
    """You write into the float pictures that you were given. Make new ones: no mul_, no *= (section 4.1)."""
    if images.dtype == torch.uint8:
        return _right(images)
    return images.mul_(2).sub_(1)


def standardises(images):
    """You subtract the mean and divide by the standard deviation of these pictures. Here the range is asked for, with
    the same numbers whatever the pictures are (section 4.1)."""
    x = images.float() if images.dtype == torch.uint8 else images
    return (x - x.mean()) / x.std(correction=0).clamp(min=1e-8)


def deviation_of_a_quarter(images):
    """You divide by 0.25 and not by 0.5 after subtracting 0.5: that gives [-2, 2], as the kit's pictures have it
    (section 4.1)."""
    return (_right(images)) * 2


def always_float32(images):
    """You turn float64 pictures into float32. Floats keep their dtype; only bytes become float32 (section 4.1)."""
    return _right(images).float()


def dark_bytes_stay_bytes(images):
    """You look at the values to find out whether they are bytes, so a dark picture of bytes is taken for floats, and
    stays uint8. Ask for the dtype (section 4.1)."""
    return (images / 255 if images.max() > 1 else images) * 2 - 1


def float_copies_nothing(images):
    """You call .float() and then write into what it gives. For a float32 picture that is the picture itself, so the
    caller's numbers change; a float64 picture becomes float32. Make a new tensor: no *=, no mul_ (section 4.1)."""
    x = images.float()
    if images.dtype == torch.uint8:
        x /= 255
    x *= 2
    x -= 1
    return x
