import torch


def _size(factor):
    return 2 * factor - factor % 2


def _falls(size, centre, width):
    return (1 - (torch.arange(size) - centre).abs() / width).clamp(min=0)


def _kernel(channels, falls):
    return torch.outer(falls, falls).repeat(channels, 1, 1, 1)


def nearest(channels, factor):
    """Your kernel copies the nearest pixel: a block of ones. Bilinear weights fall off linearly, by 1 / factor a pixel
    (section 13.2)."""
    size = _size(factor)
    near = ((torch.arange(size) - (size - 1) / 2).abs() < factor / 2).float()
    return _kernel(channels, near)


def box_filter(channels, factor):
    """All weights of your kernel are equal. Bilinear weights fall off linearly from the middle, by 1 / factor a pixel
    (section 13.2)."""
    return _kernel(channels, torch.full((_size(factor),), factor / _size(factor)))


def sums_to_one(channels, factor):
    """Your kernel's weights add up to 1, so the picture gets darker: the input is spread over factor × factor times as
    many pixels. They add up to factor², with 1 in the middle for odd factors (section 13.2)."""
    size = _size(factor)
    kernel = _kernel(channels, _falls(size, (size - 1) / 2, factor))
    return kernel / kernel[0].sum()


def not_divided_by_the_factor(channels, factor):
    """Your weights are whole numbers 1, 2, 3 … Divide them by the factor, in both directions (section 13.2)."""
    size = _size(factor)
    return _kernel(channels, _falls(size, (size - 1) / 2, factor)) * factor**2


def centre_on_a_pixel(channels, factor):
    """Your kernel for an even factor has its middle on a pixel. It has 2 · factor rows, an even number: the middle lies
    between two of them, at factor − 0.5 (section 13.2)."""
    size = _size(factor)
    return _kernel(channels, _falls(size, factor - 1, factor))


def centre_too_far(channels, factor):
    """Your middle lies at size / 2, half a pixel too far. Rows are 0 … size − 1, so it is (size − 1) / 2 (section
    13.2)."""
    size = _size(factor)
    return _kernel(channels, _falls(size, size / 2, factor))


def always_twice_the_factor(channels, factor):
    """Your kernel has 2 · factor rows for odd factors too. There it has 2 · factor − 1: another row would be all zeros
    or off the middle (section 13.2)."""
    return _kernel(channels, _falls(2 * factor, factor - 0.5, factor))


def as_large_as_the_factor(channels, factor):
    """Your kernel has `factor` rows, so neighbours do not overlap and nothing is interpolated. It has 2 · factor −
    factor % 2 (section 13.2)."""
    return _kernel(channels, _falls(factor, (factor - 1) / 2, factor))


def falls_to_zero_too_soon(channels, factor):
    """Your weights reach 0 inside the kernel. They fall by 1 / factor a pixel and reach 0 just outside of it (section
    13.2)."""
    size = _size(factor)
    return _kernel(channels, _falls(size, (size - 1) / 2, (size - 1) / 2 if size > 1 else 1))


def distance_instead_of_product(channels, factor):
    """Your weights depend on the distance from the middle, like a cone. Bilinear is linear in each direction: the
    product of a row's weight and a column's (section 13.2)."""
    size = _size(factor)
    away = torch.arange(size) - (size - 1) / 2
    return (1 - torch.hypot(away[:, None], away) / factor).clamp(min=0).repeat(channels, 1, 1, 1)


def every_channel_to_every_channel(channels, factor):
    """Your kernel has shape C × C × K × K, for a convolution without groups. A grouped one has one input channel a
    kernel: C × 1 × K × K (section 13.2)."""
    size = _size(factor)
    kernel = torch.outer(*[_falls(size, (size - 1) / 2, factor)] * 2)
    return torch.eye(channels)[:, :, None, None] * kernel


def first_channel_only(channels, factor):
    """Only your first kernel is filled. Each channel gets the same one (section 13.2)."""
    size = _size(factor)
    kernel = torch.zeros(channels, 1, size, size)
    kernel[0, 0] = torch.outer(*[_falls(size, (size - 1) / 2, factor)] * 2)
    return kernel


def two_axes(channels, factor):
    """You return one kernel of two axes. The weight of a grouped transposed convolution is C × 1 × K × K (section
    13.2)."""
    size = _size(factor)
    return torch.outer(*[_falls(size, (size - 1) / 2, factor)] * 2)


def double_precision(channels, factor):
    """Your kernel is float64, as numpy's numbers are. Layers have float32: `.float()` (section 13.2)."""
    size = _size(factor)
    return _kernel(channels, _falls(size, (size - 1) / 2, factor)).double()
