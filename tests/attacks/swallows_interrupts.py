"""Swallows KeyboardInterrupt and blocks every signal that can be blocked, at the top and in the function."""

REASON = "did not finish within"
HERE = "SIGKILL cannot be swallowed"

# %% correlate1d
import signal
import time


def stay():
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))
    while True:
        try:
            time.sleep(3600)
        except BaseException:
            pass


def correlate1d(x, w):
    stay()


stay()
