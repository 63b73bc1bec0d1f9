"""fgsm: one step of size epsilon along the sign of the gradient. x (N, 1, H, W) in [0, 1], y (N,), result like x.

The models come from support.py. For linear ones the reference is the closed form, for the others autograd on a twin.
"""

import torch
import torch.nn.functional as F

from course.grading import agree, leaves_inputs, points, same, scaffolding

TOLERANCE = 1e-6  # an epsilon that has been through float32 is right
support = scaffolding(__file__)


def pixels(r, n, height, width, dtype=torch.float64):
    """Eighths from 0 to 1, both included, so that the range matters."""
    return r.ints(n, 1, height, width, low=0, high=8).to(dtype) / 8


def size(r):
    return r.choice([0.125, 0.25, 0.0625, 0.5, 0.03])


def on_the_net(twin):
    """The reference for a model: the sign of autograd's gradient on its twin."""

    def reference(model, x, y, epsilon, targeted=False):
        probe = x.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(F.cross_entropy(twin(probe), y), probe)
        return (x + (-epsilon if targeted else epsilon) * gradient.sign()).clamp(0, 1)

    return reference


@points(0.5)
def test_worked_example(student):
    """The picture of section 16.1, with epsilon 0.2, becomes 0.4, 0.4, 0.2, 0.7."""
    model = student.support.linear(torch.tensor([[0.0, 0, 0, 0], [1, -2, 3, -1]]))
    got = student.fgsm(model, torch.tensor([0.6, 0.2, 0.4, 0.5]).view(1, 1, 2, 2), torch.tensor([1]), 0.2)
    same(got, torch.tensor([0.4, 0.4, 0.2, 0.7]).view(1, 1, 2, 2), "the picture of section 16.1 afterwards", TOLERANCE)


@points(1)
def test_linear_optimum(student):
    """On a linear model with two classes, no picture in the ball and in [0, 1] has a larger loss."""
    weight = torch.tensor([[0.5, -1, 0.25, 1, -0.5, 0.75], [-0.25, 0.5, 1, -1, 0.5, 0.25]])
    models = {dtype: student.support.linear(weight.to(dtype)) for dtype in (torch.float64, torch.float32)}
    uphill = (weight.flip(0) - weight).sign().view(2, 1, 2, 3)  # for the labels 0 and 1

    def reference(model, x, y, epsilon):
        return (x + epsilon * uphill[y].to(x.dtype)).clamp(0, 1)

    def call(r):
        dtype, n = r.choice([torch.float64, torch.float32]), r.randint(1, 3)
        return dict(model=models[dtype], x=pixels(r, n, 2, 3, dtype), y=r.ints(n, high=1), epsilon=size(r))

    agree(student.fgsm, reference, call, cases=12, tolerance=TOLERANCE)


@points(1)
def test_convolutional_net(student):
    """On a small convolutional net, each pixel moves by epsilon, the way that raises the loss, within [0, 1]."""
    model = student.support.cnn()

    def call(r):
        n = r.randint(1, 3)
        return dict(model=model, x=pixels(r, n, 5, 4), y=r.ints(n, high=2), epsilon=size(r))

    agree(student.fgsm, on_the_net(support.cnn()), call, cases=12, tolerance=TOLERANCE)
    leaves_inputs(student.fgsm, call, cases=2)


@points(0.75)
def test_targeted(student):
    """With targeted=True, y is the label to reach: the loss for it falls."""
    model = student.support.cnn(1)

    def call(r):
        n = r.randint(1, 3)
        return dict(model=model, x=pixels(r, n, 5, 4), y=r.ints(n, high=2), epsilon=size(r), targeted=True)

    agree(student.fgsm, on_the_net(support.cnn(1)), call, cases=10, tolerance=TOLERANCE)


@points(0.5)
def test_no_gradient_no_step(student):
    """A pixel whose gradient is 0 stays as it is, and with epsilon 0 all of them do."""
    x = torch.tensor([[0.5, 0.25, 0.75, 0.5]], dtype=torch.float64).view(1, 1, 2, 2)
    weight = torch.tensor([[0.0, 1, 0, -1], [0, -1, 0, 1]], dtype=torch.float64)
    model = student.support.linear(weight)
    expected = torch.tensor([[0.5, 0.125, 0.75, 0.625]], dtype=torch.float64).view(1, 1, 2, 2)
    same(
        student.fgsm(model, x, torch.tensor([0]), 0.125),
        expected,
        "a picture of which two pixels have no weight",
        TOLERANCE,
    )
    same(student.fgsm(model, x, torch.tensor([0]), 0.0), x, "the picture for epsilon 0", TOLERANCE)


@points(0.5)
def test_mode(student):
    """The model runs in the mode that it is in, and each submodule is in that mode afterwards."""
    x = torch.rand(4, 1, 5, 4, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    y = torch.tensor([0, 2, 1, 1])
    model = student.support.mixed_modes(student.support.batch_norm_cnn())
    moved = student.support.traces(["modes"], student.fgsm.handle(), model, x, y, 0.1)["modes"]
    assert not moved, f"Another mode than before have: {', '.join(moved)}."
    for train in (True, False):
        model, twin = student.support.batch_norm_cnn(), support.batch_norm_cnn().train(train)
        model.train(train)
        what = f"the result on a net with batch norm in {'train' if train else 'eval'} mode"
        same(student.fgsm(model, x, y, 0.1), on_the_net(twin)(model, x, y, 0.1), what, TOLERANCE)


@points(0.5)
def test_weights_untouched(student):
    """The weights, their .grad and their requires_grad are as before; a .grad that was there stays."""
    x, y = torch.full((2, 1, 5, 4), 0.5, dtype=torch.float64), torch.tensor([0, 1])
    for earlier in (False, True):
        model = student.support.cnn()
        if earlier:
            student.support.give_gradients(model)
        found = student.support.traces(["grads", "weights", "frozen"], student.fgsm.handle(), model, x, y, 0.1)
        was = "the numbers that were there" if earlier else "None"
        assert not found["grads"], f"The .grad of {', '.join(found['grads'])} is not {was} afterwards."
        assert not found["weights"], f"These weights have changed: {', '.join(found['weights'])}."
        assert not found["frozen"], f"requires_grad of {', '.join(found['frozen'])} is another one afterwards."


@points(0.25)
def test_no_strings(student):
    """The result is detached, and x gets neither requires_grad nor .grad."""
    x, y = torch.full((2, 1, 5, 4), 0.5, dtype=torch.float64), torch.tensor([0, 1])
    kinds = ["attached", "x requires grad", "x grad"]
    found = student.support.traces(kinds, student.fgsm.handle(), student.support.cnn(), x, y, 0.1)
    assert not found["attached"], "The result hangs on the graph: it requires gradients. Detach it."
    assert not found["x requires grad"] and not found["x grad"], (
        "x requires gradients or has a .grad after the call: work on a copy."
    )
