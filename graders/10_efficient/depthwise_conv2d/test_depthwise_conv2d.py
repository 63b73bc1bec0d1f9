"""depthwise_conv2d: one kernel a channel, and no channel sees another. x (N, C, H, W), weight (C, 1, K, K)."""

import torch
import torch.nn.functional as F

from course.grading import agree, agree_gradients, fail, leaves_inputs, points, refuses, same

bans = ("convolution", "unfold")
DIGITS = 1e-6  # whether float64 is computed in float32 is one test's question, not that of all


def reference(x, weight, stride=1, padding=0):
    return F.conv2d(x, weight, None, stride, padding, groups=x.shape[1])


def both(value):
    """An int or a (height, width) pair as a pair."""
    return value if isinstance(value, tuple) else (value, value)


def call(r, largest_kernel=4, dtype=torch.float64, room=4, tight=False, **options):
    """A call with these options. tight: the picture may be smaller than the kernel, if the padding makes room."""
    channels, kernel = r.randint(1, 4), r.randint(1, largest_kernel)
    padding = both(options.get("padding", 0)) if tight else (0, 0)
    size = [max(1, kernel - 2 * p) + r.randint(0, 2 if tight else room) for p in padding]
    x = r.tensor(r.randint(1, 3), channels, *size, dtype=dtype)
    return dict(x=x, weight=r.tensor(channels, 1, kernel, kernel, dtype=dtype), **options)


def everything(r, dtype=torch.float64, room=4):
    return call(r, dtype=dtype, stride=r.pair(1, 3), padding=r.pair(0, 2), room=room)


def any_pairs(r):
    pair = lambda low, high: (r.randint(low, high), r.randint(low, high))
    return call(r, stride=pair(1, 3), padding=pair(0, 3))


def any_view(r):
    """Numbers that do not lie one after the other in memory."""

    def view(t):
        kind = r.choice(["transposed", "every second", "channels last"])
        if kind == "transposed":
            return t.transpose(2, 3).contiguous().transpose(2, 3)
        if kind == "channels last":
            return t.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
        return torch.stack([t, -t], -1).flatten(-2)[..., ::2]

    case = call(r, stride=r.randint(1, 2), padding=r.choice([0, 0, 2]))
    views = r.choice([("x",), ("weight",), ("x", "weight")])
    return {name: view(value) if name in views else value for name, value in case.items()}


@points(1)
def test_sizes(student):
    """Each channel with its own kernel: any batch, channels, picture and kernel size."""
    agree(student.depthwise_conv2d, reference, call, tolerance=DIGITS)


@points(0.75)
def test_stride_and_padding(student):
    """Stride and padding as ints; a picture smaller than the kernel, if the padding makes room."""
    draws = (
        lambda r: call(r, stride=r.randint(1, 4)),
        lambda r: call(r, padding=r.randint(0, 4)),
        lambda r: call(r, stride=r.randint(1, 3), padding=r.randint(1, 3), tight=True),
    )
    for draw in draws:
        agree(student.depthwise_conv2d, reference, draw, cases=8, tolerance=DIGITS)


@points(0.5)
def test_pairs(student):
    """Stride and padding as (height, width) pairs."""
    agree(student.depthwise_conv2d, reference, any_pairs, tolerance=DIGITS)


@points(0.25)
def test_views(student):
    """Transposed, sliced and channels-last tensors are read like any other."""
    agree(student.depthwise_conv2d, reference, any_view, tolerance=DIGITS)


@points(0.25)
def test_dtypes(student):
    """float32 gives float32, and float64 keeps all its digits."""
    agree(student.depthwise_conv2d, reference, lambda r: everything(r, torch.float32))
    agree(student.depthwise_conv2d, reference, everything, tolerance=DIGITS)
    x, weight = torch.randn(2, 3, 6, 7, dtype=torch.float64), torch.randn(3, 1, 3, 3, dtype=torch.float64)
    got, expected = student.depthwise_conv2d(x, weight), reference(x, weight)
    same(got, expected, "the result in float64", tolerance=DIGITS)
    if (error := (got - expected).abs().max()) > 1e-10:
        fail(f"In float64 the result is off by {error:.0e}, as if computed in float32.", "computes_in_float32",
             "depthwise_conv2d(x, weight)", dict(x=x, weight=weight), got, expected)  # fmt: skip


@points(0.5)
def test_gradients(student):
    """Gradients reach the picture and the weight."""
    agree_gradients(student.depthwise_conv2d, reference, lambda r: everything(r, room=2), tolerance=DIGITS)


@points(0.25)
def test_inputs_untouched(student):
    """No argument is changed in place."""
    leaves_inputs(student.depthwise_conv2d, lambda r: call(r, stride=r.randint(1, 2), padding=r.randint(0, 2)))


@points(0.5)
def test_refuses(student):
    """A weight that is not (C, 1, K, K) for the C channels of x raises a ValueError with a size."""
    for channels, shape in [(3, (4, 1)), (4, (3, 1)), (1, (3, 1)), (3, (1, 1)), (4, (4, 2)), (2, (2, 2)), (3, (1, 3))]:
        x, weight = torch.ones(2, channels, 6, 5), torch.ones(*shape, 3, 3)
        with refuses(ValueError, mentions=(channels, *shape)):
            student.depthwise_conv2d(x, weight)
