"""Frames arrive whole, in time and within their bounds, or not at all."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from coursebridge.frames import (
    MAX_BUFFERS,
    MAX_HEADER,
    ConnectionLost,
    DeadlinePassed,
    MalformedFrame,
    receive_frame,
    send_frame,
)

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def raw_frame(header: bytes, *buffers: bytes) -> bytes:
    return (
        struct.pack(f">QI{len(buffers)}Q", len(header), len(buffers), *map(len, buffers)) + header + b"".join(buffers)
    )


@pytest.mark.parametrize("buffers", [[], [b""], [b"abc", b"", b"x" * 100_000]])
def test_a_frame_arrives_as_it_was_sent(pair: Pair, buffers: list[bytes]) -> None:
    send_frame(pair[0], {"op": "call", "text": "é\n"}, buffers)
    node, received = receive_frame(pair[1], 5, 10**6)
    assert node == {"op": "call", "text": "é\n"}
    assert [bytes(b) for b in received] == buffers


def test_frames_follow_each_other(pair: Pair) -> None:
    for number in range(3):
        send_frame(pair[0], number, [bytes([number])])
    assert [receive_frame(pair[1], 5, 100) for _ in range(3)] == [(n, [bytearray([n])]) for n in range(3)]


def test_a_frame_in_pieces_is_put_together(pair: Pair) -> None:
    def trickle() -> None:
        for byte in raw_frame(b"[1, 2]", b"ab"):
            pair[0].sendall(bytes([byte]))

    sender = threading.Thread(target=trickle)
    sender.start()
    assert receive_frame(pair[1], 5, 100) == ([1, 2], [bytearray(b"ab")])
    sender.join()


@pytest.mark.parametrize("sent", [b"", raw_frame(b"[1, 2]", b"abc")[:5], raw_frame(b"[1, 2]", b"abc")[:-1]])
def test_a_closed_socket_is_noticed_at_once(pair: Pair, sent: bytes) -> None:
    pair[0].sendall(sent)
    pair[0].close()
    with pytest.raises(ConnectionLost):
        receive_frame(pair[1], 5, 100)


@pytest.mark.parametrize("sent", [b"", raw_frame(b"[1, 2]", b"abc")[:5], raw_frame(b"[1, 2]", b"abc")[:-1]])
def test_what_does_not_come_in_time_is_given_up(pair: Pair, sent: bytes) -> None:
    pair[0].sendall(sent)
    started = time.monotonic()
    with pytest.raises(DeadlinePassed):
        receive_frame(pair[1], 0.1, 100)
    assert time.monotonic() - started < 3


def test_a_trickle_does_not_put_off_the_deadline(pair: Pair) -> None:
    stop = threading.Event()

    def trickle() -> None:
        for byte in raw_frame(json.dumps("x" * 1000).encode()):
            if stop.wait(0.02):
                return
            pair[0].sendall(bytes([byte]))

    sender = threading.Thread(target=trickle)
    sender.start()
    with pytest.raises(DeadlinePassed):
        receive_frame(pair[1], 0.3, 10**6)
    stop.set()
    sender.join()


def test_one_deadline_covers_all_that_is_sent(pair: Pair) -> None:
    """A reader that takes a little now and then cannot hold the sender up once for each buffer."""
    stop = threading.Event()

    def sip() -> None:
        while not stop.wait(0.05):
            pair[1].recv(100_000)

    reader = threading.Thread(target=sip)
    reader.start()
    started = time.monotonic()
    with pytest.raises(DeadlinePassed):
        send_frame(pair[0], "x", [b"x" * 1_000_000] * 100, seconds=0.4)
    assert time.monotonic() - started < 3
    stop.set()
    reader.join()


def test_sending_to_nobody_is_a_lost_connection(pair: Pair) -> None:
    pair[1].close()
    with pytest.raises(ConnectionLost):
        send_frame(pair[0], "x", [b"x" * 1_000_000])


@pytest.mark.parametrize(
    "start",
    [
        struct.pack(">QI", MAX_HEADER + 1, 0),
        struct.pack(">QI", 2**63, 0),
        struct.pack(">QI", 2, MAX_BUFFERS + 1),
        struct.pack(">QI", 2, 2**32 - 1),
        struct.pack(">QI2Q", 2, 2, 60, 60),
        struct.pack(">QIQ", 2, 1, 2**64 - 1),
    ],
    ids=["header", "huge header", "buffers", "very many buffers", "sum of buffers", "huge buffer"],
)
def test_what_claims_to_be_too_large_is_refused_before_it_comes(pair: Pair, start: bytes) -> None:
    pair[0].sendall(start)
    with pytest.raises(MalformedFrame):
        receive_frame(pair[1], 5, 100)


@pytest.mark.parametrize(
    "header",
    [b"", b"{", b"nonsense", b"\xff\xfe", b"[" * 100_000, b"9" * 5000, b'{"a": 1}extra'],
    ids=["empty", "cut", "words", "bytes", "deep", "many digits", "two things"],
)
def test_a_header_that_is_no_json_is_malformed(pair: Pair, header: bytes) -> None:
    pair[0].sendall(raw_frame(header))
    with pytest.raises(MalformedFrame):
        receive_frame(pair[1], 5, 100)


@pytest.mark.parametrize("header", [b"null", b"3", b'"text"', b"[]"])
def test_any_json_value_may_be_a_header(pair: Pair, header: bytes) -> None:
    """What it means is for the codec, and for who asked."""
    pair[0].sendall(raw_frame(header))
    node: Any = receive_frame(pair[1], 5, 100)[0]
    assert node == json.loads(header)
