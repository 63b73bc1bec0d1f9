"""Known wrong answers of receptive_field."""


def _fields(layers, reach=lambda k, s, d: (k - 1) * d, start=1, jump=1):
    """The right answer, with parts replaced."""
    field, fields = start, []
    for kernel_size, stride, dilation in layers:
        field += reach(kernel_size, stride, dilation) * jump
        jump *= stride
        fields.append(field)
    return fields


def own_stride_included(layers):
    """You multiply by the stride of the layer itself. A layer moves by its stride *after* it has looked: its own field
    grows by the product of the strides before it (section 3.3)."""
    return _fields(layers, lambda k, s, d: (k - 1) * d * s)


def previous_stride_only(layers):
    """You multiply by the stride of the layer just before. It is the product of all strides before (section 3.3)."""
    field, before, fields = 1, 1, []
    for kernel_size, stride, dilation in layers:
        field += (kernel_size - 1) * dilation * before
        before = stride
        fields.append(field)
    return fields


def strides_added(layers):
    """You add the strides up. Neighbours lie the *product* of the strides before apart (section 3.3)."""
    field, jump, fields = 1, 1, []
    for kernel_size, stride, dilation in layers:
        field += (kernel_size - 1) * dilation * jump
        jump += stride - 1
        fields.append(field)
    return fields


def strides_ignored(layers):
    """The strides change nothing in your result. After a stride of 2, neighbours lie 2 pixels apart, and every later
    layer reaches twice as far (section 3.3)."""
    return _fields([(kernel_size, 1, dilation) for kernel_size, _, dilation in layers])


def dilation_ignored(layers):
    """The dilation changes nothing in your result. K weights that lie D apart reach (K - 1) · D further
    (section 3.3)."""
    return _fields(layers, lambda k, s, d: k - 1)


def dilation_times_kernel(layers):
    """You take a dilated kernel to reach D · K units. There are K - 1 gaps between K weights: D · (K - 1) further
    (section 3.3)."""
    return _fields(layers, lambda k, s, d: d * k - 1)


def dilation_carries_over(layers):
    """You let the dilation work on later layers, like a stride. It spreads the weights of its own layer only
    (section 3.3)."""
    field, jump, fields = 1, 1, []
    for kernel_size, stride, dilation in layers:
        field += (kernel_size - 1) * dilation * jump
        jump *= stride * dilation
        fields.append(field)
    return fields


def sums_kernels(layers):
    """You add the kernel sizes up. The first of K weights falls on what is seen already: a layer adds K - 1
    (section 3.3)."""
    return _fields(layers, lambda k, s, d: k * d, start=0)


def no_minus_one(layers):
    """You add K · J for each layer. K weights have K - 1 gaps between them: (K - 1) · D · J (section 3.3)."""
    return _fields(layers, lambda k, s, d: k * d)


def starts_from_zero(layers):
    """You start from 0. Before any layer a unit is a pixel: R = 1 (section 3.3)."""
    return _fields(layers, start=0)


def pooling_skipped(layers):
    """You skip the layers with a 2 × 2 window, as if pooling saw nothing. It joins neighbours: a pooling by 2 adds one
    jump, like any layer with K = 2 (section 3.3)."""
    field, jump, fields = 1, 1, []
    for kernel_size, stride, dilation in layers:
        if kernel_size != 2:
            field += (kernel_size - 1) * dilation * jump
        jump *= stride
        fields.append(field)
    return fields


def last_only(layers):
    """You return the field after the last layer as one number. Asked for is a list with the field after each layer
    (section 3.3)."""
    return _fields(layers)[-1] if layers else []


def begins_with_the_pixel(layers):
    """Your list begins with the 1 of the picture itself. It has one number a layer (section 3.3)."""
    return [1, *_fields(layers)]


def growth_instead_of_field(layers):
    """You return how much each layer adds. Asked for is the field so far: the sum, with the 1 of the start
    (section 3.3)."""
    fields = [1, *_fields(layers)]
    return [b - a for a, b in zip(fields[:-1], fields[1:], strict=True)]


def last_layer_first(layers):
    """You go through the layers from the last to the first. The list begins with the layer that sees the picture
    (section 3.3)."""
    return _fields(layers[::-1])


def fails_without_layers(layers):
    """An empty list stops your function. Without a layer there is nothing to list: return [] (section 3.3)."""
    layers[0]
    return _fields(layers)


def one_without_layers(layers):
    """For an empty list you return [1]. The list has one number a layer: return [] (section 3.3)."""
    return _fields(layers) or [1]


def empties_the_list(layers):
    """You take the layers out of the list that you were given (`pop`), and the caller loses them. Loop over it, or copy
    it (section 3.3)."""
    fields = _fields(layers)
    layers.clear()
    return fields


def kernel_as_field(layers):
    """You return each layer's own window. The field is in pixels of the picture: what is seen through all layers below
    (section 3.3)."""
    return [(kernel_size - 1) * dilation + 1 for kernel_size, _, dilation in layers]


def float_result(layers):
    """Your list holds floats. Pixels are counted in ints (section 3.3)."""
    return [float(field) for field in _fields(layers)]
