"""An endless loop in C code, which no KeyboardInterrupt ends, at the top level of a cell."""

REASON = "did not finish within"
HERE = "SIGKILL after the cell's time; the others are run again"

# %% correlate1d
import itertools

all(True for _ in ()) and sum(itertools.repeat(1))
