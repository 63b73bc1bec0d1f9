import math

import torch


def _total(kernel_size, stride, padding, dilation):
    if padding == "same" and stride != 1:
        raise ValueError(f"same padding with stride {stride}")
    extent = dilation * (kernel_size - 1)
    return {"valid": 0, "same": extent, "full": 2 * extent}.get(
        padding, padding if isinstance(padding, str) else 2 * padding
    )


def counts_the_starts(size, kernel_size, stride=1, padding=0, dilation=1):
    """The starts of the windows, counted."""
    padded = size + _total(kernel_size, stride, padding, dilation)
    starts = range(0, padded - dilation * (kernel_size - 1), stride)
    if not starts:
        raise ValueError(f"no window of {kernel_size} fits into {size}")
    return len(starts)


def floor_of_a_fraction(size, kernel_size, stride=1, padding=0, dilation=1):
    """The formula of torch's documentation."""
    total = _total(kernel_size, stride, padding, dilation)
    n = math.floor((size + total - dilation * (kernel_size - 1) - 1) / stride + 1)
    if n < 1:
        raise ValueError(f"output size {n}")
    return n


def asks_a_tensor(size, kernel_size, stride=1, padding=0, dilation=1):
    """The windows of an empty line, laid out by torch."""
    line = torch.empty(size + _total(kernel_size, stride, padding, dilation))
    try:
        return line.unfold(0, dilation * (kernel_size - 1) + 1, stride).shape[0]
    except RuntimeError:
        raise ValueError(f"kernel {kernel_size} is larger than {len(line)}") from None


def words_first(size, kernel_size, stride=1, padding=0, dilation=1):
    """Each word on its own, by recursion."""
    if padding == "same":
        if stride > 1:
            raise ValueError(f'stride {stride} with "same"')
        return size
    if padding == "valid":
        return words_first(size, kernel_size, stride, 0, dilation)
    if padding == "full":
        return words_first(size, kernel_size, stride, dilation * (kernel_size - 1), dilation)
    if (free := size + 2 * padding - dilation * (kernel_size - 1)) <= 0:
        raise ValueError(f"size {size}, kernel {kernel_size}")
    return (free + stride - 1) // stride
