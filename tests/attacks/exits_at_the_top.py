"""``os._exit`` at the top level of a cell; the other exercises are graded."""

REASON = "ended the process"

# %% correlate1d
import os

os._exit(0)
