"""dense_parameters: the number of parameters of dense layers in a chain, as ints."""

import torch

from course.grading import agree, points, refuses, same


def reference(sizes, bias=True):
    layers = [linear(a, b, bias) for a, b in zip(sizes, sizes[1:], strict=False)]
    return float(sum(p.numel() for layer in layers for p in layer.parameters()))  # so an int is right, and 8.0 as well


def linear(inputs, outputs, bias):
    return torch.nn.Linear(inputs, outputs, bias=bias, device="meta")


def any_flag(r, sizes):
    """Without the flag, with True or with False."""
    flag = r.randint(0, 2)
    return dict(sizes=sizes) if flag == 0 else dict(sizes=sizes, bias=flag == 1)


def one_layer(r):
    return any_flag(r, [r.randint(1, 9), r.randint(1, 9)])


def chain(r):
    return any_flag(r, [r.randint(1, 9) for _ in range(r.randint(2, 6))])


@points(0.5)
def test_one_layer(student):
    """One layer has a weight for each input of each output, and a bias for each output; the flag counts."""
    agree(student.dense_parameters, reference, one_layer, cases=16)


@points(0.5)
def test_chain(student):
    """The parameters of all layers of a chain are added, with and without biases."""
    agree(student.dense_parameters, reference, chain, cases=20)


@points(0.25)
def test_int(student):
    """The number is an int: 401 920 and 77 070 848."""
    for sizes, expected in (([784, 512], 401920), ([150528, 512], 77070848)):
        same(student.dense_parameters(sizes), expected, f"dense_parameters({sizes})")


@points(0.25)
def test_single_size(student):
    """A single size is no layer and has 0 parameters."""
    same(student.dense_parameters([784]), 0.0, "dense_parameters([784])")
    same(student.dense_parameters([5], bias=False), 0.0, "dense_parameters([5], bias=False)")


@points(0.25)
def test_refuses_sizes(student):
    """A size below 1 raises ValueError wherever it stands, also alone; the message holds that size."""
    for sizes in ([0, 3], [3, 0], [4, 3, -2, 5], [0], [-7]):
        with refuses(ValueError, mentions=(min(sizes),)):
            student.dense_parameters(sizes)
    with refuses(ValueError, mentions=(-3,)):
        student.dense_parameters([6, -3], bias=False)


@points(0.25)
def test_refuses_nothing(student):
    """An empty list raises ValueError."""
    with refuses(ValueError):
        student.dense_parameters([])
