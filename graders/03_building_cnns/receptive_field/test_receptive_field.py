"""receptive_field: the field after each layer, from (kernel_size, stride, dilation) of all layers so far.

The reference knows no formula: it follows one unit down through the layers and looks which pixels it reaches.
"""

from course.grading import agree, points, same

VGG16 = [(3, 1, 1)] * 2 + [(2, 2, 1)] + [(3, 1, 1)] * 2 + [(2, 2, 1)] + ([(3, 1, 1)] * 3 + [(2, 2, 1)]) * 3
VGG16_FIELDS = [3, 5, 6, 10, 14, 16, 24, 32, 40, 44, 60, 76, 92, 100, 132, 164, 196, 212]
RESNET18 = [(7, 2, 1), (3, 2, 1)] + [(3, 1, 1)] * 4 + ([(3, 2, 1)] + [(3, 1, 1)] * 3) * 3
RESNET18_FIELDS = [7, 11, 19, 27, 35, 43, 51, 67, 83, 99, 115, 147, 179, 211, 243, 307, 371, 435]


def reference(layers):
    return [_extent(layers[: number + 1]) for number in range(len(layers))]


def _extent(layers):
    first = last = 0
    for kernel_size, stride, dilation in reversed(layers):
        first, last = first * stride, last * stride + (kernel_size - 1) * dilation
    return last - first + 1


def stack(r, low=1, high=5, kernels=(1, 5), strides=(1, 3), dilations=(1, 1)):
    layer = lambda: (r.randint(*kernels), r.randint(*strides), r.randint(*dilations))
    return dict(layers=[layer() for _ in range(r.randint(low, high))])


@points(0.5)
def test_simple_cnn(student):
    """SimpleCNN's layers give 3, 4, 8, 10: a list with one int a layer."""
    layers = [(3, 1, 1), (2, 2, 1), (3, 1, 1), (2, 2, 1)]
    same(student.receptive_field(layers), [3, 4, 8, 10], f"receptive_field({layers})")


@points(1)
def test_strides(student):
    """For any kernels and strides it is the extent of the pixels that reach a unit."""
    agree(student.receptive_field, reference, stack)


@points(1.25)
def test_dilation(student):
    """Dilation counts the gaps between the weights: (kernel_size - 1) * dilation."""
    agree(student.receptive_field, reference, lambda r: stack(r, kernels=(1, 4), strides=(1, 2), dilations=(1, 3)))


@points(0.5)
def test_famous_networks(student):
    """VGG-16 ends with a field of 212 pixels, the last 3 × 3 of ResNet-18 with 435."""
    same(student.receptive_field(VGG16), VGG16_FIELDS, "receptive_field of VGG-16's convolutions and poolings")
    same(student.receptive_field(RESNET18), RESNET18_FIELDS, "receptive_field of ResNet-18's conv1, maxpool and blocks")


@points(0.5)
def test_one_layer_and_none(student):
    """One layer sees its own kernel, whatever its stride; no layer gives []."""
    agree(student.receptive_field, reference, lambda r: stack(r, 1, 1, dilations=(1, 3)), cases=12)
    same(student.receptive_field([]), [], "receptive_field([])")


@points(0.25)
def test_leaves_the_list(student):
    """The list of layers is not changed: a second call with it gives the same."""
    layers = [(3, 1, 1), (2, 2, 1), (3, 1, 1)]
    first, second, length = student.support.called_twice(student.receptive_field.handle(), layers)
    same(length, 3, "the length of a list of three layers afterwards")
    same(second, first, "the second result for the same list")
