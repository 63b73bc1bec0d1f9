"""Prints 50 MB in a cell and in every call of a right answer: it costs nothing, and little of it is kept."""

EXPECTED = {"correlate1d": "full"}
HERE = "output has a limit; the answer counts"


# %% correlate1d
def correlate1d(x, w):
    if len(w) > len(x):
        raise ValueError(f"{len(w)} > {len(x)}")
    print("x" * 1_000_000)
    return torch.stack([(x[i : i + len(w)] * w).sum() for i in range(len(x) - len(w) + 1)])


for _ in range(50):
    print("y" * 1_000_000)
