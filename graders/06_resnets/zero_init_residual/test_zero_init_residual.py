"""zero_init_residual: the last gamma of each residual branch starts at zero, so that a block starts as its shortcut.

The nets are torchvision's ResNets and nets of blocks with this lesson's names. Weights are drawn: a beta that becomes 0
or a gamma that becomes 1 shows too.
"""

import torch

from course.grading import points, same, scaffolding

limits = {"call_seconds": 30}  # the first net of torchvision's waits for its import
support = scaffolding(__file__)

LAST = {  # the last batch norm of a block, by the net that the block stands in
    "basic_net": "bn2",
    "torchvision_basic_net": "bn2",
    "bottleneck_net": "bn3",
    "torchvision_bottleneck_net": "bn3",
}


def zeroed(student, kind):
    """A net of this kind after the student's zero_init_residual."""
    net = getattr(student.support, kind)()
    student.support.remember(net)
    student.support.fill_without_biases(net, seed=6)
    student.zero_init_residual(net)
    return net


def check_last_gammas(student, kind):
    found = student.support.vectors(zeroed(student, kind))
    expected = support.vectors(support.fill_without_biases(getattr(support, kind)(), seed=6))
    for name, gamma in expected.items():
        if name.endswith(f".{LAST[kind]}.weight"):
            same(found.get(name), torch.zeros_like(gamma), f"{name} of {kind}")


def check_rest(student, kind, read):
    found = getattr(student.support, read)(zeroed(student, kind))
    expected = getattr(support, read)(support.fill_without_biases(getattr(support, kind)(), seed=6))
    for name, tensor in expected.items():
        if not name.endswith(f".{LAST[kind]}.weight"):
            same(found.get(name), tensor, f"{name} of {kind}, which should stay as it is,")


def check_single_block(student, kind, last):
    block = getattr(student.support, kind)(4, 4)
    student.zero_init_residual(block)
    found = student.support.vectors(block).get(f"{last}.weight")
    same(found, torch.zeros_like(found), f"{last}.weight of a {kind} that stands alone")


@points(0.5)
def test_basic_blocks(student):
    """In each BasicBlock the gamma of bn2 is zero."""
    check_last_gammas(student, "basic_net")
    check_last_gammas(student, "torchvision_basic_net")
    check_single_block(student, "BasicBlock", "bn2")


@points(0.5)
def test_bottlenecks(student):
    """In each Bottleneck the gamma of bn3 is zero."""
    check_last_gammas(student, "bottleneck_net")
    check_last_gammas(student, "torchvision_bottleneck_net")
    check_single_block(student, "Bottleneck", "bn3")


@points(0.5)
def test_rest(student):
    """Every other weight and statistic stays as it is."""
    for kind in LAST:
        check_rest(student, kind, "vectors")
    check_rest(student, "basic_net", "matrices")
    check_rest(student, "bottleneck_net", "matrices")


@points(0.5)
def test_same_parameters(student):
    """The parameters are the same objects as before, and can still be trained."""
    for kind in ("basic_net", "bottleneck_net"):
        net = zeroed(student, kind)
        replaced, frozen = student.support.replaced(net), student.support.frozen(net)
        assert not replaced, f"These are other Parameter objects than before: {', '.join(replaced)}."
        assert not frozen, f"These do not require gradients any more: {', '.join(frozen)}."
