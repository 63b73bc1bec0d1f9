"""Takes all memory in tensors, in the tested function."""

HERE = "the system refuses, or the watcher kills it at 1 GiB; the other exercises are graded"
PLAIN_KNOWN = "the machine swaps, or the system kills what it likes; not tried"


# %% correlate1d
def correlate1d(x, w):
    hoard = []
    while True:
        hoard.append(torch.ones(1 << 24))
