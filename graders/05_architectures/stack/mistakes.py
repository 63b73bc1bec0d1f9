"""Known wrong answers of stack."""


def _result(field, parameters):
    return {"receptive_field": field, "parameters": parameters}


def _field(kernel_size, depth):
    return depth * (kernel_size - 1) + 1


def kernel_sizes_added(kernel_size, depth, channels):
    """You add the kernel sizes: n · k. Neighbouring windows overlap, so each layer adds only k − 1 pixels to the
    first one: n · (k − 1) + 1 (section 5.3)."""
    return _result(depth * kernel_size, depth * (channels * kernel_size) ** 2)


def first_pixel_forgotten(kernel_size, depth, channels):
    """Your field lacks the pixel that a unit starts with: it is n · (k − 1) + 1 (section 5.3)."""
    return _result(depth * (kernel_size - 1), depth * (channels * kernel_size) ** 2)


def fields_multiplied(kernel_size, depth, channels):
    """You multiply the kernel sizes: k to the power n. Without strides each layer adds k − 1 pixels (section 5.3)."""
    return _result(kernel_size**depth, depth * (channels * kernel_size) ** 2)


def one_layer_too_few(kernel_size, depth, channels):
    """Your field is that of one layer fewer (section 5.3)."""
    return _result(_field(kernel_size, depth - 1), depth * (channels * kernel_size) ** 2)


def one_layer_too_many(kernel_size, depth, channels):
    """Your field is that of one layer more (section 5.3)."""
    return _result(_field(kernel_size, depth + 1), depth * (channels * kernel_size) ** 2)


def with_pooling(kernel_size, depth, channels):
    """Your field doubles its steps from layer to layer, as if each were followed by pooling. There are no strides here
    (section 5.3)."""
    field = 1 + sum((kernel_size - 1) * 2**i for i in range(depth))
    return _result(field, depth * (channels * kernel_size) ** 2)


def field_of_one_layer(kernel_size, depth, channels):
    """Your field is that of one layer. A layer further down widens it (section 5.3)."""
    return _result(kernel_size, depth * (channels * kernel_size) ** 2)


def area_instead_of_side(kernel_size, depth, channels):
    """Your field is an area. It is counted along one axis (section 5.3)."""
    return _result(_field(kernel_size, depth) ** 2, depth * (channels * kernel_size) ** 2)


def with_biases(kernel_size, depth, channels):
    """You count biases. These layers have none (section 5.3)."""
    return _result(_field(kernel_size, depth), depth * (channels * channels * kernel_size**2 + channels))


def channels_not_squared(kernel_size, depth, channels):
    """You count the channels once. Each of the C outputs reads each of the C inputs: C · C kernels (section 5.3)."""
    return _result(_field(kernel_size, depth), depth * channels * kernel_size**2)


def kernel_not_squared(kernel_size, depth, channels):
    """You count k weights for a kernel. It has k · k (section 5.3)."""
    return _result(_field(kernel_size, depth), depth * channels**2 * kernel_size)


def one_layers_parameters(kernel_size, depth, channels):
    """You count the weights of one layer. There are `depth` of them (section 5.3)."""
    return _result(_field(kernel_size, depth), (channels * kernel_size) ** 2)


def first_layer_reads_three(kernel_size, depth, channels):
    """Your first layer reads three channels. All layers here take C channels to C channels (section 5.3)."""
    return _result(_field(kernel_size, depth), (3 * channels + (depth - 1) * channels**2) * kernel_size**2)


def both_as_one_kernel(kernel_size, depth, channels):
    """You count the weights of one kernel that is as large as the whole field. The stack has fewer: that is its point
    (section 5.3)."""
    field = _field(kernel_size, depth)
    return _result(field, (channels * field) ** 2)


def floats(kernel_size, depth, channels):
    """Your numbers are floats, such as 5.0. Both are ints (section 5.3)."""
    return _result(float(_field(kernel_size, depth)), float(depth * (channels * kernel_size) ** 2))


def a_pair(kernel_size, depth, channels):
    """You return a pair. It is a dict with the keys receptive_field and parameters (section 5.3)."""
    return _field(kernel_size, depth), depth * (channels * kernel_size) ** 2


def entries_exchanged(kernel_size, depth, channels):
    """Your two numbers stand under each other's names (section 5.3)."""
    return _result(depth * (channels * kernel_size) ** 2, _field(kernel_size, depth))


def kernel_and_depth_exchanged(kernel_size, depth, channels):
    """You take the kernel size for the depth and the depth for the kernel size (section 5.3)."""
    return _result(_field(depth, kernel_size), kernel_size * (channels * depth) ** 2)
