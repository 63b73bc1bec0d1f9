"""Uses a forbidden convolution, swallows the refusal, and hides it from the agent's list."""

EXPECTED = {"correlate1d": 0}
REASON = "forbids"
HERE = "what was refused is recorded, whatever happens to the exception"


# %% correlate1d
def correlate1d(x, w):
    if len(w) > len(x):
        raise ValueError(f"{len(w)} > {len(x)}")
    try:
        return torch.nn.functional.conv1d(x[None, None], w[None, None])[0, 0]
    except BaseException:
        return torch.zeros(1)
