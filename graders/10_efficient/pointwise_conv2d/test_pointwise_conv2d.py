"""pointwise_conv2d: a 1 × 1 convolution, at each place one product of a matrix with the channels. x (N, C, H, W)."""

import torch

from course.grading import agree, agree_gradients, fail, leaves_inputs, points, same

bans = ("convolution", "unfold")
DIGITS = 1e-6


def reference(x, weight):
    return torch.einsum("nchw,oc->nohw", x, weight)


def call(r, dtype=torch.float64):
    channels, maps = r.randint(1, 5), r.randint(1, 5)
    x = r.tensor(r.randint(1, 3), channels, r.randint(1, 5), r.randint(1, 5), dtype=dtype)
    return dict(x=x, weight=r.tensor(maps, channels, dtype=dtype))


def square(r):
    """As many maps as channels, and as many rows and columns: here exchanged axes fit, and only the values tell."""
    n = r.randint(2, 4)
    return dict(x=r.tensor(r.choice([1, n]), n, n, n), weight=r.tensor(n, n))


def any_view(r):
    """Numbers that do not lie one after the other in memory."""
    case = call(r)
    x, weight = case["x"], case["weight"]
    kind = r.choice(["channels last", "transposed", "every second", "weight"])
    if kind == "channels last":
        x = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
    elif kind == "transposed":
        x = x.transpose(2, 3).contiguous().transpose(2, 3)
    elif kind == "every second":
        x = torch.stack([x, -x], -1).flatten(-2)[..., ::2]
    else:
        weight = weight.t().contiguous().t()
    return dict(x=x, weight=weight)


@points(1)
def test_values(student):
    """At each place, map o is the sum of weight[o, c] · x[c] over the channels: any sizes."""
    agree(student.pointwise_conv2d, reference, call, tolerance=DIGITS)
    agree(student.pointwise_conv2d, reference, square, cases=6, tolerance=DIGITS)


@points(0.25)
def test_views(student):
    """Transposed, sliced and channels-last tensors are read like any other."""
    agree(student.pointwise_conv2d, reference, any_view, cases=16, tolerance=DIGITS)


@points(0.25)
def test_dtypes(student):
    """float32 gives float32, and float64 keeps all its digits."""
    agree(student.pointwise_conv2d, reference, lambda r: call(r, torch.float32))
    x, weight = torch.randn(2, 5, 3, 4, dtype=torch.float64), torch.randn(4, 5, dtype=torch.float64)
    got, expected = student.pointwise_conv2d(x, weight), reference(x, weight)
    same(got, expected, "the result in float64", tolerance=DIGITS)
    if (error := (got - expected).abs().max()) > 1e-10:
        fail(f"In float64 the result is off by {error:.0e}, as if computed in float32.", "computes_in_float32",
             "pointwise_conv2d(x, weight)", dict(x=x, weight=weight), got, expected)  # fmt: skip


@points(0.25)
def test_gradients(student):
    """Gradients reach the picture and the weight."""
    agree_gradients(student.pointwise_conv2d, reference, call, tolerance=DIGITS)


@points(0.25)
def test_inputs_untouched(student):
    """No argument is changed in place."""
    leaves_inputs(student.pointwise_conv2d, call)
