"""Sends SIGKILL to every process that it may signal, from its cell and from its function."""

EXPECTED = {"correlate1d": 0}
HERE = "it can signal no process but its own; other submissions, and other processes of the machine, live"
PLAIN_KNOWN = "ends the grading run, and whatever else the user who grades has running; not tried"

# %% correlate1d
import os
import signal


def kill_all():
    for pid in (-1, os.getppid(), *range(2, 40_000)):
        try:
            if pid != os.getpid():
                os.kill(pid, signal.SIGKILL)
        except OSError:
            pass


kill_all()


def correlate1d(x, w):
    kill_all()
    os.killpg(0, signal.SIGKILL)
