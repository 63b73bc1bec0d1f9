"""cifar_resnet: the residual nets for 32 × 32 pictures, depth 6n + 2, and their plain twins.

Names of modules are free, and so is where the shortcut's zero channels stand. So weights are set by their shape, and in
such a way that the channels of one stage can be exchanged (support.fill_by_shape): what comes out depends on the
architecture only. The reference is written out below.
"""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import nn

from course.grading import Mismatch, points, same, scaffolding

support = scaffolding(__file__)


class _Block(nn.Module):
    def __init__(self, in_channels, out_channels, stride, residual):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.new_channels, self.stride, self.residual = out_channels - in_channels, stride, residual

    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.residual:
            out = out + F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.new_channels))
        return F.relu(out)


def reference(n, residual):
    layers = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    for in_channels, out_channels in ((16, 16), (16, 32), (32, 64)):
        for i in range(n):
            stride = 2 if i == 0 and out_channels > 16 else 1
            layers.append(_Block(in_channels if i == 0 else out_channels, out_channels, stride, residual))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def name(n, residual):
    return f"cifar_resnet({n})" if residual else f"cifar_resnet({n}, residual=False)"


def build(student, n, residual):
    return student.cifar_resnet(n) if residual else student.cifar_resnet(n, residual=False)


def filled(student, n, residual):
    net = build(student, n, residual).double()
    student.support.fill_by_shape(net, seed=6)
    return net


def pictures(number, seed=0):
    return torch.randn(number, 3, 32, 32, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@lru_cache
def eval_logits(n, residual):
    net = support.fill_by_shape(reference(n, residual).double(), seed=6).eval()
    return net(pictures(2)).detach()


@lru_cache
def train_logits(n, residual):
    """Logits of a step in train mode, and of eval mode after it."""
    net = support.fill_by_shape(reference(n, residual).double(), seed=6)
    return net(pictures(3)).detach(), net.eval()(pictures(2)).detach()


def check_shapes(student, n, residual):
    found = student.support.shapes(build(student, n, residual))
    expected = support.shapes(reference(n, residual))
    same(found, expected, f"the number of parameters of each shape in {name(n, residual)}")


def check_eval(student, n, residual):
    net = filled(student, n, residual)
    net.eval()
    same(net(pictures(2)), eval_logits(n, residual), f"the logits of {name(n, residual)} in eval mode")


def check_train(student, n, residual):
    net = filled(student, n, residual)
    net.train()
    in_train, in_eval = train_logits(n, residual)
    mode = "in train mode (in eval mode it is right)" if right_in_eval(student, n, residual) else "in train mode"
    same(net(pictures(3)), in_train, f"the logits of {name(n, residual)} {mode}")
    net.eval()
    same(net(pictures(2)), in_eval, f"the logits of {name(n, residual)} in eval mode, after a step in train mode,")


def right_in_eval(student, n, residual):
    try:
        check_eval(student, n, residual)
    except Mismatch:
        return False
    return True


@points(0.75)
def test_parameters(student):
    """6n + 1 convolutions of widths 16, 32, 64 without bias and one linear layer: 0.27 M parameters at n = 3."""
    for n in (1, 2, 3):
        check_shapes(student, n, residual=True)


@points(0.5)
def test_plain_parameters(student):
    """The plain twin has the same parameters."""
    for n in (1, 2, 3):
        check_shapes(student, n, residual=False)


@points(0.25)
def test_shapes(student):
    """Pictures N × 3 × 32 × 32 give logits N × 10."""
    for residual in (True, False):
        net = build(student, 1, residual)
        for number in (2, 5):
            found = list(net(pictures(number).float()).shape)
            same(found, [number, 10], f"the shape of the output of {name(1, residual)} for {number} pictures")


@points(1)
def test_residual(student):
    """Each block adds its shortcut: x itself, or every second pixel of x and zeros for the new channels."""
    for n in (1, 2):
        check_eval(student, n, residual=True)


@points(0.5)
def test_plain(student):
    """The plain twin has no shortcut, and is the same net otherwise."""
    for n in (1, 2):
        check_eval(student, n, residual=False)


@points(0.5)
def test_train(student):
    """In train mode both nets normalise with the batch's statistics and move the running ones."""
    check_train(student, 2, residual=True)
    check_train(student, 2, residual=False)


@points(0.5)
def test_every_weight(student):
    """Every weight has an influence on the logits, in both nets."""
    for residual in (True, False):
        found = student.support.unused(filled(student, 2, residual), pictures(2))
        assert found == 0, f"{found} parameters of {name(2, residual)} have no influence on the logits."
