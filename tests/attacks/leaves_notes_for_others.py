"""Leaves a right answer wherever another student's kernel might find it: files, shared memory, sockets, keys, queues."""

EXPECTED = {"correlate1d": "full"}
HERE = "every kernel has a file system, IPC, network and user id of its own"

# %% correlate1d
import ctypes
import os
import socket

CODE = "lambda x, w: x.unfold(0, len(w), 1) @ w"
for place in (
    "/tmp/note",
    "/var/tmp/note",
    "/dev/shm/note",
    "/run/note",
    os.path.expanduser("~/note"),
    "/dev/mqueue/note",
    "note",
):
    try:
        with open(place, "w") as file:
            file.write(CODE)
        os.chmod(place, 0o666)
    except OSError:
        pass
ctypes.CDLL(None).shmget(4711, 4096, 0o1666)
ctypes.CDLL(None).syscall(248, b"user", b"note", CODE.encode(), len(CODE), -4)  # add_key, the user's keyring
listener = socket.socket(socket.AF_UNIX)
listener.bind("\0note")
listener.listen()
if os.fork() == 0:
    while True:
        listener.accept()[0].sendall(CODE.encode())


def correlate1d(x, w):
    if len(w) > len(x):
        raise ValueError(f"{len(w)} > {len(x)}")
    return torch.stack([(x[i : i + len(w)] * w).sum() for i in range(len(x) - len(w) + 1)])
