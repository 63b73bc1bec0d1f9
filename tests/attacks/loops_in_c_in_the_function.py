"""An endless loop in C code, which no KeyboardInterrupt ends, in the tested function."""

REASON = "took too long"


# %% correlate1d
def correlate1d(x, w):
    import itertools

    return sum(itertools.repeat(1))
