"""Writes endlessly to the descriptors 1 and 2 and to the terminal, past Python's streams."""

EXPECTED = {"correlate1d": "full"}
HERE = "these descriptors lead nowhere, and there is no terminal"

# %% correlate1d
import os

for target in (1, 2, "/dev/tty", "/dev/stdout", "/dev/stderr", "/dev/console", "/dev/pts/0"):
    try:
        fd = target if isinstance(target, int) else os.open(target, os.O_WRONLY | os.O_NONBLOCK)
        for _ in range(200):
            os.write(fd, (b"FOR" + b"GED\n") * 100_000)
    except OSError:
        pass


def correlate1d(x, w):
    if len(w) > len(x):
        raise ValueError(f"{len(w)} > {len(x)}")
    return torch.stack([(x[i : i + len(w)] * w).sum() for i in range(len(x) - len(w) + 1)])
