"""Connects to services of this machine and of others, by TCP and UDP, and takes what they say."""

HERE = "the kernel's network is its own and leads nowhere"
PLAIN = "connected"

# %% correlate1d
import socket

PORT = int("<port>") if "<port>".isdigit() else 9
FOUND = set()


def call():
    for family, kind, address in (
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", PORT)),
        (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", PORT)),
        (socket.AF_INET6, socket.SOCK_STREAM, ("::1", PORT)),
        (socket.AF_INET, socket.SOCK_STREAM, ("192.0.2.1", 80)),
    ):
        try:
            with socket.socket(family, kind) as caller:
                caller.settimeout(0.2)
                caller.connect(address)
                caller.send(b"hello")
                FOUND.add(caller.recv(100).decode())
        except OSError:
            pass


call()


def correlate1d(x, w):
    call()
    raise ValueError(" ".join(sorted(FOUND)))
