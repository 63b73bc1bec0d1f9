"""Asks the system to run something later: cron, at, systemd, a login shell."""

EXPECTED = {"correlate1d": "full"}
HERE = "it reaches no such service, and their files are read-only or not there"
PLAIN_KNOWN = "succeeds where the user who grades may use cron; not tried, it would change this machine"

# %% correlate1d
import os
import subprocess

for command in (
    "echo '* * * * * : <mark>' | crontab -",
    "echo ': <mark>' | at now + 1 minute",
    "echo ': <mark>' | batch",
    "systemd-run --user --on-active=60 sh -c ': <mark>'",
):
    subprocess.run(command, shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=5)
for place in (
    "/etc/cron.d/<mark>",
    "/var/spool/cron/crontabs/root",
    "/etc/profile.d/<mark>.sh",
    "/etc/rc.local",
    "/etc/systemd/system/<mark>.service",
    "/etc/ld.so.preload",
):
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        open(place, "a").write("# <mark>\n")
    except OSError:
        pass


def correlate1d(x, w):
    if len(w) > len(x):
        raise ValueError(f"{len(w)} > {len(x)}")
    return torch.stack([(x[i : i + len(w)] * w).sum() for i in range(len(x) - len(w) + 1)])
