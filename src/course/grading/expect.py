"""Expectations: the vocabulary of hidden tests.

Each helper makes its calls in as few messages as possible, compares in the trusted process, and on failure raises
:class:`Mismatch` with a sentence for the student and, where there is one, the smallest failing call.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import torch

from course.grading import describe
from course.grading.cases import Case, Draw, Drawn, Draws, case_seed, draw_cases, smallest
from course.student import Handle, NotDefined, Remote, Reply, StudentError, last_call, without_autograd


class Mismatch(AssertionError):
    """A failed expectation.

    call: the call as text.  inputs, got, expected: values as ``describe.as_data`` gives them.
    misconception: a name in ``mistakes.py``, where the test itself knows it.
    """

    def __init__(
        self, message: str, counterexample: dict[str, Any] | None = None, misconception: str | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.counterexample, self.misconception = message, counterexample, misconception


def points(value: float) -> pytest.MarkDecorator:
    """What a test is worth."""
    return pytest.mark.points(value)


def fail(
    message: str,
    misconception: str | None = None,
    call: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    got: Any = None,
    expected: Any = None,
) -> None:
    """A failed expectation in your own words."""
    counterexample = None
    if call is not None:
        counterexample = _counterexample(call, dict(inputs or {}), got, expected)
    raise Mismatch(message, counterexample, misconception)


def same(got: Any, expected: Any, what: str = "the result", tolerance: float | None = None) -> None:
    """One value, of the same type, shape and dtype, and equal within the tolerance."""
    difference = describe.compare(got, expected, what, tolerance)
    if difference is not None:
        raise Mismatch(_sentence(difference.sentence), _counterexample_of(what, got, expected))


# -- many drawn cases ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Verdict:
    """Why one case failed. got, expected: what to show."""

    kind: str
    sentence: str
    got: Any
    expected: Any


def agree(
    fn: Remote,
    reference: Callable[..., Any],
    draw: Draw,
    cases: int = 12,
    tolerance: float | None = None,
    part: tuple[str, int] | None = None,
) -> None:
    """For drawn cases, ``fn(**case)`` gives what ``reference(**case)`` gives.

    The reference is computed here, its floating-point values in float64.
    part: name and place of the one item of a returned tuple that the test is about, as ``("grad_x", 0)``.
    """
    signature = _Signature(reference)

    def judge(drawn: Drawn, reply: Reply) -> _Verdict | None:
        expected = drawn.truth("value", reference, lambda case: _precisely(reference, case))
        if reply.error is not None:
            return _error_verdict(fn, reply.error, expected)
        got, what = reply.value, "the result"
        if part is not None and isinstance(got, (tuple, list)) and len(got) == len(expected):
            what, got, expected = part[0], got[part[1]], expected[part[1]]
        return _verdict(describe.compare(got, expected, what, tolerance), got, expected)

    _judge_all(fn, signature, draw, cases, judge, lambda drawn: _call_step(fn, signature, drawn.case))


def agree_gradients(
    fn: Remote, reference: Callable[..., Any], draw: Draw, cases: int = 8, tolerance: float | None = None
) -> None:
    """For drawn cases, gradients reach every floating-point argument and are those of the reference."""
    signature = _Signature(reference)

    def attached(case: Case) -> Case:
        return {k: v.detach().requires_grad_() if _differentiable(v) else v for k, v in case.items()}

    def find(case: Case) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor | None]]:
        wide = attached({k: v.double() if _differentiable(v) else v for k, v in case.items()})
        output = reference(**wide)
        generator = torch.Generator().manual_seed(fn._student._test_seed % 2**63)
        cotangent = torch.randn(output.shape, generator=generator, dtype=torch.float64)
        names = [k for k, v in wide.items() if _differentiable(v)]
        found = torch.autograd.grad(output, [wide[k] for k in names], cotangent, allow_unused=True)
        return output.detach(), cotangent, dict(zip(names, found, strict=True))

    def truth(drawn: Drawn) -> tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor | None]]:
        return drawn.truth("gradients", reference, find)  # type: ignore[no-any-return]

    def step(drawn: Drawn) -> dict[str, Any]:
        dtype = next(v.dtype for v in drawn.case.values() if _differentiable(v))
        cotangent = truth(drawn)[1].to(dtype)
        return _call_step(fn, signature, attached(drawn.case), op="gradients", cotangents=[cotangent])

    def judge(drawn: Drawn, reply: Reply) -> _Verdict | None:
        output, _, expected = truth(drawn)
        if reply.error is not None:
            return _error_verdict(fn, reply.error, "gradients of " + ", ".join(expected))
        result, found = reply.value["outputs"], reply.value["inputs"]
        if not isinstance(result, torch.Tensor) or result.shape != output.shape:
            difference = describe.compare(result, output.to(torch.float32), "the result", tolerance)
            return _verdict(difference, result, output)
        if not result.requires_grad and any(map(_matters, expected.values())):
            sentence = (
                "no gradient reaches the arguments: the result is detached from them "
                "(numpy, .detach(), .item(), torch.tensor(...) or torch.no_grad() on the way)."
            )
            return _Verdict("detached", sentence, "a result without gradient", expected)
        for (name, right), mine in zip(expected.items(), found, strict=True):
            if not _matters(right) and not _matters(mine):
                continue
            if mine is None:
                return _Verdict("detached", f"no gradient reaches {name}.", None, right)
            right = torch.zeros_like(mine) if right is None else right.to(mine.dtype)
            difference = describe.compare(mine, right, f"the gradient of {name}", tolerance)
            if difference:
                return _Verdict(difference.kind, difference.sentence, mine, right)
        return None

    _judge_all(fn, signature, draw, cases, judge, step)


def _matters(gradient: torch.Tensor | None) -> bool:
    """A loop that meets nothing but padding has no gradient, which is as right as one of zeros."""
    return gradient is not None and bool(gradient.any())


def leaves_inputs(fn: Remote, draw: Draw, cases: int = 4) -> None:
    """No argument is changed in place."""

    def judge(drawn: Drawn, reply: Reply) -> _Verdict | None:
        names = [k for k, v in drawn.case.items() if isinstance(v, torch.Tensor)]
        if reply.changed:
            name = names[min(reply.changed[0], len(names) - 1)]
            return _Verdict(
                "changed", f"the call changes its argument {name} in place.", f"{name} changed", "unchanged"
            )
        return None if reply.error is None else _error_verdict(fn, reply.error, "a result")

    signature = _Signature(None)
    _judge_all(fn, signature, draw, cases, judge, lambda drawn: _call_step(fn, signature, drawn.case), {"watch": True})


def keeps_random_state(fn: Remote, draw: Draw, cases: int = 2) -> None:
    """The global random states are as before."""

    def judge(_: Drawn, reply: Reply) -> _Verdict | None:
        if reply.random_state_changed:
            return _Verdict("random", "the call draws from the global random state.", "changed", "as before")
        return None if reply.error is None else _error_verdict(fn, reply.error, "a result")

    signature = _Signature(None)
    _judge_all(fn, signature, draw, cases, judge, lambda drawn: _call_step(fn, signature, drawn.case), {"watch": True})


def _judge_all(
    fn: Remote,
    signature: _Signature,
    draw: Draw,
    count: int,
    judge: Callable[[Drawn, Reply], _Verdict | None],
    step: Callable[[Drawn], dict[str, Any]],
    options: Mapping[str, Any] | None = None,
) -> None:
    student, seed = fn._student, fn._student._test_seed
    cases = draw_cases(draw, seed, count)
    first = len(student._transcript.replies)
    replies = student._exchange([step(drawn) for drawn in cases], **(options or {}))
    _missing(fn, replies)
    verdicts = [judge(drawn, reply) for drawn, reply in zip(cases, replies, strict=True)]
    failing = [i for i, verdict in enumerate(verdicts) if verdict is not None]
    if not failing:
        return
    student._transcript.failing += [first + i for i in failing]
    number = min(failing, key=lambda i: (_kind_rank(verdicts[i]), _elements(cases[i].case)))
    shown, verdict = cases[number], verdicts[number]
    assert verdict is not None
    kind = verdict.kind

    def fails(candidates: list[Drawn]) -> list[bool]:
        answers = student._exchange([step(c) for c in candidates], **(options or {}))
        found = [_judge_quietly(judge, c, a) for c, a in zip(candidates, answers, strict=True)]
        return [v is not None and v.kind == kind for v in found]

    with student._unrecorded(), contextlib.suppress(Exception):  # showing a smaller call is a courtesy
        shrunk = smallest(draw, case_seed(seed, number), shown.choices, fails) if student._shows else None
        if shrunk is not None:
            reply = student._exchange([step(shrunk)], **(options or {}))[0]
            smaller = judge(shrunk, reply)
            if smaller is not None:
                shown, verdict = shrunk, smaller
    call = signature.text(fn._label, shown.case)
    sentence = f"{call}: {verdict.sentence}"
    if len(failing) > 1 or count > 1:
        sentence += f" ({len(failing)} of {count} calls fail.)"
    raise Mismatch(sentence, _counterexample(call, shown.case, verdict.got, verdict.expected))


def _verdict(difference: describe.Difference | None, got: Any, expected: Any) -> _Verdict | None:
    return None if difference is None else _Verdict(difference.kind, difference.sentence, got, expected)


def _kind_rank(verdict: _Verdict | None) -> int:
    """Wrong values teach more than errors do, so a failing call with a value is shown first."""
    return 1 if verdict is not None and verdict.kind.startswith("error") else 0


def _judge_quietly(judge: Callable[[Drawn, Reply], _Verdict | None], drawn: Drawn, reply: Reply) -> _Verdict | None:
    try:
        return judge(drawn, reply)
    except Exception:  # a lowered case may be one for which the reference is not defined
        return None


class _Signature:
    """Which arguments go by position: those without a default in the reference; and what calls look like."""

    def __init__(self, reference: Callable[..., Any] | None) -> None:
        self._defaults: dict[str, Any] | None = None
        if reference is not None:
            parameters = inspect.signature(reference).parameters.values()
            self._defaults = {p.name: p.default for p in parameters if p.default is not p.empty}

    def positional(self, case: Case) -> int:
        """How many of the case's first arguments are passed by position."""
        if self._defaults is None:
            return sum(1 for _ in _leading_tensors(case))
        count = 0
        for name in case:
            if name in self._defaults:
                break
            count += 1
        return count

    def text(self, label: str, case: Case) -> str:
        """The call as a student would write it: without arguments that have their default value."""
        defaults = self._defaults or {}
        told = {k: v for k, v in case.items() if k not in defaults or not _is_default(v, defaults[k])}
        return describe.call_text(label, told, self.positional(case))


def _is_default(value: Any, default: Any) -> bool:
    return type(value) is type(default) and not isinstance(value, torch.Tensor) and value == default


def _leading_tensors(case: Case) -> Iterator[str]:
    for name, value in case.items():
        if not isinstance(value, torch.Tensor):
            return
        yield name


def _call_step(fn: Remote, signature: _Signature, case: Case, op: str = "call", **more: Any) -> dict[str, Any]:
    count = signature.positional(case)
    items = list(case.items())
    return fn._step(op, tuple(v for _, v in items[:count]), dict(items[count:]), **more)


def _precisely(reference: Callable[..., Any], case: Case) -> Any:
    """The reference's result: types and dtypes as for the case itself, values computed in float64."""
    result = reference(**case)
    narrow = [v for v in case.values() if isinstance(v, torch.Tensor) and v.is_floating_point()]
    if all(v.dtype == torch.float64 for v in narrow):
        return result
    wide = reference(**{k: v.double() if _differentiable(v) else v for k, v in case.items()})
    return _cast(wide, result)


def _cast(value: Any, like: Any) -> Any:
    if isinstance(like, torch.Tensor):
        return value.to(like.dtype)
    if isinstance(like, Mapping):
        return {k: _cast(value[k], v) for k, v in like.items()}
    if isinstance(like, (list, tuple)) and not isinstance(like, torch.Size):
        return type(like)(_cast(a, b) for a, b in zip(value, like, strict=True))
    return value


def _differentiable(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _elements(case: Case) -> int:
    return sum(v.numel() for v in case.values() if isinstance(v, torch.Tensor))


# -- single calls -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gradients:
    """What one gradient trip gives. inputs: for the tensor arguments that require gradients, in order."""

    outputs: Any
    inputs: list[torch.Tensor | None]
    parameters: dict[str, torch.Tensor | None]


def gradients(
    fn: Remote, *args: Any, cotangents: Sequence[torch.Tensor] | torch.Tensor | None = None, **kwargs: Any
) -> Gradients:
    """Outputs, and gradients of the floating-point tensor arguments and of a module's parameters, in one trip.

    cotangents: one for each output tensor; ones without them.
    """
    attach = lambda v: v.detach().requires_grad_() if _differentiable(v) else v
    if isinstance(cotangents, torch.Tensor):
        cotangents = [cotangents]
    step = fn._step(
        "gradients",
        tuple(attach(a) for a in args),
        {k: attach(v) for k, v in kwargs.items()},
        cotangents=None if cotangents is None else list(cotangents),
    )
    value = fn._student._exchange([step])[0].unwrap()
    return Gradients(value["outputs"], value["inputs"], value["parameters"])


def observe(
    fn: Remote,
    *args: Any,
    count_operations: bool = False,
    no_grad: bool = False,
    seed: int | None = None,
    **kwargs: Any,
) -> Reply:
    """One call with what was noticed: ``.value``, ``.operations``, ``.changed``, ``.random_state_changed``,
    ``.seconds``, ``.printed``.

    Raises StudentError.
    """
    options = {"count_operations": count_operations, "watch": True, "grad": not no_grad}
    reply = fn._student._exchange([fn._step("call", args, kwargs)], seed=seed, **options)[0]
    reply.unwrap()
    return reply


def batch(fn: Remote, calls: Sequence[Case | tuple[tuple[Any, ...], Case]], **options: Any) -> list[Any]:
    """Many calls in one message; values, or StudentErrors where the call raised one."""
    steps = [fn._step("call", (), c) if isinstance(c, dict) else fn._step("call", tuple(c[0]), c[1]) for c in calls]
    return [r.value if r.error is None else r.error for r in fn._student._exchange(steps, **options)]


@contextlib.contextmanager
def refuses(error: type[BaseException] | str, mentions: Sequence[Any] = ()) -> Iterator[None]:
    """The block raises this error, and its message holds at least one of ``mentions``."""
    name = error if isinstance(error, str) else error.__name__
    try:
        yield
    except StudentError as raised:
        if isinstance(raised, NotDefined):
            raise
        if not raised.isinstance(error):
            if raised.type_name == "NotImplementedError":
                raise
            raise Mismatch(f"{_last_call()} must raise {name}, but it raised {raised}.{_where(raised)}") from None
        if mentions and not any(str(m) in raised.message for m in mentions):
            wanted = " or ".join(str(m) for m in mentions[:2])  # the others are accepted, too
            raise Mismatch(
                f"{_last_call()} raises {name} as it should, but the message, {raised.message!r}, does not say "
                f"what was wrong: put {wanted} into it."
            ) from None
        return
    raise Mismatch(f"{_last_call()} must raise {name}, but it returned a result.")


def _last_call() -> str:
    """The last single call as text, tensors by their shapes: ``conv2d(tensor (2, 3, 6, 6), ..., stride=2)``."""
    if (called := last_call.get(None)) is None:
        return "this call"
    brief = lambda v: f"tensor {tuple(v.shape)}" if isinstance(v, torch.Tensor) else describe.as_text(v)
    given = [brief(a) for a in called.args] + [f"{k}={brief(v)}" for k, v in called.kwargs.items()]
    return f"{called.label}({', '.join(given)})"


@contextlib.contextmanager
def forbid(family: str) -> Iterator[None]:
    """Inside the block, calls run without gradients and may not use this family.

    Only ``autograd`` can be forbidden for a part of a test.
    """
    if family != "autograd":
        raise ValueError("only 'autograd' can be forbidden for a part of a test; use `bans` for the rest")
    token = without_autograd.set(True)
    try:
        yield
    finally:
        without_autograd.reset(token)


# -- modules ------------------------------------------------------------------------------------------------------


def load(handle: Handle, twin: torch.nn.Module) -> None:
    """Give the student's module the twin's weights. Names and shapes must be exactly the twin's."""
    state = dict(twin.state_dict())
    mine = _state_of(handle)
    expected = {k: tuple(v.shape) for k, v in state.items()}
    found = {k: tuple(v.shape) for k, v in mine.items() if isinstance(v, torch.Tensor)}
    if found != expected:
        missing = [k for k in expected if k not in found]
        extra = [k for k in found if k not in expected]
        shapes = [f"{k} has shape {found[k]}, expected {expected[k]}" for k in expected
                  if k in found and found[k] != expected[k]]  # fmt: skip
        parts = []
        if missing:
            parts.append(f"it lacks {describe._keys(missing)}")
        if extra:
            parts.append(f"it has {describe._keys(extra)}, which should not be there")
        parts += shapes[:3]
        raise Mismatch(f"{handle._label}'s state dict does not fit: {'; '.join(parts)}.")
    handle.load_state_dict(state)


def _demand_module(value: Any) -> None:
    if not isinstance(value, Handle):
        raise Mismatch(f"{_last_call()} must return a module, but it returned {describe.what_it_is(value)}.")


def _state_of(handle: Handle) -> Mapping[str, Any]:
    _demand_module(handle)
    state = handle.state_dict()
    if not isinstance(state, Mapping):
        raise Mismatch(f"{handle._label}'s state dict is {describe.what_it_is(state)}, expected a dict.")
    return state


def agree_module(
    handle: Handle, twin: torch.nn.Module, *inputs: torch.Tensor, what: str = "", tolerance: float | None = None
) -> None:
    """The student's module and the twin, with the same weights and in the same mode, do the same.

    Compared are the output, the gradients of the inputs and of every parameter, and all buffers afterwards.
    """
    where = f" {what}" if what else ""
    _demand_module(handle)
    leaves = [x.detach().clone().requires_grad_(_differentiable(x)) for x in inputs]
    output = twin(*leaves)
    generator = torch.Generator().manual_seed(handle._student._test_seed % 2**63)
    cotangent = torch.randn(output.shape, generator=generator, dtype=output.dtype)
    named = {k: p for k, p in twin.named_parameters() if p.requires_grad}
    wanted = [x for x in leaves if x.requires_grad] + list(named.values())
    found = torch.autograd.grad(output, wanted, cotangent, allow_unused=True)
    right_inputs, right_parameters = (
        found[: len(wanted) - len(named)],
        dict(zip(named, found[len(wanted) - len(named) :], strict=True)),
    )
    mine = gradients(handle, *inputs, cotangents=cotangent)
    same(mine.outputs, output.detach(), f"the output{where}", tolerance)
    for number, (got, expected) in enumerate(zip(mine.inputs, right_inputs, strict=True)):
        label = "the input" if len(inputs) == 1 else f"input {number + 1}"
        _same_gradient(got, expected, f"the gradient of {label}{where}", tolerance)
    for name, expected in right_parameters.items():
        _same_gradient(mine.parameters.get(name), expected, f"the gradient of {name}{where}", tolerance)
    state = _state_of(handle)
    for name, buffer in twin.named_buffers():
        if name in state:
            same(state[name], buffer, f"{name} after the forward pass{where}", tolerance)


def _same_gradient(got: Any, expected: torch.Tensor | None, what: str, tolerance: float | None) -> None:
    if expected is None:
        return
    if got is None:
        raise Mismatch(_sentence(f"{what} is missing: nothing flows back to it."))
    same(got, expected, what, tolerance)


# -- sentences ----------------------------------------------------------------------------------------------------


def _missing(fn: Remote, replies: Sequence[Reply]) -> None:
    """One clear sentence when nothing is there to be tested."""
    for error in (r.error for r in replies):
        if isinstance(error, NotDefined):
            raise error
    if replies and all(r.error is not None and r.error.type_name == "NotImplementedError" for r in replies):
        assert replies[0].error is not None
        raise replies[0].error


def _error_verdict(fn: Remote, error: StudentError, expected: Any) -> _Verdict:
    sentence = f"it raised {error}.{_where(error)}"
    return _Verdict(f"error {error.type_name}", sentence, str(error), expected)


def _where(error: StudentError) -> str:
    if not error.traceback:
        return ""
    last = error.traceback[-1]
    code = str(last.get("code", "")).strip()
    return f" That happened in {describe.place(last)}{f': `{code}`' if code else '.'}"


def student_error_sentence(error: StudentError) -> str:
    """What a student reads when a test stopped at an exception of their own code."""
    if isinstance(error, NotDefined):
        return f"Your notebook defines no {error.name}."
    if error.type_name == "NotImplementedError":
        return f"Not answered yet: the stub still raises NotImplementedError ({error.message})."
    if error.type_name == "Unsendable":
        return f"What was returned cannot be read: {error.message}."
    return f"Your code raised {error}.{_where(error)}"


def _counterexample_of(what: str, got: Any, expected: Any) -> dict[str, Any]:
    """With the single call that gave ``got``, if the last one did; else just the two values."""
    called = last_call.get(None)
    if called is None or not _comes_from(got, called.value):
        return _counterexample(what, {}, got, expected)
    call = describe.call_text(called.label, called.arguments, len(called.args))
    return _counterexample(call, called.arguments, got, expected)


def _comes_from(got: Any, value: Any) -> bool:
    """Whether a value is what a call returned, an item of it, or a view of that."""
    if got is value:
        return True
    if isinstance(got, torch.Tensor) and isinstance(value, torch.Tensor):
        return got.numel() > 0 and got.untyped_storage().data_ptr() == value.untyped_storage().data_ptr()
    if isinstance(got, (bool, int, str, type(None))):
        return False  # equal ones are the same object wherever they come from
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    return any(_comes_from(got, item) for item in items)


def _counterexample(call: str, inputs: Mapping[str, Any], got: Any, expected: Any) -> dict[str, Any]:
    shown = lambda value: isinstance(value, (torch.Generator, Handle)) or describe.holds_tensor(value)
    code = [f"{name} = {describe.as_code(value)}" for name, value in inputs.items() if shown(value)]
    return {
        "call": call,
        "code": "\n".join([*code, call]),
        "inputs": {name: describe.as_data(value) for name, value in inputs.items()},
        "got": describe.as_data(got),
        "expected": describe.as_data(expected),
    }


def _sentence(text: str) -> str:
    """With a capital, unless it begins with code."""
    first = text.partition(" ")[0]
    return text[:1].upper() + text[1:] if first.isalpha() else text


__all__ = ["Draws", "Mismatch", "agree", "agree_gradients", "agree_module", "batch", "fail", "forbid", "gradients",
           "keeps_random_state", "leaves_inputs", "load", "observe", "points", "refuses", "same"]  # fmt: skip
