"""Known wrong answers of depthwise_conv2d. `_depthwise` is right; each mistake changes one thing."""

import torch
import torch.nn.functional as F


def _both(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def _refuse(x, weight):
    if len(weight) != x.shape[1] or weight.shape[1] != 1:
        raise ValueError(f"{x.shape[1]} channels do not fit a weight of shape {tuple(weight.shape)}")


def _depthwise(x, weight, stride=1, padding=0):
    _refuse(x, weight)
    return F.conv2d(x, weight, None, stride, padding, groups=x.shape[1])


def mixes_channels(x, weight, stride=1, padding=0):
    """Each of your maps sums over all channels, as an ordinary convolution does. Here map c sees channel c alone: no
    sum over channels (section 10.1)."""
    _refuse(x, weight)
    return F.conv2d(x.sum(1, keepdim=True), weight, None, stride, padding)


def one_kernel_for_all(x, weight, stride=1, padding=0):
    """Every channel gets the kernel of the first. Channel c has its own, weight[c, 0] (section 10.1)."""
    return _depthwise(x, weight[:1].expand_as(weight) if len(weight) == x.shape[1] else weight, stride, padding)


def sums_the_maps(x, weight, stride=1, padding=0):
    """You sum the maps of all channels into one. The result has C maps: summing is the pointwise step's work
    (section 10.1)."""
    return _depthwise(x, weight, stride, padding).sum(1, keepdim=True)


def mean_of_the_window(x, weight, stride=1, padding=0):
    """You take the mean over the window. It is the sum of the products (section 10.1)."""
    return _depthwise(x, weight, stride, padding) / weight[0].numel()


def kernel_flipped(x, weight, stride=1, padding=0):
    """Your kernels are turned by 180 degrees before they slide. The first weight meets the first pixel of the window,
    as in lesson 2 (section 10.1)."""
    return _depthwise(x, weight.flip(2, 3), stride, padding)


def kernel_transposed(x, weight, stride=1, padding=0):
    """Rows and columns of your kernels are exchanged. weight[c, 0, i, j] meets the pixel i rows down and j columns
    right (section 10.1)."""
    return _depthwise(x, weight.transpose(2, 3), stride, padding)


def stride_ignored(x, weight, stride=1, padding=0):
    """Your window always moves by 1. It moves by the stride (section 10.1)."""
    return _depthwise(x, weight, 1, padding)


def stride_not_in_the_window(x, weight, stride=1, padding=0):
    """Your result has the right size, but the window moves by 1: output i begins at i instead of i · stride (section
    10.1)."""
    result = _depthwise(x, weight, stride, padding)
    return _depthwise(x, weight, 1, padding)[:, :, : result.shape[2], : result.shape[3]]


def stride_pair_swapped(x, weight, stride=1, padding=0):
    """You use the first number of the stride for the width. Pairs are (height, width) (section 10.1)."""
    return _depthwise(x, weight, _both(stride)[::-1], padding)


def stride_of_the_height_for_both(x, weight, stride=1, padding=0):
    """You use the first number of the stride in both directions. Pairs are (height, width) (section 10.1)."""
    return _depthwise(x, weight, _both(stride)[0], padding)


def padding_ignored(x, weight, stride=1, padding=0):
    """You do not pad. Zeros go around the picture, `padding` on each side (section 10.1)."""
    return _depthwise(x, weight, stride, 0)


def padding_pair_swapped(x, weight, stride=1, padding=0):
    """You use the first number of the padding for the width. Pairs are (height, width), and `F.pad` counts from the
    last axis: left, right, top, bottom (section 10.1)."""
    return _depthwise(x, weight, stride, _both(padding)[::-1])


def padding_on_one_side(x, weight, stride=1, padding=0):
    """You pad at the top and on the left only. Zeros go on all four sides (section 10.1)."""
    top, left = _both(padding)
    return _depthwise(F.pad(x, (left, 0, top, 0)), weight, stride, 0)


def always_same_size(x, weight, stride=1, padding=0):
    """You pad by half the kernel whatever `padding` says. Its default is 0 (section 10.1)."""
    return _depthwise(x, weight, stride, weight.shape[2] // 2)


def last_window_left_out(x, weight, stride=1, padding=0):
    """Your result is one row and one column short. There are (H + 2 · padding − K) // stride + 1 places, the + 1 for
    the first window (section 10.1)."""
    return _depthwise(x, weight, stride, padding)[:, :, :-1, :-1]


def output_transposed(x, weight, stride=1, padding=0):
    """Height and width of your result are exchanged. It is (N, C, H', W') (section 10.1)."""
    return _depthwise(x, weight, stride, padding).transpose(2, 3)


def first_picture_only(x, weight, stride=1, padding=0):
    """Your result is that of the first picture for all of the batch (section 10.1)."""
    return _depthwise(x[:1].expand_as(x), weight, stride, padding)


def strides_of_memory_assumed(x, weight, stride=1, padding=0):
    """You read numbers in the order in which they lie in memory. A transposed or sliced tensor lies otherwise: ask
    `stride()`, or call `contiguous()` first (section 10.1)."""
    assumed = x.as_strided(x.shape, torch.empty(x.shape, device="meta").stride()) if x.numel() else x
    return _depthwise(assumed, weight, stride, padding)


def computes_in_float32(x, weight, stride=1, padding=0):
    """You compute in float32, so half the digits of float64 are lost (section 10.1)."""
    return _depthwise(x.float(), weight.float(), stride, padding).to(x.dtype)


def always_float32(x, weight, stride=1, padding=0):
    """Your result is float32 whatever goes in: `torch.zeros` without a dtype (section 10.1)."""
    return _depthwise(x, weight, stride, padding).float()


def detached(x, weight, stride=1, padding=0):
    """The result is right, but no gradient flows back: `.detach()`, `.data`, numpy or `no_grad` cuts it off (section
    10.1)."""
    return _depthwise(x.detach(), weight.detach(), stride, padding)


def gradient_of_weight_lost(x, weight, stride=1, padding=0):
    """No gradient reaches the weight: it is detached, or its numbers are taken out with `item()` (section 10.1)."""
    return _depthwise(x, weight.detach(), stride, padding)


def changes_x(x, weight, stride=1, padding=0):
    """You change x in place. The caller still needs it (section 10.1)."""
    result = _depthwise(x, weight, stride, padding)
    with torch.no_grad():
        x.mul_(weight[:, 0, 0, 0, None, None])
    return result


def refuses_nothing(x, weight, stride=1, padding=0):
    """You do not compare the weight's shape with x's channels: where one of them is 1, numbers are silently spread over
    the others. Raise a ValueError (section 10.1)."""
    if weight.shape[1] != 1 or len(weight) != x.shape[1]:
        return x.new_zeros(len(x), max(len(weight), x.shape[1]), *(n - weight.shape[2] + 1 for n in x.shape[2:]))
    return _depthwise(x, weight, stride, padding)


def second_axis_not_refused(x, weight, stride=1, padding=0):
    """You look at the weight's first axis only. The second must be 1: each kernel sees one channel (section 10.1)."""
    return _depthwise(x, weight[:, :1], stride, padding)


def raises_assertion(x, weight, stride=1, padding=0):
    """You refuse with an AssertionError. The docstring asks for a ValueError (section 10.1)."""
    assert len(weight) == x.shape[1] and weight.shape[1] == 1, f"{x.shape[1]} and {tuple(weight.shape)}"
    return _depthwise(x, weight, stride, padding)


def says_nothing(x, weight, stride=1, padding=0):
    """Your ValueError has no number in it. Say which sizes do not fit (section 10.1)."""
    try:
        return _depthwise(x, weight, stride, padding)
    except ValueError:
        raise ValueError("shapes do not match") from None
