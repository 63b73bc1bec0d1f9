"""stack: receptive field and number of weights of several equal convolutions in a row.

The reference knows no formula: it follows one unit down, and counts the weights of torch's own layers.
"""

import torch
from torch import nn

from course.grading import agree, batch, points, same

bans = ("torchvision",)


def reference(kernel_size, depth, channels):
    extent = 1
    for _ in range(depth):
        extent = extent - 1 + kernel_size
    with torch.device("meta"):
        layers = [nn.Conv2d(channels, channels, kernel_size, bias=False) for _ in range(depth)]
    return {"receptive_field": extent, "parameters": sum(layer.weight.numel() for layer in layers)}


def any_call(r):
    return dict(kernel_size=r.randint(1, 7), depth=r.randint(1, 6), channels=r.randint(1, 70))


def entries(student, key):
    """[call, entry, expected entry] for some calls."""
    calls = [(3, 2, 1), (5, 1, 1), (3, 3, 2), (7, 1, 2), (2, 4, 5), (1, 3, 4), (3, 1, 64), (4, 5, 3)]
    found = batch(student.stack, [(call, {}) for call in calls])
    for call, result in zip(calls, found, strict=True):
        if isinstance(result, Exception):
            raise result
        value = result.get(key) if isinstance(result, dict) else result
        same(value, reference(*call)[key], f"{key} of stack{call}")


@points(0.75)
def test_receptive_field(student):
    """Each layer adds kernel_size - 1 pixels to the one that a unit starts with."""
    entries(student, "receptive_field")


@points(0.75)
def test_parameters(student):
    """Each layer has channels · channels · kernel_size · kernel_size weights and no bias."""
    entries(student, "parameters")


@points(0.5)
def test_any_call(student):
    """For any sizes, the result is a dict with these two ints and nothing else."""
    agree(student.stack, reference, any_call)
