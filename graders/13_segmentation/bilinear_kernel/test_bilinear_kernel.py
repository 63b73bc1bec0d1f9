"""bilinear_kernel: weights (C, 1, K, K), K = 2f − f % 2, with which a grouped transposed convolution of stride f
interpolates."""

import torch
import torch.nn.functional as F

from course.grading import agree, points, same


def reference(channels, factor):
    size = 2 * factor - factor % 2
    falls = 1 - (torch.arange(size) - (size - 1) / 2).abs() / factor
    return torch.outer(falls, falls).repeat(channels, 1, 1, 1)


def odd_factors(r):
    return dict(channels=r.randint(1, 3), factor=r.choice([1, 3, 5, 7]))


def even_factors(r):
    return dict(channels=r.randint(1, 3), factor=r.choice([2, 4, 6, 8]))


def upsampled(kernel, picture, factor):
    """What the grouped transposed convolution makes of it, with as much padding as keeps the map factor times as
    large."""
    kernel, channels = kernel.double(), picture.shape[1]
    padding = (kernel.shape[-1] - factor) // 2
    return F.conv_transpose2d(picture, kernel, stride=factor, padding=padding, groups=channels)


@points(1)
def test_odd_factors(student):
    """For odd factors the kernel has 2f − 1 rows, with 1 in the middle."""
    agree(student.bilinear_kernel, reference, odd_factors, cases=8)


@points(1)
def test_even_factors(student):
    """For even factors the kernel has 2f rows, and its middle lies between two of them."""
    agree(student.bilinear_kernel, reference, even_factors, cases=8)


@points(1)
def test_upsampling(student):
    """Inside, a flat map stays flat and a ramp stays a ramp."""
    rows, columns = torch.meshgrid(*[torch.arange(4.0, dtype=torch.float64)] * 2, indexing="ij")
    for factor in (2, 3, 4):
        kernel = student.bilinear_kernel(2, factor)
        same(list(kernel.shape), [2, 1] + 2 * [2 * factor - factor % 2], f"the shape of bilinear_kernel(2, {factor})")
        inside = slice(factor, -factor)
        for name, first in (("flat map", 0 * rows + 1), ("ramp", columns), ("ramp down", 3 - rows)):
            maps = torch.stack([first, 2 * first])[None]
            expected = F.interpolate(maps, scale_factor=factor, mode="bilinear")[..., inside, inside]
            got = upsampled(kernel, maps, factor)[..., inside, inside]
            same(got, expected, f"the inside of a {name} that is upsampled {factor} times", tolerance=1e-5)
