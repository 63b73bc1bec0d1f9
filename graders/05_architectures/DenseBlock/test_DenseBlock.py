"""DenseBlock: each layer reads all maps before it and adds growth_rate new ones, with torchvision's state dict.

The reference is torchvision's block in float64 with drawn weights and statistics. `shape` is (num_layers, in_channels,
growth_rate, bn_size).
"""

import torch
from torchvision.models.densenet import _DenseBlock

from course.grading import Mismatch, agree_module, fail, observe, points, same, scaffolding

bans = ("torchvision",)
support = scaffolding(__file__)

SHAPES = [(1, 3, 2, 2), (3, 4, 2, 3), (4, 2, 3, 1)]
SIZES = [(1, 1), (4, 4), (7, 6)]


def twin(num_layers, in_channels, growth_rate=32, bn_size=4):
    return _DenseBlock(num_layers, in_channels, bn_size, growth_rate, drop_rate=0.0)


def name(shape):
    return "DenseBlock({}, {}, growth_rate={}, bn_size={})".format(*shape)


def check_names(student, shape):
    arguments = dict(zip(("growth_rate", "bn_size"), shape[2:], strict=False))
    found, count = student.support.outline(student.DenseBlock, *shape[:2], **arguments)
    layout, expected = support.outline(twin, *shape)
    label = name(shape) if len(shape) == 4 else f"DenseBlock{shape}"
    same(found, layout, f"the state dict of {label} ({count} parameters, expected {expected})")


def pair(student, shape, train):
    """The student's block and torchvision's, with the same drawn weights and in the same mode."""
    right = support.fill(twin(*shape).double(), seed=5).train(train)
    block = student.DenseBlock(shape[0], shape[1], growth_rate=shape[2], bn_size=shape[3]).double()
    student.support.fill(block, seed=5)
    block.train(train)
    return block, right


def maps(shape, height=5, width=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(3, shape[1], height, width, generator=generator, dtype=torch.float64)


def check_eval(student, shape):
    block, right = pair(student, shape, train=False)
    for size in SIZES:
        x = maps(shape, *size)
        same(block(x), right(x).detach(), f"the output of {name(shape)} in eval mode")


def right_in_eval(student, shape):
    try:
        check_eval(student, shape)
    except Mismatch:
        return False
    return True


@points(1)
def test_state_dict(student):
    """The state dict is torchvision's: 335 040 parameters for DenseNet-121's first block."""
    for shape in ((6, 64), *SHAPES):
        check_names(student, shape)


@points(0.5)
def test_one_layer(student):
    """In eval mode, a block of one layer gives its input and after it growth_rate new maps."""
    check_eval(student, SHAPES[0])


@points(1)
def test_eval(student):
    """In eval mode, with the same weights, a block of several layers gives torchvision's maps, in their order."""
    for shape in SHAPES[1:]:
        check_eval(student, shape)


@points(1)
def test_train(student):
    """In train mode, output and running statistics are torchvision's."""
    for shape in SHAPES:
        mode = "in train mode (in eval mode it is right)" if right_in_eval(student, shape) else "in train mode"
        block, right = pair(student, shape, train=True)
        for step in (1, 2):
            x = maps(shape, seed=step)
            same(block(x), right(x).detach(), f"the output of {name(shape)} {mode}")
        found = student.support.statistics(block)
        for key, buffer in support.statistics(right).items():
            same(found.get(key), buffer, f"{key} of {name(shape)} after two steps {mode}")


@points(1)
def test_gradients(student):
    """Gradients reach the input and every parameter."""
    for train in (False, True):
        block, right = pair(student, SHAPES[1], train)
        agree_module(block, right, maps(SHAPES[1]), what=f"of {name(SHAPES[1])} in {'train' if train else 'eval'} mode")


@points(0.5)
def test_leaves_x(student):
    """The block does not change its input."""
    for train in (False, True):
        block, _ = pair(student, SHAPES[1], train)
        if observe(block, maps(SHAPES[1]), no_grad=True).changed:
            fail(f"{name(SHAPES[1])} changes its input x in place.", misconception="changes_x")
