"""Right answers of conv_parameters of other kinds."""

import math

from torch import nn


def asks_the_layer(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """Builds the layer and counts."""
    layer = nn.Conv2d(in_channels, out_channels, kernel_size, bias=bias, groups=groups)
    return sum(p.numel() for p in layer.parameters())


def product(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """The product of the weight's shape."""
    size = [kernel_size] * 2 if isinstance(kernel_size, int) else list(kernel_size)
    weights = math.prod([out_channels, in_channels // groups, *size])
    if bias:
        weights += out_channels
    return weights


def group_by_group(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """Each group is a layer of its own."""
    area = kernel_size * kernel_size if type(kernel_size) is int else kernel_size[0] * kernel_size[1]
    total = 0
    for _ in range(groups):
        total += (out_channels // groups) * ((in_channels // groups) * area + (1 if bias else 0))
    return total
