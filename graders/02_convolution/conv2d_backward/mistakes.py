import torch
import torch.nn.functional as F


def _both(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def _gradients(grad_output, x, weight, stride, padding):
    """The right answer."""
    rest = [len(weight)], _both(stride), _both(padding), (1, 1), False, (0, 0), 1, (True, True, True)
    return torch.ops.aten.convolution_backward(grad_output, x, weight, *rest)


def _pad(x, padding):
    top, left = _both(padding)
    return F.pad(x, (left, left, top, top))


def _used(x, grad_output, weight):
    """The part of padded x that windows at steps of one pixel reach."""
    h, w = (n + k - 1 for n, k in zip(grad_output.shape[2:], weight.shape[2:], strict=True))
    return x[:, :, :h, :w]


def kernel_not_flipped_for_grad_x(grad_output, x, weight, stride=1, padding=0):
    """For grad_x you slide the kernel over grad_output as it is. A pixel meets the last tap in the first window that
    reaches it, so the kernel has to be turned by 180 degrees (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return _gradients(grad_output, x, weight.flip(2, 3), stride, padding)[0], *right[1:]


def forgets_strides_zeros(grad_output, x, weight, stride=1, padding=0):
    """You slide over grad_output as it is. With a stride, stride - 1 zeros go between its values first, because the
    windows were that far apart; without them grad_x is too small (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return F.conv_transpose2d(grad_output, weight, padding=padding), *right[1:]


def forgets_strides_zeros_and_fills_up(grad_output, x, weight, stride=1, padding=0):
    """You slide over grad_output as it is, and fill the result up to the size of x. With a stride, stride - 1 zeros go
    between the values of grad_output first, because the windows were that far apart (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    small = F.conv_transpose2d(grad_output, weight, padding=padding)
    (h, w), (have_h, have_w) = x.shape[2:], small.shape[2:]
    return F.pad(small, (0, w - have_w, 0, h - have_h)), *right[1:]


def grad_x_ignores_the_stride(grad_output, x, weight, stride=1, padding=0):
    """In grad_x your windows start at i, they should start at i * stride: where the forward pass read, the backward
    pass adds (section 2.6)."""
    right, (ph, pw) = _gradients(grad_output, x, weight, stride, padding), _both(padding)
    padded, spread = torch.zeros_like(_pad(x, padding)), F.conv_transpose2d(grad_output, weight)
    padded[:, :, : spread.shape[2], : spread.shape[3]] = spread
    return padded[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]], *right[1:]


def grad_weight_ignores_the_stride(grad_output, x, weight, stride=1, padding=0):
    """In grad_weight you read x at steps of one pixel. The windows of the forward pass start at i * stride (section
    2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    reached = _used(_pad(x, padding), grad_output, weight)
    return right[0], _gradients(grad_output, reached, weight, 1, 0)[1], right[2]


def stride_ignored(grad_output, x, weight, stride=1, padding=0):
    """Your windows start at i, they should start at i * stride, for grad_x and for grad_weight: where the forward pass
    read, the backward pass reads and adds (section 2.6)."""
    grad_x = grad_x_ignores_the_stride(grad_output, x, weight, stride, padding)[0]
    return grad_x, *grad_weight_ignores_the_stride(grad_output, x, weight, stride, padding)[1:]


def padding_not_cropped(grad_output, x, weight, stride=1, padding=0):
    """Your grad_x has the size of the padded picture. The zeros of the padding are no part of x: cut them off (section
    2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return _gradients(grad_output, _pad(x, padding), weight, stride, 0)[0], *right[1:]


def padding_always_one(grad_output, x, weight, stride=1, padding=0):
    """You are right for padding=1 only: a 1 stands where the argument `padding` should, in `F.pad` or where you cut the
    padding off. Zeros in front of each row and column are `padding` in number, and so are those that you cut off
    (section 2.6)."""
    (sh, sw), (kh, kw), right = _both(stride), weight.shape[2:], _gradients(grad_output, x, weight, stride, padding)
    padded = _pad(x, 1)
    spread, grad_weight = torch.zeros_like(padded), torch.zeros_like(weight)
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            window = (..., slice(i * sh, i * sh + kh), slice(j * sw, j * sw + kw))
            spread[window] += torch.einsum("no,ochw->nchw", grad_output[:, :, i, j], weight)
            grad_weight += torch.einsum("no,nchw->ochw", grad_output[:, :, i, j], padded[window])
    return spread[:, :, 1:-1, 1:-1], grad_weight, right[2]


def full_padding_always_one(grad_output, x, weight, stride=1, padding=0):
    """For grad_x you put one row of zeros around grad_output, which is right where K - 1 - padding is 1, as for K = 3
    with padding 1. A "full" correlation needs K - 1 on each side; the padding is cut off afterwards (section 2.6)."""
    right, (sh, sw) = _gradients(grad_output, x, weight, stride, padding), _both(stride)
    n, o, h, w = grad_output.shape
    spread = grad_output.new_zeros(n, o, (h - 1) * sh + 1, (w - 1) * sw + 1)
    spread[:, :, ::sh, ::sw] = grad_output
    return F.conv2d(_pad(spread, 1), weight.flip(2, 3).transpose(0, 1)), *right[1:]


def turned_left_to_right_only(grad_output, x, weight, stride=1, padding=0):
    """For grad_x you turn the kernel left to right only. It is turned by 180 degrees: rows and columns both, `flip(2,
    3)` (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return _gradients(grad_output, x, weight.flip(2), stride, padding)[0], *right[1:]


def turned_upside_down_only(grad_output, x, weight, stride=1, padding=0):
    """For grad_x you turn the kernel upside down only. It is turned by 180 degrees: rows and columns both, `flip(2,
    3)` (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return _gradients(grad_output, x, weight.flip(3), stride, padding)[0], *right[1:]


def cropped_at_the_end_only(grad_output, x, weight, stride=1, padding=0):
    """You cut grad_x to the size of x at the bottom and on the right only. The padding lies on all sides: keep `[p : p
    + height]` (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    padded = _gradients(grad_output, _pad(x, padding), weight, stride, 0)[0]
    return padded[:, :, : x.shape[2], : x.shape[3]], *right[1:]


def cropped_to_nothing(grad_output, x, weight, stride=1, padding=0):
    """You cut the padding off with `[p:-p]`, and for p = 0 that is `[0:0]`, nothing. Write `[p : p + height]` (section
    2.6)."""
    right, (ph, pw) = _gradients(grad_output, x, weight, stride, padding), _both(padding)
    padded = _gradients(grad_output, _pad(x, padding), weight, stride, 0)[0]
    return padded[:, :, ph:-ph, pw:-pw], *right[1:]


def leftover_rows_dropped(grad_output, x, weight, stride=1, padding=0):
    """Your grad_x ends where the last window ends. Rows and columns that the stride leaves over belong to x too, with
    gradient 0: start from `torch.zeros_like(x)` with its padding (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return F.conv_transpose2d(grad_output, weight, None, stride, padding), *right[1:]


def leftover_rows_on_top(grad_output, x, weight, stride=1, padding=0):
    """You put the rows and columns that the stride leaves over on top and on the left. They lie at the bottom and on
    the right, after the last window (section 2.6)."""
    right, (ph, pw) = _gradients(grad_output, x, weight, stride, padding), _both(padding)
    spread, padded = F.conv_transpose2d(grad_output, weight, None, stride), _pad(x, padding)
    rows, columns = (a - b for a, b in zip(padded.shape[2:], spread.shape[2:], strict=True))
    spread = F.pad(spread, (columns, 0, rows, 0))
    return spread[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]], *right[1:]


def overlaps_overwritten(grad_output, x, weight, stride=1, padding=0):
    """Where windows overlap, the last one wins in your grad_x. A pixel collects from every window that it is in: add
    with `+=` (section 2.6)."""
    right, (ph, pw), (sh, sw) = _gradients(grad_output, x, weight, stride, padding), _both(padding), _both(stride)
    padded, (kh, kw) = torch.zeros_like(_pad(x, padding)), weight.shape[2:]
    for i in range(grad_output.shape[2]):
        for j in range(grad_output.shape[3]):
            patch = torch.einsum("no,ochw->nchw", grad_output[:, :, i, j], weight)
            padded[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw] = patch
    return padded[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]], *right[1:]


def overlaps_and_maps_overwritten(grad_output, x, weight, stride=1, padding=0):
    """Where windows overlap, and where several maps look at a pixel, the last one wins in your grad_x. A pixel
    collects from every window and every map: add with `+=` (section 2.6)."""
    right, (ph, pw), (sh, sw) = _gradients(grad_output, x, weight, stride, padding), _both(padding), _both(stride)
    padded, (kh, kw) = torch.zeros_like(_pad(x, padding)), weight.shape[2:]
    for o in range(len(weight)):
        for i in range(grad_output.shape[2]):
            for j in range(grad_output.shape[3]):
                patch = grad_output[:, o, i, j].view(-1, 1, 1, 1) * weight[o]
                padded[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw] = patch
    return padded[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]], *right[1:]


def grad_weight_overwritten(grad_output, x, weight, stride=1, padding=0):
    """Each window overwrites your grad_weight, and the last one is left. A weight was used in every window of every
    picture: add with `+=` (section 2.6)."""
    right, (sh, sw), (kh, kw) = _gradients(grad_output, x, weight, stride, padding), _both(stride), weight.shape[2:]
    i, j = ((n - 1) * s for n, s in zip(grad_output.shape[2:], (sh, sw), strict=True))
    window = _pad(x, padding)[-1, :, i : i + kh, j : j + kw]
    return right[0], grad_output[-1, :, -1, -1].view(-1, 1, 1, 1) * window, right[2]


def maps_and_channels_not_swapped(grad_output, x, weight, stride=1, padding=0):
    """On the way back the maps are the input and the channels the output: for grad_x exchange the first two axes of
    the weight (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    if len(weight) != x.shape[1]:
        raise RuntimeError("sizes do not match")
    return _gradients(grad_output, x, weight.transpose(0, 1), stride, padding)[0], *right[1:]


def grad_weight_reversed(grad_output, x, weight, stride=1, padding=0):
    """Your grad_weight is turned by 180 degrees: you slide x over grad_output. Slide grad_output over x; only grad_x
    needs a turn (section 2.6)."""
    grad_x, grad_weight, grad_bias = _gradients(grad_output, x, weight, stride, padding)
    return grad_x, grad_weight.flip(2, 3), grad_bias


def grad_weight_channels_first(grad_output, x, weight, stride=1, padding=0):
    """The first two axes of your grad_weight are exchanged. It has the shape of the weight, (O, C, KH, KW) (section
    2.6)."""
    grad_x, grad_weight, grad_bias = _gradients(grad_output, x, weight, stride, padding)
    return grad_x, grad_weight.transpose(0, 1), grad_bias


def grad_weight_without_padding(grad_output, x, weight, stride=1, padding=0):
    """For grad_weight you read x without its padding, so that all windows lie too far to the right and down. The
    forward pass read the padded picture (section 2.6)."""
    right, (ph, pw) = _gradients(grad_output, x, weight, stride, padding), _both(padding)
    shifted = F.pad(x, (0, 2 * pw, 0, 2 * ph))
    return right[0], _gradients(grad_output, shifted, weight, stride, 0)[1], right[2]


def bias_averaged(grad_output, x, weight, stride=1, padding=0):
    """You take the mean of grad_output for the bias. Each output has the bias in it once, so the gradients are summed
    (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return *right[:2], grad_output.mean((0, 2, 3))


def bias_averaged_over_batch(grad_output, x, weight, stride=1, padding=0):
    """For the bias you take the mean over the pictures. All of them have the same bias, so their gradients are summed;
    if the loss is a mean, grad_output has the division in it already (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return *right[:2], grad_output.sum((2, 3)).mean(0)


def bias_averaged_over_pixels(grad_output, x, weight, stride=1, padding=0):
    """For the bias you take the mean over the pixels of a map. Each pixel has the bias in it once, so the gradients
    are summed (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return *right[:2], grad_output.mean((2, 3)).sum(0)


def bias_of_the_first_picture_only(grad_output, x, weight, stride=1, padding=0):
    """Your grad_bias comes from the first picture alone. All pictures share the bias: sum over the batch (section
    2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return *right[:2], grad_output[0].sum((1, 2))


def bias_keeps_axes(grad_output, x, weight, stride=1, padding=0):
    """Your grad_bias has the shape (1, O, 1, 1). It has the shape of the bias, (O,) (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return *right[:2], grad_output.sum((0, 2, 3), keepdim=True)


def bias_not_summed_over_pixels(grad_output, x, weight, stride=1, padding=0):
    """Your grad_bias is summed over the batch only. Every pixel of a map has the bias in it: sum over height and width
    too (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return *right[:2], grad_output.sum(0)


def bias_not_summed_over_batch(grad_output, x, weight, stride=1, padding=0):
    """Your grad_bias has one row a picture. Every picture has the same bias: sum over the batch too (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return *right[:2], grad_output.sum((2, 3))


def _per_picture(grad_output, x, weight, stride, padding):
    """grad_weight and grad_bias of each picture."""
    each = [_gradients(g[None], p[None], weight, stride, padding)[1:] for g, p in zip(grad_output, x, strict=True)]
    return [torch.stack(parts) for parts in zip(*each, strict=True)]


def batch_not_summed(grad_output, x, weight, stride=1, padding=0):
    """You return grad_weight and grad_bias for each picture. All pictures share the weight and the bias: sum over the
    batch (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return right[0], *_per_picture(grad_output, x, weight, stride, padding)


def weight_not_summed_over_batch(grad_output, x, weight, stride=1, padding=0):
    """You return grad_weight for each picture. All pictures share the weight: sum over the batch (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return right[0], _per_picture(grad_output, x, weight, stride, padding)[0], right[2]


def first_picture_only(grad_output, x, weight, stride=1, padding=0):
    """Your grad_weight and grad_bias come from the first picture alone. All pictures share them: sum over the batch
    (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return right[0], *(parts[0] for parts in _per_picture(grad_output, x, weight, stride, padding))


def weight_of_the_first_picture_only(grad_output, x, weight, stride=1, padding=0):
    """Your grad_weight comes from the first picture alone. All pictures share the weight: sum over the batch (section
    2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return right[0], _per_picture(grad_output, x, weight, stride, padding)[0][0], right[2]


def weight_of_the_last_picture_only(grad_output, x, weight, stride=1, padding=0):
    """Your grad_weight comes from the last picture alone: each picture overwrites the one before. Add them with `+=`
    (section 2.6)."""
    right = _gradients(grad_output, x, weight, stride, padding)
    return right[0], _per_picture(grad_output, x, weight, stride, padding)[0][-1], right[2]


def batch_averaged(grad_output, x, weight, stride=1, padding=0):
    """You divide grad_weight and grad_bias by the number of pictures. The loss does that, if it is a mean; grad_output
    has it already (section 2.6)."""
    grad_x, grad_weight, grad_bias = _gradients(grad_output, x, weight, stride, padding)
    return grad_x, grad_weight / len(x), grad_bias / len(x)


def weight_averaged(grad_output, x, weight, stride=1, padding=0):
    """You divide grad_weight by the number of pictures. The loss does that, if it is a mean; grad_output has it
    already (section 2.6)."""
    grad_x, grad_weight, grad_bias = _gradients(grad_output, x, weight, stride, padding)
    return grad_x, grad_weight / len(x), grad_bias


def another_order(grad_output, x, weight, stride=1, padding=0):
    """You return the gradients as (grad_weight, grad_x, grad_bias). The order is (grad_x, grad_weight, grad_bias)
    (section 2.6)."""
    grad_x, grad_weight, grad_bias = _gradients(grad_output, x, weight, stride, padding)
    return grad_weight, grad_x, grad_bias


def grad_x_last(grad_output, x, weight, stride=1, padding=0):
    """You return the gradients as (grad_weight, grad_bias, grad_x). The order is (grad_x, grad_weight, grad_bias)
    (section 2.6)."""
    grad_x, grad_weight, grad_bias = _gradients(grad_output, x, weight, stride, padding)
    return grad_weight, grad_bias, grad_x


def float32_result(grad_output, x, weight, stride=1, padding=0):
    """Your gradients are float32 whatever goes in. `torch.zeros(...)` is float32; `torch.zeros_like(x)` has the dtype
    of x (section 2.6)."""
    return tuple(gradient.float() for gradient in _gradients(grad_output, x, weight, stride, padding))


def order_of_bias_and_weight(grad_output, x, weight, stride=1, padding=0):
    """You return the gradients as (grad_x, grad_bias, grad_weight). The order is (grad_x, grad_weight, grad_bias)
    (section 2.6)."""
    grad_x, grad_weight, grad_bias = _gradients(grad_output, x, weight, stride, padding)
    return grad_x, grad_bias, grad_weight


def pairs_swapped(grad_output, x, weight, stride=1, padding=0):
    """You read stride and padding as (width, height). Pairs are (height, width), like the shape of a picture (section
    2.4)."""
    try:
        return _gradients(grad_output, x, weight, _both(stride)[::-1], _both(padding)[::-1])
    except RuntimeError as error:
        raise IndexError("window outside of the picture") from error


def no_bias(grad_output, x, weight, stride=1, padding=0):
    """You return two gradients. The third is that of the bias, summed over the batch, the height and the width
    (section 2.6)."""
    return _gradients(grad_output, x, weight, stride, padding)[:2]
