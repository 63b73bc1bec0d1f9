"""InvertedResidual: MobileNetV2's block: widen, depthwise, narrow without activation; a shortcut between narrow ends.

The reference is torchvision's block in float64 with drawn weights. `block` is (in_channels, out_channels, stride,
expand_ratio).
"""

import torch
from torchvision.models import mobilenetv2

from course.grading import Mismatch, agree_module, fail, observe, points, same, scaffolding

bans = ("torchvision",)
support = scaffolding(__file__)

SHORTCUT = [(4, 4, 1, 2), (3, 3, 1, 6)]  # the input is added
PLAIN = [(4, 6, 1, 2), (4, 4, 2, 3), (3, 5, 2, 2)]  # it is not
NOT_EXPANDED = [(4, 4, 1, 1), (4, 6, 1, 1), (5, 3, 2, 1)]
SIZES = [(1, 1), (4, 4), (7, 6)]


def twin_of(block):
    return mobilenetv2.InvertedResidual(*block)


def name(block):
    return f"InvertedResidual{block}"


def pair(student, block, train):
    """The student's block and torchvision's, with the same drawn weights and in the same mode."""
    twin = support.fill(twin_of(block).double(), seed=10).train(train)
    module = student.InvertedResidual(*block).double()
    student.support.fill(module, seed=10)
    module.train(train)
    return module, twin


def maps(block, height=5, width=6, seed=0):
    """Maps whose values go beyond 6 behind the norms, so that ReLU and ReLU6 differ."""
    generator = torch.Generator().manual_seed(seed)
    return 8 * torch.randn(3, block[0], height, width, generator=generator, dtype=torch.float64) - 1


def check_names(student, block):
    found, count = student.support.outline(student.InvertedResidual, *block)
    layout, expected = support.outline(twin_of, block)
    same(found, layout, f"the state dict of {name(block)} ({count} parameters, expected {expected})")


def check_eval(student, block):
    module, twin = pair(student, block, train=False)
    for size in SIZES:
        x = maps(block, *size)
        same(module(x), twin(x).detach(), f"the output of {name(block)} in eval mode")


def right_in_eval(student, block):
    try:
        check_eval(student, block)
    except Mismatch:
        return False
    return True


@points(0.75)
def test_state_dict(student):
    """With an expansion, the state dict is torchvision's: conv.0.0, conv.0.1, conv.1.0, conv.1.1, conv.2, conv.3."""
    for block in (*SHORTCUT, *PLAIN):
        check_names(student, block)


@points(0.5)
def test_state_dict_without_expansion(student):
    """With expand_ratio 1 there is no expansion layer: conv.0.0 and conv.0.1, conv.1, conv.2."""
    for block in NOT_EXPANDED:
        check_names(student, block)


@points(0.75)
def test_shortcut(student):
    """At stride 1 and equal widths, in eval mode, the output is torchvision's, with the input added."""
    for block in SHORTCUT:
        check_eval(student, block)


@points(0.75)
def test_no_shortcut(student):
    """At stride 2 or another width, in eval mode, the output is torchvision's, without a shortcut."""
    for block in PLAIN:
        check_eval(student, block)


@points(0.5)
def test_without_expansion(student):
    """With expand_ratio 1, in eval mode, the output is torchvision's."""
    for block in NOT_EXPANDED:
        check_eval(student, block)


@points(0.75)
def test_train(student):
    """In train mode, output and running statistics are torchvision's."""
    for block in (SHORTCUT[0], PLAIN[1], NOT_EXPANDED[0]):
        mode = "in train mode (in eval mode it is right)" if right_in_eval(student, block) else "in train mode"
        module, twin = pair(student, block, train=True)
        for step in (1, 2):
            x = maps(block, seed=step)
            same(module(x), twin(x).detach(), f"the output of {name(block)} {mode}")
        found = student.support.statistics(module)
        for key, buffer in support.statistics(twin).items():
            same(found.get(key), buffer, f"{key} of {name(block)} after two steps {mode}")


@points(0.75)
def test_gradients(student):
    """Gradients reach the input and every parameter."""
    for block in (SHORTCUT[0], PLAIN[2]):
        for train in (False, True):
            module, twin = pair(student, block, train)
            agree_module(module, twin, maps(block), what=f"of {name(block)} in {'train' if train else 'eval'} mode")


@points(0.25)
def test_leaves_x(student):
    """The block does not change its input."""
    for block in (SHORTCUT[0], NOT_EXPANDED[0]):
        for train in (False, True):
            module, _ = pair(student, block, train)
            if observe(module, maps(block), no_grad=True).changed:
                fail(f"{name(block)} changes its input x in place.", misconception="changes_x")
