"""ResNet: stem, four stages of blocks, global average pooling and a linear head; and resnet18, resnet34, resnet50.

The reference is torchvision's ResNet. Where the order of layers is looked at, both stack the stand-in blocks of
support.py, so that a mistake in a block costs nothing here.
"""

from functools import lru_cache

import torch
from torchvision.models import resnet, resnet18, resnet34, resnet50

from course.grading import Mismatch, agree_module, points, same, scaffolding

bans = ("torchvision",)
limits = {"call_seconds": 20}  # a resnet50 has 25 million weights to draw
support = scaffolding(__file__)

LAYERS = [3, 1, 2, 1]


def torchvision_resnet(block, layers, num_classes):
    """torchvision's ResNet with a block that takes (in_channels, channels, stride) and has its own projection."""

    def adapted(in_channels, channels, stride=1, *_, **__):
        return block(in_channels, channels, stride)

    adapted.expansion = block.expansion
    return resnet.ResNet(adapted, layers, num_classes)


def twin(kind, layers, train):
    net = torchvision_resnet(getattr(support, kind), layers, num_classes=5)
    return support.fill_without_biases(net.double(), seed=6).train(train)


def of_student(student, kind, layers, train):
    """The student's ResNet of stand-in blocks, with the twin's weights."""
    net = student.ResNet(getattr(student.support, kind), layers, num_classes=5).double()
    student.support.fill_without_biases(net, seed=6)
    net.train(train)
    return net


def picture(number, height, width, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(number, 3, height, width, generator=generator, dtype=dtype)


@lru_cache
def eval_logits(kind, layers, height, width):
    return twin(kind, list(layers), train=False)(picture(1, height, width)).detach()


def check_eval(student, kind, layers, sizes):
    net = of_student(student, kind, layers, train=False)
    for size in sizes:
        what = "the logits of ResNet({}, {}) in eval mode for a picture of {} × {}".format(kind, layers, *size)
        same(net(picture(1, *size)), eval_logits(kind, tuple(layers), *size), what)


@lru_cache
def published(build):
    """Layout and number of parameters of one of torchvision's nets."""
    return support.outline(build)


def check_published(student, build):
    layout, count = published(build)
    found, parameters = student.support.outline(getattr(student, build.__name__))
    same(found, layout, f"the state dict of {build.__name__}() ({parameters} parameters, expected {count})")
    same(parameters, count, f"the number of parameters of {build.__name__}()")


@points(0.75)
def test_resnet18(student):
    """resnet18 has torchvision's state dict, 11 689 512 parameters."""
    check_published(student, resnet18)


@points(0.75)
def test_resnet34(student):
    """resnet34 has torchvision's state dict, 21 797 672 parameters."""
    check_published(student, resnet34)


@points(0.75)
def test_resnet50(student):
    """resnet50 has torchvision's state dict, 25 557 032 parameters."""
    check_published(student, resnet50)


@points(0.5)
def test_num_classes(student):
    """The head has num_classes outputs, for any block."""
    for kind, width in (("Block", 512), ("WideBlock", 2048)):
        found, _ = student.support.outline(student.ResNet, getattr(student.support, kind), [1, 1, 1, 1], num_classes=7)
        same(found.get("fc.weight"), f"7 × {width}", f"the shape of fc.weight with blocks of expansion {width // 512}")
    for name in ("resnet18", "resnet34", "resnet50"):
        found, _ = student.support.outline(getattr(student, name), num_classes=7)
        same(found.get("fc.bias"), "7", f"the shape of fc.bias of {name}(num_classes=7)")


@points(0.75)
def test_stages(student):
    """Each stage has its own blocks; the first takes the new width and, from stage 2 on, stride 2."""
    for kind in ("Block", "WideBlock"):
        found = student.support.arguments(student.ResNet, getattr(student.support, kind), LAYERS, num_classes=5)
        expected = support.arguments(torchvision_resnet, getattr(support, kind), LAYERS, num_classes=5)
        same(found, expected, f"[in_channels, channels, stride] of the blocks of ResNet({kind}, {LAYERS})")


@points(1)
def test_logits(student):
    """In eval mode, a picture of 224 × 224 gets torchvision's logits."""
    check_eval(student, "Block", LAYERS, [(224, 224)])


@points(0.75)
def test_other_sizes(student):
    """In eval mode, pictures of other sizes get torchvision's logits too."""
    check_eval(student, "Block", LAYERS, [(64, 64), (65, 97), (256, 40)])
    check_eval(student, "WideBlock", [1, 2, 1, 1], [(65, 97)])


@points(1)
def test_train(student):
    """In train mode, logits and running statistics are torchvision's."""
    mode = "in train mode (in eval mode it is right)" if right_in_eval(student) else "in train mode"
    net, right = of_student(student, "Block", LAYERS, train=True), twin("Block", LAYERS, train=True)
    for step in (1, 2):
        x = picture(4, 48, 40, seed=step)
        same(net(x), right(x).detach(), f"the logits of ResNet(Block, {LAYERS}) {mode}")
    found = student.support.statistics(net)
    for key, buffer in support.statistics(right).items():
        same(found.get(key), buffer, f"{key} after two steps {mode}")


def right_in_eval(student):
    try:
        check_eval(student, "Block", LAYERS, [(64, 64)])
    except Mismatch:
        return False
    return True


@points(0.75)
def test_gradients(student):
    """Gradients reach the picture and every parameter."""
    layers = [1, 2, 1, 1]
    net, right = of_student(student, "Block", layers, train=True), twin("Block", layers, train=True)
    agree_module(net, right, picture(4, 48, 40), what=f"of ResNet(Block, {layers}) in train mode")


@lru_cache
def published_logits(build):
    net = support.fill_without_biases(build(num_classes=5), seed=6).eval()
    return net(picture(1, 64, 64, dtype=torch.float32)).detach()


def check_own_blocks(student, build):
    net = getattr(student, build.__name__)(num_classes=5)
    student.support.fill_without_biases(net, seed=6)
    net.eval()
    found = net(picture(1, 64, 64, dtype=torch.float32))
    same(found, published_logits(build), f"the logits of {build.__name__} in eval mode", 1e-3)


@points(0.5)
def test_resnet18_logits(student):
    """With the same weights, resnet18 gives torchvision's logits."""
    check_own_blocks(student, resnet18)


@points(0.5)
def test_resnet50_logits(student):
    """With the same weights, resnet50 gives torchvision's logits."""
    check_own_blocks(student, resnet50)
