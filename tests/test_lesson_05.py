"""What lesson 05's hidden tests compare with: torchvision's own nets, and receptive fields found by gradients."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
import torch
from torch import nn
from torchvision import models
from torchvision.models.googlenet import Inception

GRADERS = Path(__file__).parents[1] / "graders" / "05_architectures"


def grader(exercise: str) -> SimpleNamespace:
    """What a file of hidden tests defines, read outside of the grading session that knows their marks."""
    with patch("course.grading.points", lambda value: lambda test: test):
        return SimpleNamespace(**run_path(str(GRADERS / exercise / f"test_{exercise}.py")))


def shapes(module: nn.Module) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in module.state_dict().items()}


@pytest.fixture(autouse=True)
def without_memory():
    with torch.device("meta"):
        yield


def test_twins_of_vgg_are_torchvisions():
    lesson = grader("vgg_features")
    assert shapes(lesson.twin(lesson.VGG11)) == shapes(models.vgg11().features)
    assert shapes(lesson.twin(lesson.VGG16)) == shapes(models.vgg16().features)
    assert shapes(lesson.twin(lesson.VGG11, batch_norm=True)) == shapes(models.vgg11_bn().features)


def test_twin_of_alexnet_is_torchvisions():
    twin, theirs = grader("alexnet_features").reference(), models.alexnet().features
    assert shapes(twin) == shapes(theirs)
    plainly = lambda layer: str(layer).replace(", inplace=True", "").replace("inplace=True", "")
    assert list(map(str, twin)) == list(map(plainly, theirs))


def test_twin_of_inception_is_torchvisions_but_for_the_kernel():
    lesson = grader("Inception")
    mine, theirs = (shapes(kind(*lesson.INCEPTION_3A)) for kind in (lesson.Twin, Inception))
    assert mine.pop("branch3.1.conv.weight") == (32, 16, 5, 5)
    assert theirs.pop("branch3.1.conv.weight") == (32, 16, 3, 3)
    assert mine == theirs


@pytest.mark.parametrize("kind", ["Strided", "Dilated", "Again"])
def test_receptive_fields_are_what_gradients_find(kind):
    lesson = grader("describe")
    with torch.device("cpu"):
        rows, net = lesson.reference(kind), lesson.support.net(kind).eval().double()
        for module in net.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.data.fill_(1.0 / module.weight[0].numel())
        _without_maxima(net)
        channels, side = lesson.support.NETS[kind][1][0], 2 * rows[-1]["receptive_field"] + 40
        x = torch.ones(1, channels, side, side, dtype=torch.float64, requires_grad=True)
        y = net(x)
        (gradient,) = torch.autograd.grad(y[0, 0, y.shape[2] // 2, y.shape[3] // 2], x)
    touched = gradient[0].abs().sum((0, 1)).nonzero().flatten()
    assert int(touched.max() - touched.min()) + 1 == rows[-1]["receptive_field"]


def _without_maxima(net: nn.Module) -> None:
    """Means in the place of maxima, and norms that only scale, so that nothing hides."""
    for module in list(net.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.MaxPool2d):
                module.add_module(name, nn.AvgPool2d(child.kernel_size, child.stride, child.padding))
            elif isinstance(child, nn.BatchNorm2d):
                child.weight.data.fill_(1.0)
                child.bias.data.fill_(1e3)
                child.running_mean.zero_()


def test_fields_of_famous_networks():
    lesson = grader("describe")
    with torch.device("cpu"):
        assert lesson.reference("Vgg")[43]["receptive_field"] == 212
        assert lesson.reference("LeNet")[5]["receptive_field"] == 16
