import numpy as np
import torch


def _check(weight, height, width):
    for taps, pixels in ((weight.shape[0], height), (weight.shape[1], width)):
        if taps > pixels:
            raise ValueError(f"{taps} taps, {pixels} pixels")
    return height - weight.shape[0] + 1, width - weight.shape[1] + 1


def entry_by_entry(weight, height, width):
    """Four loops."""
    h, w = _check(weight, height, width)
    matrix = torch.zeros(h * w, height * width, dtype=weight.dtype)
    for i in range(h):
        for j in range(w):
            for a in range(weight.shape[0]):
                for b in range(weight.shape[1]):
                    matrix[i * w + j, (i + a) * width + j + b] = weight[a, b]
    return matrix


def windows_of_an_identity(kernel, height, width):
    """Every pixel as a picture with a single 1, through Tensor.unfold and a product."""
    _check(kernel, height, width)
    pixels = torch.eye(height * width, dtype=kernel.dtype).reshape(-1, height, width)
    windows = pixels.unfold(1, kernel.shape[0], 1).unfold(2, kernel.shape[1], 1)
    return (windows * kernel).sum((-2, -1)).flatten(1).T


def toeplitz_blocks(weight, height, width):
    """A sum of Kronecker products of shifted identities."""
    h, w = _check(weight, height, width)
    shift = lambda n, size, by: torch.eye(size, dtype=weight.dtype)[by : by + n]
    taps = [(a, b) for a in range(weight.shape[0]) for b in range(weight.shape[1])]
    return sum(weight[a, b] * torch.kron(shift(h, height, a), shift(w, width, b)) for a, b in taps)


def scattered_in_numpy(weight, height, width):
    """numpy: all indices at once."""
    h, w = _check(weight, height, width)
    kh, kw = weight.shape
    starts = (np.arange(h)[:, None] * width + np.arange(w)).reshape(-1, 1)
    offsets = (np.arange(kh)[:, None] * width + np.arange(kw)).reshape(1, -1)
    matrix = np.zeros((h * w, height * width), dtype=weight.numpy().dtype)
    np.put_along_axis(matrix, starts + offsets, np.broadcast_to(weight.numpy().reshape(1, -1), (h * w, kh * kw)), 1)
    return torch.from_numpy(matrix)


def rolled_rows(weight, height, width):
    """The first row, moved to where each window starts."""
    h, w = _check(weight, height, width)
    first = torch.nn.functional.pad(weight, (0, width - weight.shape[1], 0, height - weight.shape[0])).flatten()
    return torch.stack([first.roll(i * width + j) for i in range(h) for j in range(w)])
