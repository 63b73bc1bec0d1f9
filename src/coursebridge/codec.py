"""Values as data: what may cross the wire, and how it is written.

A value becomes a JSON node and a list of raw buffers. Plain JSON stands for None, bool, str, small int, finite float
and list; everything else is ``{"t": tag, ...}``. Nothing is ever pickled and no class is looked up by name, so decoding
can only give the types listed here. What cannot be data (modules, functions, generators) crosses as a :class:`Ref`.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

# Student code runs in the same process and may patch builtins; this module keeps its own.
globals()["__builtins__"] = dict(vars(builtins))

MAX_NODES, MAX_DEPTH, MAX_DIGITS = 200_000, 32, 400
MAX_KEYS = 10_000  # of one dict or set: keys that are made to collide cost the square of their number

DTYPES: dict[str, torch.dtype] = {
    name: getattr(torch, name)
    for name in ("float64 float32 float16 bfloat16 complex64 complex128 int64 int32 int16 int8 uint8 bool".split())
}
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}
NUMPY_DTYPES = {"float64", "float32", "float16", "complex64", "complex128", "bool", "uint8", "uint16", "uint32",
                "uint64", "int8", "int16", "int32", "int64"}  # fmt: skip

_detach, _as_subclass, _base = torch.Tensor.detach, torch.Tensor.as_subclass, torch.Tensor
_empty, _frombuffer = torch.empty, torch.frombuffer
_requires_grad = torch.Tensor.requires_grad.__get__  # type: ignore[attr-defined]


class CodecError(ValueError):
    """The value cannot cross, or what came is malformed."""


class Ref:
    """Something that stays in the student's kernel: ``id`` is its number there, ``kind`` and ``name`` describe it."""

    __slots__ = ("id", "kind", "name")

    def __init__(self, id: int, kind: str = "object", name: str = "") -> None:
        self.id, self.kind, self.name = id, kind, name

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"


class Name:
    """A name in the student's namespace, resolved in the kernel when it is used."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


class Encoded:
    """A node that has been encoded already (its buffers are in the same encoder)."""

    __slots__ = ("node",)

    def __init__(self, node: Any) -> None:
        self.node = node


NUMPY_HAS = (torch.float32, torch.float64, torch.int64, torch.bool)


class Encoder:
    """Turns values into nodes; raw bytes collect in ``buffers``.

    to_ref: called with what is no data; returns a Ref, or raises CodecError.
    keep_layout: tensors keep their strides and are not copied; otherwise they are, since later steps of the same
    message may change them.
    """

    def __init__(self, to_ref: Callable[[Any], Ref] | None = None, keep_layout: bool = False) -> None:
        self.buffers: list[Any] = []
        self.to_ref = to_ref
        self.keep_layout = keep_layout
        self.nodes = 0

    def encode(self, value: Any, depth: int = 0) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise CodecError("the value is nested too deeply or has too many parts")
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int:
            return value if abs(value) < 2**53 else {"t": "int", "v": _digits(value)}
        if kind is float:
            return value if math.isfinite(value) else {"t": "float", "v": repr(value)}
        if kind is list:
            return [self.encode(v, depth + 1) for v in value]
        if kind is Encoded:
            return value.node
        return self._tagged(value, kind, depth)

    def _tagged(self, value: Any, kind: type, depth: int) -> Any:
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, Ref):
            return {"t": "ref", "id": value.id, "kind": value.kind, "name": value.name}
        if kind is Name:
            return {"t": "name", "v": value.name}
        if kind is torch.Size:
            return {"t": "size", "v": list(value)}
        if kind is torch.dtype:
            return {"t": "dtype", "v": str(value).removeprefix("torch.")}
        if kind is torch.device:
            return {"t": "device", "v": str(value)}
        if kind is torch.Generator:
            return {"t": "generator", "v": value.initial_seed() % 2**53}
        if kind is complex:
            return {"t": "complex", "v": [repr(value.real), repr(value.imag)]}
        if kind is bytes:
            return {"t": "bytes", "b": self._buffer(value)}
        if kind is slice:
            return {"t": "slice", "v": [self.encode(v, depth + 1) for v in (value.start, value.stop, value.step)]}
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, np.generic):
            return {"t": "scalar", "v": self._array(np.asarray(value))}
        if isinstance(value, tuple):
            return {"t": "tuple", "v": [self.encode(v, depth + 1) for v in value]}
        if isinstance(value, dict):
            pairs = [[self.encode(k, depth + 1), self.encode(v, depth + 1)] for k, v in value.items()]
            return {"t": "dict", "v": pairs}
        if isinstance(value, (set, frozenset)):
            return {"t": "set", "v": [self.encode(v, depth + 1) for v in sorted(value, key=repr)]}
        if isinstance(value, (bool, int, float, str, list)):  # subclasses travel as what they are
            plain: Any
            for plain in (bool, int, float, str, list):
                if isinstance(value, plain):
                    return self.encode(plain(value), depth + 1)
        if self.to_ref is None:
            raise CodecError(f"a {kind.__name__} cannot be sent")
        return self.encode(self.to_ref(value), depth + 1)

    def _tensor(self, value: torch.Tensor) -> dict[str, Any]:
        with torch._C.DisableTorchFunctionSubclass():
            t = _detach(value)
            if type(t) is not _base:
                t = _as_subclass(t, _base)
            if t.layout != torch.strided:
                t = t.to_dense()
            if t.device.type != "cpu":
                t = t.cpu()
            t = t.resolve_conj().resolve_neg()
            if t.dtype not in DTYPE_NAMES:
                raise CodecError(f"a tensor of dtype {t.dtype} cannot be sent")
            node: dict[str, Any] = {"t": "tensor", "dtype": DTYPE_NAMES[t.dtype], "shape": list(t.shape)}
            if _requires_grad(value):
                node["grad"] = True
            if type(value) is not _base and isinstance(value, torch.nn.Parameter):
                node["param"] = True
            contiguous, count = t.is_contiguous(), t.numel()
            if self.keep_layout and count and not contiguous:
                span = 1 + sum((n - 1) * s for n, s in zip(t.shape, t.stride(), strict=True))
                node["stride"] = list(t.stride())
                t = t.as_strided((span,), (1,), t.storage_offset())
                contiguous = True
            if not (contiguous and count and t.dtype in NUMPY_HAS):  # rarely
                t = t.reshape(-1).contiguous().as_strided((count,), (1,))  # one value may have any stride
                t = t.view(torch.uint8) if count else _empty(0, dtype=torch.uint8)
            array: Any = t.numpy()
            node["b"] = self._buffer(memoryview(array) if self.keep_layout else array.tobytes())
        return node

    def _array(self, value: np.ndarray) -> dict[str, Any]:
        if value.dtype.name not in NUMPY_DTYPES:
            raise CodecError(f"a numpy array of dtype {value.dtype} cannot be sent")
        data = np.ascontiguousarray(value)
        return {"t": "array", "dtype": value.dtype.name, "shape": list(value.shape), "b": self._buffer(data.tobytes())}

    def _buffer(self, data: Any) -> int:
        self.buffers.append(data)
        return len(self.buffers) - 1


class Decoder:
    """Turns nodes back into values, checking every length, depth, dtype and count before it allocates.

    from_ref: called with ``(id, kind, name)`` for each handle;  from_name: with a name.
    keep_layout: tensors may be views that expand or overlap, whose size no buffer bounds.
    The buffers become the values' own memory, so each stands for one value only.
    """

    def __init__(
        self,
        buffers: list[bytearray],
        from_ref: Callable[[int, str, str], Any] | None = None,
        from_name: Callable[[str], Any] | None = None,
        keep_layout: bool = False,
    ) -> None:
        self.buffers: list[bytearray | None] = [*buffers]
        self.from_ref, self.from_name, self.keep_layout = from_ref, from_name, keep_layout
        self.nodes = 0

    def decode(self, node: Any, depth: int = 0) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise CodecError("the message is nested too deeply or has too many parts")
        kind = type(node)
        if kind is int and abs(node) >= 2**53:
            raise CodecError("a large int is written as text")
        if node is None or kind in (bool, str, int, float):
            return node
        if kind is list:
            return [self.decode(v, depth + 1) for v in node]
        if kind is not dict:
            raise CodecError("the message holds something that is no JSON value")
        try:
            return self._tagged(node, depth)
        except CodecError:
            raise
        except (LookupError, TypeError, ValueError, ArithmeticError, RuntimeError, AttributeError) as error:
            raise CodecError(f"malformed {str(node.get('t'))[:40]!r}: {type(error).__name__}") from None

    def _tagged(self, node: dict[str, Any], depth: int) -> Any:
        tag: Any = node["t"]
        v: Any = node.get("v")
        if tag == "tensor":
            return self._tensor(node)
        if tag == "array":
            return self._array(node)
        if tag == "scalar":
            return self.decode(v, depth + 1)[()]
        if tag == "tuple":
            return tuple(self.decode(x, depth + 1) for x in _list(v))
        if tag == "dict":
            return {self._key(k, depth): self.decode(x, depth + 1) for k, x in _keyed(v)}
        if tag == "set":
            return {self._key(x, depth) for x in _keyed(v)}
        if tag == "ref":
            if self.from_ref is None or type(node["id"]) is not int:
                raise CodecError("a handle is not expected here")
            return self.from_ref(node["id"], str(node["kind"])[:40], str(node["name"])[:200])
        if tag == "name" and self.from_name is not None:
            return self.from_name(str(v))
        if tag == "size":
            return torch.Size([int(x) for x in _list(v)])
        if tag == "dtype":
            return DTYPES[v]
        if tag == "device":
            return torch.device(str(v)[:20])
        if tag == "generator":
            return torch.Generator().manual_seed(int(v))
        if tag == "int":
            if len(v) > MAX_DIGITS:
                raise CodecError("an int is too large")
            return int(v)
        if tag == "float":
            return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[v]
        if tag == "complex":
            return complex(float(v[0]), float(v[1]))
        if tag == "bytes":
            return bytes(self._take(node))
        if tag == "slice":
            return slice(*(self.decode(x, depth + 1) for x in _list(v)[:3]))
        raise CodecError(f"unknown tag {str(tag)[:40]!r}")

    def _key(self, node: Any, depth: int) -> Any:
        key = self.decode(node, depth + 1)
        if isinstance(key, (type(None), bool, int, float, str, bytes, complex, Ref, torch.dtype)):
            return key
        if type(key) is tuple and all(isinstance(k, (type(None), bool, int, float, str)) for k in key):
            return key
        raise CodecError("a key must be a scalar or a tuple of scalars")

    def _take(self, node: dict[str, Any]) -> bytearray:
        index = node["b"]
        if type(index) is not int or not 0 <= index < len(self.buffers):
            raise CodecError("a buffer is missing")
        data, self.buffers[index] = self.buffers[index], None
        if data is None:
            raise CodecError("two values share a buffer")
        return data

    def _tensor(self, node: dict[str, Any]) -> torch.Tensor:
        dtype, shape, data = DTYPES[node["dtype"]], _shape(node["shape"]), self._take(node)
        size = dtype.itemsize
        if "stride" in node:
            if not self.keep_layout:
                raise CodecError("a stride is not expected here")
            stride = _shape(node["stride"])
            if len(stride) != len(shape) or 0 in shape:
                raise CodecError("a stride does not fit its shape")
            span = 1 + sum((n - 1) * s for n, s in zip(shape, stride, strict=True))
            if span * size != len(data):
                raise CodecError("a tensor's buffer has the wrong length")
            t = _frombuffer(data, dtype=dtype).as_strided(shape, stride)
        else:
            if math.prod(shape) * size != len(data):
                raise CodecError("a tensor's buffer has the wrong length")
            t = _frombuffer(data, dtype=dtype) if len(data) else _empty(0, dtype=dtype)
            t = t.reshape(shape)
        if node.get("param"):
            return torch.nn.Parameter(t, requires_grad=bool(node.get("grad")))
        return t.requires_grad_() if node.get("grad") else t

    def _array(self, node: dict[str, Any]) -> np.ndarray:
        if node["dtype"] not in NUMPY_DTYPES:
            raise CodecError("unknown numpy dtype")
        dtype, shape, data = np.dtype(node["dtype"]), _shape(node["shape"]), self._take(node)
        if math.prod(shape) * dtype.itemsize != len(data):
            raise CodecError("an array's buffer has the wrong length")
        return np.frombuffer(data, dtype=dtype).reshape(shape)


def _digits(value: int) -> str:
    if value.bit_length() > 3 * MAX_DIGITS:
        raise CodecError("an int is too large to be sent")
    return str(value)


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise CodecError("a list was expected")
    return value


def _keyed(value: Any) -> list[Any]:
    if len(items := _list(value)) > MAX_KEYS:
        raise CodecError("a dict or set is too large")
    return items


def _shape(value: Any) -> tuple[int, ...]:
    sizes = _list(value)
    if len(sizes) > 16 or any(type(n) is not int or n < 0 or n >= 2**40 for n in sizes):
        raise CodecError("malformed shape")
    return tuple(sizes)
