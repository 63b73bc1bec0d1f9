"""count_macs: the multiply-adds of the Conv2d and Linear layers that a net calls for one input.

The nets stand in support.py. The numbers are counted here on twins, and those of torchvision's nets are fixed.
"""

from functools import lru_cache

import torch
from torch import nn

from course.grading import fail, observe, points, same, scaffolding

support = scaffolding(__file__)

FAMOUS = {"resnet18": 1_814_073_344, "mobilenet_v2": 300_774_272}  # at 224 × 224, with their heads


@lru_cache
def reference(kind):
    net, total = support.net(kind).eval(), 0

    def count(module, inputs, output):
        nonlocal total
        if isinstance(module, nn.Conv2d):
            total += output.numel() * module.in_channels // module.groups * torch.Size(module.kernel_size).numel()
        elif isinstance(module, nn.Linear):
            total += output.numel() * module.in_features

    for module in net.modules():
        module.register_forward_hook(count)
    with torch.no_grad():
        net(torch.zeros(1, *support.NETS[kind][1]))
    return total


def check_count(student, kind):
    shape = support.NETS[kind][1]
    same(student.count_macs(student.support.net(kind), shape), reference(kind), f"count_macs({kind}, {shape})")


@points(0.75)
def test_convolution(student):
    """One convolution: output places · output channels · kernel taps · input channels; a bias does not count."""
    for kind in ("Plain", "Strided", "Dilated", "Oblong"):
        check_count(student, kind)


@points(0.5)
def test_groups(student):
    """In a grouped convolution each map sees its own group of channels, alone and in a net of several layers."""
    check_count(student, "Grouped")
    check_count(student, "Convolutions")


@points(0.5)
def test_linear(student):
    """Dense layers: inputs · outputs, for each place where the layer stands; no layer at all gives 0."""
    for kind in ("Dense", "Tokens", "Empty"):
        check_count(student, kind)


@points(0.5)
def test_calls(student):
    """A module that is called twice counts twice, one that is not called does not count."""
    check_count(student, "Again")


@points(0.25)
def test_nested(student):
    """Layers at any depth count, and subclasses of Conv2d and Linear too."""
    check_count(student, "Nested")


@points(0.5)
def test_famous(student):
    """ResNet-18 has 1 814 073 344 multiply-adds at 224 × 224, MobileNetV2 300 774 272."""
    for name, expected in FAMOUS.items():
        count = student.count_macs(student.support.net(name), (3, 224, 224))
        same(count, expected, f"count_macs({name}, (3, 224, 224))")


@points(0.5)
def test_hooks(student):
    """No hook of yours stays, also when the net's forward fails; those that were there do."""
    for kind in ("Nested", "Fails"):
        for hooked in (False, True):
            net = student.support.net(kind)
            if hooked:
                student.support.hook(net)
            before = student.support.hooks(net)
            student.support.attempt(student.count_macs, net, support.NETS[kind][1])
            after = student.support.hooks(net)
            same(after, before, f"the number of hooks on each module of {kind} afterwards")


@points(0.25)
def test_modes(student):
    """The net runs in eval mode, and afterwards each submodule is in the mode that it was in, also after a failure."""
    net = student.support.watched()
    student.support.attempt(student.count_macs, net, (3, 5, 5))
    for training, submodule_training, _ in student.support.runs(net):
        if training or submodule_training:
            fail("the net was run in train mode; run it in eval mode.", "runs_in_train_mode")
    for kind in ("Nested", "Fails"):
        net = student.support.net(kind)
        student.support.mix_modes(net)
        before = student.support.modes(net)
        student.support.attempt(student.count_macs, net, support.NETS[kind][1])
        same(student.support.modes(net), before, f"whether each submodule of {kind} is in train mode afterwards")


@points(0.25)
def test_leaves_the_net(student):
    """Weights, running statistics, gradients and the global random state are as before."""
    kind = "Convolutions"
    net = student.support.net(kind)
    trainable = student.support.trainable(net)
    seen = observe(student.support.attempt, student.count_macs, net, support.NETS[kind][1])
    same(student.support.trainable(net), trainable, "whether each parameter requires and has a gradient afterwards")
    found = student.support.state(net)
    for name, tensor in support.state(support.net(kind)).items():
        same(found.get(name), tensor, f"{name} afterwards")
    assert not seen.random_state_changed, "The global random state is another one after count_macs(net, input_shape)."
