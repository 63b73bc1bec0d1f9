"""style_loss: the weighted sum over layers of the mean squared difference of Gram matrices.

generated, style: dicts from layer to features (N, C, H, W) and (N, C, H', W').  weights: a dict from layer to number.
"""

import torch

from course.grading import agree, fail, gradients, leaves_inputs, points, same

LAYERS = ("relu1", "relu2", "relu3")


def gram(features):
    n, c, h, w = features.shape
    return torch.einsum("nchw,ndhw->ncd", features, features) / (c * h * w)


def reference(generated, style, weights):
    return sum(
        weights[name] * (gram(generated[name]) - gram(style[name].detach())).square().mean()
        for name in generated
        if name in weights
    )


def case(r, fewest=1, equal_sizes=False, all_weights=True, same_order=True):
    names = LAYERS[: r.randint(fewest, 3)]
    n, generated, style = r.randint(1, 2), {}, {}
    for i, name in enumerate(names, 1):
        c = i + 1 if same_order else 2  # equal widths, so that layers which were mixed up can still be compared
        size = r.randint(1, 3), r.randint(1, 3)
        generated[name] = r.tensor(n, c, *size)
        style[name] = r.tensor(n, c, *(size if equal_sizes else (r.randint(1, 3), r.randint(2, 4))))
    if not same_order:
        style = dict(reversed(style.items()))
    weights = {name: r.choice([0.5, 2.0, 3.0]) for name in names}
    if not all_weights:
        del weights[r.choice(names[:-1])]
    return dict(generated=generated, style=style, weights=weights)


def equal_sizes(r):
    return case(r, equal_sizes=True)


def other_sizes(r):
    return case(r)


def weights_missing(r):
    return case(r, fewest=2, all_weights=False)


def other_order(r):
    return case(r, fewest=2, same_order=False)


@points(1)
def test_any_call(student):
    """The loss is the sum over layers of weight times mean squared difference of the Gram matrices."""
    agree(student.style_loss, reference, equal_sizes, cases=8)


@points(0.5)
def test_sizes(student):
    """The style's features may have another height and width."""
    agree(student.style_loss, reference, other_sizes, cases=6)


@points(0.5)
def test_names(student):
    """Layers are matched by name, and one without a weight counts nothing."""
    agree(student.style_loss, reference, other_order, cases=5)
    agree(student.style_loss, reference, weights_missing, cases=5)


@points(0.5)
def test_gradients(student):
    """The gradients of the generated picture's features are right, and no feature is changed."""
    for seed in (1, 2):
        (expected, _), (found, _) = both(student, seed)
        for name, right, mine in zip(LAYERS, expected, found, strict=True):
            if mine is None:
                fail(f"No gradient flows to generated[{name!r}].")
            same(mine, right, f"the gradient of generated[{name!r}]")
    leaves_inputs(student.style_loss, equal_sizes, cases=2)


@points(0.5)
def test_target(student):
    """No gradient flows to the style's features: they are a target."""
    _, (mine, found) = both(student, 3)
    if any(gradient is None for gradient in mine):
        fail("No gradient flows to the generated picture's features.")
    for name, gradient in zip(LAYERS, found, strict=True):
        if gradient is not None and bool(gradient.any()):
            fail(f"A gradient flows to style[{name!r}], which is a target.")


def both(student, seed):
    """Gradients of generated and of style, by the reference and by the student."""
    g = torch.Generator().manual_seed(seed)

    def drawn(height):
        shapes = {name: (2, i + 1, height, 2 + i) for i, name in enumerate(LAYERS, 1)}
        tensors = {name: torch.randn(shape, generator=g, dtype=torch.float64) for name, shape in shapes.items()}
        return {name: tensor.requires_grad_() for name, tensor in tensors.items()}

    generated, style, weights = drawn(2), drawn(3), {"relu1": 2.0, "relu2": 0.5, "relu3": 1.0}
    right = torch.autograd.grad(reference(generated, style, weights), list(generated.values()))
    found = gradients(student.style_loss, generated, style, weights)
    return (list(right), [None] * 3), (found.inputs[:3], found.inputs[3:])
