"""conv2d: slide each kernel over each picture and sum the products. x (N, C, H, W), weight (O, C / groups, KH, KW)."""

import torch
import torch.nn.functional as F

from course.grading import StudentError, agree, agree_gradients, fail, leaves_inputs, points, refuses, same

bans = ("convolution", "unfold")
DIGITS = 1e-6  # whether float64 is computed in float32 is one test's question, not that of all


def reference(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    if padding == "same":  # torch has this too, but warns about even kernels
        extra = [d * (k - 1) for d, k in zip(both(dilation), weight.shape[2:], strict=True)]
        x, padding = F.pad(x, [side for e in reversed(extra) for side in (e // 2, e - e // 2)]), 0
    return F.conv2d(x, weight, bias, stride, padding, dilation, groups)


def both(value):
    """An int or a (height, width) pair as a pair."""
    return value if isinstance(value, tuple) else (value, value)


def call(r, largest_kernel=3, dtype=torch.float64, tight=False, bias=False, room=5, **options):
    """A call with these options, with a bias or without. room: for how many steps of the window, at most.

    tight: the picture may be smaller than the window, if the padding makes room; else there is room for every window,
    whichever way an answer confuses height with width or stride with dilation.
    """
    groups, stride, dilation = (options.get(name, 1) for name in ("groups", "stride", "dilation"))
    channels, maps = groups * r.randint(1, 3), groups * r.randint(1, 3)
    kernel = r.randint(1, largest_kernel), r.randint(1, largest_kernel)
    if tight:
        smallest = [max(1, dilation * (k - 1) + 1 - 2 * options["padding"]) for k in kernel]
    else:
        smallest = [max(*both(stride), *both(dilation)) * (max(kernel) - 1) + 1] * 2
    size = [n + r.randint(0, 2 if tight else room) for n in smallest]
    x = r.tensor(r.randint(1, 3), channels, *size, dtype=dtype)
    weight = r.tensor(maps, channels // groups, *kernel, dtype=dtype)
    return dict(x=x, weight=weight, **({"bias": r.tensor(maps, dtype=dtype)} if bias else {}), **options)


def everything(r, dtype=torch.float64, padding=3, room=5):
    options = dict(stride=r.pair(1, 3), padding=r.pair(0, padding), dilation=r.pair(1, 2), groups=r.randint(1, 3))
    return call(r, dtype=dtype, bias=r.maybe(True, False), room=room, **options)


def any_word(r, **options):
    if r.choice(["same", "valid"]) == "same":
        return call(r, largest_kernel=4, padding="same", **options)
    return call(r, padding="valid", stride=r.randint(1, 2), **options)


def any_pairs(r):
    pair = lambda low, high: (r.randint(low, high), r.randint(low, high))
    return call(r, stride=pair(1, 3), padding=pair(0, 3), dilation=pair(1, 2))


def any_view(r):
    """Numbers that do not lie one after the other in memory."""

    def view(t):
        kind = r.choice(["transposed", "every second", "expanded"])
        if kind == "transposed":
            return t.transpose(2, 3).contiguous().transpose(2, 3)
        return t[:1].expand_as(t) if kind == "expanded" else torch.stack([t, -t], -1).flatten(-2)[..., ::2]

    case = call(r, stride=r.randint(1, 2), padding=r.choice([0, 0, 2]))
    views = r.choice([("x",), ("weight",), ("x", "weight")])
    return {name: view(value) if name in views else value for name, value in case.items()}


@points(0.5)
def test_sizes(student):
    """One number a window: any batch, channels, picture and kernel size."""
    agree(student.conv2d, reference, call, tolerance=DIGITS)


@points(0.5)
def test_bias(student):
    """The bias is added once to each output of its map."""
    agree(student.conv2d, reference, lambda r: call(r, bias=True), tolerance=DIGITS)


@points(1)
def test_stride_and_padding(student):
    """Stride and padding as ints, also larger than the kernel."""
    draws = (
        lambda r: call(r, stride=r.randint(1, 4)),
        lambda r: call(r, padding=r.randint(0, 4)),
        lambda r: call(r, stride=r.randint(1, 4), padding=r.randint(0, 4)),
    )
    for draw in draws:
        agree(student.conv2d, reference, draw, cases=8, tolerance=DIGITS)


@points(0.5)
def test_padding_makes_room(student):
    """A picture that is smaller than the kernel is right if the padding makes room for a window."""
    draw = lambda r: call(r, tight=True, padding=r.randint(1, 4), dilation=r.randint(1, 2), stride=r.randint(1, 2))
    agree(student.conv2d, reference, draw, tolerance=DIGITS)


@points(0.5)
def test_pairs(student):
    """Stride, padding and dilation as (height, width) pairs."""
    agree(student.conv2d, reference, any_pairs, tolerance=DIGITS)


@points(0.5)
def test_dilation(student):
    """Dilation leaves gaps between the taps of the kernel; the window moves by the stride alone."""
    draw = lambda r: call(r, stride=r.randint(1, 2), dilation=r.randint(1, 3))
    agree(student.conv2d, reference, draw, tolerance=DIGITS)


@points(0.5)
def test_same_and_valid(student):
    """The word same keeps height and width (an odd zero goes right and to the bottom), valid adds nothing."""
    agree(student.conv2d, reference, any_word, tolerance=DIGITS)
    agree(student.conv2d, reference, lambda r: any_word(r, dilation=r.randint(1, 2)), tolerance=DIGITS)


@points(1)
def test_groups(student):
    """Each group of maps sees its own group of channels."""
    x, weight = torch.randn(1, 4, 5, 5, dtype=torch.float64), torch.randn(6, 2, 3, 3, dtype=torch.float64)
    try:
        student.conv2d(x, weight, groups=2)
    except StudentError as error:
        if error.isinstance(ValueError):
            fail(
                f"A call with 4 channels, a weight of shape (6, 2, 3, 3) and groups=2 raises {error}.", "groups_refused"
            )
    agree(student.conv2d, reference, lambda r: call(r, groups=r.randint(1, 3)), tolerance=DIGITS)


@points(0.5)
def test_views(student):
    """Transposed, sliced and expanded tensors are read like any other."""
    agree(student.conv2d, reference, any_view, cases=16, tolerance=DIGITS)


@points(0.5)
def test_dtypes(student):
    """With all options in one call, float32 gives float32, and float64 keeps all its digits."""
    agree(student.conv2d, reference, lambda r: everything(r, torch.float32))
    agree(student.conv2d, reference, everything, tolerance=DIGITS)
    x, weight = torch.randn(2, 3, 6, 7, dtype=torch.float64), torch.randn(4, 3, 3, 3, dtype=torch.float64)
    got, expected = student.conv2d(x, weight), reference(x, weight)
    same(got, expected, "the result in float64", tolerance=DIGITS)
    if (error := (got - expected).abs().max()) > 1e-10:
        fail(f"In float64 the result is off by {error:.0e}, as if computed in float32.", "computes_in_float32",
             "conv2d(x, weight)", dict(x=x, weight=weight), got, expected)  # fmt: skip


@points(1)
def test_gradients(student):
    """Gradients reach the picture, the weight and the bias."""
    small = lambda r: everything(r, padding=1, room=1)  # backwards, loops in Python are slower again
    agree_gradients(student.conv2d, reference, small, cases=8, tolerance=DIGITS)


@points(0.5)
def test_inputs_untouched(student):
    """No argument is changed in place."""
    leaves_inputs(student.conv2d, lambda r: call(r, stride=r.randint(1, 2), padding=r.randint(1, 2)))


@points(0.5)
def test_refuses(student):
    """Channels that do not match, no room for a window, and "same" with a stride raise a ValueError with a size."""
    for channels, weight_channels, groups in [(3, 4, 1), (1, 3, 1), (3, 1, 1), (4, 4, 2)]:
        x, weight = torch.ones(2, channels, 6, 6), torch.ones(4, weight_channels, 3, 3)
        with refuses(ValueError, mentions=(channels, weight_channels, groups)):
            student.conv2d(x, weight, groups=groups)
    for size, kernel, dilation in [((4, 9), (5, 3), 1), ((9, 4), (3, 5), 1), ((9, 4), (3, 3), 2)]:
        x, weight = torch.ones(1, 2, *size), torch.ones(1, 2, *kernel)
        with refuses(ValueError, mentions=(0, 3, 4, 5)):
            student.conv2d(x, weight, dilation=dilation)
    for stride in (2, (1, 2)):
        with refuses(ValueError, mentions=(1, 2)):
            student.conv2d(torch.ones(1, 1, 6, 6), torch.ones(1, 1, 3, 3), stride=stride, padding="same")
