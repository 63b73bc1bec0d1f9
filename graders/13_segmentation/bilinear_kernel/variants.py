import numpy as np
import torch


def double_loop(channels, factor):
    """One weight at a time."""
    size = 2 * factor - factor % 2
    centre = factor - 1 if size % 2 == 1 else factor - 0.5
    weight = torch.zeros(channels, 1, size, size)
    for i in range(size):
        for j in range(size):
            weight[:, 0, i, j] = (1 - abs(i - centre) / factor) * (1 - abs(j - centre) / factor)
    return weight


def numpy_grid(channels, factor):
    """The published recipe with ogrid."""
    size = 2 * factor - factor % 2
    centre = factor - 1 if size % 2 else factor - 0.5
    rows, columns = np.ogrid[:size, :size]
    kernel = (1 - abs(rows - centre) / factor) * (1 - abs(columns - centre) / factor)
    return torch.tensor(kernel, dtype=torch.float32).expand(channels, 1, size, size).clone()


def two_boxes(channels, factor):
    """A triangle is a box convolved with a box; for even factors a pair of boxes half a pixel apart."""
    if factor % 2:
        falls = np.convolve(np.ones(factor), np.ones(factor)) / factor
    else:
        falls = np.convolve(np.convolve(np.ones(factor), np.ones(factor)), [0.5, 0.5]) / factor
    falls = torch.from_numpy(falls).float()
    return torch.einsum("c,i,j->cij", torch.ones(channels), falls, falls).unsqueeze(1)


def impulse_response(channels, factor):
    """The gradient of bilinear upsampling: where one pixel of a 3 × 3 map goes."""
    maps = torch.zeros(1, 1, 3, 3)
    maps[0, 0, 1, 1] = 1
    big = torch.nn.functional.interpolate(maps, scale_factor=factor, mode="bilinear")[0, 0]
    size = 2 * factor - factor % 2
    first = (3 * factor - size) // 2
    return big[first : first + size, first : first + size].repeat(channels, 1, 1, 1)
