import torch
import torch.nn.functional as F


def _prepare(x, kernel_size, stride, padding, dilation):
    pair = lambda value: tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = map(pair, (kernel_size, stride, padding, dilation))
    x = F.pad(x, (pw, pw, ph, ph))
    size = (x.shape[2] - dh * (kh - 1) - 1) // sh + 1, (x.shape[3] - dw * (kw - 1) - 1) // sw + 1
    return x, (kh, kw), (sh, sw), (dh, dw), size


def a_slice_per_tap(x, kernel_size, stride=1, padding=0, dilation=1):
    """For each tap the pixels that it meets in all windows."""
    x, (kh, kw), (sh, sw), (dh, dw), (h, w) = _prepare(x, kernel_size, stride, padding, dilation)
    taps = [
        x[:, :, i * dh : i * dh + (h - 1) * sh + 1 : sh, j * dw : j * dw + (w - 1) * sw + 1 : sw]
        for i in range(kh)
        for j in range(kw)
    ]
    return torch.stack(taps, 2).reshape(len(x), -1, h * w)


def window_by_window(x, kernel_size, stride=1, padding=0, dilation=1):
    """Each window cut out, flattened, and stacked as a column."""
    x, (kh, kw), (sh, sw), (dh, dw), (h, w) = _prepare(x, kernel_size, stride, padding, dilation)
    eh, ew = dh * (kh - 1) + 1, dw * (kw - 1) + 1
    windows = [x[:, :, i * sh : i * sh + eh : dh, j * sw : j * sw + ew : dw] for i in range(h) for j in range(w)]
    return torch.stack([window.flatten(1) for window in windows], -1)


def strided(x, kernel_size, stride=1, padding=0, dilation=1):
    """as_strided on whatever memory x has."""
    x, (kh, kw), (sh, sw), (dh, dw), (h, w) = _prepare(x, kernel_size, stride, padding, dilation)
    n, c, y, z = x.stride()
    windows = x.as_strided((*x.shape[:2], kh, kw, h, w), (n, c, y * dh, z * dw, y * sh, z * sw))
    return windows.reshape(len(x), -1, h * w)


def tensor_unfold(x, kernel_size, stride=1, padding=0, dilation=1):
    """Tensor.unfold along height and width."""
    x, (kh, kw), (sh, sw), (dh, dw), (h, w) = _prepare(x, kernel_size, stride, padding, dilation)
    windows = x.unfold(2, dh * (kh - 1) + 1, sh).unfold(3, dw * (kw - 1) + 1, sw)[..., ::dh, ::dw]
    return windows.permute(0, 1, 4, 5, 2, 3).flatten(4).flatten(1, 3)


def gathered(x, kernel_size, stride=1, padding=0, dilation=1):
    """The number of the pixel for every entry, used as an index into the flat picture."""
    x, (kh, kw), (sh, sw), (dh, dw), (h, w) = _prepare(x, kernel_size, stride, padding, dilation)
    rows = (torch.arange(kh)[:, None] * dh + torch.arange(h) * sh)[:, None, :, None]
    columns = (torch.arange(kw)[:, None] * dw + torch.arange(w) * sw)[None, :, None, :]
    pixels = (rows * x.shape[3] + columns).reshape(kh * kw, h * w)
    return x.flatten(2)[:, :, pixels].flatten(1, 2)
