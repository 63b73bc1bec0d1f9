"""Right answers of stack of other kinds."""

import torch
from torch import nn


def measured(kernel_size, depth, channels):
    """Builds the layers; a picture that one unit comes from is as large as its field."""
    layers = [nn.Conv2d(1, 1, kernel_size, bias=False) for _ in range(depth)]
    size = 1
    while True:
        try:
            nn.Sequential(*layers)(torch.zeros(1, 1, size, size))
            break
        except RuntimeError:
            size += 1
    weights = torch.empty(channels, channels, kernel_size, kernel_size, device="meta")
    return {"parameters": weights.numel() * depth, "receptive_field": size}


def by_recursion(kernel_size: int, depth: int, channels: int) -> dict[str, int]:
    """One layer after another, with +=."""
    result = dict(receptive_field=1, parameters=0)
    for _ in range(depth):
        result["receptive_field"] += kernel_size - 1
        result["parameters"] += channels**2 * kernel_size**2
    return result


def counted(kernel_size, depth, channels):
    """The modules are built and asked for their parameters; the field is that of one convolution with as wide a
    reach."""
    field = len(range(-(kernel_size - 1) * depth, 1))
    net = nn.Sequential(*[nn.Conv2d(channels, channels, kernel_size, bias=False) for _ in range(depth)])
    return {"receptive_field": field, "parameters": sum(p.numel() for p in net.parameters())}


def with_numpy(kernel_size, depth, channels):
    """The window of a row of windows is their convolution; weights as a product."""
    import numpy as np

    window = np.ones(1)
    for _ in range(depth):
        window = np.convolve(window, np.ones(kernel_size))
    return {"receptive_field": len(window), "parameters": depth * (kernel_size * channels) ** 2}


def one_layer_and_the_rest(kernel_size, depth, channels):
    """Recursion over the layers."""
    if depth == 0:
        return {"receptive_field": 1, "parameters": 0}
    rest = one_layer_and_the_rest(kernel_size, depth - 1, channels)
    field, weights = rest["receptive_field"], rest["parameters"]
    return {"receptive_field": field + kernel_size - 1, "parameters": weights + (kernel_size * channels) ** 2}
