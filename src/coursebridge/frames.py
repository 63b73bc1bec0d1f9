"""Frames on a stream socket: a length-prefixed JSON header and raw buffers, bounded and with a deadline.

8 bytes  length of the header        } big-endian
4 bytes  number of buffers           }
n * 8    length of each buffer       }
header   JSON, UTF-8
buffers  back to back
"""

from __future__ import annotations

import builtins
import json
import socket
import struct
import time
from itertools import accumulate
from typing import Any

from coursebridge.codec import CodecError

globals()["__builtins__"] = dict(vars(builtins))  # see codec

MAX_HEADER, MAX_BUFFERS = 16_000_000, 4096  # JSON needs many times its text in memory
AT_ONCE = 1 << 20  # bytes of buffers that are sent and received in one piece
_dumps, _loads, _monotonic = json.dumps, json.loads, time.monotonic


class ConnectionLost(Exception):
    """The other side is gone."""


class DeadlinePassed(Exception):
    """No whole frame arrived in time."""


class MalformedFrame(Exception):
    """What arrived is no frame, or larger than allowed."""


def send_frame(sock: socket.socket, node: Any, buffers: list[Any], seconds: float | None = None) -> None:
    """Write one frame. Raises ConnectionLost, or DeadlinePassed when the other side does not read."""
    deadline = None if seconds is None else _monotonic() + seconds
    header = _dumps(node, separators=(",", ":")).encode()
    views = [memoryview(b).cast("B") if len(b) else memoryview(b"") for b in buffers]
    sizes = struct.pack(f">QI{len(views)}Q", len(header), len(views), *(v.nbytes for v in views))
    parts: list[Any] = [sizes + header, *views]
    if sum(v.nbytes for v in views) <= AT_ONCE:  # else the other side would wake up for every piece
        parts = [b"".join(parts)]
    try:
        for part in parts:
            _wait_until(sock, deadline)
            sock.sendall(part)
    except TimeoutError:
        raise DeadlinePassed from None
    except (OSError, ValueError):
        raise ConnectionLost from None


def receive_frame(sock: socket.socket, seconds: float | None, max_bytes: int) -> tuple[Any, list[bytearray]]:
    """Read one frame: the decoded JSON header and the buffers.

    Raises ConnectionLost, DeadlinePassed, or MalformedFrame.
    """
    deadline = None if seconds is None else _monotonic() + seconds
    header_size, count = struct.unpack(">QI", _read(sock, 12, deadline))
    if header_size > MAX_HEADER or count > MAX_BUFFERS:
        raise MalformedFrame("the reply is larger than allowed")
    sizes = struct.unpack(f">{count}Q", _read(sock, 8 * count, deadline)) if count else ()
    if sum(sizes) > max_bytes:
        raise MalformedFrame(f"the reply holds more than {max_bytes // 1_000_000} MB")
    try:
        node = _loads(bytes(_read(sock, header_size, deadline)))
    except (ValueError, RecursionError):
        raise MalformedFrame("the reply is not JSON") from None
    if sum(sizes) > AT_ONCE:
        return node, [_read(sock, size, deadline) for size in sizes]
    together, ends = _read(sock, sum(sizes), deadline), list(accumulate(sizes))
    return node, [together[end - size : end] for size, end in zip(sizes, ends, strict=True)]


def _read(sock: socket.socket, size: int, deadline: float | None) -> bytearray:
    data = bytearray()
    while len(data) < size:
        _wait_until(sock, deadline)
        try:
            chunk = sock.recv(min(size - len(data), 1 << 20))
        except TimeoutError:
            raise DeadlinePassed from None
        except OSError:
            raise ConnectionLost from None
        if not chunk:
            raise ConnectionLost
        data += chunk
    return data


def _wait_until(sock: socket.socket, deadline: float | None) -> None:
    left = None if deadline is None else deadline - _monotonic()
    if left is not None and left <= 0:
        raise DeadlinePassed
    sock.settimeout(left)


__all__ = ["CodecError", "ConnectionLost", "DeadlinePassed", "MalformedFrame", "receive_frame", "send_frame"]
