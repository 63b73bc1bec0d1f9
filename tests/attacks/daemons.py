"""Leaves daemons behind: two forks and a new session, nohup, a detached shell, each with the same mark."""

EXPECTED = {"correlate1d": "full"}
HERE = "all processes of a kernel's namespace end with it"
PLAIN = "left behind"

# %% correlate1d
import os
import subprocess
import sys

sleeper = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, 1); signal.signal(1, 1); time.sleep(3600)",
    "<mark>",
]
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in (0, 1, 2):
            os.dup2(os.open(os.devnull, os.O_RDWR), fd)
        os.execv(sys.executable, sleeper)
    os._exit(0)
subprocess.Popen(sleeper, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
subprocess.Popen("nohup sh -c 'sleep 3600; : <mark>' >/dev/null 2>&1 &", shell=True)


def correlate1d(x, w):
    if len(w) > len(x):
        raise ValueError(f"{len(w)} > {len(x)}")
    return torch.stack([(x[i : i + len(w)] * w).sum() for i in range(len(x) - len(w) + 1)])
