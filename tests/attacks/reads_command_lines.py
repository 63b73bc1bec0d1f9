"""Reads the command lines and names of all processes."""

HERE = "it sees no process but its own"
PLAIN = "secret read"

# %% correlate1d
import glob
import re
import subprocess

TEXT = subprocess.run("ps axuwwe", shell=True, capture_output=True, text=True).stdout
for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/comm"):
    try:
        TEXT += open(path, errors="replace").read()
    except OSError:
        pass
FOUND = set(re.findall("canary-[0-9a-f]{32}", TEXT))


def correlate1d(x, w):
    if FOUND:
        raise ValueError(" ".join(sorted(FOUND)))
    return torch.zeros(1)
