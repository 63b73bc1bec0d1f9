"""Leaves threads and forked children behind in a right answer; all of it is gone afterwards, and nothing hangs."""

EXPECTED = {"correlate1d": "full"}
HERE = "a kernel's processes and threads end with it"

# %% correlate1d
import os
import threading
import time

threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
if os.fork() == 0:
    time.sleep(3600)


def correlate1d(x, w):
    if os.fork() == 0:
        time.sleep(3600)
    if len(w) > len(x):
        raise ValueError(f"{len(w)} > {len(x)}")
    return torch.stack([(x[i : i + len(w)] * w).sum() for i in range(len(x) - len(w) + 1)])
