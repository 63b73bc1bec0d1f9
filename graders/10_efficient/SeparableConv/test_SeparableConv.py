"""SeparableConv: depthwise, batch norm, ReLU, pointwise, batch norm, ReLU.

A twin here gets the same drawn weights and statistics. `widths` are (in_channels, out_channels, stride).
"""

import torch
import torch.nn.functional as F
from torch import nn

from course.grading import Mismatch, agree_module, fail, observe, points, same, scaffolding

support = scaffolding(__file__)

WIDTHS = [(3, 5, 1), (4, 4, 1), (4, 6, 2), (5, 2, 2), (2, 3, 3)]
SIZES = [(1, 1), (4, 4), (7, 6)]


class Twin(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.depthwise = nn.Conv2d(in_channels, in_channels, 3, stride, 1, groups=in_channels, bias=False)
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        return F.relu(self.bn2(self.pointwise(F.relu(self.bn1(self.depthwise(x))))))


def name(widths):
    return "SeparableConv({}, {}, stride={})".format(*widths)


def pair(student, widths, train):
    """The student's module and ours, with the same drawn weights and in the same mode."""
    twin = support.fill(Twin(*widths).double(), seed=10).train(train)
    module = student.SeparableConv(*widths).double()
    student.support.fill(module, seed=10)
    module.train(train)
    return module, twin


def maps(widths, height=7, width=6, seed=0):
    """Maps whose values go beyond 6 behind the norms, so that a ReLU6 shows."""
    generator = torch.Generator().manual_seed(seed)
    return 8 * torch.randn(3, widths[0], height, width, generator=generator, dtype=torch.float64) - 1


def check_eval(student, widths):
    module, twin = pair(student, widths, train=False)
    for size in SIZES:
        x = maps(widths, *size)
        same(module(x), twin(x).detach(), f"the output of {name(widths)} in eval mode")


def right_in_eval(student, widths):
    try:
        check_eval(student, widths)
    except Mismatch:
        return False
    return True


@points(0.75)
def test_state_dict(student):
    """The state dict holds depthwise (C 1 3 3), bn1, pointwise (O C 1 1) and bn2, and no bias of a convolution."""
    for in_channels, out_channels, stride in WIDTHS:
        found, count = student.support.outline(student.SeparableConv, in_channels, out_channels, stride=stride)
        layout, expected = support.outline(Twin, in_channels, out_channels, stride)
        what = f"the state dict of SeparableConv({in_channels}, {out_channels}, stride={stride})"
        same(found, layout, f"{what} ({count} parameters, expected {expected})")


@points(0.75)
def test_eval(student):
    """In eval mode, with the same weights, the output is right; the depthwise convolution has the stride."""
    for widths in WIDTHS:
        check_eval(student, widths)


@points(0.5)
def test_train(student):
    """In train mode, output and running statistics are right."""
    for widths in WIDTHS[1:3]:
        mode = "in train mode (in eval mode it is right)" if right_in_eval(student, widths) else "in train mode"
        module, twin = pair(student, widths, train=True)
        for step in (1, 2):
            x = maps(widths, seed=step)
            same(module(x), twin(x).detach(), f"the output of {name(widths)} {mode}")
        found = student.support.statistics(module)
        for key, buffer in support.statistics(twin).items():
            same(found.get(key), buffer, f"{key} of {name(widths)} after two steps {mode}")


@points(0.75)
def test_gradients(student):
    """Gradients reach the input and every parameter."""
    for train in (False, True):
        module, twin = pair(student, WIDTHS[2], train)
        agree_module(module, twin, maps(WIDTHS[2]), what=f"of {name(WIDTHS[2])} in {'train' if train else 'eval'} mode")


@points(0.25)
def test_leaves_x(student):
    """The module does not change its input."""
    for train in (False, True):
        module, _ = pair(student, WIDTHS[0], train)
        if observe(module, maps(WIDTHS[0]), no_grad=True).changed:
            fail(f"{name(WIDTHS[0])} changes its input x in place.", misconception="changes_x")
