"""Changes modes, owners, times and attributes of everything that it can name, and puts links over it."""

EXPECTED = {"correlate1d": "full"}
HERE = "installed packages are read-only and belong to another user; nothing else is there"

# %% correlate1d
import os
import sys

for place in (
    "<course>",
    "<course>/gradebook.db",
    "<course>/graders",
    torch.__file__,
    sys.executable,
    "/",
    "/usr",
    "/tmp",
    "/etc/passwd",
):
    for change in (
        lambda: os.chmod(place, 0o777),
        lambda: os.chown(place, os.getuid(), -1),
        lambda: os.utime(place, (0, 0)),
        lambda: os.setxattr(place, "user.note", b"<mark>"),
        lambda: os.rename(place, place + "<mark>"),
        lambda: os.symlink("/tmp", place + "<mark>"),
        lambda: os.link(place, "<mark>"),
        lambda: os.truncate(place, 0),
    ):
        try:
            change()
        except OSError:
            pass


def correlate1d(x, w):
    if len(w) > len(x):
        raise ValueError(f"{len(w)} > {len(x)}")
    return torch.stack([(x[i : i + len(w)] * w).sum() for i in range(len(x) - len(w) + 1)])
