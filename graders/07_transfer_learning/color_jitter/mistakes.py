"""Known wrong answers of color_jitter."""

import torch


def _factors(images, strength, generator, each=True, low=None):
    low, high = max(0.0, 1 - strength) if low is None else low, 1 + strength
    n = len(images) if each else 1
    return low + (high - low) * torch.rand(n, 1, 1, 1, generator=generator, dtype=images.dtype)


def _bright(images, factor):
    return images * factor


def _stretch(images, factor, mean=lambda x: x.mean((1, 2, 3), keepdim=True)):
    m = mean(images)
    return m + factor * (images - m)


def _jitter(images, brightness, contrast, generator, factors=_factors, bright=_bright, stretch=_stretch):
    images = bright(images, factors(images, brightness, generator))
    return stretch(images, factors(images, contrast, generator)).clamp(0, 1)


def one_draw_for_the_batch(images, brightness=0.2, contrast=0.2, *, generator):
    """You draw the factors once for the whole batch. Each picture gets its own (section 7.5)."""
    factors = lambda x, strength, g: _factors(x, strength, g, each=False)
    return _jitter(images, brightness, contrast, generator, factors)


def leaves_the_range(images, brightness=0.2, contrast=0.2, *, generator):
    """Your pixels leave [0, 1]: clamp the result (section 7.5)."""
    images = _bright(images, _factors(images, brightness, generator))
    return _stretch(images, _factors(images, contrast, generator))


def brightness_adds(images, brightness=0.2, contrast=0.2, *, generator):
    """You add to the pixels to make them brighter. Light multiplies: black stays black (section 7.5)."""
    return _jitter(images, brightness, contrast, generator, bright=lambda x, f: x + f - 1)


def contrast_about_zero(images, brightness=0.2, contrast=0.2, *, generator):
    """Your contrast multiplies the pixels, which is brightness once more. It stretches about the picture's mean: mean +
    factor · (pixel − mean) (section 7.5)."""
    return _jitter(images, brightness, contrast, generator, stretch=_bright)


def contrast_about_the_middle(images, brightness=0.2, contrast=0.2, *, generator):
    """You stretch about 0.5, so dark pictures become darker still. Stretch about the mean of the picture (section
    7.5)."""
    stretch = lambda x, f: 0.5 + f * (x - 0.5)
    return _jitter(images, brightness, contrast, generator, stretch=stretch)


def mean_of_the_batch(images, brightness=0.2, contrast=0.2, *, generator):
    """You stretch about the mean of the whole batch, so a picture depends on its neighbours. Each has a mean of its own
    (section 7.5)."""
    stretch = lambda x, f: _stretch(x, f, torch.mean)
    return _jitter(images, brightness, contrast, generator, stretch=stretch)


def mean_of_each_channel(images, brightness=0.2, contrast=0.2, *, generator):
    """You stretch each channel about its own mean, which shifts colours against each other. One mean for all channels
    of a picture (section 7.5)."""
    stretch = lambda x, f: _stretch(x, f, lambda x: x.mean((2, 3), keepdim=True))
    return _jitter(images, brightness, contrast, generator, stretch=stretch)


def a_factor_for_each_channel(images, brightness=0.2, contrast=0.2, *, generator):
    """You draw factors for each channel, which changes the colour. Brightness and contrast have one factor a picture
    (section 7.5)."""

    def factors(x, strength, generator):
        low, high = max(0.0, 1 - strength), 1 + strength
        return low + (high - low) * torch.rand(*x.shape[:2], 1, 1, generator=generator, dtype=x.dtype)

    return _jitter(images, brightness, contrast, generator, factors)


def a_factor_for_each_pixel(images, brightness=0.2, contrast=0.2, *, generator):
    """You draw factors for each pixel: that is noise. Brightness and contrast have one factor a picture (section
    7.5)."""

    def factors(x, strength, generator):
        low, high = max(0.0, 1 - strength), 1 + strength
        return low + (high - low) * torch.rand(x.shape, generator=generator, dtype=x.dtype)

    return _jitter(images, brightness, contrast, generator, factors)


def only_brighter(images, brightness=0.2, contrast=0.2, *, generator):
    """Your factors go from 1 to 1 + s: pictures become brighter and never darker. They begin at 1 − s (section
    7.5)."""
    return _jitter(images, brightness, contrast, generator, lambda x, s, g: _factors(x, s, g, low=1.0))


def factor_below_strength(images, brightness=0.2, contrast=0.2, *, generator):
    """Your factors go from 0 to s. They lie around 1, from 1 − s to 1 + s (section 7.5)."""
    factors = lambda x, s, g: s * torch.rand(len(x), 1, 1, 1, generator=g, dtype=x.dtype) if s else torch.tensor(1.0)
    return _jitter(images, brightness, contrast, generator, factors)


def normal_factors(images, brightness=0.2, contrast=0.2, *, generator):
    """You draw normal numbers, some of which lie far outside of 1 − s to 1 + s. Draw uniform ones (section 7.5)."""
    factors = lambda x, s, g: 1 + s * torch.randn(len(x), 1, 1, 1, generator=g, dtype=x.dtype)
    return _jitter(images, brightness, contrast, generator, factors)


def negative_factors(images, brightness=0.2, contrast=0.2, *, generator):
    """With a strength above 1 your factors become negative, and pictures black. The lower end is max(0, 1 − s) (section
    7.5)."""
    return _jitter(images, brightness, contrast, generator, lambda x, s, g: _factors(x, s, g, low=1 - s))


def same_factor_for_both(images, brightness=0.2, contrast=0.2, *, generator):
    """You use one random number for both, so bright pictures always have much contrast. Draw one for each (section
    7.5)."""
    u = torch.rand(len(images), 1, 1, 1, generator=generator, dtype=images.dtype)
    factors = lambda x, s, g: max(0.0, 1 - s) + (1 + s - max(0.0, 1 - s)) * u
    return _jitter(images, brightness, contrast, generator, factors)


def global_random_state(images, brightness=0.2, contrast=0.2, *, generator):
    """You draw from torch's global random state and not from the generator that was given (section 7.5)."""
    return _jitter(images, brightness, contrast, None)


def copies_the_generator(images, brightness=0.2, contrast=0.2, *, generator):
    """You draw from a copy of the generator, so the one that was given never moves on, and each epoch sees the same
    factors (section 7.5)."""
    copy = torch.Generator()
    copy.set_state(generator.get_state())
    return _jitter(images, brightness, contrast, copy)


def in_place(images, brightness=0.2, contrast=0.2, *, generator):
    """You change the pictures that were given, and with them the training set. Make new tensors (section 7.5)."""
    images.mul_(_factors(images, brightness, generator))
    return _stretch(images, _factors(images, contrast, generator)).clamp_(0, 1)


def float32_result(images, brightness=0.2, contrast=0.2, *, generator):
    """Your result is float32 whatever comes in: keep the dtype of the pictures (section 7.5)."""
    return _jitter(images, brightness, contrast, generator).float()
