"""ResNet: stem, four stages of blocks, global average pooling and a linear head; and resnet18, resnet34, resnet50.

The reference is torchvision's ResNet. Where the order of layers is looked at, both stack the stand-in blocks of
support.py, so that a mistake in a block costs nothing here.
"""

from functools import lru_cache
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace

import torch
from course.grading import Mismatch, agree_module, points, same
from torchvision.models import resnet, resnet18, resnet34, resnet50

bans = ("torchvision",)
support = SimpleNamespace(**run_path(str(Path(__file__).parents[1] / "support.py")))

LAYERS = [3, 1, 2, 1]


def torchvision_resnet(block, layers, num_classes):
    """torchvision's ResNet with a block that takes (in_channels, channels, stride) and has its own projection."""

    def adapted(in_channels, channels, stride=1, *_, **__):
        return block(in_channels, channels, stride)

    adapted.expansion = block.expansion
    return resnet.ResNet(adapted, layers, num_classes)


def pair(student, kind, layers, train=False, num_classes=5):
    """The student's ResNet of stand-in blocks and torchvision's, with the same drawn weights and in the same mode."""
    twin = torchvision_resnet(getattr(support, kind), layers, num_classes).double().train(train)
    net = student.ResNet(getattr(student.support, kind).handle(), layers, num_classes).double()
    student.support.fill(net, seed=6)
    net.train(train)
    return net, support.fill(twin, seed=6)


def picture(number, height, width, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(number, 3, height, width, generator=generator, dtype=dtype)


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
        same(found.get("fc.weight"), [7, width], f"the shape of fc.weight with blocks of expansion {width // 512}")
    for name in ("resnet18", "resnet34", "resnet50"):
        found, _ = student.support.outline(getattr(student, name), num_classes=7)
        same(found.get("fc.bias"), [7], f"the shape of fc.bias of {name}(num_classes=7)")


@points(0.75)
def test_stages(student):
    """Each stage has its own blocks; the first takes the new width and, from stage 2 on, stride 2."""
    for kind in ("Block", "WideBlock"):
        net = student.ResNet(getattr(student.support, kind).handle(), LAYERS, num_classes=5)
        twin = torchvision_resnet(getattr(support, kind), LAYERS, 5)
        what = f"[in_channels, channels, stride] of the blocks of ResNet({kind}, {LAYERS})"
        same(student.support.arguments(net), support.arguments(twin), what)


def check_eval(student, sizes):
    for kind, layers in (("Block", LAYERS), ("WideBlock", [1, 2, 1, 1])):
        net, twin = pair(student, kind, layers)
        for height, width in sizes:
            x = picture(2, height, width)
            what = f"the logits of ResNet({kind}, {layers}) in eval mode for pictures of {height} × {width}"
            same(net(x), twin(x).detach(), what)


@points(1)
def test_logits(student):
    """In eval mode, pictures of 224 × 224 get torchvision's logits."""
    check_eval(student, [(224, 224)])


@points(0.75)
def test_other_sizes(student):
    """In eval mode, pictures of other sizes get torchvision's logits too."""
    check_eval(student, [(64, 64), (65, 97), (256, 32)])


@points(1)
def test_train(student):
    """In train mode, logits and running statistics are torchvision's."""
    mode = "in train mode (in eval mode it is right)" if right_in_eval(student) else "in train mode"
    net, twin = pair(student, "Block", LAYERS, train=True)
    for step in (1, 2):
        x = picture(4, 64, 48, seed=step)
        same(net(x), twin(x).detach(), f"the logits of ResNet(Block, {LAYERS}) {mode}")
    found = student.support.statistics(net)
    for key, buffer in support.statistics(twin).items():
        same(found.get(key), buffer, f"{key} after two steps {mode}")


def right_in_eval(student):
    try:
        check_eval(student, [(64, 64)])
    except Mismatch:
        return False
    return True


@points(0.75)
def test_gradients(student):
    """Gradients reach the picture and every parameter."""
    net, twin = pair(student, "Block", [1, 2, 1, 1], train=True)
    agree_module(net, twin, picture(4, 48, 40), what="of ResNet(Block, [1, 2, 1, 1]) in train mode")


def check_own_blocks(student, build):
    net, twin = getattr(student, build.__name__)(num_classes=5), build(num_classes=5).eval()
    student.support.fill(net, seed=6)
    net.eval()
    support.fill(twin, seed=6)
    x = picture(1, 64, 64, dtype=torch.float32)
    same(net(x), twin(x).detach(), f"the logits of {build.__name__} in eval mode with torchvision's weights", 1e-3)


@points(0.5)
def test_resnet18_logits(student):
    """With the same weights, resnet18 gives torchvision's logits."""
    check_own_blocks(student, resnet18)


@points(0.5)
def test_resnet50_logits(student):
    """With the same weights, resnet50 gives torchvision's logits."""
    check_own_blocks(student, resnet50)
