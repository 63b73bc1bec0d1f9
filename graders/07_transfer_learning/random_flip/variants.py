"""Right answers of random_flip of other kinds."""

import torch


def picture_by_picture(images, p=0.5, *, generator):
    """A loop with a draw for each."""
    out = []
    for image in images:
        out.append(image.flip(-1) if torch.rand(1, generator=generator).item() < p else image)
    return torch.stack(out)


def with_bernoulli(images, p=0.5, *, generator):
    """Bernoulli numbers, a copy, and reversed columns by indexing."""
    draws = torch.bernoulli(torch.full((len(images),), float(p)), generator=generator).bool()
    out = images.clone()
    back = torch.arange(images.shape[3] - 1, -1, -1)
    out[draws] = images[draws][..., back]
    return out


def arithmetically(images, p=0.5, *, generator):
    """A weighted sum of the picture and its mirror, drawn in double precision."""
    m = torch.empty(images.shape[0], dtype=torch.float64).uniform_(generator=generator).lt(p)
    m = m.to(images.dtype).reshape(-1, 1, 1, 1)
    return m * torch.flip(images, dims=[3]) + (1 - m) * images


def in_numpy(images, p=0.5, *, generator):
    """numpy turns the pictures, seeded from the generator."""
    import numpy as np

    seed = int(torch.randint(0, 2**31 - 1, (1,), generator=generator))
    chosen = np.random.default_rng(seed).random(len(images)) < p
    pixels = images.numpy().copy()
    pixels[chosen] = pixels[chosen, :, :, ::-1]
    return torch.from_numpy(pixels)
