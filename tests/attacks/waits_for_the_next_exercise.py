"""Leaves a thread and a child that wait until the next exercise is graded, and then spoil what they can reach."""

HERE = "each exercise has a clone of its own; threads do not follow into it, and a child is another process"

# %% correlate1d
import os
import threading
import time


def spoil():
    time.sleep(0.5)
    torch.Tensor.__add__ = torch.Tensor.sum = torch.tensor = lambda *a, **k: 7
    globals().update(output_size=lambda *a, **k: 7, edge_kernels=lambda: 7)


def correlate1d(x, w):
    if os.getpid() == 1:  # the visible check: this kernel would spoil itself
        return torch.zeros(1)
    threading.Thread(target=spoil, daemon=False).start()
    if os.fork() == 0:
        spoil()
        time.sleep(100)
    return torch.zeros(1)
