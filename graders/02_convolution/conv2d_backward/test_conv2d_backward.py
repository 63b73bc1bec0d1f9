"""conv2d_backward: the gradients of a convolution, without autograd. grad_output (N, O, H', W')."""

import torch

from course.grading import Mismatch, batch, fail, forbid, points, same
from course.grading.cases import Draws
from course.grading.describe import call_text

bans = ("convolution", "unfold")
PARTS = ("grad_x", "grad_weight", "grad_bias")


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
    n, channels, maps, kernel = r.randint(1, 3), r.randint(1, 3), r.randint(1, 3), (r.randint(1, 3), r.randint(1, 3))
    stride, padding = both(options.get("stride", 1)), both(options.get("padding", 0))
    smallest = [max(1, k - 2 * p) for k, p in zip(kernel, padding, strict=True)] if tight else [max(kernel)] * 2
    size = [n + r.randint(0, 5) for n in smallest]
    output = [(m + 2 * p - k) // s + 1 for m, k, p, s in zip(size, kernel, padding, stride, strict=True)]
    return dict(
        grad_output=r.tensor(n, maps, *output, dtype=dtype),
        x=r.tensor(n, channels, *size, dtype=dtype),
        weight=r.tensor(maps, channels, *kernel, dtype=dtype),
        **options,
    )


def padded(r):
    return call(r, tight=True, padding=r.pair(0, 3))


def strided(r):
    return call(r, stride=r.pair(1, 4), padding=r.pair(0, 2))


def check(student, part, draw, cases=24):
    """One of the three gradients, on whole numbers, small calls first."""
    drawn = [draw(Draws(number, plain=True)) for number in range(cases)]
    drawn.sort(key=lambda case: sum(value.numel() for value in case.values() if isinstance(value, torch.Tensor)))
    with forbid("autograd"):
        calls = [((), case) for case in drawn]
        results = batch(student.conv2d_backward, calls, grad=False)
    for case, result in zip(drawn, results, strict=True):
        if isinstance(result, Exception):
            raise result
        text, expected = call_text("conv2d_backward", case, 3), reference(**case)
        if not isinstance(result, tuple | list) or len(result) != 3:
            fail(
                f"{text} should return three gradients, (grad_x, grad_weight, grad_bias).",
                None,
                text,
                case,
                result,
                expected,
            )
        got, right = (values[PARTS.index(part)] for values in (result, expected))
        try:
            same(got, right, part)
        except Mismatch as mismatch:
            fail(f"{text}: {mismatch.message}", None, text, case, got, right)


@points(1)
def test_bias(student):
    """The gradient of the bias sums grad_output over the batch, the height and the width."""
    check(student, "grad_bias", call)


@points(1)
def test_weight(student):
    """At stride 1 without padding, the gradient of the weight is that of autograd."""
    check(student, "grad_weight", call)


@points(1)
def test_weight_with_stride_and_padding(student):
    """With stride and padding, also where the stride leaves rows over, the gradient of the weight is autograd's."""
    check(student, "grad_weight", strided, cases=32)


@points(1)
def test_x(student):
    """At stride 1 without padding, the gradient of x is that of autograd."""
    check(student, "grad_x", call)


@points(1)
def test_x_with_padding(student):
    """With padding, the gradient of x has the shape of x, without the padding."""
    check(student, "grad_x", padded)


@points(1)
def test_x_with_stride(student):
    """With a stride, pixels that no window reached have gradient 0, and the shape is still that of x."""
    check(student, "grad_x", strided, cases=32)
