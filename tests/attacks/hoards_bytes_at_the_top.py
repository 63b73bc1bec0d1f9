"""Takes all memory in its cell."""

HERE = "the system refuses, or the watcher kills it at 1 GiB; the cell is left out, the others are graded"
PLAIN_KNOWN = "the machine swaps, or the system kills what it likes; not tried"

# %% correlate1d
hoard = []
while True:
    hoard.append(bytearray(b"x") * (64 << 20))


def correlate1d(x, w):
    return torch.zeros(1)
