"""Right answers of color_jitter of other kinds."""

import random

import torch


def picture_by_picture(images, brightness=0.2, contrast=0.2, *, generator):
    """A loop, contrast first, about the mean of the grey version, clamped after each step."""
    out = torch.empty_like(images)
    for i, x in enumerate(images):
        c = torch.empty(1).uniform_(max(0, 1 - contrast), 1 + contrast, generator=generator).item()
        b = torch.empty(1).uniform_(max(0, 1 - brightness), 1 + brightness, generator=generator).item()
        grey = 0.299 * x[0] + 0.587 * x[1] + 0.114 * x[2] if len(x) == 3 else x[0]
        x = torch.clamp(grey.mean() + c * (x - grey.mean()), 0, 1)
        out[i] = torch.clamp(b * x, 0, 1)
    return out


def by_lerp(images, brightness=0.2, contrast=0.2, *, generator):
    """Both factors in one draw; torch.lerp goes away from black and from the mean."""
    strength = torch.tensor([brightness, contrast])
    low = (1 - strength).clamp(min=0)
    factors = low + (1 + strength - low) * torch.rand(len(images), 2, generator=generator)
    b, c = (f.to(images.dtype).view(-1, 1, 1, 1) for f in factors.unbind(1))
    images = torch.lerp(torch.zeros_like(images), images, b)
    centre = images.flatten(1).mean(1).view(-1, 1, 1, 1).expand_as(images)
    return torch.lerp(centre, images, c).clip(0, 1)


def in_numpy(images, brightness=0.2, contrast=0.2, *, generator):
    """numpy, contrast first."""
    import numpy as np

    rng = np.random.default_rng(int(torch.randint(2**31, (), generator=generator)))
    x = images.numpy()
    shape = (len(x), 1, 1, 1)
    c = rng.uniform(max(0.0, 1 - contrast), 1 + contrast, shape).astype(x.dtype)
    b = rng.uniform(max(0.0, 1 - brightness), 1 + brightness, shape).astype(x.dtype)
    mean = x.mean(axis=(1, 2, 3), keepdims=True)
    return torch.from_numpy(np.clip(b * ((x - mean) * c + mean), 0, 1))


def with_python_random(images, brightness=0.2, contrast=0.2, *, generator):
    """Python's generator, seeded from torch's; einsum."""
    draw = random.Random(int(torch.randint(0, 10**9, (1,), generator=generator)))
    factor = lambda s: torch.tensor([draw.uniform(max(0.0, 1.0 - s), 1.0 + s) for _ in images], dtype=images.dtype)
    images = torch.einsum("nchw,n->nchw", images, factor(brightness))
    mean = images.mean(dim=[1, 2, 3])
    spread = torch.einsum("nchw,n->nchw", images - mean[:, None, None, None], factor(contrast))
    return (spread + mean.reshape(-1, 1, 1, 1)).clamp(min=0.0, max=1.0)
