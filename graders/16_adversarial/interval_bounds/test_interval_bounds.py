"""interval_bounds: what comes out of each layer, when each number that goes in lies between two bounds.

Layers are built by support.py from a kind, arguments and drawn weights, here and in the student's kernel. The reference
takes the positive weights with one bound and the negative ones with the other.
"""

import torch
import torch.nn.functional as F
from torch import nn

from course.grading import batch, fail, points, same, scaffolding

support = scaffolding(__file__)

CONVOLUTIONS = [
    ((2, 3, 3), {}),
    ((2, 3, 3), {"padding": 1, "bias": False}),
    ((2, 4, (2, 3)), {"stride": 2, "padding": (0, 1)}),
    ((2, 3, 2), {"dilation": 2, "stride": (1, 2)}),
    ((2, 4, 3), {"groups": 2, "padding": 1}),
]
NET = [
    ("Conv2d", (1, 4, 3), {"padding": 1}), ("ReLU", (), {}), ("Conv2d", (4, 4, 3), {"stride": 2}), ("ReLU", (), {}),
    ("Flatten", (), {}), ("Linear", (16, 6), {}), ("ReLU", (), {}), ("Linear", (6, 3), {}),
]  # fmt: skip


def reference(specifications, lower, upper):
    for i, (kind, args, kwargs) in enumerate(specifications):
        layer = support.layer(kind, *args, seed=i, **kwargs)
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            more = () if kind == "Linear" else (layer.stride, layer.padding, layer.dilation, layer.groups)
            apply = F.linear if kind == "Linear" else F.conv2d
            up, down = layer.weight.clamp(min=0), layer.weight.clamp(max=0)
            lower, upper = (
                apply(lower, up, layer.bias, *more) + apply(upper, down, None, *more),
                apply(upper, up, layer.bias, *more) + apply(lower, down, None, *more),
            )
        else:
            lower, upper = layer(lower), layer(upper)
    return lower.detach(), upper.detach()


def box(seed, *shape, width=0.5):
    draw = torch.Generator().manual_seed(seed)
    normal = torch.randn(*shape, generator=draw, dtype=torch.float64)
    return normal, normal + width * torch.rand(*shape, generator=draw, dtype=torch.float64)


def compare(student, cases):
    """Both bounds for (what, specifications, lower, upper), in one message."""
    function = student.interval_bounds.handle()
    found = batch(student.support.bounds, [((function, *case[1:]), {}) for case in cases])
    for (what, *case), got in zip(cases, found, strict=True):
        if isinstance(got, Exception):
            raise got
        for name, mine, expected in zip(("lower", "upper"), got, reference(*case), strict=False):
            same(mine, expected, f"the {name} bound after {what}", 1e-7)
    return found


@points(1)
def test_linear(student):
    """After one linear layer the bounds are the smallest and the largest value that can come out."""
    cases = [(f"Linear({i}, {o}, bias={b})", [("Linear", (i, o), {"bias": b})], *box(i, n, i))
             for n, i, o, b in ((1, 1, 1, True), (2, 4, 3, True), (3, 5, 2, False))]  # fmt: skip
    compare(student, cases)


@points(1)
def test_convolution(student):
    """The same for a convolution, with any stride, padding, dilation and groups, with and without bias."""
    text = lambda args, more: ", ".join([*map(str, args), *(f"{k}={v}" for k, v in more.items())])
    cases = [(f"Conv2d({text(args, more)})", [("Conv2d", args, more)], *box(i, 2, 2, 6, 7))
             for i, (args, more) in enumerate(CONVOLUTIONS)]  # fmt: skip
    compare(student, cases)


@points(0.5)
def test_relu_and_flatten(student):
    """ReLU and Flatten act on each bound; no layers at all leave the bounds as they are."""
    lower, upper = box(9, 2, 3, 2, 2, width=2.0)
    cases = [("ReLU()", [("ReLU", (), {})], lower, upper), ("Flatten()", [("Flatten", (), {})], lower, upper)]
    compare(student, [*cases, ("no layers", [], lower, upper)])


@points(0.5)
def test_equal_bounds(student):
    """Where lower and upper are equal, both results are the net's value."""
    x, _ = box(3, 2, 1, 6, 6)
    compare(student, [("a net, from equal bounds,", NET, x, x)])


@points(0.5)
def test_sound(student):
    """Through a whole net, layer by layer: none of 4000 pictures from the box comes out beyond the bounds."""
    lower, upper = box(4, 1, 1, 6, 6, width=0.2)
    low, high = student.support.bounds(student.interval_bounds.handle(), NET, lower, upper)
    share = torch.rand(4000, 1, 6, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    share[2000:] = share[2000:].round()  # corners of the box
    net = nn.Sequential(*(support.layer(kind, *args, seed=i, **more) for i, (kind, args, more) in enumerate(NET)))
    with torch.no_grad():
        out = net(lower + share * (upper - lower))
    same(list(low.shape), [1, 3], "the shape of the lower bound")
    same(list(high.shape), [1, 3], "the shape of the upper bound")
    beyond = ((out < low - 1e-7) | (out > high + 1e-7)).any(1).sum().item()
    if beyond:
        fail(f"{beyond} of 4000 pictures from the box come out beyond the bounds.")
    compare(student, [("a net of eight layers", NET, lower, upper)])


@points(0.5)
def test_untouched(student):
    """The layers' weights and the given bounds are as before."""
    lower, upper = box(5, 2, 1, 6, 6)
    function = student.interval_bounds.handle()
    for given in (NET, NET[1:2]):
        found = student.support.bounds_untouched(function, given, lower, upper)
        assert found["weights"], "The weights of a layer have changed."
        assert found["bounds"], "lower or upper was changed in place."
