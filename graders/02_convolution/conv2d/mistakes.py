import torch
import torch.nn.functional as F


def _both(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def _sides(kernel, stride, padding, dilation):
    """The zeros on each side as (left, right, top, bottom)."""
    if padding == "same" and _both(stride) != (1, 1):
        raise ValueError(f'"same" needs stride 1, not {stride}')
    if padding == "same":
        extra = [d * (k - 1) for d, k in zip(_both(dilation), kernel, strict=True)]
        return [side for e in reversed(extra) for side in (e // 2, e - e // 2)]
    top, left = _both(0 if padding == "valid" else padding)
    return [left, left, top, top]


def _conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, sides=_sides):
    """The right answer. sides: replaces how the zeros are counted."""
    if x.shape[1] != weight.shape[1] * groups:
        raise ValueError(f"{x.shape[1]} channels, but the weight takes {weight.shape[1]} in {groups} groups")
    kernel = weight.shape[2:]
    x = F.pad(x, sides(kernel, stride, padding, dilation))
    if any(n <= d * (k - 1) for n, k, d in zip(x.shape[2:], kernel, _both(dilation), strict=True)):
        raise ValueError(f"a kernel of {tuple(kernel)} does not fit into {tuple(x.shape[2:])}")
    return F.conv2d(x, weight, bias, stride, 0, dilation, groups)


def kernel_flipped(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Your kernel is turned by 180 degrees before it slides. What networks call convolution does not turn it: the
    first weight meets the first pixel of the window (section 2.1)."""
    return _conv2d(x, weight.flip(2, 3), bias, stride, padding, dilation, groups)


def kernel_transposed(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The rows and columns of your kernel are exchanged. Height comes before width in the kernel as in the picture:
    weight[..., i, j] meets the pixel i rows down and j columns right (section 2.2)."""
    return _conv2d(x, weight.transpose(2, 3), bias, stride, padding, dilation, groups)


def output_transposed(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Height and width of your result are exchanged. The result is (N, O, H', W') (section 2.2)."""
    return _conv2d(x, weight, bias, stride, padding, dilation, groups).transpose(2, 3)


def pairs_swapped(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You read stride, padding and dilation as (width, height). Pairs are (height, width), like the shape of a picture
    (section 2.4)."""
    stride, padding, dilation = ((v if isinstance(v, str) else _both(v)[::-1]) for v in (stride, padding, dilation))
    return _conv2d(x, weight, bias, stride, padding, dilation, groups)


def stride_pair_swapped(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You use the first number of the stride for the width. Pairs are (height, width) (section 2.4)."""
    return _conv2d(x, weight, bias, _both(stride)[::-1], padding, dilation, groups)


def padding_pair_swapped(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You use the first number of the padding for the width. Pairs are (height, width); `F.pad` counts from the last
    axis: left, right, top, bottom (section 2.4)."""
    padding = padding if isinstance(padding, str) else _both(padding)[::-1]
    return _conv2d(x, weight, bias, stride, padding, dilation, groups)


def dilation_pair_swapped(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You use the first number of the dilation for the width. Pairs are (height, width) (section 2.4)."""
    return _conv2d(x, weight, bias, stride, padding, _both(dilation)[::-1], groups)


def stride_and_dilation_pairs_swapped(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You use the first numbers of stride and dilation for the width. Pairs are (height, width) (section 2.4)."""
    return _conv2d(x, weight, bias, _both(stride)[::-1], padding, _both(dilation)[::-1], groups)


def first_of_each_pair(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You use the first number of each pair for both directions. Pairs are (height, width) (section 2.4)."""
    stride, padding, dilation = ((v if isinstance(v, str) else _both(v)[0]) for v in (stride, padding, dilation))
    return _conv2d(x, weight, bias, stride, padding, dilation, groups)


def bias_added_to_every_tap(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You add the bias to each product, so it counts C * KH * KW times. It is added once, after the sum (section
    2.3)."""
    bias = None if bias is None else bias * weight[0].numel()
    return _conv2d(x, weight, bias, stride, padding, dilation, groups)


def bias_added_per_window_pixel(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You add the bias once for each pixel of the window, KH * KW times. It is added once, after the sum (section
    2.3)."""
    bias = None if bias is None else bias * weight[0, 0].numel()
    return _conv2d(x, weight, bias, stride, padding, dilation, groups)


def bias_added_per_channel(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You add the bias once for each input channel. It is added once, after the sum over channels (section 2.3)."""
    bias = None if bias is None else bias * weight.shape[1]
    return _conv2d(x, weight, bias, stride, padding, dilation, groups)


def bias_on_the_wrong_axis(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You add the bias along the last axis, the width. It has one number for each map: shape it to (O, 1, 1) (section
    2.3)."""
    out = _conv2d(x, weight, None, stride, padding, dilation, groups)
    return out if bias is None else out + bias


def bias_forgotten(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You leave the bias out. Each output map has one number that is added to all its values (section 2.3)."""
    return _conv2d(x, weight, None, stride, padding, dilation, groups)


def channels_not_summed(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Your result uses the first channel of the window only. A kernel has a slice for each channel, and the products
    of all of them are summed (section 2.3)."""
    first = torch.zeros_like(weight)
    first[:, 0] = weight[:, 0]
    return _conv2d(x, first, bias, stride, padding, dilation, groups)


def first_kernel_only(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Your result has one map, that of the first kernel. Each of the O kernels makes a map (section 2.3)."""
    return _conv2d(x, weight, bias, stride, padding, dilation, groups)[:, :1]


def divides_by_the_window(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You take the mean of the products. They are summed (section 2.3)."""
    return _conv2d(x, weight / weight[0].numel(), bias, stride, padding, dilation, groups)


def sums_over_batch(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You sum over the pictures of the batch too, so that all get the same result. Each picture has its own: sum over
    channels and taps only (section 2.4)."""
    bias = 0 if bias is None else bias.view(-1, 1, 1)
    out = _conv2d(x, weight, None, stride, padding, dilation, groups)
    return out.sum(0, keepdim=True).expand_as(out) + bias


def batch_summed_to_one(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You sum over the pictures of the batch, and one result is left. Each picture has its own: sum over channels and
    taps only (section 2.4)."""
    bias = 0 if bias is None else bias.view(-1, 1, 1)
    return _conv2d(x, weight, None, stride, padding, dilation, groups).sum(0, keepdim=True) + bias


def batch_axis_lost(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You sum over the pictures of the batch, and the result has no batch axis. It is (N, O, H', W'): sum over
    channels and taps only (section 2.4)."""
    bias = 0 if bias is None else bias.view(-1, 1, 1)
    return _conv2d(x, weight, None, stride, padding, dilation, groups).sum(0) + bias


def one_output_too_few(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The last row and column of your result are missing. There is one window more than steps: the + 1 of the size
    formula (section 2.4)."""
    return _conv2d(x, weight, bias, stride, padding, dilation, groups)[..., :-1, :-1]


def stride_ignored(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Your window moves by one pixel whatever the stride (section 2.4)."""
    return _conv2d(x, weight, bias, 1, padding, dilation, groups)


def stride_only_in_the_size(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Your result has the right size, but its windows start at 0, 1, 2, ...: output i belongs to the window that
    starts at i * stride (section 2.4)."""
    h, w = _conv2d(x, weight, bias, stride, padding, dilation, groups).shape[2:]
    return _conv2d(x, weight, bias, 1, padding, dilation, groups)[..., :h, :w]


def pads_after_striding_the_picture(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You drop pixels of the picture by the stride, then pad, and slide the kernel over what is left. The stride moves
    the window; inside a window all pixels count (section 2.4)."""
    sh, sw = _both(stride)
    return _conv2d(x[..., ::sh, ::sw], weight, bias, 1, padding, dilation, groups)


def pads_after_striding(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You slide with the stride first and pad the result with zeros. The picture is padded, then the window slides
    (section 2.4)."""
    zeros = _sides(weight.shape[2:], stride, padding, dilation)
    return F.pad(_conv2d(x, weight, bias, stride, 0, dilation, groups), zeros)


def padding_ignored(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Your result has no padding in it: zeros go around the picture before the window slides (section 2.4)."""
    return _conv2d(x, weight, bias, stride, padding if padding == "same" else 0, dilation, groups)


def padding_always_one(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You add one row of zeros on each side, whatever the argument says: a 1 stands where `padding` should (section
    2.4)."""
    return _conv2d(x, weight, bias, stride, padding if isinstance(padding, str) else 1, dilation, groups)


def pads_with_the_border(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Your padding repeats the pixels at the border. Padding adds zeros (section 2.4)."""
    sides = _sides(weight.shape[2:], stride, padding, dilation)
    return _conv2d(F.pad(x, sides, "replicate"), weight, bias, stride, 0, dilation, groups)


def padding_on_one_side(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """All your zeros lie on the right and at the bottom: the windows are cut from the picture without its padding. The
    first window starts in the padding above and to the left (section 2.4)."""

    def sides(*call):
        left, right, top, bottom = _sides(*call)
        return [0, left + right, 0, top + bottom]

    return _conv2d(x, weight, bias, stride, padding, dilation, groups, sides)


def pads_once(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You pad above and to the left only. Padding p goes on all four sides (section 2.4)."""

    def sides(kernel, stride, padding, dilation):
        left, right, top, bottom = _sides(kernel, stride, padding, dilation)
        return [left, right, top, bottom] if padding == "same" else [left, 0, top, 0]

    return _conv2d(x, weight, bias, stride, padding, dilation, groups, sides)


def dilation_ignored(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The dilation changes nothing in your result: the taps of the kernel lie `dilation` pixels apart (section
    2.4)."""
    return _conv2d(x, weight, bias, stride, padding, 1, groups)


def dilation_taken_as_stride(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You move the window by the dilation. The stride moves the window; the dilation is the distance between the taps
    inside one window (section 2.4)."""
    sides = lambda *_: _sides(weight.shape[2:], stride, padding, dilation)
    return _conv2d(x, weight, bias, dilation, padding, 1, groups, sides)


def stride_and_dilation_swapped(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Stride and dilation are exchanged. The stride moves the window; the dilation is the distance between the taps
    inside one window (section 2.4)."""
    return _conv2d(x, weight, bias, dilation, padding, stride, groups)


def window_moves_by_stride_times_dilation(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Your window moves by stride * dilation. It moves by the stride alone; the dilation is the distance between the
    taps inside one window (section 2.4)."""
    step = tuple(s * d for s, d in zip(_both(stride), _both(dilation), strict=True))
    sides = lambda *_: _sides(weight.shape[2:], stride, padding, dilation)
    return _conv2d(x, weight, bias, step, padding, 1, groups, sides)


def dilation_times_kernel(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Your result is too small with dilation: you take a kernel to be dilation * K wide. There are K - 1 gaps between
    K taps, so it covers dilation * (K - 1) + 1 (section 2.4)."""
    dh, dw = _both(dilation)
    sides = lambda *call: [a - b for a, b in zip(_sides(*call), (0, dw - 1, 0, dh - 1), strict=True)]
    return _conv2d(x, weight, bias, stride, padding, dilation, groups, sides)


def same_extra_on_the_left(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """For an even kernel "same" needs an odd number of zeros, and you put the extra one on the left and on top. It
    goes on the right and at the bottom (section 2.4)."""

    def sides(*call):
        left, right, top, bottom = _sides(*call)
        return [right, left, bottom, top]

    return _conv2d(x, weight, bias, stride, padding, dilation, groups, sides)


def same_one_zero_too_few(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Your "same" pads half of the zeros, rounded down, on each side, so an even kernel makes the picture smaller. The
    extra zero goes on the right and at the bottom (section 2.4)."""

    def sides(*call):
        left, _, top, _ = _sides(*call)
        return [left, left, top, top]

    return _conv2d(x, weight, bias, stride, padding, dilation, groups, sides)


def same_for_odd_kernels_only(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Your "same" pads K // 2 on each side, so an even kernel makes the picture larger. In total it needs dilation *
    (K - 1) zeros (section 2.4)."""
    if padding == "same" and _both(stride) == (1, 1):
        padding = tuple(d * (k // 2) for d, k in zip(_both(dilation), weight.shape[2:], strict=True))
    return _conv2d(x, weight, bias, stride, padding, dilation, groups)


def same_without_dilation(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Your "same" adds K - 1 zeros whatever the dilation. The size stays only with dilation * (K - 1) (section
    2.4)."""
    sides = lambda kernel, stride, padding, dilation: _sides(
        kernel, stride, padding, 1 if padding == "same" else dilation
    )
    return _conv2d(x, weight, bias, stride, padding, dilation, groups, sides)


def same_with_a_stride(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You accept "same" with a stride. With a stride the size cannot stay the same: raise a ValueError that names the
    stride (section 2.4)."""
    sides = lambda kernel, stride, padding, dilation: _sides(
        kernel, 1 if padding == "same" else stride, padding, dilation
    )
    return _conv2d(x, weight, bias, stride, padding, dilation, groups, sides)


def groups_ignored(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You ignore the groups: every map sees the first channels. Map o belongs to group o // (O / groups), which sees
    the channels of that group only (section 2.4)."""
    return _conv2d(x[:, : x.shape[1] // groups], weight, bias, stride, padding, dilation, 1)


def groups_refused(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You ignore the groups and refuse the call. With groups a kernel has C / groups channels: compare the weight with
    that (section 2.4)."""
    return _conv2d(x, weight, bias, stride, padding, dilation, 1)


def groups_see_all_channels(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Your kernels are repeated over all channels. With groups a map sees only the C / groups channels of its own
    group (section 2.4)."""
    return _conv2d(x, weight.repeat(1, groups, 1, 1), bias, stride, padding, dilation, 1)


def groups_not_handled(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You multiply all channels with a kernel that has C / groups of them: torch refuses, or spreads a single channel
    over all. A map sees only the channels of its own group: split x and weight into groups first (section 2.4)."""
    if groups > 1 and weight.shape[1] > 1:
        raise RuntimeError("The size of tensor a must match the size of tensor b")
    return _conv2d(x, weight.repeat(1, groups, 1, 1), bias, stride, padding, dilation, 1)


def _interleaved(channels, groups, device):
    return torch.arange(channels, device=device).reshape(-1, groups).T.flatten()


def groups_interleaved(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Your groups take every `groups`-th channel. A group is a block of neighbours: channels 0 to C / groups - 1 first
    (section 2.4)."""
    order = _interleaved(x.shape[1], groups, x.device)
    return _conv2d(x[:, order], weight, bias, stride, padding, dilation, groups)


def group_outputs_interleaved(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The maps of your groups come out shuffled: first the first map of each group, and so on. All maps of the first
    group come first: concatenate the groups, do not stack them along the wrong axis (section 2.4)."""
    out = _conv2d(x, weight, bias, stride, padding, dilation, groups)
    return out.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)


def groups_by_remainder(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You give map o to group o % groups. The groups are blocks of neighbours: map o belongs to group o // (O /
    groups) (section 2.4)."""
    maps = _interleaved(weight.shape[0], groups, x.device)
    bias = None if bias is None else bias[maps]
    return _conv2d(x, weight[maps], bias, stride, padding, dilation, groups)[:, maps.argsort()]


def group_kernels_interleaved(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Your groups take every `groups`-th kernel. A group is a block of neighbours: kernels 0 to O / groups - 1 first
    (section 2.4)."""
    maps = _interleaved(weight.shape[0], groups, x.device)
    return _conv2d(x, weight[maps], bias, stride, padding, dilation, groups)


def groups_dealt_like_cards(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You deal channels and maps to the groups in turn (c % groups). A group is a block of neighbours: c // (C /
    groups) (section 2.4)."""
    maps, channels = (_interleaved(n, groups, x.device) for n in (weight.shape[0], x.shape[1]))
    bias = None if bias is None else bias[maps]
    return _conv2d(x[:, channels], weight[maps], bias, stride, padding, dilation, groups)[:, maps.argsort()]


def view_on_non_contiguous(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """`view` fails when the numbers of a tensor do not lie one after the other in memory, as after a transpose or a
    slice. `reshape` copies where it must (section 2.4)."""
    x, weight = x.view(-1).view(x.shape), weight.view(-1).view(weight.shape)
    return _conv2d(x, weight, bias, stride, padding, dilation, groups)


def strides_assumed(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You compute the steps through memory from the shape of x. A transposed, sliced or expanded tensor has others:
    ask `x.stride()` (section 2.4)."""
    x = F.pad(x, _sides(weight.shape[2:], stride, padding, dilation))
    n, c, h, w = x.shape
    return _conv2d(x.as_strided(x.shape, (c * h * w, h * w, w, 1)), weight, bias, stride, 0, dilation, groups)


def computes_in_float32(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Your result has the digits of float32 although float64 goes in: something on the way is float32, such as
    `torch.zeros(...)` without a dtype or `.float()`. `x.new_zeros` has the dtype of x (section 2.4)."""
    bias = None if bias is None else bias.float()
    return _conv2d(x.float(), weight.float(), bias, stride, padding, dilation, groups).to(x.dtype)


def float32_result(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Your result is float32 whatever goes in. `torch.zeros(...)` is float32; `x.new_zeros(...)` has the dtype of x
    (section 2.4)."""
    return _conv2d(x, weight, bias, stride, padding, dilation, groups).float()


def detached(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The numbers are right, but no gradient flows back: the result is cut off by `.detach()`, `.data`, `.item()`,
    numpy or `torch.no_grad()`. Compute with tensors all the way (section 2.6)."""
    return _conv2d(x, weight, bias, stride, padding, dilation, groups).detach()


def picture_detached(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """No gradient reaches the picture: a copy of x is made with `.detach()`, `.data`, `torch.tensor(...)` or numpy.
    The layer before this one learns from that gradient (section 2.6)."""
    return _conv2d(x.detach(), weight, bias, stride, padding, dilation, groups)


def weight_detached(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """No gradient reaches the weight: it is copied with `.detach()`, `.data`, `torch.tensor(...)` or `.item()`. The
    layer learns from that gradient (section 2.6)."""
    return _conv2d(x, weight.detach(), bias, stride, padding, dilation, groups)


def bias_detached(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """No gradient reaches the bias: its numbers are taken with `.item()`, `.tolist()`, `.data` or `.detach()`. Index
    it instead (section 2.6)."""
    return _conv2d(x, weight, None if bias is None else bias.detach(), stride, padding, dilation, groups)


def numpy_on_the_way(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """`.numpy()` refuses a tensor that requires a gradient, and would cut the gradient off. Compute with tensors all
    the way (section 2.6)."""
    x, weight = (torch.from_numpy(t.numpy()) for t in (x, weight))
    return _conv2d(x, weight, bias, stride, padding, dilation, groups)


def pads_x_in_place(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You change an argument in place, for instance by padding x itself, so the caller finds another picture
    afterwards. Work on a new tensor: `padded = F.pad(x, ...)` (section 2.4)."""
    x.data = F.pad(x.data, _sides(weight.shape[2:], stride, padding, dilation))
    return _conv2d(x, weight, bias, stride, 0, dilation, groups)


def channels_broadcast(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Channels that do not match are spread over each other where one of them is 1. Compare x.shape[1] with
    weight.shape[1] * groups and raise a ValueError that names both (section 2.3)."""
    if groups == 1 and 1 in (x.shape[1], weight.shape[1]):
        channels = max(x.shape[1], weight.shape[1])
        x, weight = x.expand(-1, channels, -1, -1), weight.expand(-1, channels, -1, -1)
    return _conv2d(x, weight, bias, stride, padding, dilation, groups)


def channels_not_checked(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Channels that do not match are not noticed before torch stumbles over them. Compare x.shape[1] with
    weight.shape[1] * groups and raise a ValueError that names both (section 2.3)."""
    if x.shape[1] != weight.shape[1] * groups:
        x[:1, :, 0, 0] * weight[:1, :, 0, 0]
    return _conv2d(x, weight, bias, stride, padding, dilation, groups)


def empty_result(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Where no window fits you return an empty tensor. Raise a ValueError that names the sizes (section 2.4)."""
    try:
        return _conv2d(x, weight, bias, stride, padding, dilation, groups)
    except ValueError:
        if x.shape[1] != weight.shape[1] * groups or padding == "same":
            raise
        left, right, top, bottom = _sides(weight.shape[2:], stride, padding, dilation)
        padded = x.shape[2] + top + bottom, x.shape[3] + left + right
        room = [n - d * (k - 1) - 1 for n, k, d in zip(padded, weight.shape[2:], _both(dilation), strict=True)]
        size = [max(0, n // s + 1) for n, s in zip(room, _both(stride), strict=True)]
        return x.new_zeros(len(x), len(weight), *size)


def padding_not_counted_when_refusing(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """You refuse a picture that is smaller than the kernel, but the padding may make room for it. Check after padding
    (section 2.4)."""
    if any(n < k for n, k in zip(x.shape[2:], weight.shape[2:], strict=True)):
        raise ValueError(f"the kernel {tuple(weight.shape[2:])} does not fit into {tuple(x.shape[2:])}")
    return _conv2d(x, weight, bias, stride, padding, dilation, groups)
