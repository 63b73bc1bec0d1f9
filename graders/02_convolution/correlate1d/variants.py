import numpy as np
import torch


def _check(x, w):
    if len(w) > len(x):
        raise ValueError(f"kernel of length {len(w)} does not fit a signal of length {len(x)}")


def two_loops(x, w):
    """One product at a time."""
    _check(x, w)
    out = x.new_zeros(len(x) - len(w) + 1)
    for i in range(len(out)):
        for k in range(len(w)):
            out[i] += x[i + k] * w[k]
    return out


def roll_and_add(signal, kernel):
    """The whole signal shifted by k, weighted and added."""
    _check(signal, kernel)
    return sum(kernel[k] * signal.roll(-k) for k in range(len(kernel)))[: len(signal) - len(kernel) + 1]


def strided(x, w):
    """as_strided windows and an einsum."""
    _check(x, w)
    return torch.einsum("nk,k->n", x.as_strided((len(x) - len(w) + 1, len(w)), (x.stride(0),) * 2), w)


def fourier(x, w):
    """A product of spectra, one of them conjugate."""
    _check(x, w)
    return torch.fft.irfft(torch.fft.rfft(x) * torch.fft.rfft(w, len(x)).conj(), len(x))[: len(x) - len(w) + 1]


def numpy_windows(x, w):
    """numpy's sliding windows and a matrix product."""
    _check(x, w)
    return torch.from_numpy(np.lib.stride_tricks.sliding_window_view(x.numpy(), len(w)) @ w.numpy())
