import torch
import torch.nn.functional as F


def _correlate(x, w):
    if len(w) > len(x):
        raise ValueError(f"the kernel has {len(w)} numbers and the signal only {len(x)}")
    return x.unfold(0, len(w), 1) @ w


def flips_the_kernel(x, w):
    """Your kernel is reversed before it slides. In a network the first weight meets the first number (section 2.1)."""
    return _correlate(x, w.flip(0))


def one_output_too_few(x, w):
    """Your last window is missing. N - K + 1 windows start at 0, 1, ..., N - K: `range(N - K)` leaves one out (section
    2.1)."""
    return _correlate(x, w)[:-1]


def last_window_missing(x, w):
    """Your last output is 0, because its window is never computed. Windows start at 0, 1, ..., N - K: `range(N - K)`
    leaves the last one out (section 2.1)."""
    out = _correlate(x, w)
    return torch.cat([out[:-1], out.new_zeros(1)])


def wraps_around(x, w):
    """Your windows run over the end of the signal and go on at its start. Only windows that lie wholly inside the
    signal count: N - K + 1 of them (section 2.1)."""
    return _correlate(torch.cat([x, x[: len(w) - 1]]), w)


def zero_pads(x, w):
    """You pad the signal with zeros, so that the result is as long as the signal. Only windows that lie wholly inside
    the signal count: N - K + 1 of them (section 2.1)."""
    total = len(w) - 1
    return _correlate(F.pad(x, (total // 2, total - total // 2)), w)


def zero_pads_in_full(x, w):
    """You pad K - 1 zeros on both sides, as `np.convolve` does in mode "full". Only windows that lie wholly inside the
    signal count: N - K + 1 of them (section 2.1)."""
    return _correlate(F.pad(x, (len(w) - 1, len(w) - 1)), w)


def zero_pads_at_the_end(x, w):
    """Your windows run over the end of the signal, as if zeros stood there. The last window starts at N - K, so there
    are N - K + 1 outputs (section 2.1)."""
    return _correlate(F.pad(x, (0, len(w) - 1)), w)


def zero_pads_half_a_kernel(x, w):
    """You pad K // 2 zeros on both sides. Only windows that lie wholly inside the signal count: N - K + 1 of them
    (section 2.1)."""
    return _correlate(F.pad(x, (len(w) // 2, len(w) // 2)), w)


def windows_do_not_overlap(x, w):
    """Your window jumps by its own length. It slides by one place, so that neighbouring windows overlap: N - K + 1 of
    them (section 2.1)."""
    _correlate(x, w)
    return x.unfold(0, len(w), len(w)) @ w


def sum_not_reset(x, w):
    """Each of your outputs has all earlier ones in it: the sum is set to 0 once, before the loops. Each window starts
    from 0 (section 2.1)."""
    return _correlate(x, w).cumsum(0)


def divides_by_k(x, w):
    """You divide by K. The result is the sum of the products; it is a mean only if the weights make it one (section
    2.1)."""
    return _correlate(x, w) / len(w)


def integer_result(x, w):
    """Your result holds integers although the signal is float: the fractions are cut off. Make the result in the
    signal's dtype, for instance with `x.new_zeros` (section 2.1)."""
    return _correlate(x, w).long()


def float32_result(x, w):
    """Your result is float32 whatever goes in. `torch.zeros(n)` is float32; `x.new_zeros(n)` has the dtype of the
    signal (section 2.1)."""
    return _correlate(x, w).float()


def loops_over_the_kernel_only(x, w):
    """Only the first K outputs are computed; the others stay 0. There is one output for each position of the window, N
    - K + 1 of them, and each of them sums over the K weights (section 2.1)."""
    out = _correlate(x, w)
    return torch.where(torch.arange(len(out)) < len(w), out, 0)


def one_output_for_each_tap(x, w):
    """You compute the first K windows only, one for each number of the kernel. There is one output for each position
    of the window, N - K + 1 of them, and each of them sums over the K weights (section 2.1)."""
    return _correlate(x, w)[: len(w)]


def products_of_the_first_window(x, w):
    """You multiply the kernel with the start of the signal and neither sum nor slide. Each of the N - K + 1 windows
    gives one number, the sum of its products (section 2.1)."""
    return x[: len(w)] * w


def first_window_only(x, w):
    """You multiply the kernel with the start of the signal and sum, and that is all. The window also slides: there are
    N - K + 1 positions (section 2.1)."""
    return _correlate(x, w)[:1]


def first_window_as_a_number(x, w):
    """You return one number, the first window's. The window slides over N - K + 1 positions, and each gives a number
    (section 2.1)."""
    return _correlate(x, w)[0]


def taps_not_shifted(x, w):
    """All taps of a window meet the same number of the signal. Tap k of window i meets x[i + k] (section 2.1)."""
    return x[: len(_correlate(x, w))] * w.sum()


def products_not_summed(x, w):
    """You return the products of each window one by one. They are summed: one number a window (section 2.1)."""
    return x.unfold(0, len(w), 1) * w


def computes_in_float32(x, w):
    """Your result has the digits of float32 although float64 goes in: something on the way is float32, such as
    `torch.zeros(n)` without a dtype, or `.float()` (section 2.1)."""
    return _correlate(x.float(), w.float()).to(x.dtype)


def refuses_one_window(x, w):
    """You refuse a kernel that is as long as the signal. It fits once: refuse K > N only (section 2.1)."""
    if len(w) >= len(x):
        raise ValueError(f"the kernel has {len(w)} numbers and the signal {len(x)}")
    return _correlate(x, w)


def length_not_checked(x, w):
    """A kernel longer than the signal is not noticed before torch stumbles over it. Compare K with N first and raise a
    ValueError that names both (section 2.1)."""
    torch.zeros(len(x) - len(w) + 1)
    return _correlate(x, w)


def never_refuses(x, w):
    """A kernel longer than the signal fits nowhere. Raise a ValueError that names both lengths, instead of returning
    something empty (section 2.1)."""
    return _correlate(x, w) if len(w) <= len(x) else x.new_zeros(0)
