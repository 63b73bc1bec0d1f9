"""Values are compared as a teacher would, and said, shown and written down so that a student can use it."""

from __future__ import annotations

import base64
import json
import math
import zlib
from typing import Any

import numpy as np
import pytest
import torch

from course.grading.describe import SHOWN, as_code, as_data, as_text, call_text, compare, differing
from coursebridge.codec import Ref

NAN, INF = math.nan, math.inf
A = torch.tensor([[1.0, 2.0], [3.0, 4.0]])


def kind(got: Any, expected: Any, **options: Any) -> str | None:
    difference = compare(got, expected, "the result", **options)
    return difference and difference.kind


# -- the same -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "got, expected",
    [
        (A.clone(), A),
        (A.clone().requires_grad_(), A),
        (torch.nn.Parameter(A), A),
        (A + 1e-5, A),
        (A.double() + 1e-11, A.double()),
        (torch.tensor([NAN, INF, -INF]), torch.tensor([NAN, INF, -INF])),
        (torch.empty(0, 3), torch.empty(0, 3)),
        (torch.tensor(2.0), torch.tensor(2.0)),
        (torch.tensor([True]), torch.tensor([True])),
        (A.t().contiguous().t(), A),
        (torch.ones(2, dtype=torch.complex64), torch.ones(2, dtype=torch.complex64)),
        (torch.ones(2).bfloat16(), torch.ones(2).bfloat16()),
        (3, 3),
        (np.int64(3), 3),
        (3, 3.0),
        (np.float32(0.5), 0.5),
        (0.1 + 0.2, 0.3),
        (NAN, NAN),
        (INF, INF),
        (True, True),
        (np.bool_(True), True),
        (None, None),
        ("a", "a"),
        ([1, A], (1, A)),
        ((1, 2), [1, 2]),
        ({"b": 1, "a": A}, {"a": A, "b": 1}),
        ((2, 3), torch.Size([2, 3])),
        (torch.float32, torch.float32),
        ([[1.0], []], [[1.0], []]),
    ],
)
def test_what_is_right_is_accepted(got: Any, expected: Any) -> None:
    assert kind(got, expected) is None


def test_another_order_of_summation_is_accepted() -> None:
    generator = torch.Generator().manual_seed(0)
    for dtype in (torch.float64, torch.float32):
        a, b = (torch.randn(64, 4096, generator=generator, dtype=dtype) for _ in range(2))
        one_by_one = torch.stack([(x * y).cumsum(0)[-1] for x, y in zip(a, b, strict=True)])
        assert kind(one_by_one, (a.double() * b.double()).sum(1).to(dtype)) is None


# -- not the same -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "got, expected, why",
    [
        (A[None], A, "shape"),
        (A.flatten(), A, "shape"),
        (A.double(), A, "dtype"),
        (A.int(), A, "dtype"),
        (A + 1e-2, A, "value"),
        (A.double() + 1e-6, A.double(), "value"),
        (torch.tensor([NAN]), torch.tensor([1.0]), "value"),
        (torch.tensor([1.0]), torch.tensor([NAN]), "value"),
        (torch.tensor([INF]), torch.tensor([-INF]), "value"),
        (torch.tensor([1e30]), torch.tensor([INF]), "value"),
        (torch.tensor([2]), torch.tensor([1]), "value"),
        (torch.tensor([1 + 1j]), torch.tensor([1 - 1j]), "value"),
        (None, A, "type"),
        ([[1.0, 2.0], [3.0, 4.0]], A, "type"),
        (A.numpy(), A, "type"),
        (Ref(1, "module", "Net"), A, "type"),
        (4, 3, "value"),
        (3.0, 3, "type"),
        (True, 1, "type"),
        (torch.tensor(3), 3, "type"),
        ("3", 3, "type"),
        (None, 3, "type"),
        (0.5, 0.6, "value"),
        (1, 1.5, "value"),
        (NAN, 1.0, "value"),
        (1.0, NAN, "value"),
        (INF, 1e300, "value"),
        (10**400, 1.5, "value"),
        (-(10**400), NAN, "value"),
        (True, 1.0, "type"),
        (A, 1.0, "type"),
        ("1.0", 1.0, "type"),
        (1, True, "type"),
        (False, True, "value"),
        (0, None, "type"),
        ("a", "b", "value"),
        ([1], [1, 2], "shape"),
        ([1, 3], [1, 2], "value"),
        (A, [1, 2], "type"),
        ({"a": 1}, {"a": 1, "b": 2}, "missing"),
        ({"a": 1, "b": 2}, {"a": 1}, "missing"),
        ({"a": 2}, {"a": 1}, "value"),
        ([("a", 1)], {"a": 1}, "type"),
        ((2, 4), torch.Size([2, 3]), "value"),
        (A, torch.Size([2, 2]), "type"),
        (A.numpy(), torch.Size([2, 2]), "type"),
        (A, torch.float32, "type"),
        (torch.float64, torch.float32, "value"),
    ],
)
def test_what_is_wrong_is_rejected_for_the_right_reason(got: Any, expected: Any, why: str) -> None:
    assert kind(got, expected) == why


def test_a_tolerance_of_ones_own_scales_with_the_largest_magnitude() -> None:
    assert kind(torch.tensor([100.0, 5.0]), torch.tensor([100.0, 0.0]), tolerance=0.1) is None
    assert kind(torch.tensor([100.0, 11.0]), torch.tensor([100.0, 0.0]), tolerance=0.1) == "value"
    assert kind(1.05, 1.0, tolerance=0.1) is None
    assert kind([{"a": torch.tensor([1.05])}], [{"a": torch.tensor([1.0])}], tolerance=0.1) is None


def test_where_two_tensors_differ() -> None:
    got = torch.tensor([1.0, 2.0, NAN, INF])
    assert differing(got, torch.tensor([1.0, 2.5, NAN, INF])).tolist() == [False, True, False, False]


# -- sentences ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "got, expected, sentence",
    [
        (A + torch.tensor([[0, 0], [0, 1.0]]), A, "the result is wrong in 1 of 4 values: 5 instead of 4 at [1, 1]."),
        (torch.tensor(2.0), torch.tensor(3.0), "the result is 2, expected 3."),
        (A[None], A, "the result has shape (1, 2, 2), expected (2, 2)."),
        (A.double(), A, "the result has dtype float64, expected float32."),
        (None, A, "the result is None: did the function return its result?"),
        ([1.0], A, "the result is a list, expected a tensor of shape (2, 2)."),
        (3.0, 3, "the result is a float (3.0), expected the int 3."),
        (0.5, 0.25, "the result is 0.5, expected 0.25."),
        (10**400, 0.25, "the result is larger than 1e300, expected 0.25."),
        ({"a": 1, "c": 3}, {"a": 1, "b": 2}, "the result lacks b and has c too many."),
        ({"a": [1, 3]}, {"a": [1, 2]}, "the result['a'][1] is 3, expected 2."),
        (Ref(1, "module", "Net"), A, "the result is a Net (module), expected a tensor of shape (2, 2)."),
        (torch.tensor([True, False]), torch.tensor([True, True]),
         "the result is wrong in 1 of 2 values: False instead of True at [1]."),
    ],
)  # fmt: skip
def test_a_difference_is_one_sentence(got: Any, expected: Any, sentence: str) -> None:
    difference = compare(got, expected, "the result")
    assert difference is not None and difference.sentence == sentence


# -- showing ------------------------------------------------------------------------------------------------------

SHOWABLE = [
    A,
    torch.zeros(100, 100),
    torch.tensor([NAN, INF, -INF]),
    torch.tensor(3),
    torch.tensor([1 + 2j]),
    torch.empty(0),
    torch.empty(0, 1000),
    torch.tensor([True]),
    torch.tensor([NAN] * 100),
    torch.ones(2, requires_grad=True),
    np.arange(4.0),
    np.arange(4.0).reshape(2, 2).T,
    np.float32(0.5),
    NAN,
    10**500,
    None,
    "text " * 1000,
    [A, None, 3],
    {"weight": A, 3: "x"},
    (1, 2),
    (1,),
    torch.Size([1, 2]),
    torch.float32,
    slice(1, None),
    b"bytes",
    ValueError("no"),
    Ref(3, "module", "Net"),
    {"nested": [{"deeper": A}]},
    np.arange(100, dtype=np.uint16),
    np.arange(100, dtype=np.uint64),
    np.array([True] * 100),
    np.zeros(100, dtype=np.complex64),
    np.zeros((0, 3)),
    torch.zeros(100, dtype=torch.bool),
    torch.zeros(100, dtype=torch.float16),
    ["text" * 100] * 1000,
    [[[[A] * 20] * 20] * 20, A],
    {"x" * 10**6: A},
    {"x" * 10**6: "y" * 10**6},
]


@pytest.mark.parametrize("value", SHOWABLE, ids=lambda v: type(v).__name__)
def test_every_value_can_be_shown_as_strict_json(value: Any) -> None:
    data = as_data(value)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["kind"] in ("tensor", "list", "dict", "text")
    assert len(json.dumps(data)) < 50_000
    assert len(as_text(value)) < 3000
    for expected in (A, 1, 0.5, "text", True, None, [A], {"a": A}, torch.float32, (1, 2)):
        difference = compare(value, expected, "it")
        assert difference is None or len(difference.sentence) < 3000


def test_pictures_are_kept_of_masks_and_large_grids_as_far_as_there_is_room() -> None:
    assert as_data(A)["picture"] is None and as_data(torch.zeros(100))["picture"] is None
    ramp = as_data(torch.arange(100.0).reshape(10, 10))["picture"]
    steps = zlib.decompress(base64.b64decode(ramp["bytes"]))
    assert (ramp["tiles"], ramp["low"], ramp["high"], steps[0], steps[-1], len(steps)) == (1, 0.0, 99.0, 1, 255, 100)
    mask = as_data(torch.eye(4, dtype=torch.bool))["picture"]
    assert list(zlib.decompress(base64.b64decode(mask["bytes"])))[:5] == [255, 1, 1, 1, 1]
    many = as_data([torch.zeros(50, 64, 64), torch.zeros(64, 64), torch.zeros(2000, 64)])
    assert [item["picture"] and item["picture"]["tiles"] for item in many["items"]] == [3, None, None]


def test_small_tensors_are_shown_with_their_values_and_large_ones_by_their_range() -> None:
    assert as_data(A)["values"] == [[1.0, 2.0], [3.0, 4.0]]
    large = as_data(torch.arange(float(SHOWN + 1)))
    assert large["values"] is None
    assert large["summary"] == f"a float32 tensor of shape ({SHOWN + 1},), values from 0 to {SHOWN}"


@pytest.mark.parametrize(
    "value, text",
    [
        (A, "[[1.0, 2.0], [3.0, 4.0]]"),
        (torch.tensor([1 / 3]), "[0.33333]"),
        (1 / 3, "0.333333"),
        ([A[0], None], "[[1.0, 2.0], None]"),
        ((1,), "(1,)"),
        ({"a": 0.5}, "{'a': 0.5}"),
        (ValueError("no"), "ValueError: no"),
        (Ref(1, "function", "f"), "a function f"),
    ],
)
def test_values_read_well_in_a_sentence(value: Any, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    "value",
    [
        A,
        A.double(),
        A.int(),
        torch.tensor([1, 2]),
        torch.tensor([True, False]),
        torch.tensor([NAN, INF, -INF, 1.5]),
        torch.tensor(2.5),
        torch.tensor([1 + 2j, 0]),
        torch.empty(0, 3, dtype=torch.float64),
        torch.ones(2).bfloat16(),
        torch.arange(6.0).reshape(2, 3).T,
        torch.arange(200.0)[::100],
        3,
        "it's",
        (1, None),
        [0.1],
        {"a": True},
        torch.eye(12, dtype=torch.bool),
        (torch.ones(1), [torch.zeros(2)]),
    ],
    ids=repr,
)
def test_code_makes_the_value_again(value: Any) -> None:
    made = eval(as_code(value), {"torch": torch})
    if isinstance(value, torch.Tensor):
        assert made.dtype == value.dtype and made.shape == value.shape
        assert torch.allclose(made, value, equal_nan=True)
    else:
        assert compare(made, value, "it") is None


def test_code_for_what_is_too_large_is_a_comment() -> None:
    assert as_code([torch.zeros(1), torch.zeros(1000)]).startswith("...  # a list: ")
    assert as_code(torch.zeros(1000)) == "...  # a float32 tensor of shape (1000,), values from 0 to 0"
    assert as_code(Ref(1, "module", "Net")).startswith("...  # ")


def test_a_call_is_written_as_a_student_writes_it() -> None:
    arguments = {"x": A, "weight": A, "stride": 2, "padding": (1, 0), "bias": A, "mode": "same"}
    assert call_text("conv2d", arguments, 2) == "conv2d(x, weight, stride=2, padding=(1, 0), bias=bias, mode='same')"
    assert call_text("mask_ap", {"predictions": [(A, A)], "threshold": 0.5}, 1) == "mask_ap(predictions, threshold=0.5)"
    assert call_text("output_size", {"n": 5, "kernel": 3}, 2) == "output_size(5, 3)"


def test_a_generator_is_shown_by_its_seed() -> None:
    drawn = torch.Generator().manual_seed(3)
    torch.rand(2, generator=drawn)
    assert as_text(drawn) == as_code(drawn) == "torch.Generator().manual_seed(3)"
    assert call_text("flip", {"x": A, "p": 0.5, "generator": drawn}, 2) == "flip(x, 0.5, generator=generator)"
    assert call_text("flip", {"x": A, "generator": drawn}, 2) == "flip(x, generator)"
