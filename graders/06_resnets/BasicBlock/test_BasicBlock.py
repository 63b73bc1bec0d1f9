"""BasicBlock: two 3 × 3 convolutions with batch norm and a shortcut around them, as in ResNet-18 and ResNet-34.

The reference is torchvision's block in float64. Its weights and running statistics are drawn, so that no gamma is 1 and
no mean is 0. `shape` is (in_channels, out_channels, stride).
"""

import torch
from torch import nn
from torchvision.models import resnet

from course.grading import Mismatch, agree_module, fail, observe, points, same, scaffolding

bans = ("torchvision",)
support = scaffolding(__file__)

IDENTITY = [(4, 4, 1), (3, 3, 1)]  # the shortcut is x itself
PROJECTED = [(3, 5, 1), (5, 2, 1), (4, 4, 2), (4, 4, 3), (3, 6, 2)]  # the shortcut needs a projection
SIZES = [(2, 2), (4, 4), (7, 6)]  # small ones too: there a wrong size can still be added, and shows by its values


def torchvision_block(in_channels, out_channels, stride):
    downsample = None
    if stride != 1 or in_channels != out_channels:
        downsample = nn.Sequential(resnet.conv1x1(in_channels, out_channels, stride), nn.BatchNorm2d(out_channels))
    return resnet.BasicBlock(in_channels, out_channels, stride, downsample).double()


def pair(student, shape, train):
    """The student's block and torchvision's, with the same drawn weights and in the same mode."""
    twin = support.fill_without_biases(torchvision_block(*shape), seed=6).train(train)
    block = student.BasicBlock(*shape).double()
    student.support.fill_without_biases(block, seed=6)
    block.train(train)
    return block, twin


def check_names(student, shape):
    in_channels, channels, stride = shape
    block, twin = student.BasicBlock(in_channels, channels, stride=stride), torchvision_block(*shape).float()
    same(student.support.layout(block), support.layout(twin), f"the state dict of {name(shape)}")
    block.load_state_dict(twin.state_dict())


def name(shape):
    return "BasicBlock({}, {}, stride={})".format(*shape)


def picture(shape, height=5, width=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(3, shape[0], height, width, generator=generator, dtype=torch.float64)


def check_eval(student, shape):
    block, twin = pair(student, shape, train=False)
    for size in SIZES:
        x = picture(shape, *size)
        same(block(x), twin(x).detach(), f"the output of {name(shape)} in eval mode")


def check_train(student, shape):
    mode = "in train mode (in eval mode it is right)" if right_in_eval(student, shape) else "in train mode"
    block, twin = pair(student, shape, train=True)
    for step in (1, 2):
        x = picture(shape, seed=step)
        same(block(x), twin(x).detach(), f"the output of {name(shape)} {mode}")
    found = student.support.statistics(block)
    for key, buffer in support.statistics(twin).items():
        same(found.get(key), buffer, f"{key} of {name(shape)} after two steps {mode}")


def right_in_eval(student, shape):
    block, twin = pair(student, shape, train=False)
    x = picture(shape)
    try:
        same(block(x), twin(x).detach())
    except Mismatch:
        return False
    return True


@points(0.75)
def test_parameters(student):
    """With stride 1 and equal widths, the state dict is torchvision's, without a projection."""
    for shape in IDENTITY:
        check_names(student, shape)


@points(0.75)
def test_parameters_of_projection(student):
    """Where stride or width change, `downsample` is a 1 × 1 convolution and a batch norm."""
    for shape in PROJECTED:
        check_names(student, shape)


@points(0.25)
def test_expansion(student):
    """The class has the attribute expansion, 1."""
    same(student.BasicBlock(3, 3).get("expansion"), 1, "BasicBlock.expansion")


@points(1)
def test_eval(student):
    """In eval mode with stride 1 and equal widths, the output is torchvision's."""
    for shape in IDENTITY:
        check_eval(student, shape)


@points(1)
def test_eval_with_projection(student):
    """In eval mode with stride 2 or another width, the output is torchvision's."""
    for shape in PROJECTED:
        check_eval(student, shape)


@points(0.75)
def test_train(student):
    """In train mode with stride 1 and equal widths, output and running statistics are torchvision's."""
    for shape in IDENTITY:
        check_train(student, shape)


@points(0.75)
def test_train_with_projection(student):
    """In train mode with stride 2 or another width, output and running statistics are torchvision's."""
    for shape in PROJECTED:
        check_train(student, shape)


@points(0.5)
def test_gradients(student):
    """Gradients reach the input and every parameter."""
    for shape in (IDENTITY[0], PROJECTED[-1]):
        for train in (False, True):
            block, twin = pair(student, shape, train)
            mode = "train" if train else "eval"
            agree_module(block, twin, picture(shape), what=f"of {name(shape)} in {mode} mode")


@points(0.25)
def test_leaves_x(student):
    """The block does not change its input."""
    for shape in (IDENTITY[0], PROJECTED[-1]):
        for train in (False, True):
            block, _ = pair(student, shape, train)
            changed = observe(block, picture(shape), no_grad=True).changed
            if changed:
                fail(f"{name(shape)} changes its input x in place.", misconception="changes_x")
