"""Makes the system calls from which most escapes came: bpf, io_uring, userfaultfd, perf, keyrings, ptrace."""

HERE = "a seccomp filter refuses them"

# %% correlate1d
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
calls = {"bpf": 321, "io_uring_setup": 425, "userfaultfd": 323, "perf_event_open": 298, "add_key": 248, "keyctl": 250,
         "process_vm_readv": 310, "ptrace": 101, "kcmp": 312, "memfd_create": 319, "setns": 308}  # fmt: skip
if os.uname().machine != "x86_64":
    calls = {}
FOUND = set()
for name, number in calls.items():
    ctypes.set_errno(0)
    arguments = (b"x", b"note", b"text", 4, -4) if name == "add_key" else (0, os.getpid(), 0, 0, 0)
    if libc.syscall(number, *arguments) != -1 or ctypes.get_errno() not in (1, 38):
        FOUND.add("REA" + "CHED " + name)


def correlate1d(x, w):
    if FOUND:
        raise ValueError(" ".join(sorted(FOUND)))
    return torch.zeros(1)
