import math

import numpy as np
import torch


def sobel_and_binomial():
    """Outer products of a smoothing and a difference."""
    smooth, difference = torch.tensor([1.0, 2, 1]), torch.tensor([1.0, 0, -1])
    return {
        "vertical": torch.outer(smooth, difference),
        "horizontal": torch.outer(difference, smooth),
        "blur": torch.outer(smooth, smooth) / 16,
    }


def two_pixels_in_numpy():
    """The smallest kernels that do it, in float64."""
    vertical, blur = np.zeros((3, 3)), np.zeros((3, 3))
    vertical[1, 1:], blur[1, 1:] = (-0.001, 0.001), 0.5
    return {
        name: torch.from_numpy(k)
        for name, k in zip(("blur", "vertical", "horizontal"), (blur, vertical, vertical.T.copy()), strict=True)
    }


def gaussian_and_its_slopes():
    """Derivatives of a Gaussian, sampled."""
    t = torch.arange(-1.0, 2)
    bell = torch.exp(-(t[:, None] ** 2 + t**2) / (2 * math.sqrt(2)))
    return {"vertical": 100 * bell * t, "horizontal": -bell * t[:, None], "blur": bell / bell.sum()}
