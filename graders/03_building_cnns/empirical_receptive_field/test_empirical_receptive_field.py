"""empirical_receptive_field: which part of the picture moves the middle unit of a net.

The nets come from support.py: fixed stacks with drawn weights. The reference follows the middle unit down through the
layers, and picks a picture just large enough for its field; tests/test_lesson_03.py compares it with gradients.
"""

from course.grading import observe, points, same, scaffolding

limits = {"call_seconds": 20}  # moving every pixel once is slow and right
support = scaffolding(__file__)

RELU = ("relu",)
CONVOLUTIONS = {
    "a 3 × 3 convolution": [("conv", 3, 1, 1, 1)],
    "a convolution with dilation 2": [("conv", 3, 1, 2, 0)],
    "two convolutions with stride 2": [("conv", 3, 2, 1, 1), RELU, ("conv", 3, 2, 1, 0)],
    "a strided convolution, a dilated one": [("conv", 5, 2, 1, 2), RELU, ("conv", 3, 1, 2, 0), RELU],
    "a 2 × 2 average, a convolution with dilation 3": [("avg", 2, 2, 0), ("conv", 3, 1, 3, 1)],
    "a convolution with dilation 3, a 3 × 3 average": [("conv", 3, 1, 3, 3), RELU, ("avg", 3, 2, 1)],
}
MAXIMA = {
    "convolution, 2 × 2 maximum": [("conv", 3, 1, 1, 1), RELU, ("max", 2, 2, 0)],
    "2 × 2 maximum, convolution": [("max", 2, 2, 0), ("conv", 3, 1, 1, 1), RELU],
    "the layers of SimpleCNN": [
        ("conv", 3, 1, 1, 1),
        RELU,
        ("max", 2, 2, 0),
        ("conv", 3, 1, 1, 1),
        RELU,
        ("max", 2, 2, 0),
    ],
    "3 × 3 maximum with stride 1, dilated convolution": [("max", 3, 1, 1), ("conv", 3, 1, 2, 1), RELU],
    "convolution with stride 2, 3 × 3 maximum": [("conv", 3, 2, 1, 1), RELU, ("max", 3, 2, 1)],
}
RECTANGLES = {
    "a 5 × 1 kernel": [("conv", (5, 1), 1, 1, 0), RELU],
    "a 1 × 3 kernel with dilation (1, 3), a 3 × 1 average": [("conv", (1, 3), 1, (1, 3), 0), ("avg", (3, 1), 1, 0)],
    "stride (2, 1), then 3 × 3": [("conv", 3, (2, 1), 1, 1), RELU, ("conv", 3, 1, 1, 1)],
    "a 2 × 1 maximum": [("max", (2, 1), (2, 1), 0), ("conv", 3, 1, 1, 1)],
}


def both(value):
    """An int or a (height, width) pair as a pair."""
    return value if isinstance(value, tuple) else (value, value)


def along(layers, axis):
    """(kernel, stride, dilation, padding) of each layer that has windows, along one axis."""
    for kind, *sizes in layers:
        if kind == "conv":
            yield tuple(both(size)[axis] for size in sizes)
        elif kind != "relu":
            kernel, stride, padding = (both(size)[axis] for size in sizes)
            yield kernel, stride, 1, padding


def middle_field(layers, axis, size):
    """First and last pixel that the middle unit sees; they may lie outside of the picture."""
    steps = list(along(layers, axis))
    for kernel, stride, dilation, padding in steps:
        size = (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    first = last = size // 2
    for kernel, stride, dilation, padding in reversed(steps):
        first = first * stride - padding
        last = last * stride - padding + dilation * (kernel - 1)
    return first, last


def field_and_picture(layers):
    """The field of the middle unit, and a picture size with two more pixels around it."""
    fields, shape = [], []
    for axis in (0, 1):
        size = 9 + axis
        while not (middle_field(layers, axis, size)[0] >= 2 and middle_field(layers, axis, size)[1] <= size - 3):
            size += 1
        first, last = middle_field(layers, axis, size)
        fields.append(last - first + 1)
        shape.append(size)
    return tuple(fields), (1, *shape)


def check_fields(student, stacks, double=False):
    for seed, (name, layers) in enumerate(stacks.items()):
        net = student.support.stack(layers, seed)
        if double:
            net.double()
        field, shape = field_and_picture(layers)
        same(student.empirical_receptive_field(net, shape), field, f"the field of {name} on a picture of {shape[1:]}")


def tried(student, watch=False, prepare=None):
    """A net after the student's function has been called on it."""
    layers = MAXIMA["convolution, 2 × 2 maximum"]
    net = student.support.stack(layers, 3, nested=True)
    if prepare:
        prepare(net)
    shape = field_and_picture(layers)[1]
    if watch:
        return observe(student.empirical_receptive_field, net, shape)
    student.empirical_receptive_field(net, shape)
    return net


def twin():
    return support.stack(MAXIMA["convolution, 2 × 2 maximum"], 3, nested=True)


@points(1)
def test_convolutions(student):
    """The extent for convolutions, strided and dilated, with ReLU and averages."""
    check_fields(student, CONVOLUTIONS)


@points(1)
def test_maxima(student):
    """The extent with max pooling, where one picture does not move all pixels of the field."""
    check_fields(student, MAXIMA)


@points(0.5)
def test_height_and_width(student):
    """Height and width differ where kernels, strides, dilations and poolings do."""
    check_fields(student, RECTANGLES)


@points(0.25)
def test_float64(student):
    """A net in float64 is measured as well; so is a single layer."""
    check_fields(student, {name: CONVOLUTIONS[name] for name in list(CONVOLUTIONS)[1:3]}, double=True)
    layer = student.support.first_layer(student.support.stack([("conv", 3, 1, 2, 0)], 0))
    same(student.empirical_receptive_field(layer, (1, 11, 12)), (5, 5), "the field of one nn.Conv2d with dilation 2")


@points(0.25)
def test_weights(student):
    """The weights are as before, and can still be trained."""
    net = tried(student)
    found = student.support.state(net)
    for name, tensor in support.state(twin()).items():
        same(found.get(name), tensor, f"{name} of the net afterwards")
    frozen = student.support.frozen(net)
    assert not frozen, f"These do not require gradients any more: {', '.join(frozen)}."


@points(0.25)
def test_gradients(student):
    """No .grad is left in the net, and gradients from before are not lost."""
    found = student.support.gradients(tried(student))
    for name, gradient in found.items():
        same(gradient, "none", f"the .grad of {name} afterwards, which was None before,")
    found = student.support.gradients(tried(student, prepare=student.support.give_gradients))
    expected = twin()
    support.give_gradients(expected)
    for name, gradient in support.gradients(expected).items():
        same(found.get(name), gradient, f"the .grad of {name} afterwards, which was there before,")


@points(0.25)
def test_modes(student):
    """Each submodule is in the mode that it was in."""
    found, expected = {}, {}
    for train in (True, False):
        net = twin()
        support.mix_modes(net, train)
        expected[train] = support.modes(net)
        found[train] = student.support.modes(
            tried(student, prepare=lambda net, train=train: student.support.mix_modes(net, train))
        )
    for train in (True, False):
        mode = "eval" if train else "train"
        what = f"with the inner Sequential in {mode} mode and the rest not, training afterwards, by submodule,"
        same(found[train], expected[train], what)


@points(0.5)
def test_random_state(student):
    """The global random state is as before."""
    changed = tried(student, watch=True).random_state_changed
    assert not changed, "The global random state is another one after empirical_receptive_field."
