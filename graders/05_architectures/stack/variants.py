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
