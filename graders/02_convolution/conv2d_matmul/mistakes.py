import torch
import torch.nn.functional as F


def _both(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def _matmul(x, weight, bias=None, stride=1, padding=0, rows=None, fold=None):
    """The right answer. rows: the weight as a matrix. fold: makes (N, O, H', W') of the product (N, O, L)."""
    size = [(n + 2 * p - k) // s + 1 for n, k, s, p in
            zip(x.shape[2:], weight.shape[2:], _both(stride), _both(padding), strict=True)]  # fmt: skip
    product = (weight.flatten(1) if rows is None else rows) @ F.unfold(x, weight.shape[2:], 1, padding, stride)
    out = fold(product, *size) if fold else product.unflatten(2, size)
    return out if bias is None else out + bias.view(-1, 1, 1)


def loop_over_pixels(x, weight, bias=None, stride=1, padding=0):
    """You loop over the pixels of the result in Python. Put all windows into one matrix first (`im2col`), then
    multiply once (section 2.5)."""
    _, _, kh, kw = weight.shape
    (sh, sw), (ph, pw) = _both(stride), _both(padding)
    x, kernels = F.pad(x, (pw, pw, ph, ph)), weight.flatten(1).T
    starts = [range(0, n - k + 1, s) for n, k, s in zip(x.shape[2:], (kh, kw), (sh, sw), strict=True)]
    out = [x[:, :, i : i + kh, j : j + kw].flatten(1) @ kernels for i in starts[0] for j in starts[1]]
    out = torch.stack(out, -1).unflatten(-1, [len(s) for s in starts])
    return out if bias is None else out + bias.view(-1, 1, 1)


def loop_over_batch(x, weight, bias=None, stride=1, padding=0):
    """You loop over the pictures of the batch in Python. The matrix product takes the batch along: (O, CKK) @ (N, CKK,
    L) is (N, O, L) (section 2.5)."""
    return torch.cat([_matmul(x[n : n + 1], weight, bias, stride, padding) for n in range(len(x))])


def loop_over_channels(x, weight, bias=None, stride=1, padding=0):
    """You loop over the channels in Python. The channels belong into the columns, C * KH * KW long, so that the
    product sums over them (section 2.5)."""
    out = sum(_matmul(x[:, c : c + 1], weight[:, c : c + 1], None, stride, padding) for c in range(x.shape[1]))
    return out if bias is None else out + bias.view(-1, 1, 1)


def loop_over_maps(x, weight, bias=None, stride=1, padding=0):
    """You loop over the kernels in Python. Each kernel is a row of one matrix, so that the product makes all maps at
    once (section 2.5)."""
    out = torch.cat([_matmul(x, weight[o : o + 1], None, stride, padding) for o in range(len(weight))], 1)
    return out if bias is None else out + bias.view(-1, 1, 1)


def loop_over_taps(x, weight, bias=None, stride=1, padding=0):
    """You take many operations for each tap of the kernel, as when you multiply once for each tap and add. Let the
    columns hold all taps, C * KH * KW numbers, and one product does it (section 2.5)."""
    taps = torch.eye(weight[0, 0].numel(), dtype=weight.dtype).reshape(-1, *weight.shape[2:])
    out = sum(_matmul(x, weight * tap, None, stride, padding) for tap in taps)
    return out if bias is None else out + bias.view(-1, 1, 1)


def weight_not_flattened_like_the_columns(x, weight, bias=None, stride=1, padding=0):
    """You flatten the weight with the channels last, but in a column the channels come first, then the kernel's rows
    and columns: `weight.flatten(1)` (section 2.5)."""
    return _matmul(x, weight, bias, stride, padding, rows=weight.permute(0, 2, 3, 1).flatten(1))


def weight_taps_transposed(x, weight, bias=None, stride=1, padding=0):
    """Weight and columns go through the taps in different orders, one row by row, the other column by column. Both go
    row by row (section 2.5)."""
    return _matmul(x, weight, bias, stride, padding, rows=weight.transpose(2, 3).flatten(1))


def weight_reshaped_then_transposed(x, weight, bias=None, stride=1, padding=0):
    """You `reshape` the weight to (C * KH * KW, O), which mixes the kernels. Each kernel is one row:
    `weight.flatten(1)` (section 2.5)."""
    return _matmul(x, weight, bias, stride, padding, rows=weight.reshape(-1, len(weight)).T)


def kernel_flipped(x, weight, bias=None, stride=1, padding=0):
    """Your kernel is turned by 180 degrees. The first weight meets the first pixel of the window (section 2.1)."""
    return _matmul(x, weight, bias, stride, padding, rows=weight.flip(2, 3).flatten(1))


def reshaped_without_moving_maps(x, weight, bias=None, stride=1, padding=0):
    """Your product is (N, L, O), one row a window, and you `reshape` it to (N, O, H', W'), which mixes windows and
    maps. Move the axis of the maps first (section 2.5)."""
    fold = lambda product, h, w: product.transpose(1, 2).reshape(len(x), len(weight), h, w)
    return _matmul(x, weight, bias, stride, padding, fold=fold)


def reshaped_without_moving_batch(x, weight, bias=None, stride=1, padding=0):
    """Your product is (O, N * L), and you `reshape` it to (N, O, H', W'), which mixes pictures and maps. Split N off
    and move it to the front first (section 2.5)."""
    fold = lambda product, h, w: product.transpose(0, 1).reshape(len(x), len(weight), h, w)
    return _matmul(x, weight, bias, stride, padding, fold=fold)


def output_height_and_width_swapped(x, weight, bias=None, stride=1, padding=0):
    """You fold the windows into W' rows of H'. The windows go through the picture row by row: H' rows of W' (section
    2.5)."""
    return _matmul(x, weight, bias, stride, padding, fold=lambda product, h, w: product.unflatten(2, (w, h)))


def output_transposed(x, weight, bias=None, stride=1, padding=0):
    """Rows and columns of your result are exchanged. The result is (N, O, H', W') (section 2.5)."""
    return _matmul(x, weight, bias, stride, padding).transpose(2, 3)


def bias_on_the_wrong_axis(x, weight, bias=None, stride=1, padding=0):
    """You add the bias along the last axis, the width. It has one number for each map: shape it to (O, 1, 1) (section
    2.5)."""
    out = _matmul(x, weight, None, stride, padding)
    return out if bias is None else out + bias


def bias_on_the_windows(x, weight, bias=None, stride=1, padding=0):
    """You add the bias along the windows of the product (N, O, L). It has one number for each map: shape it to (O, 1)
    there (section 2.5)."""
    fold = lambda product, h, w: (product if bias is None else product + bias).unflatten(2, (h, w))
    return _matmul(x, weight, None, stride, padding, fold=fold)


def bias_forgotten(x, weight, bias=None, stride=1, padding=0):
    """You leave the bias out. Each map has one number that is added to all its values (section 2.3)."""
    return _matmul(x, weight, None, stride, padding)


def batch_axis_lost(x, weight, bias=None, stride=1, padding=0):
    """Your result has no batch axis for a single picture: something like `squeeze` removed it. The result is (N, O,
    H', W') also for N = 1 (section 2.5)."""
    out = _matmul(x, weight, bias, stride, padding)
    return out[0] if len(x) == 1 else out


def float32_result(x, weight, bias=None, stride=1, padding=0):
    """Your result is float32 whatever goes in. `torch.zeros(...)` is float32; `x.new_zeros(...)` has the dtype of x
    (section 2.5)."""
    return _matmul(x, weight, bias, stride, padding).float()


def not_folded(x, weight, bias=None, stride=1, padding=0):
    """You return the product as it is, (N, O, L). Fold the L windows back into H' rows of W' (section 2.5)."""
    return _matmul(x, weight, bias, stride, padding).flatten(2)


def maps_last(x, weight, bias=None, stride=1, padding=0):
    """Your maps stand in the last axis, as a product of windows as rows gives them. Move them: (N, O, H', W') (section
    2.5)."""
    return _matmul(x, weight, bias, stride, padding).movedim(1, -1)


def windows_before_taps(x, weight, bias=None, stride=1, padding=0):
    """You flatten (C, H', W', KH, KW) to columns without moving the axes first, so windows and taps are mixed. Bring
    KH and KW before H' and W' with `permute` (section 2.5)."""
    padded = F.pad(x, [p for p in reversed(_both(padding)) for _ in range(2)])
    for axis, k, s in zip((2, 3), weight.shape[2:], _both(stride), strict=True):
        padded = padded.unfold(axis, k, s)
    size = padded.shape[2:4]
    out = (weight.flatten(1) @ padded.reshape(len(x), -1, size.numel())).unflatten(2, size)
    return out if bias is None else out + bias.view(-1, 1, 1)


def padding_always_one(x, weight, bias=None, stride=1, padding=0):
    """You add one row of zeros on each side, whatever the argument says: a 1 stands where `padding` should (section
    2.4)."""
    return _matmul(x, weight, bias, stride, 1)


def stride_ignored(x, weight, bias=None, stride=1, padding=0):
    """Your windows move by one pixel whatever the stride (section 2.4)."""
    return _matmul(x, weight, bias, 1, padding)


def padding_ignored(x, weight, bias=None, stride=1, padding=0):
    """Your windows never reach into the padding: zeros go around the picture first (section 2.4)."""
    return _matmul(x, weight, bias, stride, 0)


def pairs_swapped(x, weight, bias=None, stride=1, padding=0):
    """You read stride and padding as (width, height). Pairs are (height, width), like the shape of a picture (section
    2.4)."""
    return _matmul(x, weight, bias, _both(stride)[::-1], _both(padding)[::-1])


def padding_pair_swapped(x, weight, bias=None, stride=1, padding=0):
    """You use the first number of the padding for the width. Pairs are (height, width); `F.pad` counts from the last
    axis: left, right, top, bottom (section 2.4)."""
    return _matmul(x, weight, bias, stride, _both(padding)[::-1])


def stride_pair_swapped(x, weight, bias=None, stride=1, padding=0):
    """You use the first number of the stride for the width. Pairs are (height, width) (section 2.4)."""
    return _matmul(x, weight, bias, _both(stride)[::-1], padding)
