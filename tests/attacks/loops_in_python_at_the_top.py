"""An endless loop at the top level of a cell."""

REASON = "did not finish within"
HERE = "SIGKILL after the cell's time; the others are run again"

# %% correlate1d
while True:
    pass
