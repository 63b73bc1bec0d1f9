"""dense_parameters: the number of parameters of dense layers in a chain, as ints."""

import torch

from course.grading import agree, points, refuses, same


def reference(sizes, bias=True):
    layers = zip(sizes, sizes[1:], strict=False)
    return sum(sum(p.numel() for p in layer.parameters()) for layer in (linear(a, b, bias) for a, b in layers))


def linear(inputs, outputs, bias):
    return torch.nn.Linear(inputs, outputs, bias=bias, device="meta")


def one_layer(r):
    return dict(sizes=[r.randint(1, 9), r.randint(1, 9)])


def chain(r):
    return dict(sizes=[r.randint(1, 9) for _ in range(r.randint(2, 5))])


def longer(r):
    """At least three layers."""
    return dict(sizes=[r.randint(1, 9) for _ in range(r.randint(4, 6))])


def without_bias(r):
    return dict(**chain(r), bias=False)


@points(0.5)
def test_one_layer(student):
    """One layer has a weight for each input of each output, and a bias for each output; the flag counts."""
    agree(student.dense_parameters, reference, one_layer, cases=12)
    agree(student.dense_parameters, reference, lambda r: dict(**one_layer(r), bias=False), cases=6)


@points(0.75)
def test_chain(student):
    """The parameters of all layers of a chain are added, with and without biases."""
    for draw in (chain, longer, without_bias):
        agree(student.dense_parameters, reference, draw, cases=8)


@points(0.25)
def test_numbers_of_the_lesson(student):
    """401 920, 77 070 336 and 77 070 848; a single size is no layer and has 0."""
    for sizes, bias, expected in (
        ([784, 512], True, 401920),
        ([150528, 512], False, 77070336),
        ([150528, 512], True, 77070848),
        ([784], True, 0),
        ([5], False, 0),
    ):
        flag = "" if bias else ", bias=False"
        got = student.dense_parameters(sizes, bias=bias) if flag else student.dense_parameters(sizes)
        same(got, expected, f"dense_parameters({sizes}{flag})")


@points(0.5)
def test_refuses(student):
    """An empty list, and a size below 1 wherever it stands, raise ValueError; the message holds that size."""
    with refuses(ValueError):
        student.dense_parameters([])
    for sizes in ([0, 3], [3, 0], [4, 3, -2, 5], [0], [-7]):
        with refuses(ValueError, mentions=(min(sizes),)):
            student.dense_parameters(sizes)
    with refuses(ValueError, mentions=(-3,)):
        student.dense_parameters([6, -3], bias=False)
