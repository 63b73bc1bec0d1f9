"""Known wrong answers of conv_parameters."""


def _count(in_channels, out_channels, kernel_size, groups=1):
    """The weights alone."""
    height, width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    return out_channels * (in_channels // groups) * height * width


def no_bias(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """You leave the biases out. There is one for each output channel, unless bias is False (section 3.5)."""
    return _count(in_channels, out_channels, kernel_size, groups)


def bias_always(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """You count the biases also with bias=False (section 3.5)."""
    return _count(in_channels, out_channels, kernel_size, groups) + out_channels


def one_bias(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """You count one bias for the whole layer. Each output channel has one (section 3.5)."""
    return _count(in_channels, out_channels, kernel_size, groups) + int(bias)


def one_bias_per_weight(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """You count a bias for each weight. Each output channel has one, for the sum of all its products (section 3.5)."""
    return _count(in_channels, out_channels, kernel_size, groups) * (1 + int(bias))


def one_bias_per_slice(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """You count a bias for each slice of each kernel. The slices' sums are added up, and one bias comes on top: one for
    each output channel (section 3.5)."""
    slices = out_channels * (in_channels // groups)
    return _count(in_channels, out_channels, kernel_size, groups) + slices * int(bias)


def bias_per_input(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """You count a bias for each input channel. Each output channel has one (section 3.5)."""
    return _count(in_channels, out_channels, kernel_size, groups) + in_channels * int(bias)


def kernel_not_squared(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """You count K weights a slice. A slice has K · K, or height · width (section 3.5)."""
    height = kernel_size if isinstance(kernel_size, int) else kernel_size[0]
    return _count(in_channels, out_channels, (height, 1), groups) + out_channels * int(bias)


def first_number_squared(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """You square the first number of a pair. A slice of (height, width) has height · width weights (section 3.5)."""
    height = kernel_size if isinstance(kernel_size, int) else kernel_size[0]
    return _count(in_channels, out_channels, height, groups) + out_channels * int(bias)


def ints_only(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """A pair as kernel_size stops your function. It may be an int or (height, width): `pair`, from the setup cell,
    makes a pair of both (section 3.5)."""
    return out_channels * (in_channels // groups * kernel_size**2 + int(bias))


def pairs_only(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """An int as kernel_size stops your function. It may be an int or (height, width): `pair`, from the setup cell,
    makes a pair of both (section 3.5)."""
    height, width = kernel_size
    return out_channels * (in_channels // groups * height * width + int(bias))


def groups_ignored(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """The groups change nothing in your result. With G groups a kernel reads only C / G channels (section 3.5)."""
    return _count(in_channels, out_channels, kernel_size) + out_channels * int(bias)


def multiplies_by_groups(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """You multiply by the groups. More groups mean fewer weights: a kernel reads only C / G channels (section 3.5)."""
    return _count(in_channels, out_channels, kernel_size) * groups + out_channels * int(bias)


def both_channels_divided(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """You divide both numbers of channels by the groups. There are still O kernels; each of them reads C / G channels
    (section 3.5)."""
    return _count(in_channels, out_channels // groups, kernel_size, groups) + out_channels * int(bias)


def bias_divided_by_groups(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """You divide the biases by the groups too. Each of the O output channels has one (section 3.5)."""
    return _count(in_channels, out_channels, kernel_size, groups) + out_channels * int(bias) // groups


def float_result(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """Your result is a float. Whole numbers are divided with `//` (section 3.5)."""
    return float(_count(in_channels, out_channels, kernel_size, groups) + out_channels * int(bias))


def input_channels_forgotten(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """You count one slice a kernel. A kernel has one for each channel that it reads (section 3.5)."""
    return _count(1, out_channels, kernel_size) + out_channels * int(bias)
