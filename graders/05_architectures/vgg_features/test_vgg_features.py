"""vgg_features: 3 × 3 convolutions with ReLU and 2 × 2 max pooling from a list, with torchvision's state dict.

Layouts are compared on the meta device; numbers on narrow configs in float64, with drawn weights and statistics.
"""

import torch
from torch import nn

from course.grading import Mismatch, agree_module, fail, observe, points, same, scaffolding

bans = ("torchvision",)
support = scaffolding(__file__)

VGG11 = [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"]
VGG16 = [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]
NARROW = [4, "M", 6, 5, "M"]
CONFIGS = [[4], [3, 5, "M"], NARROW, ["M", 2, "M", "M", 4, 4]]


def twin(config, batch_norm=False):
    layers, channels = [], 3
    for width in config:
        if width == "M":
            layers.append(nn.MaxPool2d(2))
            continue
        layers += [nn.Conv2d(channels, width, 3, padding=1), *[nn.BatchNorm2d(width)] * batch_norm, nn.ReLU()]
        channels = width
    return nn.Sequential(*layers)


def name(config, batch_norm=False):
    return f"vgg_features({config}, batch_norm=True)" if batch_norm else f"vgg_features({config})"


def check_state(student, config, batch_norm=False):
    found, count = student.support.outline(student.vgg_features, config, **({"batch_norm": True} if batch_norm else {}))
    layout, expected = support.outline(twin, config, batch_norm)
    what = f"the state dict of {name(config, batch_norm)} ({count} parameters, expected {expected})"
    same(found, layout, what)


def pair(student, config, batch_norm, train):
    """The student's net and ours, in float64 and in one mode, with the same drawn weights and statistics."""
    right = support.fill(twin(config, batch_norm).double(), seed=5).train(train)
    net = (student.vgg_features(config, batch_norm=True) if batch_norm else student.vgg_features(config)).double()
    student.support.fill(net, seed=5)
    net.train(train)
    return net, right


def picture(number, height, width, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(number, 3, height, width, generator=generator, dtype=torch.float64)


def check_outputs(student, config, batch_norm, sizes):
    net, right = pair(student, config, batch_norm, train=False)
    for size in sizes:
        x = picture(2, *size)
        what = "the output of {} in eval mode for pictures of {} × {}".format(name(config, batch_norm), *size)
        same(net(x), right(x).detach(), what)


@points(0.75)
def test_vgg11(student):
    """VGG-11's features have torchvision's state dict: 9 220 480 weights and biases."""
    check_state(student, VGG11)


@points(0.75)
def test_vgg16(student):
    """VGG-16's features have torchvision's state dict: 14 714 688 weights and biases."""
    check_state(student, VGG16)


@points(0.5)
def test_batch_norm_state(student):
    """With batch_norm=True, a norm stands between each convolution and its ReLU; the convolutions keep their biases."""
    check_state(student, VGG11, batch_norm=True)
    check_state(student, NARROW, batch_norm=True)


@points(1)
def test_outputs(student):
    """For any config, with the same weights, the maps are those of 3 × 3 convolutions, ReLU and 2 × 2 max pooling."""
    for config in CONFIGS:
        check_outputs(student, config, False, [(8, 8), (13, 9)])


@points(0.5)
def test_batch_norm_outputs(student):
    """With batch norm, outputs and running statistics are right in eval and in train mode."""
    check_outputs(student, NARROW, True, [(13, 9)])
    net, right = pair(student, NARROW, True, train=True)
    for step in (1, 2):
        x = picture(3, 8, 9, step)
        same(net(x), right(x).detach(), f"the output of {name(NARROW, True)} in train mode (in eval mode it is right)")
    found = student.support.statistics(net)
    for key, buffer in support.statistics(right).items():
        same(found.get(key), buffer, f"{key} of {name(NARROW, True)} after two steps in train mode")


@points(0.25)
def test_gradients(student):
    """Gradients reach the pictures and every parameter; the pictures are not changed."""
    for config, batch_norm in ((NARROW, False), ([4, 4, "M"], True), (["M", 4], False)):
        net, right = pair(student, config, batch_norm, train=True)
        agree_module(net, right, picture(2, 9, 8), what=f"of {name(config, batch_norm)}")
        changed = observe(pair(student, config, batch_norm, train=False)[0], picture(2, 9, 8), no_grad=True).changed
        if changed:
            fail(f"{name(config, batch_norm)} changes its pictures in place.")


@points(0.25)
def test_sequential(student):
    """The result is an nn.Sequential, empty for []; the list stays as it was."""
    for config in (NARROW, []):
        net = student.vgg_features(config)
        assert student.support.is_sequential(net), f"{name(config)} is no nn.Sequential."
    same(student.support.length(student.vgg_features([])), 0, "the number of layers of vgg_features([])")
    found = student.support.called_twice(student.vgg_features.handle(), list(NARROW))
    same(found[:2], [5, 5], "the length of a config with 5 entries after the first and the second call")
    if found[2] != found[3]:
        raise Mismatch(f"Two calls with one list give {found[2]} and {found[3]} layers.")
