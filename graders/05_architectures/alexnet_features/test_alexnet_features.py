"""alexnet_features: the five convolutions of AlexNet with ReLU and overlapping pooling, with torchvision's state dict.

The reference is the same net in torch's own layers; weights are drawn. Large pictures are float32, small ones float64.
"""

from functools import lru_cache

import torch
from torch import nn

from course.grading import agree_module, fail, observe, points, same, scaffolding

bans = ("torchvision",)
limits = {"call_seconds": 20}  # 2.5 million weights to draw, 656 million multiply-adds
support = scaffolding(__file__)


def reference():
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
    )  # fmt: skip


@lru_cache
def twin(dtype):
    return support.fill(reference().to(dtype), seed=5)


def filled(student, dtype, train=False):
    net = student.alexnet_features()
    net = net.double() if dtype == torch.float64 else net.float()
    student.support.fill(net, seed=5)
    net.train(train)
    return net


def picture(height, width, dtype, number=1):
    generator = torch.Generator().manual_seed(height)
    return torch.randn(number, 3, height, width, generator=generator, dtype=torch.float64).to(dtype)


@lru_cache
def maps(height, width, dtype):
    with torch.no_grad():
        return twin(dtype)(picture(height, width, dtype))


def check_maps(net, height, width, dtype=torch.float32):
    what = f"the output of alexnet_features() in eval mode for a picture of {height} × {width}"
    tolerance = 1e-3 if dtype == torch.float32 else None
    same(net(picture(height, width, dtype)).detach(), maps(height, width, dtype), what, tolerance)


@points(0.75)
def test_state_dict(student):
    """The state dict is torchvision's: ten tensors, 2 469 696 numbers."""
    found, count = student.support.outline(student.alexnet_features)
    what = f"the state dict of alexnet_features() ({count} parameters, expected 2469696)"
    same(found, support.layout(twin(torch.float32)), what)


@points(0.25)
def test_sequential(student):
    """The result is an nn.Sequential of thirteen layers, of which eight have no weights."""
    net = student.alexnet_features()
    assert student.support.is_sequential(net), "alexnet_features() is no nn.Sequential."
    same(student.support.length(net), 13, "the number of layers of alexnet_features()")


@points(0.75)
def test_224(student):
    """With the same weights, a picture of 224 × 224 gives torchvision's 256 maps of 6 × 6."""
    check_maps(filled(student, torch.float32), 224, 224)


@points(0.75)
def test_other_sizes(student):
    """With the same weights, pictures of other sizes give torchvision's maps too."""
    net = filled(student, torch.float64)
    for height, width in ((63, 63), (79, 96), (95, 131)):
        check_maps(net, height, width, torch.float64)
    check_maps(filled(student, torch.float32), 256, 256)


@points(0.5)
def test_gradients(student):
    """In train mode too, outputs and the gradients of pictures and parameters are right; the pictures stay as they
    were."""
    agree_module(filled(student, torch.float64, train=True), twin(torch.float64), picture(67, 83, torch.float64))
    if observe(filled(student, torch.float64), picture(67, 83, torch.float64), no_grad=True).changed:
        fail("alexnet_features() changes its pictures in place.")
