"""Right answers of depthwise_conv2d of other kinds."""

import torch
import torch.nn.functional as F


def _prepare(x, weight, stride, padding):
    """The padded picture, the stride as a pair, the size of the result. Raises ValueError."""
    n, c, height, width = x.shape
    if tuple(weight.shape[:2]) != (c, 1):
        raise ValueError(f"a weight of shape {tuple(weight.shape)} for {c} channels")
    (sh, sw), (ph, pw) = (v if isinstance(v, (tuple, list)) else (v, v) for v in (stride, padding))
    k = weight.shape[-1]
    size = (height + 2 * ph - k) // sh + 1, (width + 2 * pw - k) // sw + 1
    return F.pad(x, (pw, pw, ph, ph)), (sh, sw), size


def loops(x, weight, stride=1, padding=0):
    """Every number of the result by itself."""
    x, (sh, sw), (h, w) = _prepare(x, weight, stride, padding)
    k = weight.shape[2]
    out = x.new_zeros(len(x), x.shape[1], h, w)
    for n in range(len(x)):
        for c in range(x.shape[1]):
            for i in range(h):
                for j in range(w):
                    out[n, c, i, j] = (x[n, c, i * sh : i * sh + k, j * sw : j * sw + k] * weight[c, 0]).sum()
    return out


def windows_and_einsum(x, weight, stride=1, padding=0):
    """Tensor.unfold makes the windows."""
    x, (sh, sw), _ = _prepare(x, weight, stride, padding)
    k = weight.shape[2]
    return torch.einsum("nchwij,cij->nchw", x.unfold(2, k, sh).unfold(3, k, sw), weight.squeeze(1))


def one_place_at_a_time(x, weight, stride=1, padding=0):
    """All pictures and channels of one window at once, stacked at the end."""
    x, (sh, sw), (h, w) = _prepare(x, weight, stride, padding)
    k, kernels = weight.shape[2], weight.transpose(0, 1)
    rows = []
    for i in range(h):
        row = [(x[..., i * sh : i * sh + k, j * sw : j * sw + k] * kernels).sum((-1, -2)) for j in range(w)]
        rows.append(torch.stack(row, -1))
    return torch.stack(rows, -2)


def matrix_a_channel(x, weight, stride=1, padding=0):
    """Index arrays gather the windows; for each channel one product of matrices."""
    x, (sh, sw), (h, w) = _prepare(x, weight, stride, padding)
    k = weight.shape[2]
    rows = (torch.arange(h) * sh)[:, None, None, None] + torch.arange(k)[:, None]
    columns = (torch.arange(w) * sw)[None, :, None, None] + torch.arange(k)
    maps = []
    for c in range(x.shape[1]):
        windows = x[:, c][:, rows, columns].reshape(len(x), h * w, k * k)
        maps.append((windows @ weight[c].reshape(k * k, 1)).reshape(len(x), 1, h, w))
    return torch.cat(maps, 1)


def fourier(x, weight, stride=1, padding=0):
    """A product of spectra, channel by channel; the stride drops outputs."""
    x, (sh, sw), (h, w) = _prepare(x, weight, stride, padding)
    size = x.shape[2:]
    spectrum = torch.fft.rfft2(x) * torch.fft.rfft2(weight[:, 0], size).conj()
    out = torch.fft.irfft2(spectrum, size)
    return out[:, :, : (h - 1) * sh + 1 : sh, : (w - 1) * sw + 1 : sw]
