"""Known wrong answers of avg_pool2d."""

import torch
import torch.nn.functional as F


def _both(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def _padded(x, padding, value=0.0):
    height, width = _both(padding)
    return F.pad(x, (width, width, height, height), value=value)


def always_divides_by_the_kernel(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """You always divide by the size of the kernel. With count_include_pad=False, divide by the number of pixels of x in
    the window, which is smaller at the border (section 3.2)."""
    return F.avg_pool2d(x, kernel_size, stride, padding)


def never_counts_the_padding(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """You always divide by the number of pixels of x in the window. With count_include_pad=True, the default, the zeros
    count as well: divide by the size of the kernel (section 3.2)."""
    return F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=False)


def flag_the_other_way(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """count_include_pad works the other way round in your code: True means that the zeros are counted (section 3.2)."""
    return F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=not count_include_pad)


def not_divided(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """You return the sum of each window. Divide by the number of its pixels (section 3.2)."""
    height, width = _both(kernel_size)
    return F.avg_pool2d(x, kernel_size, stride, padding) * height * width


def divides_by_the_height(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """You divide by K. A window has K · K pixels, or height · width (section 3.2)."""
    right = F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=count_include_pad)
    return right * _both(kernel_size)[1]


def zeros_do_not_count(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """You divide by the number of pixels that are not 0. A black pixel of x is a pixel as well: it is the place that
    decides, inside of x or in the padding (section 3.2)."""
    if count_include_pad:
        return F.avg_pool2d(x, kernel_size, stride, padding)
    height, width = _both(kernel_size)
    present = F.avg_pool2d((x != 0).to(x.dtype), kernel_size, stride, padding) * height * width
    return F.avg_pool2d(x, kernel_size, stride, padding) * height * width / present.clamp(min=1)


def stride_one_by_default(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """Without a stride your windows move by one pixel. They stand side by side then: stride None means kernel_size
    (section 3.1)."""
    stride = 1 if stride is None else stride
    return F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=count_include_pad)


def stride_ignored(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """Your windows stand side by side whatever the stride says. Only stride None means kernel_size (section 3.1)."""
    return F.avg_pool2d(x, kernel_size, None, padding, count_include_pad=count_include_pad)


def padding_ignored(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """The padding changes nothing in your result. It makes the first window begin `padding` pixels outside of the
    picture (section 3.2)."""
    return F.avg_pool2d(x, kernel_size, stride)


def pads_one_side(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """All your zeros lie on the right and at the bottom. Padding lies on all four sides: the first window begins in the
    padding (section 3.2)."""
    (height, width), ones = _both(padding), torch.ones_like(x)
    x, ones = (F.pad(t, (0, 2 * width, 0, 2 * height)) for t in (x, ones))
    result = F.avg_pool2d(x, kernel_size, stride)
    return result if count_include_pad else result / F.avg_pool2d(ones, kernel_size, stride)


def pads_with_minus_infinity(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """You pad with minus infinity, as for the maximum. It has to add nothing to a sum: pad with zeros
    (section 3.2)."""
    return F.avg_pool2d(_padded(x, padding, -torch.inf), kernel_size, stride)


def pads_with_the_edge(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """You repeat the pixels of the edge. Padding is zeros, which add nothing to the sum (section 3.2)."""
    height, width = _both(padding)
    return F.avg_pool2d(F.pad(x, (width, width, height, height), mode="replicate"), kernel_size, stride)


def ceil_mode(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """You round the number of windows up, so that the last one sticks out. Rows and columns that do not fill a window
    are left out: round down (section 3.1)."""
    return F.avg_pool2d(x, kernel_size, stride, padding, ceil_mode=True, count_include_pad=count_include_pad)


def leftover_not_dropped(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """You cut the picture into windows with a `reshape`, which fails where the sizes do not divide. Leave out the rows
    and columns that are left over (section 3.1)."""
    if stride is not None and _both(stride) != _both(kernel_size) or _both(padding) != (0, 0):
        return F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=count_include_pad)
    (n, c, h, w), (kh, kw) = x.shape, _both(kernel_size)
    return x.reshape(n, c, h // kh, kh, w // kw, kw).mean((3, 5))


def maximum_instead(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """You keep the largest number of each window. Average pooling takes the mean (section 3.2)."""
    return F.max_pool2d(x, kernel_size, stride, padding)


def over_channels(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """You average over the channels as well. Each channel is pooled alone: C in, C out (section 3.1)."""
    result = F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=count_include_pad)
    return result.mean(1, keepdim=True)


def pairs_swapped(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """You read pairs as (width, height). They are (height, width), like the shape of a picture (section 3.1)."""
    stride = None if stride is None else _both(stride)[::-1]
    return F.avg_pool2d(x, _both(kernel_size)[::-1], stride, _both(padding)[::-1], count_include_pad=count_include_pad)


def first_of_each_pair(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """You use the first number of each pair for both directions. Pairs are (height, width) (section 3.1)."""
    kernel_size, padding = _both(kernel_size)[0], _both(padding)[0]
    stride = None if stride is None else _both(stride)[0]
    return F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=count_include_pad)


def stride_pair_swapped(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """You use the first number of the stride for the width. Pairs are (height, width) (section 3.1)."""
    stride = None if stride is None else _both(stride)[::-1]
    return F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=count_include_pad)


def padding_pair_swapped(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """You use the first number of the padding for the width. `F.pad` counts from the last axis: left, right, top,
    bottom (section 3.1)."""
    x, ones = (_padded(t, _both(padding)[::-1]) for t in (x, torch.ones_like(x)))
    result = F.avg_pool2d(x, kernel_size, stride)
    return result if count_include_pad else result / F.avg_pool2d(ones, kernel_size, stride)


def detached(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """The numbers are right, but no gradient flows back: `.detach()`, `.item()`, numpy or `torch.no_grad()` cuts it off
    (section 3.2)."""
    return F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=count_include_pad).detach()


def float32_result(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """Your result is float32 whatever goes in. `torch.zeros(...)` is float32; `x.new_zeros(...)` has the dtype of x
    (section 3.2)."""
    return F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=count_include_pad).float()


def view_on_non_contiguous(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """`view` fails when the numbers of a tensor do not lie one after the other in memory, as after a transpose or a
    slice. `reshape` copies where it must (section 3.1)."""
    x = x.view(-1).view(x.shape)
    return F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=count_include_pad)


def changes_x(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """Your function writes into x. Work on a tensor of your own (section 3.2)."""
    result = F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=count_include_pad).clone()
    x.data[0, 0, 0, 0] += 1
    return result
