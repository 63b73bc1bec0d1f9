"""Known wrong answers of pointwise_conv2d."""

import torch


def _pointwise(x, weight):
    return torch.einsum("nchw,oc->nohw", x, weight)


def weight_transposed(x, weight):
    """Your weight is transposed: it reads weight[c, o]. Its rows are maps, its columns channels: weight[o, c]
    (section 10.2)."""
    return torch.einsum("nchw,co->nohw", x, weight)


def channels_at_the_end(x, weight):
    """Your maps stand at the end: the result is (N, H, W, O), as `x.permute(0, 2, 3, 1) @ weight.T` leaves it. Bring
    the axis back to place 1 (section 10.2)."""
    return torch.einsum("nchw,oc->nhwo", x, weight)


def reshaped_instead_of_permuted(x, weight):
    """Your result has the right shape, but its numbers stand in other places: `reshape` from (N, H, W, O) to
    (N, O, H, W) does not move an axis, `permute` does (section 10.2)."""
    return torch.einsum("nchw,oc->nhwo", x, weight).reshape(len(x), len(weight), *x.shape[2:])


def pixels_reshaped_into_channels(x, weight):
    """You reshape x to (…, C) without moving the channels there first, so that numbers of different places are mixed.
    `permute(0, 2, 3, 1)` comes before the reshape (section 10.2)."""
    n, c, h, w = x.shape
    return (x.reshape(n, h * w, c) @ weight.t()).transpose(1, 2).reshape(n, len(weight), h, w)


def sums_over_space(x, weight):
    """You sum over all places. Each place keeps its own result: only channels are summed (section 10.2)."""
    return _pointwise(x, weight).sum((2, 3), keepdim=True)


def rows_and_columns_exchanged(x, weight):
    """Height and width of your result are exchanged (section 10.2)."""
    return _pointwise(x, weight).transpose(2, 3)


def batch_mixed(x, weight):
    """You sum over the pictures too. Each picture keeps its own result (section 10.2)."""
    return _pointwise(x.sum(0, keepdim=True).expand_as(x), weight)


def mean_over_channels(x, weight):
    """You take the mean over the channels. It is the sum of the products (section 10.2)."""
    return _pointwise(x, weight) / x.shape[1]


def scales_channels_only(x, weight):
    """Your channels are not mixed: map o is channel o times the sum of its row. Map o is a sum over all channels
    (section 10.2)."""
    if len(weight) != x.shape[1]:
        raise RuntimeError(f"The size of tensor a ({x.shape[1]}) must match the size of tensor b ({len(weight)})")
    return x * weight.sum(1)[:, None, None]


def first_picture_only(x, weight):
    """Your result has the first picture only (section 10.2)."""
    return _pointwise(x[:1], weight)


def loses_layout(x, weight):
    """You call `view` on a tensor whose numbers do not lie one after the other, such as a transposed or channels-last
    picture. `reshape` or `flatten` copies where it has to (section 10.2)."""
    n, c, h, w = x.shape
    return (weight @ x.view(n, c, h * w)).view(n, len(weight), h, w)


def strides_of_memory_assumed(x, weight):
    """You read numbers in the order in which they lie in memory. A transposed or sliced tensor lies otherwise (section
    10.2)."""
    return _pointwise(x.as_strided(x.shape, torch.empty(x.shape, device="meta").stride()), weight)


def computes_in_float32(x, weight):
    """You compute in float32, so half the digits of float64 are lost (section 10.2)."""
    return _pointwise(x.float(), weight.float()).to(x.dtype)


def always_float32(x, weight):
    """Your result is float32 whatever goes in: `torch.zeros` without a dtype (section 10.2)."""
    return _pointwise(x, weight).float()


def detached(x, weight):
    """The result is right, but no gradient flows back: `.detach()`, `.data`, numpy or `no_grad` cuts it off (section
    10.2)."""
    return _pointwise(x, weight).detach()


def gradient_of_weight_lost(x, weight):
    """No gradient reaches the weight: it is detached, or its numbers are taken out with `item()` (section 10.2)."""
    return _pointwise(x, weight.detach())


def changes_weight(x, weight):
    """You change the weight in place. The caller still needs it (section 10.2)."""
    result = _pointwise(x, weight)
    with torch.no_grad():
        weight.mul_(2)
    return result


def changes_x(x, weight):
    """You change x in place. The caller still needs it (section 10.2)."""
    result = _pointwise(x, weight)
    with torch.no_grad():
        x.mul_(2)
    return result
