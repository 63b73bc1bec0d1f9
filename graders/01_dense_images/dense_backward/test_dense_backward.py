"""dense_backward: the gradients of a chain of dense layers, without autograd.

x (N, in), layers [(W (out, in), b (out)), ...], grad_output (N, out); a list of pairs of their shapes.
"""

import torch

from course.grading import agree, fail, forbid, leaves_inputs, points
from course.student import Remote


def reference(x, layers, grad_output):
    wide = [(w.to(x.dtype), b.to(x.dtype)) for w, b in layers]
    given = [x]
    for weight, bias in wide[:-1]:
        given.append((given[-1] @ weight.T + bias).relu())
    found, back = [], grad_output.to(x.dtype)
    for (weight, _), a in zip(reversed(wide), reversed(given), strict=True):
        found.insert(0, (back.T @ a, back.sum(0)))
        back = (back @ weight) * (a > 0)
    return found


def call(r, depth, dtype=torch.float32, square=False, pictures=None):
    """So many layers. Even where all else is whole numbers, the biases are not: nothing is exactly 0 before ReLU."""
    size = r.randint(2, 4)
    sizes = [size if square else r.randint(1, 4) for _ in range(depth + 1)]
    layers = [
        (r.tensor(b, a, dtype=dtype), r.tensor(b, dtype=dtype) + 0.5 ** (i + 1))
        for i, (a, b) in enumerate(zip(sizes, sizes[1:], strict=False))
    ]
    n = pictures or (size if square else r.randint(1, 4))
    return dict(x=r.tensor(n, sizes[0], dtype=dtype), layers=layers, grad_output=r.tensor(n, sizes[-1], dtype=dtype))


def one_layer(r):
    return call(r, 1)


def two_layers(r):
    return call(r, 2)


def deeper(r):
    return call(r, r.randint(3, 4))


def square(r):
    return call(r, r.randint(1, 3), square=True)


def one_picture(r):
    return call(r, 2, pictures=1)


def dead(r):
    """In one of the hidden layers, units are off for all pictures."""
    case = call(r, 3)
    number = r.randint(0, 1)
    weight, bias = case["layers"][number]
    bias = bias.clone()
    bias[:: r.randint(1, 2)] -= 100
    case["layers"][number] = weight, bias
    return case


def in_float64(r):
    return call(r, r.randint(1, 3), dtype=torch.float64)


class Part(Remote):
    """dense_backward, of whose pairs only the weights' (0) or the biases' (1) gradients come back."""

    _label = "dense_backward"

    def __init__(self, student, number):
        self._student, self._first = student, (student.dense_backward.handle(), number)

    def _step(self, op, args, kwargs, **more):
        return self._student.support.part._step(op, (*self._first, *args), kwargs, **more)


def compare(student, number, draw, cases, last=False):
    """The gradients of weights (0) or biases (1), of all layers or of the last one only."""
    what = ("the weight's gradient", "the bias' gradient")[number]
    right = lambda x, layers, grad_output: [pair[number] for pair in reference(x, layers, grad_output)]
    with forbid("autograd"):
        agree(Part(student, number), right, draw, cases, part=(f"{what} in the last layer", -1) if last else None)


@points(1)
def test_bias(student):
    """The gradient of a bias sums over the pictures what came back to its output (biases of the last layer)."""
    compare(student, 1, one_layer, 8, last=True)
    compare(student, 1, two_layers, 8, last=True)


@points(0.5)
def test_last_weight(student):
    """The gradient of the last layer's weight: what came back to it, times what went into it, summed over pictures."""
    compare(student, 0, one_layer, 8, last=True)
    compare(student, 0, two_layers, 8, last=True)


@points(1.5)
def test_two_layers(student):
    """The weights' gradients of two layers: what ReLU cut off sends nothing back."""
    compare(student, 0, two_layers, 12)


@points(1)
def test_deeper(student):
    """The weights' gradients of three and four layers, with any sizes, also where units are off for all pictures."""
    compare(student, 0, deeper, 10)
    compare(student, 0, dead, 6)


@points(0.5)
def test_pairs(student):
    """A list of pairs (weight, bias) in the order of the layers: three layers, equal sizes, one picture alone."""
    with forbid("autograd"):
        for draw in (deeper, square, one_picture, dead):
            agree(student.dense_backward, reference, draw, cases=5)


@points(0.5)
def test_dtype_and_arguments(student):
    """float64 stays float64, with all its digits; neither the list nor any tensor is changed."""
    with forbid("autograd"):
        agree(student.dense_backward, reference, in_float64, cases=4)
        leaves_inputs(student.dense_backward, square, cases=4)
        layers = [(torch.ones(3, 3), torch.zeros(3)), (torch.ones(2, 3), torch.ones(2))]
        given = student.dense_backward.handle(), torch.ones(2, 3), layers, torch.ones(2, 2)
        if not student.support.list_afterwards(*given):
            fail("dense_backward changes the list `layers`: after a call with two pairs it does not hold the same two.")
