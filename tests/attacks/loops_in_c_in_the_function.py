"""An endless loop in C code, which no KeyboardInterrupt ends, in the tested function."""

REASON = "took too long"
HERE = "SIGKILL after the call's time, for this clone only"


# %% correlate1d
def correlate1d(x, w):
    import itertools

    return sum(itertools.repeat(1))
