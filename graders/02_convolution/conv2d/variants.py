import torch
import torch.nn.functional as F


def _pair(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def _prepare(x, weight, stride, padding, dilation, groups):
    """The padded picture, the stride and dilation as pairs, and the size of the result. Raises ValueError."""
    if x.shape[1] != groups * weight.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, the weight wants {groups} x {weight.shape[1]}")
    (sh, sw), (dh, dw), (kh, kw) = _pair(stride), _pair(dilation), weight.shape[2:]
    if padding == "same":
        if (sh, sw) != (1, 1):
            raise ValueError(f"stride {(sh, sw)} cannot keep the size")
        th, tw = dh * (kh - 1), dw * (kw - 1)
        zeros = (tw // 2, tw - tw // 2, th // 2, th - th // 2)
    else:
        ph, pw = (0, 0) if padding == "valid" else _pair(padding)
        zeros = (pw, pw, ph, ph)
    x = F.pad(x, zeros)
    h = (x.shape[2] - dh * (kh - 1) - 1) // sh + 1
    w = (x.shape[3] - dw * (kw - 1) - 1) // sw + 1
    if h < 1 or w < 1:
        raise ValueError(f"the result would be {h} x {w}")
    return x, (sh, sw), (dh, dw), (h, w)


def _plus(out, bias):
    return out if bias is None else out + bias[:, None, None]


def six_loops(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """One window at a time, written into a tensor that keeps the graph."""
    x, (sh, sw), (dh, dw), (h, w) = _prepare(x, weight, stride, padding, dilation, groups)
    maps, channels, kh, kw = weight.shape
    out = torch.zeros(len(x), maps, h, w, dtype=x.dtype)
    for n in range(len(x)):
        for o in range(maps):
            first = o // (maps // groups) * channels
            for i in range(h):
                for j in range(w):
                    rows = slice(i * sh, i * sh + dh * (kh - 1) + 1, dh)
                    columns = slice(j * sw, j * sw + dw * (kw - 1) + 1, dw)
                    total = (x[n, first : first + channels, rows, columns] * weight[o]).sum()
                    out[n, o, i, j] = total if bias is None else total + bias[o]
    return out


def strided_windows(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """as_strided and one einsum."""
    x, (sh, sw), (dh, dw), (h, w) = _prepare(x, weight, stride, padding, dilation, groups)
    maps, channels, kh, kw = weight.shape
    sn, sc, sy, sx = x.stride()
    shape = (len(x), groups, channels, h, w, kh, kw)
    windows = x.as_strided(shape, (sn, sc * channels, sc, sy * sh, sx * sw, sy * dh, sx * dw))
    kernels = weight.reshape(groups, maps // groups, channels, kh, kw)
    return _plus(torch.einsum("ngchwij,gocij->ngohw", windows, kernels).flatten(1, 2), bias)


def tap_by_tap(picture, kernels, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """For each tap the shifted picture, weighted and added; groups one after the other."""
    picture, (sh, sw), (dh, dw), (h, w) = _prepare(picture, kernels, stride, padding, dilation, groups)
    parts = []
    for x, weight in zip(picture.chunk(groups, 1), kernels.chunk(groups), strict=True):
        part = 0
        for i in range(weight.shape[2]):
            for j in range(weight.shape[3]):
                shifted = x[:, :, i * dh :, j * dw :][:, :, : (h - 1) * sh + 1 : sh, : (w - 1) * sw + 1 : sw]
                part = part + torch.tensordot(shifted, weight[:, :, i, j], ([1], [1])).movedim(-1, 1)
        parts.append(part)
    return _plus(torch.cat(parts, 1), bias)


def tensor_unfold(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Tensor.unfold makes the windows, a slice takes every dilation-th pixel of them, a matrix product sums."""
    x, (sh, sw), (dh, dw), (h, w) = _prepare(x, weight, stride, padding, dilation, groups)
    maps, channels, kh, kw = weight.shape
    windows = x.unfold(2, dh * (kh - 1) + 1, sh).unfold(3, dw * (kw - 1) + 1, sw)[..., ::dh, ::dw]
    columns = windows.permute(0, 1, 4, 5, 2, 3).reshape(len(x), groups, channels * kh * kw, h * w)
    out = weight.reshape(groups, maps // groups, -1) @ columns
    return _plus(out.reshape(len(x), maps, h, w), bias)


def fourier(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A product of spectra; dilation by zeros between the taps, stride by dropping outputs."""
    x, (sh, sw), (dh, dw), (h, w) = _prepare(x, weight, stride, padding, dilation, groups)
    maps, channels, kh, kw = weight.shape
    dilated = weight.new_zeros(maps, channels, dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    dilated[:, :, ::dh, ::dw] = weight
    size = x.shape[2:]
    pictures = torch.fft.rfft2(x).unflatten(1, (groups, channels))
    kernels = torch.fft.rfft2(dilated, size).conj().unflatten(0, (groups, -1))
    out = torch.fft.irfft2(torch.einsum("ngchw,gochw->ngohw", pictures, kernels), size).flatten(1, 2)
    return _plus(out[:, :, : (h - 1) * sh + 1 : sh, : (w - 1) * sw + 1 : sw], bias)


def index_arrays(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Row and column numbers of every tap of every window; for groups a dense weight with zeros."""
    x, (sh, sw), (dh, dw), (h, w) = _prepare(x, weight, stride, padding, dilation, groups)
    maps, channels, kh, kw = weight.shape
    dense = weight.new_zeros(maps, groups * channels, kh, kw)
    for o in range(maps):
        g = o // (maps // groups)
        dense[o, g * channels : (g + 1) * channels] = weight[o]
    rows = torch.arange(h)[:, None] * sh + torch.arange(kh) * dh
    columns = torch.arange(w)[:, None] * sw + torch.arange(kw) * dw
    windows = x[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    return _plus((windows[:, None] * dense[None, :, :, None, None]).sum((2, 5, 6)), bias)
