"""conv2d_backward: the gradients of a convolution, without autograd. grad_output (N, O, H', W'), like conv2d's result."""

import torch

from course.grading import agree, forbid, observe, points, same

bans = ("convolution", "unfold")


def reference(grad_output, x, weight, stride=1, padding=0):
    return torch.ops.aten.convolution_backward(
        grad_output, x, weight, [len(weight)], both(stride), both(padding), [1, 1], False, [0, 0], 1, [True] * 3
    )


def both(value):
    """An int or a (height, width) pair as a pair."""
    return value if isinstance(value, tuple) else (value, value)
