"""Right answers of max_pool2d of other kinds."""

import torch
import torch.nn.functional as F


def _sizes(kernel_size, stride, padding):
    kernel, stride, padding = (
        (v, v) if isinstance(v, int) else tuple(v)
        for v in (kernel_size, kernel_size if stride is None else stride, padding)
    )
    for k, p in zip(kernel, padding, strict=True):
        if p > k / 2:
            raise ValueError(f"padding {p} is larger than half of {k}")
    return kernel, stride, padding


def loops(x, kernel_size, stride=None, padding=0):
    """One window at a time, cut off at the border instead of padded."""
    (kh, kw), (sh, sw), (ph, pw) = _sizes(kernel_size, stride, padding)
    n, c, h, w = x.shape
    rows = []
    for i in range(-ph, h + ph - kh + 1, sh):
        row = []
        for j in range(-pw, w + pw - kw + 1, sw):
            window = x[:, :, max(i, 0) : i + kh, max(j, 0) : j + kw]
            row.append(window.amax(dim=(2, 3)))
        rows.append(torch.stack(row, -1))
    return torch.stack(rows, -2)


def shifted_maxima(x, kernel_size, stride=None, padding=0):
    """For each tap the pixels that it meets in all windows; the elementwise maximum of these pictures."""
    (kh, kw), (sh, sw), (ph, pw) = _sizes(kernel_size, stride, padding)
    lowest = torch.finfo(x.dtype).min
    x = F.pad(x, (pw, pw, ph, ph), mode="constant", value=lowest)
    h, w = (x.shape[2] - kh) // sh + 1, (x.shape[3] - kw) // sw + 1
    best = torch.full((x.shape[0], x.shape[1], h, w), lowest, dtype=x.dtype)
    for i in range(kh):
        for j in range(kw):
            best = torch.maximum(best, x[:, :, i : i + (h - 1) * sh + 1 : sh, j : j + (w - 1) * sw + 1 : sw])
    return best


def columns(x, kernel_size, stride=None, padding=0):
    """F.unfold, one channel a picture, and the maximum down each column."""
    kernel, stride, (ph, pw) = _sizes(kernel_size, stride, padding)
    n, c = x.shape[:2]
    x = F.pad(x, (pw, pw, ph, ph), value=-1e30)
    h, w = ((size - k) // s + 1 for size, k, s in zip(x.shape[2:], kernel, stride, strict=True))
    return F.unfold(x.flatten(0, 1).unsqueeze(1), kernel, stride=stride).max(1).values.reshape(n, c, h, w)


def one_axis_then_the_other(x, kernel_size, stride=None, padding=0):
    """The maximum of maxima: rows first, then columns; as_strided windows."""
    kernel, stride, padding = _sizes(kernel_size, stride, padding)
    for axis in (2, 3):
        k, s, p = (v[axis - 2] for v in (kernel, stride, padding))
        edge = x.new_full((*x.shape[:axis], p, *x.shape[axis + 1 :]), float("-inf"))
        x = torch.cat([edge, x, edge], axis)
        x = torch.stack([x.narrow(axis, i, k).amax(axis) for i in range(0, x.shape[axis] - k + 1, s)], axis)
    return x
