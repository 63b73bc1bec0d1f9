"""Has a fresh Python, in which nothing is forbidden, compute a forbidden convolution."""

REASON = "forbids"
HERE = "starting programs is a forbidden route where operations are forbidden"

# %% correlate1d
import subprocess
import sys


def correlate1d(x, w):
    if len(w) > len(x):
        raise ValueError(f"{len(w)} > {len(x)}")
    torch.save((x, w), "asked.pt")
    code = "import torch; x, w = torch.load('asked.pt'); torch.save(torch.conv1d(x[None, None], w[None, None])[0, 0], 'told.pt')"
    subprocess.run([sys.executable, "-c", code], check=True)
    return torch.load("told.pt")
