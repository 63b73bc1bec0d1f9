"""ASPP: one 1 × 1 branch, a dilated 3 × 3 branch for each rate, an image-pooling branch, concatenated and projected.

The reference is torchvision's module in float64, with drawn weights and statistics. `case` is (in_channels,
atrous_rates, out_channels).
"""

import torch
from torchvision.models.segmentation.deeplabv3 import ASPP as TorchvisionASPP

from course.grading import agree_module, batch, fail, observe, points, same, scaffolding

bans = ("torchvision",)
support = scaffolding(__file__)

CASES = [(3, (2, 3), 2), (2, (1, 2, 4), 3), (4, (3,), 2), (2, [6, 12, 18], 2)]


def name(case):
    return f"ASPP({case[0]}, {case[1]}, {case[2]})"


def pair(student, case, train=False):
    twin = support.fill(TorchvisionASPP(*case).double(), seed=13).train(train)
    made = student.ASPP(*case).double()
    student.support.fill(made, seed=13)
    made.train(train)
    return made, twin


def picture(case, height=7, width=9, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.randn(3, case[0], height, width, generator=generator, dtype=torch.float64)


@points(1)
def test_parameters(student):
    """The state dict is torchvision's: convs.0 to convs.{rates + 1}, project; out_channels is 256 by default."""
    for case in CASES:
        twin = TorchvisionASPP(*case)
        made = student.ASPP(*case)
        same(student.support.layout(made), support.layout(twin), f"the state dict of {name(case)}")
        made.load_state_dict(twin.state_dict())
    same(student.support.layout(student.ASPP(4, (2,)))["project.0.weight"], "256 × 768 × 1 × 1",
         "the projection's weight in ASPP(4, (2,))")  # fmt: skip


@points(1.5)
def test_outputs(student):
    """With torchvision's weights, the outputs in eval mode are torchvision's, for maps of any size."""
    for case in CASES:
        made, twin = pair(student, case)
        for size in ((7, 9), (5, 4), (1, 2)):
            x = picture(case, *size)
            first, again = made(x), made(x)
            if isinstance(first, torch.Tensor) and isinstance(again, torch.Tensor) and not first.equal(again):
                fail(f"{name(case)} gives two different results for the same input in eval mode.", "dropout_always")
            same(first, twin(x).detach(), f"the output of {name(case)} for maps of {size[0]} × {size[1]} in eval mode")


@points(0.5)
def test_gradients(student):
    """In eval mode, gradients reach the input and every parameter."""
    made, twin = pair(student, CASES[0])
    agree_module(made, twin, picture(CASES[0]), what=f"of {name(CASES[0])} in eval mode")


@points(0.5)
def test_statistics(student):
    """In train mode every batch norm moves its running statistics as torchvision's does."""
    case = CASES[1]
    made, twin = pair(student, case, train=True)
    student.support.run(made, picture(case))
    twin(picture(case))
    found = student.support.statistics(made)
    for key, buffer in support.statistics(twin).items():
        same(found.get(key), buffer, f"{key} of {name(case)} after a step in train mode")


@points(0.25)
def test_dropout(student):
    """In train mode half of the output's numbers are dropped by chance."""
    case = CASES[1]
    made, _ = pair(student, case, train=True)
    x = picture(case)
    first, again = batch(made, [((x,), {}), ((x,), {})], grad=False)
    if isinstance(first, torch.Tensor) and isinstance(again, torch.Tensor) and torch.equal(first, again):
        fail(f"{name(case)} gives the same twice in train mode: the dropout at the end is missing.", "no_dropout")


@points(0.25)
def test_leaves_x(student):
    """The input is not changed."""
    made, _ = pair(student, CASES[0])
    if observe(made, picture(CASES[0]), no_grad=True).changed:
        fail(f"{name(CASES[0])} changes its input in place.")
