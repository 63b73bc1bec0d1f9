"""Known wrong answers of max_pool2d."""

import torch
import torch.nn.functional as F


def _both(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def _check(kernel_size, padding):
    if any(2 * p > k for p, k in zip(_both(padding), _both(kernel_size), strict=True)):
        raise ValueError(f"a padding of {padding} is more than half of the kernel {kernel_size}")


def _pool(x, kernel_size, stride=None, padding=0, **options):
    _check(kernel_size, padding)
    return F.max_pool2d(x, kernel_size, stride, padding, **options)


def _padded(x, padding, value):
    height, width = _both(padding)
    return F.pad(x, (width, width, height, height), value=value)


def _windows(x, kernel_size, stride, padding, value):
    x = _padded(x, padding, value)
    (kh, kw), (sh, sw) = _both(kernel_size), _both(kernel_size if stride is None else stride)
    return x.unfold(2, kh, sh).unfold(3, kw, sw)


def zero_padding(x, kernel_size, stride=None, padding=0):
    """You pad with zeros, and a zero wins where all pixels of a window are negative. Pad with minus infinity: `F.pad`
    has the argument `value` (section 3.1)."""
    _check(kernel_size, padding)
    return F.max_pool2d(_padded(x, padding, 0.0), kernel_size, stride)


def starts_from_zero(x, kernel_size, stride=None, padding=0):
    """Your largest number is never below 0: the search starts from 0, or the windows are filled up with zeros. A window
    of negative numbers has a negative maximum (section 3.1)."""
    return _pool(x, kernel_size, stride, padding).clamp(min=0)


def stride_one_by_default(x, kernel_size, stride=None, padding=0):
    """Without a stride your windows move by one pixel. They stand side by side then: stride None means kernel_size
    (section 3.1)."""
    return _pool(x, kernel_size, 1 if stride is None else stride, padding)


def stride_ignored(x, kernel_size, stride=None, padding=0):
    """Your windows stand side by side whatever the stride says. Only stride None means kernel_size (section 3.1)."""
    return _pool(x, kernel_size, None, padding)


def mean_instead(x, kernel_size, stride=None, padding=0):
    """You take the mean of each window. Max pooling keeps its largest number (section 3.1)."""
    _check(kernel_size, padding)
    return F.avg_pool2d(x, kernel_size, stride, padding)


def smallest_instead(x, kernel_size, stride=None, padding=0):
    """You keep the smallest number of each window. Max pooling keeps the largest (section 3.1)."""
    return -_pool(-x, kernel_size, stride, padding)


def largest_magnitude(x, kernel_size, stride=None, padding=0):
    """You keep the largest absolute value. −4 is smaller than −2, so −2 is kept (section 3.1)."""
    return _pool(x.abs(), kernel_size, stride, padding)


def ceil_mode(x, kernel_size, stride=None, padding=0):
    """You round the number of windows up, so that the last one sticks out. Rows and columns that do not fill a window
    are left out: round down (section 3.1)."""
    return _pool(x, kernel_size, stride, padding, ceil_mode=True)


def one_window_too_few(x, kernel_size, stride=None, padding=0):
    """The last window of each row and column is missing. The division counts steps; there is one position more:
    (H + 2P - K) // S + 1 (section 3.1)."""
    return _pool(x, kernel_size, stride, padding)[:, :, :-1, :-1]


def leftover_not_dropped(x, kernel_size, stride=None, padding=0):
    """You cut the picture into windows with a `reshape`, which fails where the sizes do not divide. Leave out the rows
    and columns that are left over (section 3.1)."""
    if stride is not None and _both(stride) != _both(kernel_size) or _both(padding) != (0, 0):
        return _pool(x, kernel_size, stride, padding)
    (n, c, h, w), (kh, kw) = x.shape, _both(kernel_size)
    return x.reshape(n, c, h // kh, kh, w // kw, kw).amax((3, 5))


def over_channels(x, kernel_size, stride=None, padding=0):
    """You take the maximum over the channels as well. Each channel is pooled alone: C in, C out (section 3.1)."""
    return _pool(x, kernel_size, stride, padding).amax(1, keepdim=True)


def one_window_for_all(x, kernel_size, stride=None, padding=0):
    """You take the maximum of the whole map. It is taken window by window (section 3.1)."""
    _check(kernel_size, padding)
    return x.amax((2, 3), keepdim=True)


def pairs_swapped(x, kernel_size, stride=None, padding=0):
    """You read pairs as (width, height). They are (height, width), like the shape of a picture (section 3.1)."""
    _check(kernel_size, padding)
    stride = None if stride is None else _both(stride)[::-1]
    return F.max_pool2d(x, _both(kernel_size)[::-1], stride, _both(padding)[::-1])


def stride_pair_swapped(x, kernel_size, stride=None, padding=0):
    """You use the first number of the stride for the width. Pairs are (height, width) (section 3.1)."""
    return _pool(x, kernel_size, None if stride is None else _both(stride)[::-1], padding)


def padding_pair_swapped(x, kernel_size, stride=None, padding=0):
    """You use the first number of the padding for the width. `F.pad` counts from the last axis: left, right, top,
    bottom (section 3.1)."""
    _check(kernel_size, padding)
    return _windows(x, kernel_size, stride, _both(padding)[::-1], -torch.inf).amax((-2, -1))


def first_of_each_pair(x, kernel_size, stride=None, padding=0):
    """You use the first number of each pair for both directions. Pairs are (height, width) (section 3.1)."""
    _check(kernel_size, padding)
    stride = None if stride is None else _both(stride)[0]
    return _windows(x, _both(kernel_size)[0], stride, _both(padding)[0], -torch.inf).amax((-2, -1))


def padding_ignored(x, kernel_size, stride=None, padding=0):
    """The padding changes nothing in your result. It makes the first window begin `padding` pixels outside of the
    picture (section 3.1)."""
    _check(kernel_size, padding)
    return F.max_pool2d(x, kernel_size, stride)


def padding_on_one_side(x, kernel_size, stride=None, padding=0):
    """All your padding lies on the right and at the bottom. Half of it goes to the left and to the top: the first
    window begins in the padding (section 3.1)."""
    _check(kernel_size, padding)
    height, width = _both(padding)
    x = F.pad(x, (0, 2 * width, 0, 2 * height), value=-torch.inf)
    return F.max_pool2d(x, kernel_size, stride)


def pads_once(x, kernel_size, stride=None, padding=0):
    """You pad at the left and at the top only. Padding lies on all four sides (section 3.1)."""
    _check(kernel_size, padding)
    height, width = _both(padding)
    return F.max_pool2d(F.pad(x, (width, 0, height, 0), value=-torch.inf), kernel_size, stride)


def detached(x, kernel_size, stride=None, padding=0):
    """The numbers are right, but no gradient flows back: `.detach()`, `.item()`, numpy or `torch.no_grad()` cuts it off
    (section 3.1)."""
    return _pool(x, kernel_size, stride, padding).detach()


def gradient_to_all_pixels(x, kernel_size, stride=None, padding=0):
    """The numbers are right, but your gradient goes to all pixels of a window, as if it were a mean. It goes to the
    largest one alone (section 3.1)."""
    right = _pool(x, kernel_size, stride, padding)
    mean = F.avg_pool2d(x, kernel_size, stride, padding)
    return (right - mean).detach() + mean


def position_instead_of_value(x, kernel_size, stride=None, padding=0):
    """You return where the largest number stands (`argmax`). Asked for is the number itself (section 3.1)."""
    _check(kernel_size, padding)
    return _windows(x, kernel_size, stride, padding, -torch.inf).flatten(-2).argmax(-1)


def values_and_indices(x, kernel_size, stride=None, padding=0):
    """You return a pair of values and indices, as `Tensor.max(dim)` does. Return the values, or use `amax`
    (section 3.1)."""
    _check(kernel_size, padding)
    return tuple(_windows(x, kernel_size, stride, padding, -torch.inf).flatten(-2).max(-1))


def changes_x(x, kernel_size, stride=None, padding=0):
    """Your function writes into x. Work on a tensor of your own (section 3.1)."""
    result = _pool(x, kernel_size, stride, padding).clone()
    x.data[0, 0, 0, 0] += 1
    return result


def float32_result(x, kernel_size, stride=None, padding=0):
    """Your result is float32 whatever goes in. `torch.zeros(...)` is float32; `x.new_zeros(...)` has the dtype of x
    (section 3.1)."""
    return _pool(x, kernel_size, stride, padding).float()


def view_on_non_contiguous(x, kernel_size, stride=None, padding=0):
    """`view` fails when the numbers of a tensor do not lie one after the other in memory, as after a transpose or a
    slice. `reshape` copies where it must (section 3.1)."""
    return _pool(x.view(-1).view(x.shape), kernel_size, stride, padding)


def never_refuses(x, kernel_size, stride=None, padding=0):
    """A padding of more than half of the kernel is accepted. A window could then lie wholly in the padding: raise a
    ValueError with the numbers (section 3.1)."""
    return _windows(x, kernel_size, stride, padding, -torch.inf).amax((-2, -1))


def refuses_half(x, kernel_size, stride=None, padding=0):
    """You refuse a padding of exactly half of the kernel. That still leaves a pixel in each window: refuse more than
    half only (section 3.1)."""
    if any(p and 2 * p >= k for p, k in zip(_both(padding), _both(kernel_size), strict=True)):
        raise ValueError(f"a padding of {padding} is too much for the kernel {kernel_size}")
    return _pool(x, kernel_size, stride, padding)


def refuses_in_height_only(x, kernel_size, stride=None, padding=0):
    """You compare padding and kernel in height only. A window can lie in the padding on the left as well: compare both
    numbers (section 3.1)."""
    if 2 * _both(padding)[0] > _both(kernel_size)[0]:
        raise ValueError(f"a padding of {padding} is more than half of the kernel {kernel_size}")
    return _windows(x, kernel_size, stride, padding, -torch.inf).amax((-2, -1))
