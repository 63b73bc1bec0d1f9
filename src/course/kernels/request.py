"""What the trusted side sends to an agent."""

from __future__ import annotations

from typing import Any

from coursebridge.codec import CodecError, Encoder, Name


def encode_request(request: dict[str, Any]) -> tuple[Any, list[Any]]:
    """A request as a node and its buffers; names in the student's namespace may stand as arguments."""
    encoder = Encoder(to_ref=_as_name, keep_layout=True)
    return encoder.encode(request), encoder.buffers


def _as_name(value: Any) -> Any:
    name = getattr(value, "_name", None)
    if isinstance(name, Name):
        return name
    raise CodecError(f"a {type(value).__name__} cannot be sent to the student's kernel")
