"""No attack: a syntax error in one cell. The other exercises are graded."""

REASON = "could not be run"

# %% correlate1d
def correlate1d(x, w)
    return torch.zeros(1)
