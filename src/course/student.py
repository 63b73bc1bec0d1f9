"""The proxy that hidden tests talk to: what the student defined, called over the bridge.

``student.conv2d(x, w)`` sends the arguments as data and gives the result as data. What cannot be data stays in the
student's kernel, and a :class:`Handle` stands for it here: it can be called, its methods can be called, and it can be
passed as an argument.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch

from course.errors import EngineError
from course.kernels.base import BadReply, Connection, SubmissionFault
from coursebridge.agent import MAX_MESSAGE, MAX_PRINTED, tensors_in
from coursebridge.codec import Name, Ref

MALFORMED = "The kernel sent a reply that cannot be read."

without_autograd: ContextVar[bool] = ContextVar("without_autograd", default=False)
last_call: ContextVar[Called] = ContextVar("last_call")  # for messages


class StudentError(Exception):
    """What the student's code raised.

    type_name, bases: name of the exception's class and of all its bases.  message: its text.
    traceback: the student's own lines, outermost first, each ``{"cell", "line", "function", "code"}``.
    """

    def __init__(
        self, type_name: str, message: str, bases: Sequence[str] = (), traceback: Sequence[dict[str, Any]] = ()
    ) -> None:
        super().__init__(f"{type_name}: {message}" if message else type_name)
        self.type_name, self.message = type_name, message
        self.bases, self.traceback = tuple(bases), tuple(traceback)

    def __reduce__(self) -> tuple[Any, ...]:
        return StudentError, (self.type_name, self.message, self.bases, self.traceback)

    def isinstance(self, error: type[BaseException] | str) -> bool:
        name = error if isinstance(error, str) else error.__name__
        return name == self.type_name or name in self.bases


class NotDefined(StudentError):
    """The student's notebook defines no such name."""

    def __init__(self, name: str) -> None:
        super().__init__("NameError", f"{name} is not defined", ("NameError", "Exception"))
        self.name = name


class ForbiddenUse(Exception):
    """The student's code used operations that the exercise forbids. hits: ``{"operation", "cell", "line"}``."""

    def __init__(self, hits: Sequence[dict[str, Any]]) -> None:
        super().__init__(hits[0]["operation"])
        self.hits = tuple(hits)


@dataclass(frozen=True)
class Reply:
    """The answer to one step: a value or an error, and what the agent noticed on the way."""

    value: Any = None
    error: StudentError | None = None
    changed: tuple[int, ...] = ()  # positions among the tensor arguments that were changed in place
    printed: str = ""
    seconds: float = 0.0  # CPU seconds in the kernel, by its own account
    operations: int | None = None
    random_state_changed: bool | None = None

    def unwrap(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.value


@dataclass
class Called:
    """A single call that a test made. names: what the answer itself calls its arguments, as far as that is known."""

    label: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    names: Sequence[str] = ()
    value: Any = None

    @property
    def arguments(self) -> dict[str, Any]:
        """All arguments by name, those by position first."""
        named = {
            self.names[i] if i < len(self.names) else f"argument_{i + 1}": value for i, value in enumerate(self.args)
        }
        return {**named, **self.kwargs}


@dataclass
class Transcript:
    """What one test saw: every reply in order, and the positions of those on which it failed."""

    replies: list[Reply] = field(default_factory=list)
    failing: list[int] = field(default_factory=list)


class Student:
    """What the tests of one exercise see of one submission.

    connect: gives a connection to a fresh copy of the kernel.  bans: families that are refused in it.
    call_seconds: how long one message may take.  seed: changes with each test.
    parameters: for functions of the answer, the names of their parameters; for messages.
    """

    _shows = True  # failing calls are made smaller, to be shown

    def __init__(
        self,
        connect: Any,
        *,
        bans: Sequence[str] = (),
        call_seconds: float = 5.0,
        support: Sequence[str] = (),
        seed: int = 0,
        parameters: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._bans, self._call_seconds = tuple(bans), call_seconds
        self._support, self._uses_support, self._has_support = support, False, False
        self._test_seed = seed
        self._parameters = parameters or {}
        self._transcript = Transcript()
        self._recording = True

    # -- what tests use ------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Function:
        if name.startswith("_"):
            raise AttributeError(name)
        return Function(self, Name(name))

    @property
    def support(self) -> Support:
        """Placed in the kernel only when a test asks for it, since that takes as long as many calls."""
        self._uses_support = True
        return Support(self)

    # -- what the engine uses ------------------------------------------------------------------------------------

    def _begin_test(self, seed: int) -> None:
        """A new test: a new transcript and a new seed."""
        self._test_seed, self._transcript = seed, Transcript()

    def _exchange(self, steps: list[dict[str, Any]], seed: int | None = None, **options: Any) -> list[Reply]:
        """Send steps in one message; the student's errors are in the replies.

        Raises SubmissionFault or ForbiddenUse.
        """
        request = {
            "steps": steps,
            "seed": self._test_seed if seed is None else seed,
            "forbid": list(self._bans),
            "forbid_autograd": without_autograd.get(),
            "grad": not without_autograd.get(),
            **options,
        }
        try:
            raw = self._open().ask(request, self._call_seconds, lambda *ref: Handle(self, *ref))
        except SubmissionFault:
            self._close()
            raise
        hits = [_hit(hit) for reply in raw for hit in _of(reply.get("forbidden", []), list)]
        if hits:
            raise ForbiddenUse(hits)
        replies = [_reply(r, step) for r, step in zip(raw, steps, strict=True)]
        if self._recording:
            self._transcript.replies.extend(replies)
        return replies

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = self._connect(self._bans)
        if self._uses_support and not self._has_support:
            step = {"op": "define", "name": "support", "sources": list(self._support)}
            told = _reply(self._connection.ask({"steps": [step]}, self._call_seconds, None)[0], step)
            if told.error is not None:
                raise EngineError(f"support.py cannot be run in the kernel: {told.error}")
            self._has_support = True
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection, self._has_support = None, False

    @contextlib.contextmanager
    def _unrecorded(self) -> Iterator[None]:
        """What happens in the block is no part of the transcript (searching for a smaller counterexample)."""
        self._recording = False
        try:
            yield
        finally:
            self._recording = True


class Remote:
    """Something callable in the student's kernel."""

    _student: Student

    def _step(self, op: str, args: tuple[Any, ...], kwargs: dict[str, Any], **more: Any) -> dict[str, Any]:
        raise NotImplementedError

    @property
    def _label(self) -> str:
        raise NotImplementedError

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        called = Called(self._label, args, kwargs, self._student._parameters.get(self._label, ()))
        last_call.set(called)
        called.value = self._student._exchange([self._step("call", args, kwargs)])[0].unwrap()
        return called.value


class Function(Remote):
    """A name in the student's namespace, or a dotted one (``resnet18``, ``support.small_cnn``)."""

    def __init__(self, student: Student, name: Name) -> None:
        self._student, self._name = student, name

    def _step(self, op: str, args: tuple[Any, ...], kwargs: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"op": op, "object": self._name, "args": args, "kwargs": kwargs, **more}

    @property
    def _label(self) -> str:
        return self._name.name.removeprefix("support.")

    def handle(self) -> Handle:
        """The object itself, as a handle (to pass a class or a function as an argument)."""
        return self._student._exchange([{"op": "resolve", "object": self._name}])[0].unwrap()

    def __repr__(self) -> str:
        return self._label


class Support:
    """Scaffolding of the lesson in the student's kernel: ``student.support.small_cnn(seed=3)``."""

    def __init__(self, student: Student) -> None:
        self._student = student

    def __getattr__(self, name: str) -> Function:
        if name.startswith("_"):
            raise AttributeError(name)
        return Function(self._student, Name(f"support.{name}"))


class Handle(Ref, Remote):
    """An object that stays in the student's kernel."""

    def __init__(self, student: Student, id: int, kind: str, name: str) -> None:
        Ref.__init__(self, id, kind, name)
        self._student = student

    def _step(self, op: str, args: tuple[Any, ...], kwargs: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"op": op, "object": self, "args": args, "kwargs": kwargs, **more}

    @property
    def _label(self) -> str:
        return f"the {self.name}"

    def get(self, attribute: str) -> Any:
        """The value of an attribute (data, or another handle)."""
        return self._student._exchange([{"op": "get", "object": self, "name": attribute}])[0].unwrap()

    def next(self) -> Any:
        """The next item of an iterator."""
        return self._student._exchange([{"op": "next", "object": self}])[0].unwrap()

    def __getattr__(self, name: str) -> Method:
        if name.startswith("_"):
            raise AttributeError(name)
        return Method(self, name)


class Method(Remote):
    """A method of a handle."""

    def __init__(self, owner: Handle, name: str) -> None:
        self._student, self._owner, self._method = owner._student, owner, name

    def _step(self, op: str, args: tuple[Any, ...], kwargs: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"op": op, "object": self._owner, "name": self._method, "args": args, "kwargs": kwargs, **more}

    @property
    def _label(self) -> str:
        return f"{self._owner.name}.{self._method}"


def _reply(raw: dict[str, Any], step: dict[str, Any]) -> Reply:
    """A reply from the kernel as a Reply. Raises BadReply for one that our agent would not have sent."""
    noticed = {
        "changed": tuple(_of(n, int) for n in _of(raw.get("changed", []), list)),
        "printed": _of(raw.get("printed", ""), str)[:MAX_PRINTED],
        "seconds": _of(raw.get("seconds", 0.0), float),
        "operations": _of(raw.get("operations"), int, type(None)),
        "random_state_changed": _of(raw.get("random_state_changed"), bool, type(None)),
    }
    match _text(raw, "status"):
        case "ok" if "value" in raw:
            if step["op"] == "gradients":
                _check_gradients(raw["value"], step)
            return Reply(value=raw["value"], **noticed)
        case "exception":
            bases = [_of(base, str) for base in _of(raw.get("bases"), list)]
            lines = [_student_line(line) for line in _of(raw.get("traceback"), list)]
            error = StudentError(_text(raw, "type")[:100], _text(raw, "message"), bases, lines)
            return Reply(error=error, **noticed)
        case "missing":
            return Reply(error=NotDefined(_text(raw, "name")), **noticed)
        case "unsendable":
            return Reply(error=StudentError("Unsendable", _text(raw, "message")), **noticed)
    raise BadReply(MALFORMED)


def _of(value: Any, *kinds: type) -> Any:
    """The value, if it is of one of these types."""
    if type(value) not in kinds:
        raise BadReply(MALFORMED)
    return value


def _text(raw: dict[str, Any], key: str) -> str:
    return _of(raw.get(key), str)[:MAX_MESSAGE]


def _student_line(raw: Any) -> dict[str, Any]:
    """A place in the student's code: of a traceback, or where something forbidden was used."""
    return {_of(key, str): _of(value, int) if type(value) is int else _of(value, str)[:200]
            for key, value in _of(raw, dict).items()}  # fmt: skip


def _hit(raw: Any) -> dict[str, Any]:
    hit = _student_line(raw)
    _text(hit, "operation")
    return hit


def _check_gradients(value: Any, step: dict[str, Any]) -> None:
    """Outputs, one gradient (or None) for each tensor that asked for one, and the parameters' by name."""
    gradients, parameters = _of(_of(value, dict).get("inputs"), list), _of(value.get("parameters"), dict)
    asked = [t for t in tensors_in((step["args"], step["kwargs"])) if t.requires_grad]
    named = all(type(name) is str for name in parameters)
    found = all(g is None or isinstance(g, torch.Tensor) for g in (*gradients, *parameters.values()))
    if "outputs" not in value or len(gradients) != len(asked) or not (named and found):
        raise BadReply(MALFORMED)
