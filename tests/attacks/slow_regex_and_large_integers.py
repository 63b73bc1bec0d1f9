"""A regular expression and a power that would take years, neither of which can be interrupted."""

REASON = "took too long"
HERE = "the clone is killed when the time is over"

# %% correlate1d
import re


def correlate1d(x, w):
    if len(x) % 2:
        return 7 ** (7 ** (11 + len(w)))
    return re.match(r"(a+)+$", "a" * 60 + "b")
