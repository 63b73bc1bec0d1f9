import torch.nn.functional as F


def _both(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def _parts(x, kernel_size, stride=1, padding=0, dilation=1):
    """The right answer as (N, C, KH, KW, H', W')."""
    spans = zip(x.shape[2:], _both(kernel_size), _both(stride), _both(padding), _both(dilation), strict=True)
    size = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in spans]
    columns = F.unfold(x, kernel_size, dilation, padding, stride)
    return columns.reshape(*x.shape[:2], *_both(kernel_size), *size)


def _columns(parts):
    return parts.flatten(4).flatten(1, 3)


def patches_as_rows(x, kernel_size, stride=1, padding=0, dilation=1):
    """Each window is a row of your result. It should be a column: (N, C * KH * KW, L), so that weight @ columns works
    (section 2.5)."""
    return _columns(_parts(x, kernel_size, stride, padding, dilation)).transpose(1, 2)


def rows_reshaped_to_columns(x, kernel_size, stride=1, padding=0, dilation=1):
    """You collect windows as rows and `reshape` to columns, which mixes the windows. Exchange the two axes with
    `transpose` instead (section 2.5)."""
    columns = _columns(_parts(x, kernel_size, stride, padding, dilation))
    return columns.transpose(1, 2).reshape(columns.shape)


def channel_fastest(x, kernel_size, stride=1, padding=0, dilation=1):
    """In your columns the channels of one pixel stand together. A column is laid out like weight[o].flatten(): a whole
    channel first, then the next (section 2.5)."""
    return _columns(_parts(x, kernel_size, stride, padding, dilation).permute(0, 2, 3, 1, 4, 5))


def column_major_windows(x, kernel_size, stride=1, padding=0, dilation=1):
    """Your windows go down the picture first. They follow the picture row by row: the next column of the result is the
    window to the right (section 2.5)."""
    return _columns(_parts(x, kernel_size, stride, padding, dilation).transpose(4, 5))


def row_and_column_swapped(x, kernel_size, stride=1, padding=0, dilation=1):
    """Inside a window you go down first. A window is read row by row, like weight[o, c].flatten() (section 2.5)."""
    return _columns(_parts(x, kernel_size, stride, padding, dilation).transpose(2, 3))


def rows_and_columns_swapped_everywhere(x, kernel_size, stride=1, padding=0, dilation=1):
    """You go down first, in the window and over the picture. Both are read row by row (section 2.5)."""
    return _columns(_parts(x, kernel_size, stride, padding, dilation).transpose(2, 3).transpose(4, 5))


def pairs_swapped(x, kernel_size, stride=1, padding=0, dilation=1):
    """You read pairs as (width, height). They are (height, width), like the shape of a picture (section 2.4)."""
    return _columns(_parts(x, *(_both(v)[::-1] for v in (kernel_size, stride, padding, dilation))))


def kernel_pair_swapped(x, kernel_size, stride=1, padding=0, dilation=1):
    """You use the first number of kernel_size for the width. Pairs are (height, width) (section 2.4)."""
    return _columns(_parts(x, _both(kernel_size)[::-1], stride, padding, dilation))


def stride_pair_swapped(x, kernel_size, stride=1, padding=0, dilation=1):
    """You use the first number of the stride for the width. Pairs are (height, width) (section 2.4)."""
    return _columns(_parts(x, kernel_size, _both(stride)[::-1], padding, dilation))


def padding_pair_swapped(x, kernel_size, stride=1, padding=0, dilation=1):
    """You use the first number of the padding for the width. Pairs are (height, width); `F.pad` counts from the last
    axis: left, right, top, bottom (section 2.4)."""
    return _columns(_parts(x, kernel_size, stride, _both(padding)[::-1], dilation))


def dilation_pair_swapped(x, kernel_size, stride=1, padding=0, dilation=1):
    """You use the first number of the dilation for the width. Pairs are (height, width) (section 2.4)."""
    return _columns(_parts(x, kernel_size, stride, padding, _both(dilation)[::-1]))


def first_of_each_pair(x, kernel_size, stride=1, padding=0, dilation=1):
    """You use the first number of each pair for both directions. Pairs are (height, width) (section 2.4)."""
    return _columns(_parts(x, *(_both(v)[0] for v in (kernel_size, stride, padding, dilation))))


def windows_before_taps(x, kernel_size, stride=1, padding=0, dilation=1):
    """You flatten (C, H', W', KH, KW) without moving the axes first, so windows and taps are mixed. Bring KH and KW
    before H' and W' with `permute` (section 2.5)."""
    parts = _parts(x, kernel_size, stride, padding, dilation)
    return parts.permute(0, 1, 4, 5, 2, 3).reshape(_columns(parts).shape)


def dilation_ignored(x, kernel_size, stride=1, padding=0, dilation=1):
    """The dilation changes nothing in your result: the taps of a window lie `dilation` pixels apart (section 2.4)."""
    return _columns(_parts(x, kernel_size, stride, padding, 1))


def stride_on_height_only(x, kernel_size, stride=1, padding=0, dilation=1):
    """Your windows move by the stride downwards, but by 1 to the right (section 2.4)."""
    return _columns(_parts(x, kernel_size, (_both(stride)[0], 1), padding, dilation))


def stride_on_width_only(x, kernel_size, stride=1, padding=0, dilation=1):
    """Your windows move by the stride to the right, but by 1 downwards (section 2.4)."""
    return _columns(_parts(x, kernel_size, (1, _both(stride)[1]), padding, dilation))


def stride_ignored(x, kernel_size, stride=1, padding=0, dilation=1):
    """Your windows move by one pixel whatever the stride (section 2.4)."""
    return _columns(_parts(x, kernel_size, 1, padding, dilation))


def stride_and_dilation_swapped(x, kernel_size, stride=1, padding=0, dilation=1):
    """Stride and dilation are exchanged. The stride moves the window; the dilation is the distance between the taps of
    one window (section 2.4)."""
    return _columns(_parts(x, kernel_size, dilation, padding, stride))


def window_moves_by_stride_times_dilation(x, kernel_size, stride=1, padding=0, dilation=1):
    """Your window moves by stride * dilation. It moves by the stride alone; the dilation is the distance between the
    taps inside one window (section 2.4)."""
    step = tuple(s * d for s, d in zip(_both(stride), _both(dilation), strict=True))
    return _columns(_parts(x, kernel_size, step, padding, 1))


def padding_ignored(x, kernel_size, stride=1, padding=0, dilation=1):
    """Your windows never reach into the padding: zeros go around the picture first (section 2.4)."""
    return _columns(_parts(x, kernel_size, stride, 0, dilation))


def padding_always_one(x, kernel_size, stride=1, padding=0, dilation=1):
    """You add one row of zeros on each side, whatever the argument says: a 1 stands where `padding` should (section
    2.4)."""
    return _columns(_parts(x, kernel_size, stride, 1, dilation))


def padding_on_one_side(x, kernel_size, stride=1, padding=0, dilation=1):
    """All your zeros lie on the right and at the bottom. Padding p goes on all four sides, so the first window starts
    in the padding (section 2.4)."""
    ph, pw = _both(padding)
    return _columns(_parts(F.pad(x, (0, 2 * pw, 0, 2 * ph)), kernel_size, stride, 0, dilation))


def first_picture_only(x, kernel_size, stride=1, padding=0, dilation=1):
    """You return the matrix of the first picture alone. Each picture has its own: (N, C * KH * KW, L), with the batch
    axis also for N = 1 (section 2.5)."""
    return _columns(_parts(x, kernel_size, stride, padding, dilation))[0]


def windows_not_flattened(x, kernel_size, stride=1, padding=0, dilation=1):
    """The windows of your result stand in two axes, H' and W'. Flatten them into one: (N, C * KH * KW, L) (section
    2.5)."""
    return _parts(x, kernel_size, stride, padding, dilation).flatten(1, 3)


def batch_among_the_windows(x, kernel_size, stride=1, padding=0, dilation=1):
    """The windows of all pictures stand in one matrix. Each picture keeps a matrix of its own: (N, C * KH * KW, L)
    (section 2.5)."""
    return _columns(_parts(x, kernel_size, stride, padding, dilation)).transpose(0, 1).flatten(1)


def view_on_non_contiguous(x, kernel_size, stride=1, padding=0, dilation=1):
    """`view` fails when the numbers of a tensor do not lie one after the other in memory, as after a transpose or a
    slice. `reshape` copies where it must (section 2.4)."""
    return _columns(_parts(x.view(-1).view(x.shape), kernel_size, stride, padding, dilation))


def strides_assumed(x, kernel_size, stride=1, padding=0, dilation=1):
    """You compute the steps through memory from the shape of x. A transposed, sliced or expanded tensor has others:
    ask `x.stride()` (section 2.5)."""
    ph, pw = _both(padding)
    x = F.pad(x, (pw, pw, ph, ph))
    n, c, h, w = x.shape
    return _columns(_parts(x.as_strided(x.shape, (c * h * w, h * w, w, 1)), kernel_size, stride, 0, dilation))


def detached(x, kernel_size, stride=1, padding=0, dilation=1):
    """The numbers are right, but no gradient flows back: `.detach()`, `.data`, numpy or `torch.no_grad()` cuts it off
    (section 2.6)."""
    return _columns(_parts(x, kernel_size, stride, padding, dilation)).detach()


def numpy_on_the_way(x, kernel_size, stride=1, padding=0, dilation=1):
    """`.numpy()` refuses a tensor that requires a gradient, and would cut the gradient off. Compute with tensors all
    the way (section 2.6)."""
    x.numpy()
    return _columns(_parts(x, kernel_size, stride, padding, dilation))


def float32_result(x, kernel_size, stride=1, padding=0, dilation=1):
    """Your result is float32 whatever goes in. `torch.zeros(...)` is float32; `x.new_zeros(...)` has the dtype of x
    (section 2.5)."""
    return _columns(_parts(x, kernel_size, stride, padding, dilation)).float()
