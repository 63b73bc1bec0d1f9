"""Shows 300 displays of 100 kB each beside a right answer: it costs nothing, and little of it is kept."""

EXPECTED = {"correlate1d": "full"}
HERE = "output has a limit; the answer counts"

# %% correlate1d
from IPython.display import HTML, display


def correlate1d(x, w):
    if len(w) > len(x):
        raise ValueError(f"{len(w)} > {len(x)}")
    return torch.stack([(x[i : i + len(w)] * w).sum() for i in range(len(x) - len(w) + 1)])


for _ in range(300):
    display(HTML("<p>" + "z" * 100_000 + "</p>"))
