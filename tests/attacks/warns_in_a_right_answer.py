"""No attack: a right answer that warns on stderr, in its cell and in its calls. A warning costs nothing."""

EXPECTED = {"correlate1d": "full"}
HERE = "a warning costs nothing"

# %% correlate1d
import sys
import warnings


def correlate1d(x, w):
    warnings.warn("this is slow", stacklevel=1)
    print("careful", file=sys.stderr)
    if len(w) > len(x):
        raise ValueError(f"{len(w)} > {len(x)}")
    return torch.stack([(x[i : i + len(w)] * w).sum() for i in range(len(x) - len(w) + 1)])


warnings.warn("from the cell", stacklevel=1)
print("to stderr", file=sys.stderr)
