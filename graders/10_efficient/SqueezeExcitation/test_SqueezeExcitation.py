"""SqueezeExcitation: each channel times a number between 0 and 1 that comes from the means of all channels.

The reference is torchvision's module in float64 with drawn weights. `widths` are (channels, squeeze_channels).
"""

import torch
from torchvision import ops

from course.grading import agree_module, fail, observe, points, same, scaffolding

bans = ("torchvision",)
support = scaffolding(__file__)

WIDTHS = [(4, 2), (6, 1), (3, 3), (5, 8)]
SIZES = [(1, 1), (4, 4), (7, 6)]


def twin_of(channels, squeeze_channels):
    return ops.SqueezeExcitation(channels, squeeze_channels)


def name(widths):
    return f"SqueezeExcitation{widths}"


def pair(student, widths):
    twin = support.fill(twin_of(*widths).double(), seed=10)
    module = student.SqueezeExcitation(*widths).double()
    student.support.fill(module, seed=10)
    return module, twin


def maps(widths, height=5, width=6, seed=0):
    """Maps whose channels have means of their own, of both signs."""
    generator = torch.Generator().manual_seed(seed)
    draw = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)
    return 2 * draw(3, widths[0], height, width) + 2 * draw(3, widths[0], 1, 1)


@points(0.75)
def test_state_dict(student):
    """The state dict is torchvision's: fc1 (S C 1 1) and fc2 (C S 1 1), both with bias."""
    for widths in WIDTHS:
        found, count = student.support.outline(student.SqueezeExcitation, *widths)
        layout, expected = support.outline(twin_of, *widths)
        same(found, layout, f"the state dict of {name(widths)} ({count} parameters, expected {expected})")


@points(1.25)
def test_output(student):
    """With the same weights, the output is torchvision's, for any size of the maps."""
    for widths in WIDTHS:
        module, twin = pair(student, widths)
        for size in SIZES:
            x = maps(widths, *size)
            same(module(x), twin(x).detach(), f"the output of {name(widths)}")


@points(0.75)
def test_gradients(student):
    """Gradients reach the input and every parameter, in train mode and in eval mode."""
    for train in (True, False):
        module, twin = pair(student, WIDTHS[0])
        module.train(train)
        agree_module(module, twin, maps(WIDTHS[0]), what=f"of {name(WIDTHS[0])}")


@points(0.25)
def test_leaves_x(student):
    """The module does not change its input."""
    module, _ = pair(student, WIDTHS[0])
    if observe(module, maps(WIDTHS[0]), no_grad=True).changed:
        fail(f"{name(WIDTHS[0])} changes its input x in place.", misconception="changes_x")
