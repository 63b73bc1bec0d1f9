"""``os._exit`` at the top level of a cell; the other exercises are graded."""

REASON = "ended the process"
HERE = "the cell is left out, and the others are run in a fresh kernel"
PLAIN = "not graded"

# %% correlate1d
import os

os._exit(0)
