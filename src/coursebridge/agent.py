"""The kernel's side of the bridge: does what the grader asks with what the student defined.

It was imported before the student's first cell and keeps its own references, so ordinary patching does not disturb it.
It holds no secret: whoever forges its replies has only given another answer.

A request is a dict ``{"steps": [...], "seed": int | None, "grad": bool, ...}``; the reply is a list with one dict a
step: ``{"status": "ok", "value": ...}``, ``{"status": "exception", "type", "bases", "message", "traceback"}``,
``{"status": "missing", "name"}`` or ``{"status": "unsendable", "message"}``, and with each what was noticed on the way.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import random
import time
import traceback
import types
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from coursebridge import bans
from coursebridge.codec import CodecError, Decoder, Encoded, Encoder, Name, Ref
from coursebridge.operations import CountOperations

globals()["__builtins__"] = dict(vars(builtins))  # see codec

MAX_PRINTED, MAX_MESSAGE = 20_000, 4_000
_grad, _equal, _process_time = torch.autograd.grad, torch.equal, time.process_time
_detach, _clone, _ones_like = torch.Tensor.detach, torch.Tensor.clone, torch.ones_like
_redirect_stdout, _redirect_stderr = contextlib.redirect_stdout, contextlib.redirect_stderr
_extract_tb = traceback.extract_tb
_seed_torch, _get_rng_state = torch.default_generator.manual_seed, torch.get_rng_state
_cuda_started, _seed_cuda = torch.cuda.is_initialized, torch.cuda.manual_seed_all
_np_seed, _np_state = np.random.seed, np.random.get_state
_random_seed, _random_state = random.seed, random.getstate
_set_grad_enabled = torch.set_grad_enabled


@lru_cache(maxsize=8)  # known mistakes are run with the same support again and again
def _compiled(source: str, name: str) -> types.CodeType:
    return compile(source, name, "exec")


class Missing(Exception):
    """A name that the student did not define."""


class Agent:
    """Serves requests on one namespace.

    cell_names: prefixes of the file names under which the student's cells were compiled, for tracebacks.
    """

    def __init__(self, namespace: dict[str, Any], enforce_bans: bool = True) -> None:
        self.namespace = namespace
        self.objects: dict[int, Any] = {}
        self.enforce_bans = enforce_bans

    # -- one request ---------------------------------------------------------------------------------------------

    def handle(self, node: Any, buffers: list[bytearray]) -> tuple[Any, list[Any]]:
        """One request in, one reply out, both encoded. Raises CodecError for a request that is malformed."""
        request = Decoder(buffers, self._from_ref, Name, keep_layout=True).decode(node)
        encoder = Encoder(self._to_ref)
        if self.enforce_bans:
            bans.enforce(request.get("forbid", ()))
        seed_everything(request.get("seed"))
        replies = [self._step(step, request, encoder) for step in request["steps"]]
        return encoder.encode(replies), encoder.buffers

    def _step(self, step: dict[str, Any], request: dict[str, Any], encoder: Encoder) -> dict[str, Any]:
        watched = list(tensors_in((step.get("args", ()), step.get("kwargs", {})))) if request.get("watch") else []
        before = [_copy(a) for a in watched]
        state = random_state() if request.get("watch") else None
        counter = CountOperations() if request.get("count_operations") else None
        banned = request.get("forbid_autograd") and self.enforce_bans
        printed, started = _Printed(), _process_time()
        reply: dict[str, Any] = {}
        bans.hits.clear()
        try:
            with _redirect_stdout(printed), _redirect_stderr(printed), _grad_mode(request):
                with counter or contextlib.nullcontext(), bans.no_autograd() if banned else contextlib.nullcontext():
                    value = self._do(step)
            reply["seconds"] = _process_time() - started
            reply.update(self._encoded(value, encoder))
        except Missing as error:
            reply.update(status="missing", name=str(error))
        except BaseException as error:  # the student's code may raise anything
            reply.setdefault("seconds", _process_time() - started)
            reply.update(describe_exception(error))
        if said := printed.getvalue():
            reply["printed"] = said[:MAX_PRINTED]
        if bans.hits:
            reply["forbidden"] = list(bans.hits)
        if state is not None:
            reply["changed"] = [i for i, (a, b) in enumerate(zip(before, watched, strict=True)) if not _unchanged(a, b)]
            reply["random_state_changed"] = random_state() != state
        if counter is not None:
            reply["operations"] = counter.count
        return reply

    def _encoded(self, value: Any, encoder: Encoder) -> dict[str, Any]:
        kept, nodes = len(encoder.buffers), encoder.nodes
        try:
            return {"status": "ok", "value": Encoded(encoder.encode(value))}
        except (CodecError, RuntimeError) as error:
            del encoder.buffers[kept:]
            encoder.nodes = nodes
            return {"status": "unsendable", "message": f"{type(value).__name__}: {error}"[:MAX_MESSAGE]}

    # -- the operations ------------------------------------------------------------------------------------------

    def _do(self, step: dict[str, Any]) -> Any:
        match step["op"]:
            case "call":
                args, kwargs = self._arguments(step)
                return self._function(step)(*args, **kwargs)
            case "gradients":
                return self._gradients(step)
            case "get":
                return getattr(self._resolve(step["object"]), step["name"])
            case "resolve":
                return self._resolve(step["object"])
            case "next":
                return next(self._resolve(step["object"]))
            case "defined":
                return step["name"] in self.namespace
            case "define":
                return self._define(step["name"], step["sources"])
            case "threads":
                return _threads()
        raise CodecError(f"unknown operation {step['op']!r}")

    def _function(self, step: dict[str, Any]) -> Any:
        target = self._resolve(step["object"])
        return getattr(target, step["name"]) if step.get("name") else target

    def _arguments(self, step: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        args, kwargs = step.get("args", ()), step.get("kwargs", {})
        return tuple(self._resolve(a) for a in args), {k: self._resolve(v) for k, v in kwargs.items()}

    def _resolve(self, target: Any) -> Any:
        if isinstance(target, Name):
            head, *rest = target.name.split(".")
            if head not in self.namespace:
                raise Missing(head)
            value = self.namespace[head]
            for part in rest:
                value = getattr(value, part)
            return value
        return target

    def _gradients(self, step: dict[str, Any]) -> dict[str, Any]:
        """Outputs, and the gradients that the cotangents send back to the arguments and the module's parameters."""
        function = self._function(step)
        args, kwargs = self._arguments(step)
        inputs = [t for t in tensors_in((args, kwargs)) if t.requires_grad]
        outputs = function(*args, **kwargs)
        named = dict(function.named_parameters()) if isinstance(function, torch.nn.Module) else {}
        named = {name: p for name, p in named.items() if p.requires_grad}
        cotangents = step.get("cotangents")
        flat = list(tensors_in(outputs))
        if cotangents is None:
            cotangents = [_ones_like(t) for t in flat]
        pairs = [(t, c) for t, c in zip(flat, cotangents, strict=False) if t.requires_grad and t.shape == c.shape]
        wanted = [*inputs, *named.values()]
        found: list[Any] = [None] * len(wanted)
        if pairs and wanted:
            heads, weights = zip(*pairs, strict=True)
            found = list(_grad(heads, wanted, weights, allow_unused=True))
        return {
            "outputs": outputs,
            "inputs": found[: len(inputs)],
            "parameters": dict(zip(named, found[len(inputs) :], strict=True)),
        }

    def _define(self, name: str, sources: list[str]) -> None:
        """A module made of texts. Each is run by itself and begins with the names of those before it."""
        module = types.ModuleType(name)
        for source in sources:
            before = {key: value for key, value in vars(module).items() if not key.startswith("__")}
            module = types.ModuleType(name)
            module.__dict__.update(before)
            exec(_compiled(source, f"<{name}>"), module.__dict__)
        self.namespace[name] = module

    # -- handles -------------------------------------------------------------------------------------------------

    def _to_ref(self, value: Any) -> Ref:
        number = next((n for n, v in self.objects.items() if v is value), None)
        if number is None:
            number = len(self.objects) + 1
            self.objects[number] = value
        kind = "module" if isinstance(value, torch.nn.Module) else "class" if isinstance(value, type) else (
            "function" if callable(value) else "object")  # fmt: skip
        named = value if isinstance(value, type) or kind == "function" else type(value)
        return Ref(number, kind, str(getattr(named, "__qualname__", type(value).__name__))[:200])

    def _from_ref(self, number: int, kind: str, name: str) -> Any:
        if number not in self.objects:
            raise CodecError("unknown handle")
        return self.objects[number]


def seed_everything(seed: int | None) -> None:
    """Seed torch's, numpy's and Python's global generators; None leaves them."""
    if seed is not None:
        _seed_torch(seed)  # torch.manual_seed also queues a seeding of each absent accelerator: 6 ms a call
        if _cuda_started():
            _seed_cuda(seed)
        _np_seed(seed % 2**32)
        _random_seed(seed)


def random_state() -> tuple[Any, ...]:
    """The three global random states, comparable with ``==``."""
    name, keys, *rest = _np_state()
    return bytes(_get_rng_state().numpy()), (name, np.asarray(keys).tobytes(), *rest), _random_state()


def describe_exception(error: BaseException) -> dict[str, Any]:
    """Type, message and the student's own lines of the traceback."""
    try:
        message = str(error)
    except BaseException:  # a hostile or broken __str__
        message = "(its message cannot be shown)"
    lines = []
    for frame in _extract_tb(error.__traceback__):
        if frame.filename.startswith("<cell "):
            lines.append({"cell": frame.filename[6:-1], "line": frame.lineno or 0, "function": frame.name,
                          "code": (frame.line or "")[:200]})  # fmt: skip
    bases = [base.__name__ for base in type(error).__mro__ if base is not object]
    return {"status": "exception", "type": type(error).__name__[:100], "bases": bases[:20],
            "message": message[:MAX_MESSAGE], "traceback": lines[-20:]}  # fmt: skip


@contextlib.contextmanager
def _grad_mode(request: dict[str, Any]) -> Iterator[None]:
    with _set_grad_enabled(request.get("grad", True)):
        yield


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item)


def _copy(tensor: torch.Tensor) -> torch.Tensor:
    with torch._C.DisableTorchFunctionSubclass():
        return _clone(_detach(tensor))


def _unchanged(a: torch.Tensor, b: torch.Tensor) -> bool:
    with torch._C.DisableTorchFunctionSubclass():
        b = _detach(b)
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        return _equal(a, b) or bool(((a == b) | ((a != a) & (b != b))).all())


def _threads() -> int:
    try:
        import os

        return len(os.listdir("/proc/self/task"))
    except OSError:
        import threading

        return threading.active_count()


class _Printed(io.StringIO):
    """Keeps the beginning of what is printed."""

    def write(self, text: str) -> int:
        if self.tell() < MAX_PRINTED:
            super().write(text[:MAX_PRINTED])
        return len(text)
