"""dense_forward: a chain of dense layers with ReLU between them. x (N, in), layers [(W (out, in), b (out)), ...]."""

import torch

from course.grading import agree, fail, gradients, leaves_inputs, points, same


def reference(x, layers):
    for number, (weight, bias) in enumerate(layers):
        x = torch.nn.functional.linear(x if number == 0 else x.relu(), weight.to(x.dtype), bias.to(x.dtype))
    return x


def chain(r, depth, dtype=torch.float32, square=False):
    """x and so many layers; with square, all sizes and the number of pictures are the same."""
    size = r.randint(2, 4)
    sizes = [size if square else r.randint(1, 4) for _ in range(depth + 1)]
    layers = [(r.tensor(b, a, dtype=dtype), r.tensor(b, dtype=dtype)) for a, b in zip(sizes, sizes[1:], strict=False)]
    return dict(x=r.tensor(size if square else r.randint(1, 4), sizes[0], dtype=dtype), layers=layers)


def one_layer(r):
    return chain(r, 1)


def two_layers(r):
    return chain(r, 2)


def deeper(r):
    return chain(r, r.randint(3, 5))


def square(r):
    return chain(r, r.randint(1, 3), square=True)


def in_float64(r):
    return chain(r, r.randint(1, 3), dtype=torch.float64)


@points(0.5)
def test_one_layer(student):
    """One layer gives x Wᵀ + b, negative numbers too: no ReLU comes after the last layer."""
    agree(student.dense_forward, reference, one_layer, cases=12)


@points(1)
def test_chain(student):
    """ReLU stands between the layers, whatever their sizes and however many there are."""
    agree(student.dense_forward, reference, two_layers, cases=12)
    agree(student.dense_forward, reference, deeper, cases=8)


@points(0.5)
def test_square(student):
    """When all sizes are the same, rows and columns still cannot be mistaken for each other."""
    agree(student.dense_forward, reference, square, cases=10)


@points(0.5)
def test_gradient(student):
    """The gradient reaches x, the weights and the biases."""
    for depth, seed in ((1, 1), (3, 2)):
        generator = torch.Generator().manual_seed(seed)
        draw = lambda *shape: torch.randn(shape, generator=generator, dtype=torch.float64)  # noqa: B023
        x, flat = draw(3, 4), [draw(*shape) for _ in range(depth) for shape in ((4, 4), (4,))]
        cotangent = draw(3, 4)
        leaves = [t.clone().requires_grad_() for t in (x, *flat)]
        pairs = lambda tensors: list(zip(tensors[1::2], tensors[2::2], strict=True))
        right = torch.autograd.grad(reference(leaves[0], pairs(leaves)), leaves, cotangent)
        sent = [t.clone().requires_grad_() for t in (x, *flat)]
        found = gradients(student.dense_forward, sent[0], pairs(sent), cotangents=cotangent)
        same(list(found.outputs.shape), [3, 4], "the shape of the result for 3 pictures and 4 outputs")
        names = ["x", *(f"{kind} of layer {i}" for i in range(depth) for kind in ("the weight", "the bias"))]
        for name, mine, expected in zip(names, found.inputs, right, strict=True):
            if mine is None:
                fail(f"no gradient reaches {name} ({depth} layers): it was detached on the way.")
            same(mine, expected, f"the gradient of {name} ({depth} layers)")


@points(0.5)
def test_dtype_and_arguments(student):
    """float64 stays float64, with all its digits; neither the list nor the tensors in it are changed."""
    agree(student.dense_forward, reference, in_float64, cases=4)
    leaves_inputs(student.dense_forward, square, cases=3)
    case = dict(x=torch.ones(2, 3), layers=[(torch.ones(3, 3), torch.zeros(3)), (torch.ones(2, 3), torch.ones(2))])
    if not student.support.list_afterwards(student.dense_forward.handle(), case["x"], case["layers"]):
        fail("dense_forward changes the list `layers`: after a call with two pairs it does not hold the same two.")
