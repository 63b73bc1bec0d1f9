"""Tries to be another user: system calls, capabilities, programs with the set-user-id bit, its own copy of one."""

HERE = "no_new_privs holds, and all capabilities are gone"

# %% correlate1d
import ctypes
import os
import shutil
import struct
import subprocess

libc, FOUND = ctypes.CDLL(None), set()
for act in (
    lambda: os.setuid(0),
    lambda: os.setresuid(0, 0, 0),
    lambda: os.setgroups([0]),
    lambda: libc.prctl(38, 0, 0, 0, 0),
    lambda: libc.syscall(126, struct.pack("Ii", 0x20080522, 0), b"\xff" * 24),
    lambda: os.chmod(shutil.copy("/bin/sh", "sh"), 0o4755),
):
    try:
        act()
    except OSError:
        pass
for command in (
    "sudo -n id -u",
    "su -c 'id -u'",
    "pkexec id -u",
    "./sh -p -c 'id -u'",
    "newgrp root",
    "mount",
    "unshare -r id -u",
):
    told = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=3, stdin=subprocess.DEVNULL)
    FOUND |= {"REA" + "CHED"} if told.stdout.strip() == "0" else set()
status = dict(line.split(":\t") for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
FOUND |= {"REA" + "CHED"} if os.geteuid() == 0 or int(status["CapEff"], 16) else set()


def correlate1d(x, w):
    if FOUND:
        raise ValueError(" ".join(sorted(FOUND)))
    return torch.zeros(1)
