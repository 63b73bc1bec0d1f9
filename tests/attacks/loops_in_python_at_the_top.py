"""An endless loop at the top level of a cell."""

REASON = "did not finish within"

# %% correlate1d
while True:
    pass
