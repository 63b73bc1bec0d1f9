"""Visible checks: what counts as the same, what is said when it is not, and what is recorded."""

import numpy as np
import pytest
import torch

from coursekit import check, check_raises, recording
from coursekit.check import find_difference

X = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
NAN, INF = float("nan"), float("inf")


def difference(got, expected, **options):
    return find_difference(got, expected, "f(x)", **options)


SAME = {
    "a tensor and itself": (X, X),
    "rounding in float32": (X + 1e-5, X),
    "rounding relative to the largest value": (1000 * X + 0.1, 1000 * X),
    "NaN and infinities": (torch.tensor([NAN, INF, -INF]), torch.tensor([NAN, INF, -INF])),
    "empty tensors": (torch.zeros(0, 2), torch.zeros(0, 2)),
    "a tensor that requires gradients": (X.clone().requires_grad_(), X),
    "another memory layout": (X.T.contiguous().T, X),
    "integers": (torch.tensor([1, 2]), torch.tensor([1, 2])),
    "bools": (torch.tensor([True, False]), torch.tensor([True, False])),
    "complex numbers": (torch.tensor([1 + 2j]), torch.tensor([1 + 2j])),
    "numpy arrays": (np.array([1.0, 2.0]), np.array([1.0, 2.0])),
    "ints": (14, 14),
    "a numpy int": (np.int64(14), 14),
    "an int where a float is expected": (1, 1.0),
    "NaN": (NAN, NAN),
    "None": (None, None),
    "strings": ("cuda:1", "cuda:1"),
    "a list and a tuple": ([1, 2], (1, 2)),
    "a torch.Size and a tuple": (X.shape, (2, 2)),
    "dicts in another order": ({"a": 1, "b": X}, {"b": X, "a": 1}),
    "dtypes": (torch.float32, torch.float32),
}

DIFFERENT = {
    "shape": (
        torch.zeros(1, 1, 3, 3),
        torch.zeros(1, 1, 2, 2),
        "f(x) has shape (1, 1, 3, 3), expected (1, 1, 2, 2).",
    ),
    "shape before dtype": (torch.zeros(3, dtype=torch.int64), torch.zeros(2), "f(x) has shape (3,), expected (2,)."),
    "dtype": (X.int(), X, "f(x) has dtype int32, expected float32."),
    "None": (None, X, "f(x) is None: did the function return its result?"),
    "a number for a tensor": (1.5, X, "f(x) is a float, expected a tensor of shape (2, 2)."),
    "a tensor for a number": (torch.tensor(1.5), 1.5, "f(x) is a tensor of shape (), expected a float (1.5)."),
    "an array for a tensor": (
        X.numpy(),
        X,
        "f(x) is a numpy array of shape (2, 2), expected a tensor of shape (2, 2).",
    ),
    "one value": (torch.tensor(3.0), torch.tensor(4.0), "f(x) is 3, expected 4."),
    "a float for an int": (14.0, 14, "f(x) is a float (14.0), expected an int (14)."),
    "a bool for an int": (True, 1, "f(x) is a bool (True), expected an int (1)."),
    "an int for a bool": (1, True, "f(x) is an int (1), expected a bool (True)."),
    "numbers": (13, 14, "f(x) is 13, expected 14."),
    "digits that tell numbers apart": (1.0000001, 1.0, "f(x) is 1.0000001, expected 1."),
    "strings": ("cpu", "cuda", "f(x) is 'cpu', expected 'cuda'."),
    "numbers in a list": ([3, 4, 8, 9], [3, 4, 8, 10], "f(x) is [3, 4, 8, 9], expected [3, 4, 8, 10]."),
    "a short list": ([3, 4], [3, 4, 8], "f(x) is [3, 4], expected [3, 4, 8]."),
    "a list of tensors": ([X, X], [X], "f(x) has 2 items, expected 1."),
    "a tensor in a tuple": ((X, X[0]), (X, X), "f(x)[1] has shape (2,), expected (2, 2)."),
    "no list": (3, [3], "f(x) is an int, expected a list."),
    "no dict": ([1], {"a": 1}, "f(x) is a list, expected a dict."),
    "a missing key": ({"a": 1}, {"a": 1, "b": 2}, "f(x) lacks b."),
    "a key too many": ({"a": 1, "b": 2}, {"a": 1}, "f(x) has b too many."),
    "a value in a dict": ({"blur": 9.0}, {"blur": 1.0}, "f(x)['blur'] is 9, expected 1."),
    "other objects": (torch.float32, torch.float64, "f(x) is torch.float32, expected torch.float64."),
}


@pytest.mark.parametrize("got, expected", SAME.values(), ids=SAME)
def test_the_same(got, expected):
    assert difference(got, expected) is None


@pytest.mark.parametrize("got, expected, sentence", DIFFERENT.values(), ids=DIFFERENT)
def test_what_is_said_of_a_difference(got, expected, sentence):
    assert difference(got, expected) == sentence


def test_values_are_counted_located_and_shown_side_by_side():
    got = torch.tensor([[1.0, 2.5], [3.0, -6.0]])
    assert difference(got, X).splitlines() == [
        "f(x) is wrong in 2 of 4 values: 2.5 instead of 2 at [0, 1]. The largest difference is 10.",
        "    got           expected",
        "      1  2.5      1  2",
        "      3   -6      3  4",
    ]


def test_of_many_grids_the_one_with_the_first_wrong_value_is_shown():
    got = torch.zeros(1, 2, 2, 2)
    got[0, 1, 1, 0] = 1
    assert difference(got, torch.zeros(1, 2, 2, 2)).splitlines() == [
        "f(x) is wrong in 1 of 8 values: 1 instead of 0 at [0, 1, 1, 0].",
        "    got       expected (both at [0, 1])",
        "    0  0      0  0",
        "    1  0      0  0",
    ]


def test_large_tensors_are_not_written_out():
    assert "\n" not in difference(torch.ones(3, 20), torch.zeros(3, 20))


def test_vectors_are_shown_as_one_row():
    assert difference(torch.ones(2), torch.zeros(2)).splitlines()[1:] == [
        "    got       expected",
        "    1  1      0  0",
    ]


def test_infinite_differences_are_not_called_the_largest():
    assert "largest" not in difference(torch.tensor([INF, 1.0]), torch.tensor([0.0, 0.0]))


@pytest.mark.parametrize(
    "dtype, step", [(torch.float64, 1e-7), (torch.float32, 1e-3), (torch.float16, 0.1), (torch.bfloat16, 0.2)]
)
def test_the_tolerance_follows_the_dtype(dtype, step):
    ones = torch.ones(3, dtype=dtype)
    assert difference(ones + step / 1000, ones) is None
    assert difference(ones + step, ones) is not None


def test_a_given_tolerance_is_used():
    assert difference(X + 0.3, X, tolerance=0.1) is None
    assert difference(X + 0.5, X, tolerance=0.1) is not None
    assert difference(1.05, 1.0, tolerance=0.1) is None


@pytest.mark.parametrize("got, expected", SAME.values(), ids=SAME)
def test_the_grader_finds_the_same_things_equal(got, expected):
    compare = pytest.importorskip("course.grading.describe").compare
    if not isinstance(expected, np.ndarray):  # no exercise returns one
        assert compare(got, expected, "f(x)") is None


@pytest.mark.parametrize("got, expected, _", DIFFERENT.values(), ids=DIFFERENT)
def test_the_grader_finds_the_same_things_different(got, expected, _):
    compare = pytest.importorskip("course.grading.describe").compare
    assert compare(got, expected, "f(x)") is not None


def test_check_prints_and_returns(capsys):
    assert check(X, X, "conv2d(x, w)") is True
    assert check(X[0], X, "conv2d(x, w)") is False
    assert capsys.readouterr().out == "ok: conv2d(x, w)\nconv2d(x, w) has shape (2,), expected (2, 2).\n"


def test_without_a_name_it_is_the_result(capsys):
    check(1, 2)
    assert capsys.readouterr().out == "The result is 1, expected 2.\n"


def refuse(x, channels=3):
    raise ValueError(f"x has {x.shape[1]} channels, the kernel has {channels}")


@pytest.mark.parametrize(
    "error, mentions, message",
    [
        (ValueError, (4,), "ok: refuse(a tensor of shape (1, 4), channels=13) raises ValueError"),
        (ValueError, ("CHANNELS",), "ok: refuse(a tensor of shape (1, 4), channels=13) raises ValueError"),
        (ValueError, (), "ok: refuse(a tensor of shape (1, 4), channels=13) raises ValueError"),
        (
            ValueError,
            (3, 5),
            "refuse(a tensor of shape (1, 4), channels=13) raises ValueError as it should, but its message, "
            "'x has 4 channels, the kernel has 13', does not say what was wrong: put 3 or 5 into it.",
        ),
        (
            IndexError,
            (),
            "refuse(a tensor of shape (1, 4), channels=13) must raise IndexError, but it raised ValueError: "
            "x has 4 channels, the kernel has 13.",
        ),
    ],
)
def test_check_raises(error, mentions, message, capsys):
    passed = check_raises(error, refuse, torch.zeros(1, 4), channels=13, mentions=mentions)
    assert capsys.readouterr().out == f"{message}\n"
    assert passed is message.startswith("ok: ")


def test_check_raises_says_when_nothing_is_raised(capsys):
    assert not check_raises(ValueError, torch.nn.Identity(), X)
    assert (
        "Identity(a tensor of shape (2, 2)) must raise ValueError, but it returned a tensor" in capsys.readouterr().out
    )


def test_checks_are_recorded_inside_the_block_only(capsys):
    check(1, 1, "before")
    with recording() as results:
        check(1, 1, "one")
        check(1, 2, "two")
        check_raises(ValueError, int, "x")
    check(1, 1, "after")
    assert [result.passed for result in results] == [True, False, True]
    assert results[1].what == "two"
    assert results[1].message == "two is 1, expected 2."
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_recordings_do_not_mix():
    with recording() as outer:
        with recording() as inner:
            check(1, 1)
        check(1, 1)
        check(1, 1)
    assert len(inner) == 1 and len(outer) == 2
