"""Closes all descriptors of its process, removes its directory, and empties the modules of Python."""

HERE = "the cell is left out, and the others are run in a fresh kernel"

# %% correlate1d
import os
import shutil
import sys

shutil.rmtree(os.getcwd(), ignore_errors=True)
os.closerange(0, 65536)
sys.modules.clear()


def correlate1d(x, w):
    return torch.zeros(1)
