"""Sets a timer whose handler raises exceptions of every kind inside the agent, a thousand times a second."""

HERE = "the reply is an exception, unreadable or missing: a wrong answer"

# %% correlate1d
import signal


def alarm(*a):
    raise StopIteration("2.0")


def correlate1d(x, w):
    signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.001)
    return torch.zeros(1)
