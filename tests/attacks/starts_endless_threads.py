"""Starts threads until no more can be had, in its cell and in its function."""

EXPECTED = {"output_size": 0, "edge_kernels": 0}  # no clone can be made any more
HERE = "a user has at most 256 processes and threads, and each kernel is a user of its own"
PLAIN_KNOWN = "takes threads from everything that the user who grades has running; not tried"

# %% correlate1d
import threading
import time


def start():
    try:
        for _ in range(100_000):
            threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
    except RuntimeError:
        pass


start()


def correlate1d(x, w):
    start()
    return torch.zeros(1)
