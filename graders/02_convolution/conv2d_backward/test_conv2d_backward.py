"""conv2d_backward: the gradients of a convolution, without autograd. grad_output (N, O, H', W')."""

import torch

from course.grading import Mismatch, StudentError, agree, forbid, points, same

bans = ("convolution", "unfold")
limits = {"call_seconds": 10}  # seven loops in Python are slow and right
GRAD_X, GRAD_WEIGHT, GRAD_BIAS = ("grad_x", 0), ("grad_weight", 1), ("grad_bias", 2)


def reference(grad_output, x, weight, stride=1, padding=0):
    rest = [len(weight)], both(stride), both(padding), (1, 1), False, (0, 0), 1, (True, True, True)
    return torch.ops.aten.convolution_backward(grad_output, x, weight, *rest)


def both(value):
    """An int or a (height, width) pair as a pair."""
    return value if isinstance(value, tuple) else (value, value)


def call(r, tight=False, **options):
    """A call with these options; a stride leaves rows and columns over.

    tight: the picture may be smaller than the kernel, if the padding makes room.
    """
    dtype = r.choice([torch.float64, torch.float32])
    batch, channels, maps = r.randint(1, 3), r.randint(1, 3), r.randint(1, 3)
    kernel = r.randint(1, 3), r.randint(1, 3)
    stride, padding = both(options.get("stride", 1)), both(options.get("padding", 0))
    smallest = [max(1, k - 2 * p) for k, p in zip(kernel, padding, strict=True)] if tight else [max(kernel)] * 2
    size = [n + r.randint(0, 5) for n in smallest]
    output = [(n + 2 * p - k) // s + 1 for n, k, p, s in zip(size, kernel, padding, stride, strict=True)]
    return dict(
        grad_output=r.tensor(batch, maps, *output, dtype=dtype),
        x=r.tensor(batch, channels, *size, dtype=dtype),
        weight=r.tensor(maps, channels, *kernel, dtype=dtype),
        **options,
    )


def strided(r):
    return call(r, stride=r.randint(1, 4))


def padded(r):
    return call(r, padding=r.randint(0, 3))


def tight(r):
    return call(r, tight=True, padding=r.pair(1, 3))


def both_pairs(r):
    return call(r, stride=r.pair(1, 4), padding=r.pair(0, 2))


def check(student, part, *draws):
    """One of the three gradients. Called without gradients; first the simple cases, then the others."""
    for draw in draws:
        with forbid("autograd"):
            try:
                agree(student.conv2d_backward, reference, draw, part=part)
            except Mismatch as mismatch:
                if [right(student, part, padding) for padding in (0, 1, 2)] == [False, True, False]:
                    mismatch.misconception = "padding_always_one"  # whatever it does elsewhere, errors included
                raise


def right(student, part, padding):
    """Whether this gradient is right for one picture, with this padding."""
    place, size = part[1], 3 + 2 * padding
    g, x, weight = (torch.arange(1.0, n * n + 1).reshape(1, 1, n, n) for n in (size, 4, 2))
    try:
        same(student.conv2d_backward(g, x, weight, padding=padding)[place], reference(g, x, weight, 1, padding)[place])
    except (Mismatch, StudentError, TypeError, LookupError):  # wrong, and not always a tuple of three
        return False
    return True


@points(1)
def test_bias(student):
    """The gradient of the bias sums grad_output over the batch, the height and the width."""
    check(student, GRAD_BIAS, call)


@points(1)
def test_weight(student):
    """At stride 1 without padding, the gradient of the weight is that of autograd."""
    check(student, GRAD_WEIGHT, call)


@points(1)
def test_weight_with_stride_and_padding(student):
    """With stride and padding, also where the stride leaves rows over, the gradient of the weight is autograd's."""
    check(student, GRAD_WEIGHT, strided, padded, both_pairs)


@points(1)
def test_x(student):
    """At stride 1 without padding, the gradient of x is that of autograd."""
    check(student, GRAD_X, call)


@points(1)
def test_x_with_padding(student):
    """With padding, the gradient of x has the shape of x, without the padding."""
    check(student, GRAD_X, padded, tight)


@points(1)
def test_x_with_stride(student):
    """With a stride, pixels that no window reached have gradient 0, and the shape is still that of x."""
    check(student, GRAD_X, strided, both_pairs)
