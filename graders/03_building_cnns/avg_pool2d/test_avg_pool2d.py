"""avg_pool2d: the mean of each window. x (N, C, H, W), result (N, C, H', W')."""

import torch
import torch.nn.functional as F

from course.grading import agree, agree_gradients, leaves_inputs, points

bans = ("pooling",)
limits = {"call_seconds": 20}  # loops over pixels are slow and right


def reference(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    return F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=count_include_pad)


def both(value):
    """An int or a (height, width) pair as a pair."""
    return value if isinstance(value, tuple) else (value, value)


def call(r, **options):
    """Room for two windows in each direction, also for answers that confuse height with width or pad less."""
    kernel_size = options.pop("kernel_size", None) or r.pair(1, 3)
    step = max(both(options.get("stride") or kernel_size))
    size = [max(both(kernel_size)) + step + r.randint(0, 3) for _ in range(2)]
    x = r.tensor(r.randint(1, 2), r.randint(1, 3), *size, dtype=torch.float32)
    return dict(x=x, kernel_size=kernel_size, **options)


def strided(r):
    return call(r, stride=r.pair(1, 4))


def padded(r, **options):
    kernel_size = r.pair(2, 4)
    padding = min(both(kernel_size)) // 2
    if r.randint(0, 1):
        padding = tuple(r.randint(0, k // 2) for k in both(kernel_size))
    return call(r, kernel_size=kernel_size, stride=r.pair(1, 3), padding=padding, **options)


def not_counted(r):
    """Some pixels of x are 0, as after a ReLU: they count."""
    case = padded(r, count_include_pad=False)
    return {**case, "x": case["x"].relu()} if r.randint(0, 1) else case


def in_float64(r):
    case = strided(r)
    return {**case, "x": case["x"].double() / 3}


def any_view(r):
    """Numbers that do not lie one after the other in memory."""
    case = call(r)
    x = case["x"]
    if r.randint(0, 1):
        return {**case, "x": x.transpose(2, 3).contiguous().transpose(2, 3)}
    return {**case, "x": torch.stack([x, -x], -1).flatten(-2)[..., ::2]}


@points(0.75)
def test_windows(student):
    """Windows side by side give what torch gives; rows and columns that are left over are not seen."""
    agree(student.avg_pool2d, reference, call, cases=12)


@points(0.5)
def test_stride(student):
    """With a stride of its own, windows overlap or leave pixels out; ints and (height, width) pairs."""
    agree(student.avg_pool2d, reference, strided, cases=12)


@points(0.5)
def test_padding_counts(student):
    """With padding, every sum is divided by the size of the kernel."""
    agree(student.avg_pool2d, reference, padded, cases=12)


@points(0.5)
def test_padding_does_not_count(student):
    """With count_include_pad=False, a sum is divided by the number of pixels of x in its window."""
    agree(student.avg_pool2d, reference, not_counted, cases=12)


@points(0.25)
def test_gradient(student):
    """The gradient is spread evenly over the pixels of each window."""
    agree_gradients(student.avg_pool2d, reference, padded, cases=4)
    agree_gradients(student.avg_pool2d, reference, not_counted, cases=4)


@points(0.25)
def test_dtype(student):
    """float64 stays float64, with all its digits."""
    agree(student.avg_pool2d, reference, in_float64, cases=4)


@points(0.25)
def test_input(student):
    """x may be a view, and is not changed."""
    agree(student.avg_pool2d, reference, any_view, cases=6)
    leaves_inputs(student.avg_pool2d, call, cases=2)
    leaves_inputs(student.avg_pool2d, not_counted, cases=2)
