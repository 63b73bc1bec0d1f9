"""capture: the outputs of some layers of a Sequential, by name. x (N, C, H, W).

The nets come from support.py, in float64; the same net with the same weights is built here for the reference.
"""

import torch

from course.grading import fail, gradients, observe, points, same, scaffolding

support = scaffolding(__file__)

X = torch.randn(2, 3, 6, 8, generator=torch.Generator().manual_seed(14), dtype=torch.float64)
CASES = [("plain", ["relu2", "conv1"]), ("plain", ["pool1"]), ("numbered", ["10", "3", "2"])]
IN_PLACE = [("in_place", ["conv1", "relu1", "conv2"]), ("in_place", ["relu0"])]


def reference(kind, x, layers):
    captured = {}
    x = x.clone()
    for name, layer in getattr(support, kind)().named_children():
        x = layer(x)
        if name in layers:
            captured[name] = x.clone()
    return captured


def check_values(student, kind, layers):
    net = getattr(student.support, kind)()
    captured, expected = student.capture(net, X, layers), reference(kind, X, layers)
    what = f"capture(net, x, {layers})"
    same(captured, {name: tensor.detach() for name, tensor in expected.items()}, what)
    same(list(captured), list(expected), f"the order of {what}")


@points(1)
def test_outputs(student):
    """The tensors are the outputs of the named layers, by name, in the net's order."""
    for kind, layers in CASES:
        check_values(student, kind, layers)


@points(0.5)
def test_in_place(student):
    """Layers that work in place do not change what was captured before them."""
    for kind, layers in IN_PLACE:
        check_values(student, kind, layers)


@points(0.25)
def test_leaves_x(student):
    """x is as before, also when the first layer works in place."""
    for kind, layers in (CASES[0], IN_PLACE[0]):
        if observe(student.capture, getattr(student.support, kind)(), X, layers).changed:
            fail(f"capture(net, x, {layers}) changes x: the first layer of this net works in place.")


@points(0.5)
def test_gradients(student):
    """Gradients flow from each captured tensor back to x."""
    for kind, layers in (CASES[0], CASES[2], IN_PLACE[0]):
        x = X.clone().requires_grad_()
        outputs = list(reference(kind, x, layers).values())
        cotangents = [torch.cos(torch.arange(y.numel(), dtype=y.dtype)).reshape(y.shape) for y in outputs]
        (expected,) = torch.autograd.grad(outputs, x, cotangents)
        found = gradients(student.capture, getattr(student.support, kind)(), X, layers, cotangents=cotangents)
        if found.inputs[0] is None:
            fail("No gradient flows back to x: what was captured is detached from it.")
        same(found.inputs[0], expected, f"the gradient of x after capture(net, x, {layers})")


@points(0.5)
def test_stops(student):
    """The net runs as far as the last layer that is asked for, and no farther."""
    cases = [(["relu2"], {"middle": 1, "end": 0}), (["conv1"], {"middle": 0, "end": 0})]
    counts = []
    for layers, _ in cases:
        net = student.support.plain()
        student.support.run(student.capture, net, X, layers)
        counts.append(student.support.runs(net))
    for (layers, expected), found in zip(cases, counts, strict=True):
        for name, times in expected.items():
            if bool(found[name]) != bool(times):
                did = "was run" if found[name] else "was not run"
                fail(f"For {layers} the layer {name!r} {did}. The net's layers are conv1, relu1, pool1, middle, conv2, "
                     "relu2, end.")  # fmt: skip


@points(0.25)
def test_leaves_the_net(student):
    """The net is as before: no hooks, every layer in its mode, the parameters trainable as they were."""
    net = student.support.plain()
    student.support.mixed_modes(net)
    expected = student.support.modes(net), student.support.trainable(net)
    student.support.run(student.capture, net, X, ["relu2", "conv1"])
    hooks = student.support.hooks(net)
    assert not hooks, f"These layers have hooks afterwards: {', '.join(hooks)}."
    same(student.support.modes(net), expected[0], "whether each layer is in train mode afterwards")
    same(student.support.trainable(net), expected[1], "whether each parameter requires gradients afterwards")
