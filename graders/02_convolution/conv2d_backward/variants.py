import numpy as np
import torch
import torch.nn.functional as F


def _both(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def window_by_window(grad_output, x, weight, stride=1, padding=0):
    """Where the forward pass read a window, the backward pass adds to one."""
    (sh, sw), (ph, pw), (kh, kw) = _both(stride), _both(padding), weight.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    grad_padded, grad_weight = torch.zeros_like(padded), torch.zeros_like(weight)
    for n in range(grad_output.shape[0]):
        for o in range(grad_output.shape[1]):
            for i in range(grad_output.shape[2]):
                for j in range(grad_output.shape[3]):
                    window = (n, slice(None), slice(i * sh, i * sh + kh), slice(j * sw, j * sw + kw))
                    grad_padded[window] += grad_output[n, o, i, j] * weight[o]
                    grad_weight[o] += grad_output[n, o, i, j] * padded[window]
    h, w = x.shape[2:]
    return grad_padded[:, :, ph : ph + h, pw : pw + w], grad_weight, grad_output.sum((0, 2, 3))


def tap_by_tap(grad_output, x, weight, stride=1, padding=0):
    """For each tap, all windows at once."""
    (sh, sw), (ph, pw), (h, w) = _both(stride), _both(padding), grad_output.shape[2:]
    padded = F.pad(x, (pw, pw, ph, ph))
    grad_padded, grad_weight = torch.zeros_like(padded), torch.empty_like(weight)
    for i in range(weight.shape[2]):
        for j in range(weight.shape[3]):
            met = (..., slice(i, i + (h - 1) * sh + 1, sh), slice(j, j + (w - 1) * sw + 1, sw))
            grad_padded[met] += torch.einsum("nohw,oc->nchw", grad_output, weight[:, :, i, j])
            grad_weight[:, :, i, j] = torch.einsum("nohw,nchw->oc", grad_output, padded[met])
    bottom, right = padded.shape[2] - ph, padded.shape[3] - pw
    return grad_padded[:, :, ph:bottom, pw:right], grad_weight, torch.einsum("nohw->o", grad_output)


def two_correlations(grad_output, x, weight, stride=1, padding=0):
    """Zeros between the values of grad_output; then both gradients are correlations at stride 1."""
    (sh, sw), (ph, pw), (kh, kw) = _both(stride), _both(padding), weight.shape[2:]
    n, o, h, w = grad_output.shape
    padded = F.pad(x, (pw, pw, ph, ph))
    spread = grad_output.new_zeros(n, o, padded.shape[2] - kh + 1, padded.shape[3] - kw + 1)  # zeros for leftovers too
    spread[:, :, : (h - 1) * sh + 1 : sh, : (w - 1) * sw + 1 : sw] = grad_output
    correlate = lambda a, b, letters: torch.einsum(letters, a.unfold(2, b.shape[2], 1).unfold(3, b.shape[3], 1), b)
    full = F.pad(spread, (kw - 1, kw - 1, kh - 1, kh - 1))
    grad_padded = correlate(full, weight.flip(2, 3), "nohwij,ocij->nchw")
    grad_weight = correlate(padded, spread, "nchwij,noij->ochw")
    return F.pad(grad_padded, (-pw, -pw, -ph, -ph)), grad_weight, grad_output.flatten(2).sum(2).sum(0)


def by_the_linear_map(grad_output, x, weight, stride=1, padding=0):
    """Columns by index; the gradient goes back along the same indices."""
    (sh, sw), (ph, pw), (kh, kw) = _both(stride), _both(padding), weight.shape[2:]
    n, o, h, w = grad_output.shape
    padded = F.pad(x, (pw, pw, ph, ph))
    rows = (torch.arange(kh)[:, None] + torch.arange(h) * sh)[:, None, :, None]
    columns = (torch.arange(kw)[:, None] + torch.arange(w) * sw)[None, :, None, :]
    pixels = (rows * padded.shape[3] + columns).flatten()
    g = grad_output.flatten(2)
    patches = padded.flatten(2)[:, :, pixels].reshape(n, -1, h * w)
    grad_weight = torch.tensordot(g, patches, ([0, 2], [0, 2])).reshape(weight.shape)
    back = (weight.flatten(1).T @ g).reshape(n, x.shape[1], -1)
    grad_padded = torch.zeros_like(padded).flatten(2).index_add(2, pixels, back).reshape(padded.shape)
    return grad_padded.narrow(2, ph, x.shape[2]).narrow(3, pw, x.shape[3]), grad_weight, g.sum((0, 2))


def in_numpy(grad_output, x, weight, stride=1, padding=0):
    """numpy, a picture and a window at a time."""
    (sh, sw), (ph, pw), (kh, kw) = _both(stride), _both(padding), weight.shape[2:]
    g, p, k = grad_output.numpy(), np.pad(x.numpy(), ((0, 0), (0, 0), (ph, ph), (pw, pw))), weight.numpy()
    gp, gk = np.zeros_like(p), np.zeros_like(k)
    for i, j in np.ndindex(*g.shape[2:]):
        rows, columns = slice(i * sh, i * sh + kh), slice(j * sw, j * sw + kw)
        gp[:, :, rows, columns] += np.tensordot(g[:, :, i, j], k, 1)
        gk += np.tensordot(g[:, :, i, j], p[:, :, rows, columns], ([0], [0]))
    inside = np.ascontiguousarray(gp[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]])
    return torch.from_numpy(inside), torch.from_numpy(gk), torch.from_numpy(g.sum(axis=(0, 2, 3)))
