"""Right answers of dense_parameters of other kinds."""

import numpy as np
from torch import nn


def from_layers(sizes, bias=True):
    """Layers without memory, and their parameters counted."""
    for size in sizes:
        if size <= 0:
            raise ValueError(f"a layer cannot have the size {size}")
    if len(sizes) == 0:
        raise ValueError("no sizes at all")
    layers = [nn.Linear(a, b, bias=bias, device="meta") for a, b in zip(sizes, sizes[1:], strict=False)]
    return sum(p.numel() for layer in layers for p in layer.parameters())


def loop(sizes, bias=True):
    """One layer after the other, checked on the way."""
    total, inputs = 0, None
    for number, size in enumerate(sizes):
        if size < 1:
            raise ValueError(f"sizes[{number}] is {size}, expected at least 1")
        if inputs is not None:
            total += inputs * size
            if bias:
                total += size
        inputs = size
    if inputs is None:
        raise ValueError("sizes is empty")
    return total


def dot_product(sizes, bias=True):
    """A dot product of neighbours; numpy's int."""
    if len(sizes) < 1 or any(s < 1 for s in sizes):
        raise ValueError(f"not allowed: {sizes}")
    s = np.array(sizes, dtype=np.int64)
    return s[:-1] @ s[1:] + bias * s[1:].sum()


def recursive(sizes, bias=True):
    """The first layer, and the rest."""
    if not sizes or sizes[0] < 1:
        raise ValueError(f"sizes {sizes} must not be empty and must be at least 1")
    if len(sizes) == 1:
        return 0
    rest = recursive(sizes[1:], bias)
    return (sizes[0] + int(bias)) * sizes[1] + rest
