"""conv_parameters: how many numbers an nn.Conv2d learns."""

from torch import nn

from course.grading import agree, points, same


def reference(in_channels, out_channels, kernel_size, bias=True, groups=1):
    layer = nn.Conv2d(in_channels, out_channels, kernel_size, bias=bias, groups=groups, device="meta")
    return float(sum(parameter.numel() for parameter in layer.parameters()))  # so an int is right, and 320.0 as well


def square(r):
    return dict(in_channels=r.randint(1, 40), out_channels=r.randint(1, 40), kernel_size=r.randint(1, 7))


def rectangle(r):
    return {**square(r), "kernel_size": (r.randint(1, 7), r.randint(1, 7))}


def without_bias(r):
    return {**square(r), "bias": r.choice([False, True])}


def grouped(r):
    groups = r.randint(2, 4)
    channels = dict(in_channels=groups * r.randint(1, 6), out_channels=groups * r.randint(1, 6))
    return {**square(r), **channels, "bias": r.choice([True, False]), "groups": groups}


@points(0.5)
def test_square_kernels(student):
    """For any channels and square kernels: conv_parameters(32, 64, 3) is 18496."""
    agree(student.conv_parameters, reference, square, cases=16)


@points(0.25)
def test_rectangular_kernels(student):
    """A kernel_size (height, width) has height · width weights a slice."""
    agree(student.conv_parameters, reference, rectangle, cases=12)


@points(0.5)
def test_without_bias(student):
    """bias=False leaves out one number for each output channel."""
    agree(student.conv_parameters, reference, without_bias, cases=12)


@points(0.5)
def test_groups(student):
    """With groups, each kernel reads in_channels / groups channels."""
    agree(student.conv_parameters, reference, grouped, cases=16)


@points(0.25)
def test_int(student):
    """The number is an int, also with groups and without bias."""
    same(student.conv_parameters(32, 64, 3), 18496, "conv_parameters(32, 64, 3)")
    found = student.conv_parameters(32, 64, 3, bias=False, groups=4)
    same(found, 4608, "conv_parameters(32, 64, 3, bias=False, groups=4)")
