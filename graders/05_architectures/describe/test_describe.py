"""describe: name, output shape, parameters and receptive field of each leaf module, in the order of the calls.

The nets stand in support.py; the tables below are what they are, by hand where it matters (tests/test_lesson_05.py
compares them with torch). A row is looked at by its name, so that a test is about one entry.
"""

from functools import lru_cache

import torch
from torch import nn

from course.grading import fail, observe, points, same, scaffolding

bans = ("torchvision",)
support = scaffolding(__file__)

KEYS = ("name", "shape", "parameters", "receptive_field")


@lru_cache
def reference(kind):
    """The rows of one of the nets."""
    net, rows, field, jump = support.net(kind).eval(), [], 1, 1
    names = {module: name for name, module in net.named_modules()}

    def note(module, inputs, output):
        nonlocal field, jump
        if isinstance(module, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)):
            kernel, stride = first(module.kernel_size), first(module.stride)
            field += (kernel - 1) * first(getattr(module, "dilation", 1)) * jump
            jump *= stride
        number = sum(parameter.numel() for parameter in module.parameters())
        rows.append(dict(zip(KEYS, (names[module], list(output.shape[1:]), number, field), strict=True)))

    hooks = [m.register_forward_hook(note) for m in net.modules() if not list(m.children())]
    with torch.no_grad():
        net(torch.zeros(1, *support.NETS[kind][1]))
    for hook in hooks:
        hook.remove()
    return rows


def first(size):
    return size if isinstance(size, int) else size[0]


def described(student, kind):
    """The student's rows of one of the nets."""
    rows = student.describe(student.support.net(kind), support.NETS[kind][1])
    if not isinstance(rows, (list, tuple)) or not all(isinstance(row, dict) for row in rows):
        fail(f"describe(net, {support.NETS[kind][1]}) must return a list of dicts.", got=rows)
    for row in rows:
        if missing := [key for key in KEYS if key not in row]:
            fail(f"a row of describe(net, {support.NETS[kind][1]}) lacks {', '.join(missing)}: {row}.", got=rows)
    return rows


def entries(student, kind, key, until=None):
    """One entry of the rows of leaf modules, as (mine, expected): lists of [name, entry]."""
    expected = [[row["name"], row[key]] for row in reference(kind)]
    leaves = {name for name, _ in expected}
    found = [[row["name"], plain(row[key])] for row in described(student, kind) if row["name"] in leaves]
    return found[:until], expected[:until]


def plain(value):
    return list(value) if isinstance(value, (tuple, torch.Size)) else value


def check_entries(student, kind, key, until=None):
    found, expected = entries(student, kind, key, until)
    for mine, right in zip(found, expected, strict=False):
        if mine[0] != right[0]:
            break
        same(mine[1], right[1], f"{key} of {right[0]} in {kind}")
    same(found, expected, f"the [name, {key}] of the leaf modules of {kind}")


@points(0.75)
def test_names(student):
    """The leaf modules that are called, and no others, in the order of the calls, by their dotted names."""
    for kind in ("Strided", "Vgg"):
        found, expected = [row["name"] for row in described(student, kind)], [row["name"] for row in reference(kind)]
        same(found, expected, f"the names in {kind}")


@points(0.75)
def test_shapes(student):
    """Each output's shape, without the axis of the pictures."""
    for kind in ("Strided", "Vgg"):
        check_entries(student, kind, "shape")


@points(0.5)
def test_parameters(student):
    """Each leaf module's own parameters; running statistics are none."""
    for kind in ("Strided", "Vgg"):
        check_entries(student, kind, "parameters")


@points(0.75)
def test_receptive_field(student):
    """Each layer widens the field by (kernel size - 1) times the strides before it; other layers keep it."""
    check_entries(student, "Strided", "receptive_field")
    check_entries(student, "Vgg", "receptive_field", until=44)


@points(0.25)
def test_dilation(student):
    """A dilated convolution reaches (kernel size - 1) · dilation further."""
    check_entries(student, "Dilated", "receptive_field")


@points(0.5)
def test_called_twice(student):
    """A module that is called twice has two rows, and its parameters stand in both."""
    for kind, until in (("Again", None), ("LeNet", 6)):
        rows, expected = described(student, kind), reference(kind)
        same([row["name"] for row in rows], [row["name"] for row in expected], f"the names in {kind}")
        for key in ("shape", "parameters"):
            check_entries(student, kind, key)
        check_entries(student, kind, "receptive_field", until)


@points(0.25)
def test_hooks(student):
    """No hook of yours stays, and those that were there do."""
    for hooked in (False, True):
        net = student.support.net("Vgg")
        if hooked:
            student.support.hook(net)
        before = student.support.hooks(net)
        student.support.run(student.describe, net, (3, 32, 32))
        after = student.support.hooks(net)
        same(after, before, "the number of hooks on each module afterwards")


@points(0.25)
def test_leaves_the_net(student):
    """Weights, running statistics, gradients, modes and the global random state are as before."""
    net = student.support.net("Vgg")
    student.support.mix_modes(net)
    modes, trainable = student.support.modes(net), student.support.trainable(net)
    seen = observe(student.support.run, student.describe, net, (3, 32, 32))
    same(student.support.modes(net), modes, "whether each submodule is in train mode afterwards")
    same(student.support.trainable(net), trainable, "whether each parameter requires and has a gradient afterwards")
    found = student.support.state(net)
    for name, tensor in support.state(support.net("Vgg")).items():
        same(found.get(name), tensor, f"{name} afterwards")
    assert not seen.random_state_changed, "The global random state is another one after describe(net, (3, 32, 32))."
