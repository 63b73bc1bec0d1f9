"""CBAM: a factor a channel, then a factor a place, each from means and maxima.

A twin here gets the same drawn weights. `sizes` are (channels, reduction, kernel_size).
"""

import torch
from torch import nn

from course.grading import agree_module, fail, observe, points, same, scaffolding

support = scaffolding(__file__)

CASES = [(8, 4, 3), (6, 16, 7), (7, 2, 5), (4, 4, 1)]
SIZES = [(1, 1), (4, 4), (7, 6)]


class Twin(nn.Module):
    def __init__(self, channels, reduction=16, kernel_size=7):
        super().__init__()
        hidden = max(1, channels // reduction)
        self.fc1, self.fc2 = nn.Conv2d(channels, hidden, 1), nn.Conv2d(hidden, channels, 1)
        self.spatial = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x):
        squeezed = x.mean((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
        x = x * sum(self.fc2(torch.relu(self.fc1(s))) for s in squeezed).sigmoid()
        return x * self.spatial(torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)).sigmoid()


def name(case):
    return "CBAM({}, reduction={}, kernel_size={})".format(*case)


def pair(student, case, off=()):
    """The student's module and ours, with the same drawn weights; those of the layers `off` are 0."""
    twin = support.fill(Twin(*case).double(), seed=10)
    module = student.CBAM(case[0], reduction=case[1], kernel_size=case[2]).double()
    student.support.fill(module, seed=10)
    for which, zero in ((module, student.support.zero), (twin, support.zero)):
        zero(which, list(off))
    return module, twin


def maps(case, height=5, width=6, seed=0):
    """Maps with channels and places that differ, and no two maxima alike."""
    generator = torch.Generator().manual_seed(seed)
    draw = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)
    return draw(3, case[0], height, width) + draw(3, case[0], 1, 1) + draw(3, 1, height, width)


def check_output(student, what, off=()):
    for case in CASES:
        module, twin = pair(student, case, off)
        for size in SIZES:
            x = maps(case, *size)
            same(module(x), twin(x).detach(), f"the output of {name(case)}{what}")


@points(0.75)
def test_state_dict(student):
    """The state dict holds fc1, fc2 (1 × 1, with bias) and spatial (1 2 K K, without), and nothing else."""
    calls = [(case, dict(reduction=case[1], kernel_size=case[2])) for case in CASES] + [((32, 16, 7), {})]
    for case, options in calls:
        found, count = student.support.outline(student.CBAM, case[0], **options)
        layout, expected = support.outline(Twin, *case)
        label = name(case) if options else f"CBAM({case[0]})"
        same(found, layout, f"the state dict of {label} ({count} parameters, expected {expected})")


@points(0.75)
def test_channel_part(student):
    """The channel part alone, with the weights of `spatial` at 0: each place is then halved."""
    check_output(student, " with spatial.weight = 0", off=("spatial",))


@points(0.75)
def test_spatial_part(student):
    """The spatial part alone, with weights and bias of `fc2` at 0: each channel is then halved."""
    check_output(student, " with fc2 = 0", off=("fc2",))


@points(0.75)
def test_order(student):
    """Both parts: first channels, then places, which read what the first part gives."""
    check_output(student, "")


@points(0.75)
def test_gradients(student):
    """Gradients reach the input and every parameter, in train mode and in eval mode."""
    for train in (True, False):
        module, twin = pair(student, CASES[0])
        module.train(train)
        agree_module(module, twin, maps(CASES[0]), what=f"of {name(CASES[0])}")


@points(0.25)
def test_leaves_x(student):
    """The module does not change its input."""
    module, _ = pair(student, CASES[0])
    if observe(module, maps(CASES[0]), no_grad=True).changed:
        fail(f"{name(CASES[0])} changes its input x in place.", misconception="changes_x")
