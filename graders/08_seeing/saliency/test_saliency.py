"""saliency: the largest absolute gradient of a class's score over the channels. x (N, C, H, W), y (N,), map (N, H, W).

The nets come from support.py; the reference takes autograd's gradient on a twin in float64.
"""

import torch

from course.grading import agree, keeps_random_state, leaves_inputs, points, same, scaffolding

support = scaffolding(__file__)

TOLERANCE = 1e-4


def on(twin):
    def reference(model, x, y):
        probe = x.detach().double().requires_grad_()
        (gradient,) = torch.autograd.grad(twin(probe).gather(1, y[:, None]).sum(), probe)
        return gradient.abs().amax(1).to(x.dtype)

    return reference


def call(model, size=(5, 4), dtype=torch.float32):
    def draw(r):
        n = r.randint(1, 3)
        return dict(model=model, x=r.tensor(n, 2, *size, dtype=dtype), y=r.ints(n, high=2))

    return draw


@points(0.5)
def test_worked_example(student):
    """The picture and the linear net of section 8.3: 2, 3, 0 and 1 for class 0; 1, 1, 4 and 2 for class 1."""
    weight = torch.tensor([[1.0, -3, 0, 1, -2, 2, 0, 0], [-1, 0, 4, 2, 1, 1, -1, 2]])
    model = student.support.straight(weight)
    x = torch.tensor([0.0, 1, 2, 1, 1, 0, 1, 0]).view(1, 2, 2, 2)
    for y, expected in ((0, [2.0, 3, 0, 1]), (1, [1.0, 1, 4, 2])):
        got = student.saliency(model, x, torch.tensor([y]))
        same(got, torch.tensor(expected).view(1, 2, 2), f"the map of class {y} in section 8.3", TOLERANCE)


@points(1)
def test_net(student):
    """On a small convolutional net, each picture's map is the absolute gradient of its own class's score."""
    model = student.support.make("smooth_net")
    agree(student.saliency, on(support.make("smooth_net").double()), call(model), tolerance=TOLERANCE)


@points(0.5)
def test_mode(student):
    """The model runs in eval mode, so no picture depends on its neighbours; each submodule's mode is put back."""
    model = student.support.make("norm_net", train=True)
    agree(student.saliency, on(support.make("norm_net").double()), call(model), cases=6, tolerance=TOLERANCE)
    x, y = torch.ones(2, 2, 5, 4), torch.tensor([0, 2])
    for mixed in (False, True):
        model = student.support.make("norm_net")
        model = student.support.mixed_modes(model) if mixed else model
        moved = student.support.traces(["modes"], False, student.saliency.handle(), model, x, y)["modes"]
        assert not moved, f"The mode of {', '.join(moved)} is another one afterwards."


@points(0.5)
def test_weights_untouched(student):
    """The weights, running statistics, .grad and requires_grad are as before; weights may be frozen."""
    x, y = torch.ones(2, 2, 5, 4), torch.tensor([0, 1])
    for earlier in (False, True):
        model = student.support.make("norm_net")
        model = student.support.partly_frozen(model) if earlier else model
        kinds = ["grads", "weights", "frozen"]
        found = student.support.traces(kinds, earlier, student.saliency.handle(), model, x, y)
        was = "had numbers before, and has others" if earlier else "was None before, and is not"
        assert not found["grads"], f"The .grad of {', '.join(found['grads'])} {was} afterwards."
        assert not found["weights"], f"These have changed: {', '.join(found['weights'])}."
        assert not found["frozen"], f"requires_grad of {', '.join(found['frozen'])} is another one afterwards."
    frozen = student.support.make("smooth_net", frozen=True)
    agree(student.saliency, on(support.make("smooth_net").double()), call(frozen), cases=2, tolerance=TOLERANCE)


@points(0.5)
def test_x_untouched(student):
    """x is as before, without requires_grad and .grad; the map is detached, in the dtype of x."""
    model = student.support.make("smooth_net")
    leaves_inputs(student.saliency, call(model), cases=2)
    keeps_random_state(student.saliency, call(model))
    kinds = ["x requires grad", "x grad", "attached"]
    x, y = torch.ones(2, 2, 5, 4), torch.tensor([0, 1])
    found = student.support.traces(kinds, False, student.saliency.handle(), model, x, y)
    assert not found["x requires grad"] and not found["x grad"], "x requires gradients or has a .grad: work on a copy."
    assert not found["attached"], "The map hangs on the graph: it requires gradients. Detach it."
    wide = student.support.make("smooth_net", dtype="float64")
    agree(student.saliency, on(support.make("smooth_net").double()), call(wide, dtype=torch.float64), cases=2,
          tolerance=TOLERANCE)  # fmt: skip
