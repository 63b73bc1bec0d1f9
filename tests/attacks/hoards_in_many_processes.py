"""Takes memory in many processes, each below what one may have."""

HERE = "the watcher adds up a kernel's processes"
PLAIN_KNOWN = "the machine swaps, or the system kills what it likes; not tried"

# %% correlate1d
import os
import time

for _ in range(40):
    if os.fork() == 0:
        hoard = bytearray(b"x") * (60 << 20)
        time.sleep(100)
time.sleep(3)


def correlate1d(x, w):
    return torch.zeros(1)
