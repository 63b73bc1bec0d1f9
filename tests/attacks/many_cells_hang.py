"""Every exercise of the notebook hangs, in its cell. Grading it ends all the same."""

EXPECTED = {"correlate1d": 0, "edge_kernels": 0, "output_size": 0}
REASON = "did not finish within"
HERE = "a notebook has a time of its own"

# %% correlate1d
while True:
    pass

# %% edge_kernels
while True:
    pass

# %% output_size
while True:
    pass
