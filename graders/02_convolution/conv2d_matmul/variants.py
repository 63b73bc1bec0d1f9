import numpy as np
import torch
import torch.nn.functional as F


def _prepare(x, weight, stride, padding):
    pair = lambda value: tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    (sh, sw), (ph, pw), (kh, kw) = pair(stride), pair(padding), weight.shape[2:]
    x = F.pad(x, (pw, pw, ph, ph))
    return x, (kh, kw), (sh, sw), ((x.shape[2] - kh) // sh + 1, (x.shape[3] - kw) // sw + 1)


def _plus(out, bias):
    return out if bias is None else out + bias.reshape(1, -1, 1, 1)


def a_slice_per_tap(x, weight, bias=None, stride=1, padding=0):
    """Nine slices, stacked."""
    x, (kh, kw), (sh, sw), (h, w) = _prepare(x, weight, stride, padding)
    taps = [x[:, :, i : i + h * sh : sh, j : j + w * sw : sw][:, :, :h, :w] for i in range(kh) for j in range(kw)]
    columns = torch.stack(taps, 2).reshape(len(x), -1, h * w)
    return _plus((weight.reshape(len(weight), -1) @ columns).reshape(len(x), -1, h, w), bias)


def a_copy_per_tap(x, weight, bias=None, stride=1, padding=0):
    """Nine copies into a matrix that is laid out before."""
    x, (kh, kw), (sh, sw), (h, w) = _prepare(x, weight, stride, padding)
    columns = x.new_zeros(*x.shape[:2], kh, kw, h, w)
    for i in range(kh):
        for j in range(kw):
            columns[:, :, i, j] = x[:, :, i : i + (h - 1) * sh + 1 : sh, j : j + (w - 1) * sw + 1 : sw]
    return _plus((weight.flatten(1) @ columns.flatten(1, 3).flatten(2)).unflatten(2, (h, w)), bias)


def windows_as_rows(x, weight, bias=None, stride=1, padding=0):
    """as_strided windows as the rows of one matrix for the whole batch; the bias as one more weight."""
    x, (kh, kw), (sh, sw), (h, w) = _prepare(x, weight, stride, padding)
    n, c, y, z = x.stride()
    windows = x.as_strided((len(x), h, w, x.shape[1], kh, kw), (n, y * sh, z * sw, c, y, z)).reshape(len(x) * h * w, -1)
    rows = weight.reshape(len(weight), -1)
    if bias is not None:
        windows = torch.cat([windows, windows.new_ones(len(windows), 1)], 1)
        rows = torch.cat([rows, bias[:, None]], 1)
    return (windows @ rows.T).reshape(len(x), h, w, -1).permute(0, 3, 1, 2)


def one_einsum(x, weight, bias=None, stride=1, padding=0):
    """Tensor.unfold and einsum."""
    x, (kh, kw), (sh, sw), _ = _prepare(x, weight, stride, padding)
    return _plus(torch.einsum("nchwij,ocij->nohw", x.unfold(2, kh, sh).unfold(3, kw, sw), weight), bias)


def gathered(x, weight, bias=None, stride=1, padding=0):
    """The columns by indexing the flat picture."""
    x, (kh, kw), (sh, sw), (h, w) = _prepare(x, weight, stride, padding)
    taps = (torch.arange(kh)[:, None] * x.shape[3] + torch.arange(kw)).reshape(-1, 1)
    starts = (torch.arange(h)[:, None] * sh * x.shape[3] + torch.arange(w) * sw).reshape(1, -1)
    columns = x.flatten(2)[:, :, taps + starts]
    return _plus(
        torch.tensordot(columns, weight.flatten(2), ([1, 2], [1, 2])).movedim(-1, 1).unflatten(2, (h, w)), bias
    )


def in_numpy(x, weight, bias=None, stride=1, padding=0):
    """numpy's sliding windows and tensordot."""
    x, (kh, kw), (sh, sw), _ = _prepare(x, weight, stride, padding)
    windows = np.lib.stride_tricks.sliding_window_view(x.numpy(), (kh, kw), (2, 3))[:, :, ::sh, ::sw]
    return _plus(torch.from_numpy(np.tensordot(windows, weight.numpy(), ([1, 4, 5], [1, 2, 3]))).movedim(-1, 1), bias)
