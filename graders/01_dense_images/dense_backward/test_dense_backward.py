"""dense_backward: the gradients of a chain of dense layers, without autograd.

x (N, in), layers [(W (out, in), b (out)), ...], grad_output (N, out); a list of pairs of their shapes.
"""

import torch

from course.grading import agree, fail, forbid, leaves_inputs, points


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


@points(1)
def test_last_layer(student):
    """The gradients of the last layer: what came back to it, times what went into it, summed over the pictures."""
    last = ("the pair of the last layer", -1)
    with forbid("autograd"):
        agree(student.dense_backward, reference, one_layer, cases=10)
        agree(student.dense_backward, reference, two_layers, cases=10, part=last)


@points(1.5)
def test_two_layers(student):
    """The gradients of two layers: what ReLU cut off sends nothing back."""
    with forbid("autograd"):
        agree(student.dense_backward, reference, two_layers, cases=12)


@points(1)
def test_deeper(student):
    """Three and four layers, with any sizes."""
    with forbid("autograd"):
        agree(student.dense_backward, reference, deeper, cases=12)


@points(0.5)
def test_square_and_single(student):
    """When all sizes are the same, rows and columns still cannot be mistaken; one picture alone is a batch, too."""
    with forbid("autograd"):
        agree(student.dense_backward, reference, square, cases=8)
        agree(student.dense_backward, reference, one_picture, cases=5)


@points(0.5)
def test_dead_units(student):
    """Units that are off for every picture have gradient 0, and so has all that only reaches them."""
    with forbid("autograd"):
        agree(student.dense_backward, reference, dead, cases=10)


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
