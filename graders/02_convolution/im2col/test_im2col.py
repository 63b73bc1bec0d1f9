"""im2col: every window as a column. x (N, C, H, W), result (N, C * KH * KW, L), L = H' * W', in torch's order."""

import torch
import torch.nn.functional as F

from course.grading import agree, agree_gradients, points, same

bans = ("convolution", "unfold")


def reference(x, kernel_size, stride=1, padding=0, dilation=1):
    return F.unfold(x, kernel_size, dilation, padding, stride)


def both(value):
    """An int or a (height, width) pair as a pair."""
    return value if isinstance(value, tuple) else (value, value)


def call(r, tight=False, **options):
    """A call with these options.

    tight: the picture may be smaller than the window, if the padding makes room; else there is room for every window,
    whichever way an answer confuses height with width or stride with dilation.
    """
    kernel_size, dtype = r.pair(1, 3), r.choice([torch.float64, torch.float32])
    stride, dilation, padding = (both(options.get(n, v)) for n, v in (("stride", 1), ("dilation", 1), ("padding", 0)))
    if tight:
        spans = zip(both(kernel_size), dilation, padding, strict=True)
        smallest = [max(1, d * (k - 1) + 1 - 2 * p) for k, d, p in spans]
    else:
        smallest = [max(*stride, *dilation) * (max(both(kernel_size)) - 1) + 1] * 2
    size = [n + r.randint(0, 2 if tight else 5) for n in smallest]
    x = r.tensor(r.randint(1, 3), r.randint(1, 3), *size, dtype=dtype)
    return dict(x=x, kernel_size=kernel_size, **options)


def any_call(r, tight=False):
    return call(r, tight, stride=r.pair(1, 3), padding=r.pair(0, 3), dilation=r.pair(1, 3))


def any_view(r):
    """Numbers that do not lie one after the other in memory."""
    case = call(r)
    x, kind = case["x"], r.choice(["transposed", "every second", "expanded"])
    if kind == "transposed":
        return {**case, "x": x.transpose(2, 3).contiguous().transpose(2, 3)}
    return {**case, "x": x[:1].expand_as(x) if kind == "expanded" else torch.stack([x, -x], -1).flatten(-2)[..., ::2]}


@points(0.5)
def test_worked_example(student):
    """The 2 x 2 windows of a 3 x 3 picture: one column a window, row by row in the window and in the picture."""
    x = torch.arange(1.0, 10).reshape(1, 1, 3, 3)
    expected = torch.tensor([[[1.0, 2, 4, 5], [2, 3, 5, 6], [4, 5, 7, 8], [5, 6, 8, 9]]])
    same(student.im2col(x, 2), expected, "the result for the picture 1 ... 9 and kernel_size 2")


@points(1)
def test_order(student):
    """For any picture and kernel: channel slowest, then the kernel's rows, then its columns; one column a window."""
    agree(student.im2col, reference, call)


@points(1)
def test_stride_padding_and_dilation(student):
    """Stride, padding and dilation, as ints and as (height, width) pairs, give what F.unfold gives."""
    agree(student.im2col, reference, any_call, cases=16)


@points(0.5)
def test_views(student):
    """Transposed, sliced and expanded pictures are read like any other."""
    agree(student.im2col, reference, any_view)


@points(0.5)
def test_gradient(student):
    """The gradient reaches the picture: a pixel collects from every window that it is in."""
    agree_gradients(student.im2col, reference, any_call)


@points(0.5)
def test_padding_makes_room(student):
    """A picture that is smaller than the kernel is right if the padding makes room for a window."""
    agree(student.im2col, reference, lambda r: any_call(r, tight=True))
