"""Inception: four branches side by side, concatenated, with torchvision's state dict and the paper's 5 × 5 kernel.

A twin here gets the same drawn weights and statistics. `widths` are the seven arguments of the class.
"""

import torch
import torch.nn.functional as F
from torch import nn

from course.grading import points, same, scaffolding
from course.grading.twins import Twins, pictures

bans = ("torchvision",)
support = scaffolding(__file__)

INCEPTION_3A = (192, 64, 96, 128, 16, 32, 32)
WIDTHS = [(3, 2, 3, 4, 2, 3, 5), (4, 4, 4, 4, 4, 4, 4)]
SIZES = [(1, 1), (4, 4), (7, 6)]


class Layer(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2, bias=False)
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class Twin(nn.Module):
    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        super().__init__()
        self.branch1 = Layer(in_channels, ch1x1, 1)
        self.branch2 = nn.Sequential(Layer(in_channels, ch3x3red, 1), Layer(ch3x3red, ch3x3, 3))
        self.branch3 = nn.Sequential(Layer(in_channels, ch5x5red, 1), Layer(ch5x5red, ch5x5, 5))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), Layer(in_channels, pool_proj, 1))

    def forward(self, x):
        return torch.cat([branch(x) for branch in (self.branch1, self.branch2, self.branch3, self.branch4)], 1)


modules = Twins(
    support,
    mine=lambda student, widths: student.Inception(*widths),
    twin=lambda widths: Twin(*widths),
    picture=pictures(lambda widths: widths[0], shift=-1),  # many of them negative
    name=lambda widths: f"Inception{widths}",
)


def check_names(student, widths):
    found, count = student.support.outline(student.Inception, *widths)
    layout, expected = support.outline(Twin, *widths)
    same(found, layout, f"the state dict of {modules.name(widths)} ({count} parameters, expected {expected})")


@points(1)
def test_state_dict(student):
    """The state dict is torchvision's, but for the 5 × 5 kernel: 164 064 parameters for GoogLeNet's block 3a."""
    for widths in (INCEPTION_3A, *WIDTHS):
        check_names(student, widths)


@points(1.5)
def test_eval(student):
    """In eval mode, with the same weights, the output is the four branches' in the order 1, 2, 3, 4."""
    for widths in WIDTHS:
        modules.agree_in_eval_mode(student, widths, SIZES)


@points(1)
def test_train(student):
    """In train mode, output and running statistics are right."""
    for widths in WIDTHS:
        modules.agree_in_train_mode(student, widths)


@points(1)
def test_gradients(student):
    """Gradients reach the input and every parameter."""
    modules.agree_in_gradients(student, WIDTHS[0])


@points(0.5)
def test_leaves_x(student):
    """The module does not change its input."""
    modules.leaves_its_input(student, WIDTHS[0])
