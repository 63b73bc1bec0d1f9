"""conv2d_matmul: the convolution as one matrix product. x (N, C, H, W), weight (O, C, KH, KW)."""

import torch
import torch.nn.functional as F

from course.grading import agree, fail, observe, points, same

bans = ("convolution", "unfold")
LIMIT = 80  # one product takes 10 to 50, with each of 9 taps copied to its place 54 to 75; 9 products take 100
LOOPS = {"H": "loop_over_pixels", "W": "loop_over_pixels", "N": "loop_over_batch", "C": "loop_over_channels",
         "O": "loop_over_maps"}  # fmt: skip


def reference(x, weight, bias=None, stride=1, padding=0):
    return F.conv2d(x, weight, bias, stride, padding)


def both(value):
    """An int or a (height, width) pair as a pair."""
    return value if isinstance(value, tuple) else (value, value)


def call(r, tight=False, bias=False, **options):
    """A call with these options. tight: the picture may be smaller than the kernel, if the padding makes room."""
    dtype, padding = r.choice([torch.float64, torch.float32]), both(options.get("padding", 0))
    channels, maps, kernel = r.randint(1, 3), r.randint(1, 3), (r.randint(1, 3), r.randint(1, 3))
    smallest = [max(1, k - 2 * p) for k, p in zip(kernel, padding, strict=True)] if tight else [max(kernel)] * 2
    size = [n + r.randint(0, 2 if tight else 5) for n in smallest]
    x, weight = r.tensor(r.randint(1, 3), channels, *size, dtype=dtype), r.tensor(maps, channels, *kernel, dtype=dtype)
    return dict(x=x, weight=weight, **({"bias": r.tensor(maps, dtype=dtype)} if bias else {}), **options)


def count_operations(student, **sizes):
    """The tensor operations that a call with a 3 x 3 kernel takes. The smallest sizes, but for the given ones."""
    n, c, h, w, o = ({"N": 1, "C": 1, "H": 3, "W": 3, "O": 1} | sizes).values()
    x, weight = torch.randn(n, c, h, w), torch.randn(o, c, 3, 3)
    seen = observe(student.conv2d_matmul, x, weight, count_operations=True)
    same(seen.value, reference(x, weight), f"the result for x {tuple(x.shape)} and weight {tuple(weight.shape)}")
    return seen.operations


def check_operations(student, *axes):
    """The operations stay few when one size after the other grows."""
    if (count := count_operations(student)) > LIMIT:
        fail(f"A single 3 x 3 window takes {count} tensor operations; at most {LIMIT} are wanted.", "loop_over_taps")
    for axis in axes:
        if (count := count_operations(student, **{axis: 128})) > LIMIT:
            loop = "H" if count_operations(student, H=128) > LIMIT else axis
            fail(f"With {axis} = 128 and a 3 x 3 kernel, conv2d_matmul takes {count} tensor operations; at most "
                 f"{LIMIT} are wanted, whatever the sizes.", LOOPS[loop])  # fmt: skip


@points(0.5)
def test_sizes(student):
    """Any batch, channels, picture and kernel size give what torch gives."""
    agree(student.conv2d_matmul, reference, call)


@points(0.5)
def test_bias(student):
    """The bias is added once to each output of its map."""
    agree(student.conv2d_matmul, reference, lambda r: call(r, bias=True))


@points(0.5)
def test_stride_and_padding(student):
    """Stride and padding, as ints and as (height, width) pairs, give what torch gives."""
    agree(student.conv2d_matmul, reference, lambda r: call(r, stride=r.pair(1, 4), padding=r.pair(0, 3)))


@points(0.5)
def test_padding_makes_room(student):
    """A picture that is smaller than the kernel is right if the padding makes room for a window."""
    draw = lambda r: call(r, tight=True, stride=r.pair(1, 2), padding=r.pair(1, 3))
    agree(student.conv2d_matmul, reference, draw)


@points(1)
def test_operations_for_pictures(student):
    """A 3 x 3 kernel takes at most 80 tensor operations, however many and however large the pictures are."""
    check_operations(student, "H", "W", "N")


@points(1)
def test_operations_for_channels(student):
    """A 3 x 3 kernel takes at most 80 tensor operations, however many channels and maps there are."""
    check_operations(student, "C", "O")
