"""activations: what named layers gave, caught by forward hooks. x (N, C, H, W); any net.

The nets come from support.py; the reference runs a twin, layer by layer, without hooks.
"""

import torch

from course.grading import agree, fail, observe, points, refuses, same, scaffolding
from course.grading.describe import what_it_is

support = scaffolding(__file__)

TOLERANCE = 1e-4


def walk(kind, x):
    """The output of every module that the tests name, by name, as it was when the module returned."""
    net = support.make(kind).double()
    outputs = {}

    def through(layers, value, prefix=""):
        for name, layer in layers.named_children():
            value = outputs[prefix + name] = layer(value.clone()).clone()
        return value

    if kind == "Twice":
        first = net.bend(net.conv(x))
        outputs["conv"] = net.conv(first)
    elif kind == "nested_net":
        first = outputs["body.stage1"] = through(net.body.stage1, x, "body.stage1.")
        second = through(net.body.stage2, first, "body.stage2.")
        outputs["body.stage3.conv"] = net.body.stage3.conv(second)
        outputs["body"] = second + outputs["body.stage3.conv"].relu()
        outputs["head"] = net.head(net.bend(net.hidden(outputs["body"].flatten(1))))
    else:
        through(net, x)
    return outputs


def caught(kind):
    def reference(model, x, names):
        with torch.no_grad():
            found = walk(kind, x.double())
        return {name: found[name].to(x.dtype) for name in names}

    return reference


def any_names(r, names, least=1):
    chosen = list(names)
    r.shuffle(chosen)
    return chosen[: r.randint(least, len(chosen))]


def a_picture(r, size=8):
    return r.tensor(r.randint(1, 2), 3, size, size, dtype=torch.float32)


def call(model, names):
    return lambda r: dict(model=model, x=a_picture(r), names=any_names(r, names))


def named(found):
    if not isinstance(found, dict):
        fail(f"activations returns {what_it_is(found)}; it must return a dict from name to tensor.")
    return found


def check_order(student, model, x, names):
    found = named(student.activations(model, x, names))
    same(list(found), names, f"the order of the names for names={names}")


@points(1)
def test_values(student):
    """Each tensor is what the named layer gave, whatever the order and number of names."""
    model = student.support.make("plain_net")
    names = ["conv1", "relu1", "pool1", "conv2", "relu2", "mean", "head"]
    agree(student.activations, caught("plain_net"), call(model, names), cases=8, tolerance=TOLERANCE)


@points(0.5)
def test_nested(student):
    """Layers inside of layers have names with dots, "body.stage1.conv"; a group of layers has an output, too."""
    model = student.support.make("nested_net")
    names = [
        "body.stage1.conv",
        "body.stage1",
        "body.stage2.relu",
        "body.stage2.down",
        "body.stage3.conv",
        "body",
        "head",
    ]
    agree(student.activations, caught("nested_net"), call(model, names), cases=8, tolerance=TOLERANCE)


@points(0.5)
def test_in_place(student):
    """A later layer that works in place does not change what was caught."""
    model = student.support.make("in_place_net")
    names = ["conv1", "conv2", "norm2", "relu1", "relu2", "head"]
    agree(student.activations, caught("in_place_net"), call(model, names), cases=8, tolerance=TOLERANCE)


@points(0.25)
def test_called_twice(student):
    """Of a layer that is called twice, the output of the last call counts."""
    model = student.support.make("Twice")
    agree(student.activations, caught("Twice"), lambda r: dict(model=model, x=a_picture(r), names=["conv"]), cases=4,
          tolerance=TOLERANCE)  # fmt: skip


@points(0.25)
def test_order(student):
    """The dict is in the order of `names`."""
    model, x = student.support.make("plain_net"), torch.ones(1, 3, 8, 8)
    check_order(student, model, x, ["head", "conv2", "relu1"])
    check_order(student, model, x, ["relu2", "conv1", "pool1", "conv2"])


@points(0.25)
def test_detached(student):
    """The model runs once; what was caught is detached, and x, the modes and the random state are as before."""
    model = student.support.mixed_modes(student.support.make("nested_net"))
    before = student.support.modes(model)
    reply = observe(student.activations, model, torch.ones(2, 3, 8, 8), ["body.stage1.conv", "head"])
    for name, tensor in named(reply.value).items():
        if getattr(tensor, "requires_grad", False):
            fail(f"the output of {name!r} still hangs on the graph: it requires gradients. Detach it.")
    if reply.changed:
        fail("activations changes x.")
    if reply.random_state_changed:
        fail("activations draws from the global random state.")
    same(student.support.modes(model), before, "whether each layer is in train mode afterwards")
    names, x = ["relu2", "conv1", "head"], torch.ones(1, 3, 8, 8)
    runs = student.support.runs(student.activations.handle(), student.support.make("plain_net"), x, names)
    if runs > 1:
        fail(f"for names={names} the model runs {runs} times. It runs once, and all hooks listen.")


@points(0.5)
def test_hooks_removed(student):
    """No hook is left, and a hook that was there before stays."""
    model, x = student.support.make("nested_net"), torch.ones(1, 3, 8, 8)
    student.activations(model, x, ["body.stage1.conv", "head"])
    left = student.support.hooks(model)
    assert not left, f"These layers have hooks afterwards: {', '.join(left)}."
    student.support.hooked(model, "head")
    student.activations(model, x, ["body.stage1.conv", "head"])
    found = student.support.hooks(model)
    if found != {"head": 1}:
        fail(f"'head' had one hook of its owner's; after the call the layers have these: {found or 'none'}.")


@points(0.25)
def test_hooks_removed_after_failure(student):
    """No hook is left when the model itself fails, and its error is passed on."""
    model = student.support.make("trapped_net")
    told = student.support.after_failure(
        student.activations.handle(), model, torch.ones(1, 3, 8, 8), ["conv1", "relu1"]
    )
    if told["raised"] == "NotImplementedError":
        student.activations(model, torch.ones(1, 3, 8, 8), ["conv1"])
    if told["hooks"]:
        fail(f"a later layer fails with RuntimeError, and then hooks are left on {', '.join(told['hooks'])}.")
    if told["raised"] != "RuntimeError":
        fail(f"a layer of this model fails with RuntimeError, and from activations comes {told['raised']}: let the "
             "model's own error pass.")  # fmt: skip


@points(0.5)
def test_refuses(student):
    """A name that is not in the model is refused before the model runs; one whose layer was not called, afterwards."""
    x = torch.ones(1, 3, 8, 8)
    with refuses(ValueError, ["conv9"]):
        student.activations(student.support.make("plain_net"), x, ["conv1", "conv9"])
    counter = student.support.counting(student.support.make("plain_net"))
    calls = student.support.calls_after(student.activations.handle(), counter, x, ["model.conv1", "stage7"])
    if calls:
        fail(f"for names=['model.conv1', 'stage7'] the model has no 'stage7', and yet it was run {calls} times.")
    with refuses(ValueError, ["idle"]):
        student.activations(student.support.make("Twice"), x, ["conv", "idle"])
    for kind, names in (("plain_net", ["conv1", "conv9"]), ("Twice", ["conv", "idle"])):
        told = student.support.after_failure(student.activations.handle(), student.support.make(kind), x, names)
        if told["hooks"]:
            fail(f"names={names} is refused, and then a hook is left on {', '.join(told['hooks'])}.")
