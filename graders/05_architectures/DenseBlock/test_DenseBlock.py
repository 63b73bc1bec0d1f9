"""DenseBlock: each layer reads all maps before it and adds growth_rate new ones, with torchvision's state dict.

The reference is torchvision's block in float64 with drawn weights and statistics. `shape` is (num_layers, in_channels,
growth_rate, bn_size).
"""

from torchvision.models.densenet import _DenseBlock

from course.grading import points, same, scaffolding
from course.grading.twins import Twins, pictures

bans = ("torchvision",)
support = scaffolding(__file__)

SHAPES = [(1, 3, 2, 2), (3, 4, 2, 3), (4, 2, 3, 1)]
SIZES = [(1, 1), (4, 4), (7, 6)]


def twin(num_layers, in_channels, growth_rate=32, bn_size=4):
    return _DenseBlock(num_layers, in_channels, bn_size, growth_rate, drop_rate=0.0)


blocks = Twins(
    support,
    mine=lambda student, shape: student.DenseBlock(shape[0], shape[1], growth_rate=shape[2], bn_size=shape[3]),
    twin=lambda shape: twin(*shape),
    picture=pictures(lambda shape: shape[1]),
    name="DenseBlock({0[0]}, {0[1]}, growth_rate={0[2]}, bn_size={0[3]})".format,
)


def check_names(student, shape):
    arguments = dict(zip(("growth_rate", "bn_size"), shape[2:], strict=False))
    found, count = student.support.outline(student.DenseBlock, *shape[:2], **arguments)
    layout, expected = support.outline(twin, *shape)
    label = blocks.name(shape) if len(shape) == 4 else f"DenseBlock{shape}"
    same(found, layout, f"the state dict of {label} ({count} parameters, expected {expected})")


@points(1)
def test_state_dict(student):
    """The state dict is torchvision's: 335 040 parameters for DenseNet-121's first block."""
    for shape in ((6, 64), *SHAPES):
        check_names(student, shape)


@points(0.5)
def test_one_layer(student):
    """In eval mode, a block of one layer gives its input and after it growth_rate new maps."""
    blocks.agree_in_eval_mode(student, SHAPES[0], SIZES)


@points(1)
def test_eval(student):
    """In eval mode, with the same weights, a block of several layers gives torchvision's maps, in their order."""
    for shape in SHAPES[1:]:
        blocks.agree_in_eval_mode(student, shape, SIZES)


@points(1)
def test_train(student):
    """In train mode, output and running statistics are torchvision's."""
    for shape in SHAPES:
        blocks.agree_in_train_mode(student, shape)


@points(1)
def test_gradients(student):
    """Gradients reach the input and every parameter."""
    blocks.agree_in_gradients(student, SHAPES[1])


@points(0.5)
def test_leaves_x(student):
    """The block does not change its input."""
    blocks.leaves_its_input(student, SHAPES[1])
