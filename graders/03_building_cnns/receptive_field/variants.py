"""Right answers of receptive_field of other kinds."""

import math

import numpy as np
import torch
from torch import nn


def the_formula_with_products(layers):
    """The sum over the layers, with the product of the strides before each."""
    return [
        1 + sum((k - 1) * d * math.prod(s for _, s, _ in layers[:i]) for i, (k, _, d) in enumerate(layers[: n + 1]))
        for n in range(len(layers))
    ]


def backwards(layers):
    """From one unit down to the picture: R ← (R - 1) · S + D · (K - 1) + 1."""
    result = []
    for n in range(1, len(layers) + 1):
        seen = 1
        for kernel, stride, dilation in layers[n - 1 :: -1]:
            seen = (seen - 1) * stride + dilation * (kernel - 1) + 1
        result.append(seen)
    return result


def numpy_products(layers):
    """Cumulative products and sums; numpy's ints."""
    if not layers:
        return []
    k, s, d = np.array(layers).T
    jumps = np.concatenate([[1], np.cumprod(s)[:-1]])
    return list(1 + np.cumsum((k - 1) * d * jumps))


def recursive(layers):
    """A field and a jump passed on from layer to layer; a tuple."""

    def go(rest, field, jump):
        if not rest:
            return ()
        (kernel, stride, dilation), *others = rest
        field = field + (kernel - 1) * dilation * jump
        return (field, *go(others, field, jump * stride))

    return go(list(layers), 1, 1)


def asks_convolutions(layers):
    """The gradient of the first unit of 1-D convolutions with weights 1; the picture is as long as it must be."""
    fields = []
    for n in range(1, len(layers) + 1):
        net = nn.Sequential(*(nn.Conv1d(1, 1, k, s, dilation=d, bias=False) for k, s, d in layers[:n]))
        length = 1
        for k, s, d in reversed(layers[:n]):
            length = (length - 1) * s + d * (k - 1) + 1
        x = torch.zeros(1, 1, length, requires_grad=True)
        for p in net.parameters():
            nn.init.constant_(p, 1 / p.numel())
        net(x).sum().backward()
        places = x.grad.flatten().nonzero()
        fields.append(int(places.max() - places.min() + 1))
    return fields
