"""``os._exit``, and a crash, inside the tested function; the other exercises are graded."""

REASON = "ended the process"
HERE = "only the exercise's own clone ends"
PLAIN = "not graded"

# %% correlate1d
import os


def correlate1d(x, w):
    os._exit(0) if len(x) % 2 else os.abort()
