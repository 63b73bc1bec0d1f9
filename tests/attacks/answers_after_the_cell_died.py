"""One exercise's cell spoils the function of another: what stands later in the notebook counts, as in a notebook."""

EXPECTED = {"correlate1d": 0}
HERE = "the function that stands last counts, as in a notebook"


# %% correlate1d
def correlate1d(x, w):
    if len(w) > len(x):
        raise ValueError(f"{len(w)} > {len(x)}")
    return torch.stack([(x[i : i + len(w)] * w).sum() for i in range(len(x) - len(w) + 1)])


# %% output_size
def output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    reach = dilation * (kernel_size - 1)
    if padding == "same" and stride != 1:
        raise ValueError(f"same needs stride 1, not {stride}")
    padded = size + (
        {"valid": 0, "same": reach, "full": 2 * reach}[padding] if isinstance(padding, str) else 2 * padding
    )
    if padded <= reach:
        raise ValueError(f"{reach + 1} does not fit into {padded}")
    return (padded - reach - 1) // stride + 1


def correlate1d(x, w):
    return torch.zeros(1)
