"""Visible checks: compare what your code gives with what it should give, and say where they part.

They look at a few fixed cases, and print "ok" or a paragraph in the words of the feedback. Passing is not the grade:
hidden tests try many more cases later. ``course check`` says so when all visible checks of a lesson have passed.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

# How far a value may be off, as a part of the largest expected magnitude: wide enough for any order of summation.
TOLERANCE = {torch.float64: 1e-9, torch.complex128: 1e-9, torch.float32: 1e-4, torch.complex64: 1e-4,
             torch.float16: 1e-2, torch.bfloat16: 4e-2}  # fmt: skip
SHOWN = 8  # grids with at most so many rows and columns are written out


class Result(NamedTuple):
    """What one check found. message: the lines that it printed."""

    passed: bool
    what: str
    message: str


_results: ContextVar[list[Result] | None] = ContextVar("results", default=None)


def check(got: Any, expected: Any, what: str = "", tolerance: float | None = None) -> bool:
    """Compare one value with the expected one, print the outcome, return whether they agree.

    Type, shape and dtype must be the same, then the values; NaN equals NaN, a list equals a tuple. ``what`` names the
    value, best by the call that gave it. ``tolerance`` is the largest difference allowed, as a part of the largest
    expected magnitude (at least 1); without it, what rounding in that dtype explains.

    >>> check(torch.tensor([-2.0, -2.0]), torch.tensor([-2.0, -2.0]), "correlate1d(x, w)")
    ok: correlate1d(x, w)
    True
    >>> check(torch.zeros(1, 1, 3, 3), torch.zeros(1, 1, 2, 2), "conv2d(x, w)")
    conv2d(x, w) has shape (1, 1, 3, 3), expected (1, 1, 2, 2).
    False
    >>> check(torch.tensor([[3.0, 6.0], [0.0, 2.0]]), torch.tensor([[3.0, 7.0], [0.0, 0.0]]), "conv2d(x, w)")
    conv2d(x, w) is wrong in 2 of 4 values: 6 instead of 7 at [0, 1]. The largest difference is 2.
        got       expected
        3  6      3  7
        0  2      0  0
    False
    """
    what = what or "the result"
    return _report(what, find_difference(got, expected, what, tolerance))


def check_raises(
    error: type[BaseException], function: Callable[..., Any], *args: Any, mentions: Iterable[Any] = (), **kwargs: Any
) -> bool:
    """Call ``function(*args, **kwargs)``, print whether it raises ``error``, return whether it does.

    With ``mentions``, the message of the error must hold at least one of these numbers or words.

    >>> check_raises(ValueError, int, "seven", mentions=["seven"])
    ok: int('seven') raises ValueError
    True
    >>> check_raises(ValueError, int, "7")
    int('7') must raise ValueError, but it returned 7.
    False
    """
    texts = [_brief(value) for value in args] + [f"{key}={_brief(value)}" for key, value in kwargs.items()]
    call = f"{getattr(function, '__name__', type(function).__name__)}({', '.join(texts)})"
    wanted = [str(word) for word in mentions]
    difference = None
    try:
        value = function(*args, **kwargs)
    except error as raised:
        if wanted and not any(_holds(str(raised), word) for word in wanted):
            difference = (
                f"{call} raises {error.__name__} as it should, but its message, {str(raised)!r}, does not say "
                f"what was wrong: put {' or '.join(wanted)} into it."
            )
    except Exception as raised:
        difference = (
            f"{call} must raise {error.__name__}, but it raised {type(raised).__name__}: {str(raised).rstrip('.')}."
        )
    else:
        difference = f"{call} must raise {error.__name__}, but it returned {_brief(value)}."
    return _report(f"{call} raises {error.__name__}", difference)


@contextmanager
def recording() -> Iterator[list[Result]]:
    """Collect the results of the checks that run inside the block; they are printed all the same.

    >>> with recording() as results:
    ...     passed = check(1, 2, "output_size(5, 3)")
    output_size(5, 3) is 1, expected 2.
    >>> [(result.what, result.passed) for result in results]
    [('output_size(5, 3)', False)]
    """
    results: list[Result] = []
    token = _results.set(results)
    try:
        yield results
    finally:
        _results.reset(token)


def _report(what: str, difference: str | None) -> bool:
    message = f"ok: {what}" if difference is None else re.sub("^the ", "The ", difference)
    print(message)
    results = _results.get()
    if results is not None:
        results.append(Result(difference is None, what, message))
    return difference is None


# -- comparing ----------------------------------------------------------------------------------------------------


def find_difference(got: Any, expected: Any, what: str, tolerance: float | None = None) -> str | None:
    """The first difference between two values as a sentence, or None when they agree."""
    if isinstance(expected, Tensor):
        return _tensor_difference(got, expected, what, tolerance)
    if isinstance(expected, np.ndarray):
        return _array_difference(got, expected, what, tolerance)
    if isinstance(expected, Mapping):
        return _dict_difference(got, expected, what, tolerance)
    if isinstance(expected, (list, tuple)):
        return _list_difference(got, expected, what, tolerance)
    return _plain_difference(got, expected, what, tolerance)


def _tensor_difference(got: Any, expected: Tensor, what: str, tolerance: float | None) -> str | None:
    if got is None:
        return f"{what} is None: did the function return its result?"
    if not isinstance(got, Tensor):
        return f"{what} is {_a(got)}, expected a tensor of shape {_shape(expected)}."
    if got.shape != expected.shape:
        return f"{what} has shape {_shape(got)}, expected {_shape(expected)}."
    if got.dtype != expected.dtype:
        return f"{what} has dtype {_dtype(got)}, expected {_dtype(expected)}."
    got, expected = got.detach().cpu(), expected.detach().cpu()
    wrong = ~_close(got, expected, tolerance)
    count = int(wrong.sum())
    if not count:
        return None
    index = tuple(wrong.nonzero()[0].tolist())
    mine, theirs = _pair(got[index].item(), expected[index].item())
    if wrong.numel() == 1:
        return f"{what} is {mine}, expected {theirs}."
    sentence = f"{what} is wrong in {count} of {wrong.numel()} values: {mine} instead of {theirs} at {list(index)}."
    if count > 1 and got.dtype != torch.bool:
        largest = _distance(got, expected)[wrong].max().item()
        sentence += f" The largest difference is {_number(largest)}." if math.isfinite(largest) else ""
    return sentence + _side_by_side(got, expected, index)


def _close(got: Tensor, expected: Tensor, tolerance: float | None) -> Tensor:
    """Where two tensors of one shape and dtype agree."""
    if not (expected.is_floating_point() or expected.is_complex()):
        return got == expected
    finite = expected.abs()[expected.isfinite()].double()
    scale = max(1.0, finite.max().item()) if len(finite) else 1.0
    allowed = (TOLERANCE[expected.dtype] if tolerance is None else tolerance) * scale
    return (got == expected) | (got.isnan() & expected.isnan()) | (_distance(got, expected) <= allowed)


def _distance(got: Tensor, expected: Tensor) -> Tensor:
    wide = torch.complex128 if expected.is_complex() else torch.float64
    return (got.to(wide) - expected.to(wide)).abs()


def _array_difference(got: Any, expected: np.ndarray, what: str, tolerance: float | None) -> str | None:
    if not isinstance(got, np.ndarray):
        return f"{what} is {_a(got)}, expected a numpy array of shape {_shape(expected)}."
    return _tensor_difference(torch.as_tensor(got), torch.as_tensor(expected), what, tolerance)


def _dict_difference(got: Any, expected: Mapping[Any, Any], what: str, tolerance: float | None) -> str | None:
    if not isinstance(got, Mapping):
        return f"{what} is {_a(got)}, expected a dict."
    missing, extra = [key for key in expected if key not in got], [key for key in got if key not in expected]
    if missing:
        return f"{what} lacks {', '.join(map(str, missing))}."
    if extra:
        return f"{what} has {', '.join(map(str, extra))} too many."
    return _first(find_difference(got[key], expected[key], f"{what}[{key!r}]", tolerance) for key in expected)


def _list_difference(got: Any, expected: list[Any] | tuple[Any, ...], what: str, tolerance: float | None) -> str | None:
    if not isinstance(got, (list, tuple)):
        return f"{what} is {_a(got)}, expected {_a(expected)}."
    pairs = enumerate(zip(got, expected, strict=False))
    difference = _first(find_difference(mine, theirs, f"{what}[{i}]", tolerance) for i, (mine, theirs) in pairs)
    if len(got) != len(expected):
        difference = f"{what} has {len(got)} items, expected {len(expected)}."
    if (
        difference
        and all(isinstance(value, (int, float, str)) for value in (*got, *expected))
        and len(expected) <= SHOWN
    ):
        return f"{what} is {got}, expected {expected}."
    return difference


def _plain_difference(got: Any, expected: Any, what: str, tolerance: float | None) -> str | None:
    if not _of_kind(got, expected):
        return f"{what} is {_typed(got)}, expected {_typed(expected)}."
    if got == expected or (got != got and expected != expected):
        return None
    if isinstance(expected, float) and abs(got - expected) <= (tolerance or 1e-9) * max(1.0, abs(expected)):
        return None
    mine, theirs = _pair(got, expected)
    return f"{what} is {mine}, expected {theirs}."


def _of_kind(got: Any, expected: Any) -> bool:
    """Whether ``got`` may stand for ``expected``: an int for a float, no float for an int, no bool for either."""
    if isinstance(expected, bool) or isinstance(got, bool):
        return type(got) is type(expected)
    if isinstance(expected, float):
        return isinstance(got, (int, float, np.integer, np.floating))
    if isinstance(expected, int):
        return isinstance(got, (int, np.integer))
    return isinstance(got, type(expected))


def _first(differences: Iterable[str | None]) -> str | None:
    return next((difference for difference in differences if difference is not None), None)


# -- wording ------------------------------------------------------------------------------------------------------


def _shape(value: Tensor | np.ndarray) -> str:
    return str(tuple(value.shape))


def _dtype(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def _a(value: Any) -> str:
    """The type of a value in words.

    >>> _a(torch.zeros(2, 3)), _a(7), _a(None)
    ('a tensor of shape (2, 3)', 'an int', 'None')
    """
    if value is None:
        return "None"
    if isinstance(value, (Tensor, np.ndarray)):
        return f"a {'tensor' if isinstance(value, Tensor) else 'numpy array'} of shape {_shape(value)}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _typed(value: Any) -> str:
    return f"{_a(value)} ({value!r})" if isinstance(value, (int, float, str)) else _a(value)


def _brief(value: Any) -> str:
    if isinstance(value, (Tensor, np.ndarray)) or len(repr(value)) > 60:
        return _a(value)
    return repr(value)


def _number(value: Any, digits: int = 5) -> str:
    return f"{value:.{digits}g}" if isinstance(value, (float, complex, np.floating)) else repr(value)


def _pair(got: Any, expected: Any) -> tuple[str, str]:
    """Both values, with as many digits as it takes to tell them apart."""
    pairs = [(_number(got, digits), _number(expected, digits)) for digits in (5, 9, 17)]
    return next((pair for pair in pairs if pair[0] != pair[1]), pairs[-1])


def _holds(message: str, word: str) -> bool:
    """Whether a message holds a word, or a number that is not a part of a longer one.

    >>> _holds("3 channels, but the kernel has 4", "4"), _holds("13 channels", "3")
    (True, False)
    """
    if word[-1:].isdigit():
        return re.search(rf"(?<!\d){re.escape(word)}(?!\d)", message) is not None
    return word.lower() in message.lower()


def _side_by_side(got: Tensor, expected: Tensor, index: tuple[int, ...]) -> str:
    """The two grids that hold ``index`` as text, one beside the other; nothing where they are too large to read."""
    if max(got.shape[-2:]) > SHOWN:
        return ""
    lead = index[:-2]
    left, right = _grid(got[lead]), _grid(expected[lead])
    width = max(map(len, left)) + 6
    head = f" (both at {list(lead)})" if any(lead) else ""
    lines = zip(["got", *left], [f"expected{head}", *right], strict=True)
    return "".join(f"\n    {mine:{width}}{theirs}" for mine, theirs in lines)


def _grid(values: Tensor) -> list[str]:
    rows = [[_number(value) for value in row] for row in values.reshape(-1, values.shape[-1]).tolist()]
    width = max(len(text) for row in rows for text in row)
    return ["  ".join(text.rjust(width) for text in row) for row in rows]
