"""Bottleneck: 1 × 1, 3 × 3 and 1 × 1 convolution and a shortcut around them, as in ResNet-50.

The reference is torchvision's block in float64. Its weights and running statistics are drawn, so that no gamma is 1 and
no mean is 0. `shape` is (in_channels, channels, stride); 4 * channels leave the block.
"""

from torch import nn
from torchvision.models import resnet

from course.grading import points, same, scaffolding
from course.grading.twins import Twins, pictures

bans = ("torchvision",)
support = scaffolding(__file__)

IDENTITY = [(16, 4, 1), (32, 8, 1)]  # in_channels, channels, stride: the shortcut is x itself
ONE_INSIDE = (4, 1, 1)  # what has one channel can be added to anything, and shows by its values
PROJECTED = [(3, 4, 1), (4, 4, 1), (16, 4, 2), (16, 4, 3), (5, 8, 2)]  # the shortcut needs a projection
SIZES = [(2, 2), (4, 4), (7, 6)]  # small ones too: there a wrong size can still be added, and shows by its values


def torchvision_block(in_channels, channels, stride):
    downsample = None
    if stride != 1 or in_channels != 4 * channels:
        downsample = nn.Sequential(resnet.conv1x1(in_channels, 4 * channels, stride), nn.BatchNorm2d(4 * channels))
    return resnet.Bottleneck(in_channels, channels, stride, downsample)


blocks = Twins(
    support,
    mine=lambda student, shape: student.Bottleneck(*shape),
    twin=lambda shape: torchvision_block(*shape),
    picture=pictures(lambda shape: shape[0]),
    name="Bottleneck({0[0]}, {0[1]}, stride={0[2]})".format,
    fill="fill_without_biases",
    seed=6,
)


def check_names(student, shape):
    in_channels, channels, stride = shape
    block, twin = student.Bottleneck(in_channels, channels, stride=stride), torchvision_block(*shape)
    same(student.support.layout(block), support.layout(twin), f"the state dict of {blocks.name(shape)}")
    block.load_state_dict(twin.state_dict())


@points(0.75)
def test_parameters(student):
    """With stride 1 and in_channels = 4 * channels, the state dict is torchvision's, without a projection."""
    for shape in IDENTITY:
        check_names(student, shape)


@points(0.75)
def test_parameters_of_projection(student):
    """Where stride or width change, `downsample` is a 1 × 1 convolution and a batch norm."""
    for shape in PROJECTED:
        check_names(student, shape)


@points(0.25)
def test_expansion(student):
    """The class has the attribute expansion, 4."""
    same(student.Bottleneck(4, 1).get("expansion"), 4, "Bottleneck.expansion")


@points(0.5)
def test_eval(student):
    """In eval mode with stride 1 and in_channels = 4 * channels, the output is torchvision's."""
    for shape in [ONE_INSIDE, *IDENTITY]:
        blocks.agree_in_eval_mode(student, shape, SIZES)


@points(0.5)
def test_eval_with_projection(student):
    """In eval mode with stride 2 or another width, the output is torchvision's."""
    for shape in PROJECTED:
        blocks.agree_in_eval_mode(student, shape, SIZES)


@points(0.75)
def test_train(student):
    """In train mode with stride 1 and in_channels = 4 * channels, output and running statistics are torchvision's."""
    for shape in IDENTITY:
        blocks.agree_in_train_mode(student, shape)


@points(0.75)
def test_train_with_projection(student):
    """In train mode with stride 2 or another width, output and running statistics are torchvision's."""
    for shape in PROJECTED:
        blocks.agree_in_train_mode(student, shape)


@points(0.5)
def test_gradients(student):
    """Gradients reach the input and every parameter."""
    for shape in (IDENTITY[0], PROJECTED[-1]):
        blocks.agree_in_gradients(student, shape)


@points(0.25)
def test_leaves_x(student):
    """The block does not change its input."""
    for shape in (IDENTITY[0], PROJECTED[-1]):
        blocks.leaves_its_input(student, shape)
