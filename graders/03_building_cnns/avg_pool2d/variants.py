"""Right answers of avg_pool2d of other kinds."""

import torch
import torch.nn.functional as F


def _sizes(kernel_size, stride, padding):
    pair = lambda v: (v, v) if isinstance(v, int) else tuple(v)
    return pair(kernel_size), pair(kernel_size if stride is None else stride), pair(padding)


def loops(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """One window at a time, cut off at the border."""
    (kh, kw), (sh, sw), (ph, pw) = _sizes(kernel_size, stride, padding)
    h, w = x.shape[2:]
    rows = []
    for i in range(-ph, h + ph - kh + 1, sh):
        row = []
        for j in range(-pw, w + pw - kw + 1, sw):
            window = x[:, :, max(i, 0) : i + kh, max(j, 0) : j + kw]
            count = kh * kw if count_include_pad else window.shape[2] * window.shape[3]
            row.append(window.sum((2, 3)) / count)
        rows.append(torch.stack(row, 2))
    return torch.stack(rows, 2)


def as_convolution(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """A convolution with equal weights, one channel a picture."""
    (kh, kw), stride, padding = _sizes(kernel_size, stride, padding)
    n, c, h, w = x.shape
    weight = torch.ones(1, 1, kh, kw, dtype=x.dtype)
    total = F.conv2d(x.reshape(n * c, 1, h, w), weight, stride=stride, padding=padding)
    if count_include_pad:
        total = total / (kh * kw)
    else:
        total = total / F.conv2d(torch.ones(1, 1, h, w, dtype=x.dtype), weight, stride=stride, padding=padding)
    return total.reshape(n, c, *total.shape[2:])


def running_sums(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """Differences of cumulative sums, one axis after the other."""
    kernel, stride, padding = _sizes(kernel_size, stride, padding)

    def total(t):
        for axis, k, s, p in zip((2, 3), kernel, stride, padding, strict=True):
            t = t.movedim(axis, -1)
            sums = F.pad(t, (p + 1, p)).cumsum(-1)
            t = (sums[..., k:] - sums[..., :-k])[..., ::s].movedim(-1, axis)
        return t

    height, width = kernel
    return total(x) / (height * width if count_include_pad else total(torch.ones_like(x)))


def columns(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """F.unfold of each channel; the zeros that do not count are nan, and the mean leaves them out."""
    kernel, stride, (ph, pw) = _sizes(kernel_size, stride, padding)
    n, c = x.shape[:2]
    x = F.pad(x, (pw, pw, ph, ph), value=0.0 if count_include_pad else float("nan"))
    h, w = ((size - k) // s + 1 for size, k, s in zip(x.shape[2:], kernel, stride, strict=True))
    return F.unfold(x.flatten(0, 1)[:, None], kernel, stride=stride).nanmean(1).view(n, c, h, w)
