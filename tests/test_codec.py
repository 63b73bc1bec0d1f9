"""Every kind of value crosses the wire unchanged; what is malformed is a CodecError and never costs memory."""

from __future__ import annotations

import copy
import json
import math
import tracemalloc
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from coursebridge.codec import DTYPES, MAX_KEYS, MAX_NODES, CodecError, Decoder, Encoder, Name, Ref

EXAMPLES = settings(max_examples=60, deadline=None)


def written(value: Any, **options: Any) -> tuple[Any, list[bytes]]:
    """A value as it stands on the wire."""
    encoder = Encoder(**options)
    node = encoder.encode(value)
    return json.loads(json.dumps(node)), [bytes(b) for b in encoder.buffers]


def read(node: Any, buffers: list[bytes], **options: Any) -> Any:
    return Decoder([bytearray(b) for b in buffers], **options).decode(node)


def crossed(value: Any) -> Any:
    return read(*written(value, keep_layout=True), keep_layout=True)


def equal(a: Any, b: Any) -> bool:
    """Same type and value all the way down; NaN equals NaN."""
    if type(a) is not type(b):
        return False
    if isinstance(a, torch.Tensor):
        same_kind = a.dtype == b.dtype and a.shape == b.shape and a.requires_grad == b.requires_grad
        return same_kind and torch.allclose(a.detach(), b.detach(), rtol=0, atol=0, equal_nan=True)
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, np.generic):
        return a.dtype == b.dtype and a.tobytes() == b.tobytes()
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, complex):
        return equal(a.real, b.real) and equal(a.imag, b.imag)
    if isinstance(a, float):
        return a == b and math.copysign(1, a) == math.copysign(1, b) or (a != a and b != b)
    return bool(a == b)


# -- what comes back ----------------------------------------------------------------------------------------------

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**350), 10**350)
    | st.floats()
    | st.complex_numbers()
    | st.text(max_size=20)
    | st.binary(max_size=20)
)
dtypes = st.sampled_from(sorted(DTYPES))


@st.composite
def tensors(draw: st.DrawFn) -> torch.Tensor:
    dtype = DTYPES[draw(dtypes)]
    shape = draw(st.lists(st.integers(0, 3), max_size=4))
    values = torch.tensor(draw(st.lists(st.integers(0, 9), min_size=1, max_size=5)))
    t = values.repeat(math.prod(shape) // len(values) + 1)[: math.prod(shape)].reshape(shape).to(dtype)
    return t.requires_grad_() if t.is_floating_point() and draw(st.booleans()) else t


arrays = st.builds(
    lambda name, shape: np.arange(math.prod(shape)).reshape(shape).astype(name),
    st.sampled_from(["float64", "float32", "float16", "complex64", "bool", "uint8", "uint16", "uint64", "int8"]),
    st.lists(st.integers(0, 3), max_size=3),
)
leaves = scalars | tensors() | arrays | st.sampled_from([*DTYPES.values(), torch.device("cpu"), torch.Size([2, 0])])
keys = st.text(max_size=5) | st.integers(-5, 5) | st.booleans() | st.none() | st.tuples(st.integers(), st.text())
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
        | st.sets(st.integers(-9, 9) | st.text(max_size=3), max_size=4)
    ),
    max_leaves=12,
)


@EXAMPLES
@given(values)
def test_values_come_back_as_they_were(value: Any) -> None:
    assert equal(crossed(value), value)


@EXAMPLES
@given(st.builds(slice, *[st.none() | st.integers()] * 3))
def test_slices_come_back(value: slice) -> None:
    assert crossed(value) == value


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, -0.0, 2**53, -(2**53), 2**53 - 1, 10**350, True, "\ud800"]
)
def test_odd_numbers_and_texts_come_back(value: Any) -> None:
    assert equal(crossed(value), value)


@pytest.mark.parametrize("value", [np.float32(0.1), np.int64(-3), np.bool_(True), np.complex64(1j)])
def test_numpy_scalars_stay_numpy_scalars(value: np.generic) -> None:
    assert equal(crossed(value), value)


def test_subclasses_of_plain_types_travel_as_what_they_are() -> None:
    class Count(int): ...

    class Label(str): ...

    class Pair(tuple): ...

    assert crossed([Count(3), Label("a"), Pair((1, 2))]) == [3, "a", (1, 2)]
    assert type(crossed(Pair((1, 2)))) is tuple


def test_a_generator_travels_as_its_seed() -> None:
    there = crossed(torch.Generator().manual_seed(7))
    assert torch.equal(torch.rand(3, generator=there), torch.rand(3, generator=torch.Generator().manual_seed(7)))


def test_a_parameter_stays_a_parameter() -> None:
    there = crossed([torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2), requires_grad=False)])
    assert [type(p) for p in there] == [torch.nn.Parameter] * 2
    assert [p.requires_grad for p in there] == [True, False]


def test_nan_payloads_and_infinities_in_tensors_survive() -> None:
    t = torch.tensor([math.nan, math.inf, -math.inf, -0.0])
    assert crossed(t).numpy().tobytes() == t.numpy().tobytes()


def test_handles_and_names_cross_as_such() -> None:
    node, _ = written([Ref(3, "module", "Net"), Name("conv2d")])
    seen = read(node, [], from_ref=lambda *told: told, from_name=lambda name: name)
    assert seen == [(3, "module", "Net"), "conv2d"]


base = torch.arange(48.0).reshape(2, 4, 6)
LAYOUTS = {
    "transposed": base.transpose(0, 2),
    "sliced": base[:, 1:3, ::2],
    "channels last": torch.arange(16.0).reshape(1, 4, 2, 2).to(memory_format=torch.channels_last),
    "expanded": torch.arange(3.0).reshape(1, 3, 1).expand(2, 3, 4),
    "expanded from one value": torch.tensor(5.0).expand(3, 2),
    "one value of many": base[1, 2, 3],
    "overlapping windows": base.flatten().unfold(0, 4, 1),
    "a column": base[0, :, 1:2],
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_inputs_keep_their_layout(name: str) -> None:
    given_tensor, there = LAYOUTS[name], crossed(LAYOUTS[name])
    assert torch.equal(there, given_tensor)
    if given_tensor.numel() > 1:
        assert there.stride() == given_tensor.stride()
        assert there.is_contiguous() == given_tensor.is_contiguous()


def test_results_are_sent_without_layout() -> None:
    node, buffers = written(LAYOUTS["expanded"])
    assert "stride" not in node and len(buffers[0]) == 24 * 4
    assert torch.equal(read(node, buffers), LAYOUTS["expanded"])


def test_sparse_and_lazily_conjugated_tensors_are_sent_as_their_values() -> None:
    z = torch.tensor([1 + 2j])
    assert torch.equal(crossed(torch.eye(2).to_sparse()), torch.eye(2))
    assert torch.equal(crossed(z.conj()), torch.tensor([1 - 2j]))
    assert torch.equal(crossed(z.conj().imag), torch.tensor([-2.0]))


# -- what cannot be sent ------------------------------------------------------------------------------------------


class Odd:
    pass


@pytest.mark.parametrize(
    "value",
    [Odd(), 10**1000, np.array(["text"]), np.array([Odd()]), torch.zeros(1, dtype=torch.float8_e4m3fn), object],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_data_is_refused(value: Any) -> None:
    with pytest.raises(CodecError):
        written(value)


def test_what_is_no_data_can_become_a_handle() -> None:
    node, _ = written([Odd()], to_ref=lambda value: Ref(1, "object", type(value).__name__))
    assert node == [{"t": "ref", "id": 1, "kind": "object", "name": "Odd"}]


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(CodecError, match="deeply"):
        written(loop)


def test_a_value_of_too_many_parts_is_refused() -> None:
    with pytest.raises(CodecError, match="many"):
        written([0] * MAX_NODES)


# -- what is malformed --------------------------------------------------------------------------------------------

FOUR = b"\0" * 16
MALFORMED: dict[str, Any] = {
    "no tag": {},
    "unknown tag": {"t": "pickle", "v": "x"},
    "a tag that is a list": {"t": ["tensor"]},
    "a tag that is a dict": {"t": {"t": "int"}},
    "a name where none is known": {"t": "name", "v": "os"},
    "a handle where none is expected": {"t": "ref", "id": 1, "kind": "", "name": ""},
    "buffer shorter than the shape": {"t": "tensor", "dtype": "float32", "shape": [5], "b": 0},
    "buffer longer than the shape": {"t": "tensor", "dtype": "float32", "shape": [3], "b": 0},
    "no such buffer": {"t": "tensor", "dtype": "float32", "shape": [4], "b": 1},
    "negative buffer": {"t": "tensor", "dtype": "float32", "shape": [4], "b": -1},
    "buffer number is a bool": {"t": "tensor", "dtype": "float32", "shape": [4], "b": False},
    "buffer number is text": {"t": "tensor", "dtype": "float32", "shape": [4], "b": "0"},
    "no buffer": {"t": "tensor", "dtype": "float32", "shape": [4]},
    "negative shape": {"t": "tensor", "dtype": "float32", "shape": [-2, -2], "b": 0},
    "huge shape": {"t": "tensor", "dtype": "float32", "shape": [2**62], "b": 0},
    "shape whose product overflows": {"t": "tensor", "dtype": "float32", "shape": [2**39] * 6, "b": 0},
    "huge shape that is empty": {"t": "array", "dtype": "float32", "shape": [2**39, 2**39, 0, 2**39], "b": 0},
    "shape of bools": {"t": "tensor", "dtype": "float32", "shape": [True] * 4, "b": 0},
    "shape of floats": {"t": "tensor", "dtype": "float32", "shape": [4.0], "b": 0},
    "shape of nothing": {"t": "tensor", "dtype": "float32", "b": 0},
    "shape of many dimensions": {"t": "tensor", "dtype": "float32", "shape": [1] * 65, "b": 0},
    "unknown dtype": {"t": "tensor", "dtype": "qint8", "shape": [4], "b": 0},
    "dtype that is a list": {"t": "tensor", "dtype": [], "shape": [4], "b": 0},
    "object array": {"t": "array", "dtype": "object", "shape": [2], "b": 0},
    "array of the wrong length": {"t": "array", "dtype": "int8", "shape": [2], "b": 0},
    "a view that expands": {"t": "tensor", "dtype": "float32", "shape": [2**30], "stride": [0], "b": 0},
    "gradient of whole numbers": {"t": "tensor", "dtype": "int32", "shape": [4], "grad": True, "b": 0},
    "scalar that is none": {"t": "scalar", "v": 3},
    "scalar of nothing": {"t": "scalar"},
    "tuple of no list": {"t": "tuple", "v": 3},
    "dict without pairs": {"t": "dict", "v": [1, 2]},
    "dict of triples": {"t": "dict", "v": [[1, 2, 3]]},
    "list as a key": {"t": "dict", "v": [[[1], 2]]},
    "tensor as a key": {"t": "set", "v": [{"t": "tensor", "dtype": "float32", "shape": [4], "b": 0}]},
    "set with a set": {"t": "set", "v": [{"t": "set", "v": []}]},
    "more keys than allowed": {"t": "set", "v": list(range(MAX_KEYS + 1))},
    "size of texts": {"t": "size", "v": ["a"]},
    "size that is endless": {"t": "size", "v": [1e400]},
    "dtype of nothing": {"t": "dtype", "v": None},
    "unknown device": {"t": "device", "v": "moon:3"},
    "seed that is text": {"t": "generator", "v": "x"},
    "seed that is endless": {"t": "generator", "v": 1e400},
    "int that is no text": {"t": "int", "v": 5},
    "int of too many digits": {"t": "int", "v": "9" * 401},
    "int written in full": 2**53,
    "int of words": {"t": "int", "v": "ten"},
    "float of words": {"t": "float", "v": "1.5"},
    "complex of nothing": {"t": "complex", "v": []},
    "complex of words": {"t": "complex", "v": ["a", "b"]},
    "complex that is a number": {"t": "complex", "v": 3},
    "slice of nothing": {"t": "slice"},
    "bytes of nothing": {"t": "bytes"},
}  # fmt: skip


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_node_is_a_codec_error(name: str) -> None:
    with pytest.raises(CodecError):
        read([MALFORMED[name]], [FOUR])


@pytest.mark.parametrize("stride", [[-1], [2**45], [1, 1], [1.0], "1", [8], None])
def test_a_stride_that_does_not_fit_is_a_codec_error(stride: Any) -> None:
    node = {"t": "tensor", "dtype": "float32", "shape": [4], "stride": stride, "b": 0}
    with pytest.raises(CodecError):
        read(node, [FOUR], keep_layout=True)


def test_deep_nesting_is_a_codec_error() -> None:
    node: Any = 0
    for _ in range(40):
        node = [node]
    with pytest.raises(CodecError, match="deeply"):
        read(node, [])


def test_too_many_nodes_are_a_codec_error() -> None:
    with pytest.raises(CodecError, match="many"):
        read([[0] * 1000] * 201, [])


def test_two_values_cannot_share_a_buffer() -> None:
    node = {"t": "tensor", "dtype": "uint8", "shape": [16], "b": 0}
    with pytest.raises(CodecError, match="share"):
        read([node] * 1000, [FOUR])


def test_malformed_nodes_allocate_next_to_nothing() -> None:
    tracemalloc.start()
    for node in MALFORMED.values():
        with pytest.raises(CodecError):
            read([node], [FOUR])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_result_that_only_claims_to_be_large_is_refused_before_it_costs_anything() -> None:
    """A view of one value that says it has 2**39 of them would keep whoever compares it busy for hours."""
    node = {"t": "tensor", "dtype": "uint8", "shape": [2**39], "stride": [0], "b": 0}
    with pytest.raises(CodecError):
        read(node, [b"\0"])


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(sorted(DTYPES)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.fixed_dictionaries(
            {"t": st.sampled_from("tensor array scalar tuple dict set ref size dtype device generator int float "
                                  "complex bytes slice name".split())},
            optional={key: inner | st.integers(-1, 3) for key in ("v", "b", "id", "kind", "name", "grad", "param")}
            | {"dtype": dtypes | inner, "shape": st.lists(st.integers(-2, 2**41), max_size=3) | inner,
               "stride": st.lists(st.integers(-2, 2**41), max_size=3) | inner},
        )
    ),
    max_leaves=10,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(junk, st.lists(st.binary(max_size=16), max_size=3), st.booleans())
def test_junk_is_read_or_refused_and_nothing_else(node: Any, buffers: list[bytes], keep_layout: bool) -> None:
    try:
        value = read(node, buffers, from_ref=Ref, from_name=Name, keep_layout=keep_layout)
    except CodecError:
        return
    if not keep_layout:
        assert sum(t.numel() * t.element_size() for t in _tensors(value)) <= sum(map(len, buffers))


def _tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [t for item in value for t in _tensors(item)] if isinstance(value, (list, tuple)) else []


@EXAMPLES
@given(values, st.data())
def test_a_changed_message_is_read_or_refused_and_nothing_else(value: Any, data: st.DataObject) -> None:
    node, buffers = written(value)
    text = bytearray(json.dumps(node).encode())
    for place in data.draw(st.lists(st.integers(0, len(text) - 1), min_size=1, max_size=3)):
        text[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        changed = json.loads(bytes(text))
    except (ValueError, RecursionError):
        return
    try:
        read(changed, buffers)
    except CodecError:
        pass


@EXAMPLES
@given(tensors(), st.integers(-9, 9))
def test_a_buffer_of_another_length_is_refused(tensor: torch.Tensor, more: int) -> None:
    node, (buffer,) = written(tensor)
    longer = buffer + b"\0" * more if more >= 0 else buffer[:more]
    if len(longer) == len(buffer):
        assert equal(read(copy.deepcopy(node), [longer]), tensor)
    else:
        with pytest.raises(CodecError):
            read(node, [longer])
