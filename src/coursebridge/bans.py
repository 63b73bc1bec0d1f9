"""Forbidden operations: refused at torch's C++ dispatcher, in this process only and from then on.

An override catches every way to an operator: ``F.conv2d``, ``nn.Conv2d``, ``torch.ops``, script, vmap, threads and
backward passes. It costs nothing per operation. ``hits`` records what was refused even if the exception is swallowed.
What it cannot see (numpy and scipy routes) is for the static look in the trusted process.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import torch

NAMESPACES = ("aten", "mkldnn", "onednn", "quantized", "_quantized")
KEYS = ("CPU", "MkldnnCPU", "QuantizedCPU")
COMPOSITES = ("CompositeExplicitAutograd", "CompositeExplicitAutogradNonFunctional")

OPERATORS: dict[str, Callable[[str], bool]] = {
    "convolution": lambda op: "conv" in op and "convert" not in op and "to_mkldnn" not in op,
    "unfold": lambda op: op.startswith(("im2col", "col2im")),
    "pooling": lambda op: "pool" in op,
    "batch_norm": lambda op: "batch_norm" in op,
    "cross_entropy": lambda op: op.startswith(("cross_entropy", "nll_loss", "log_softmax", "_log_softmax")),
}
FAMILIES = (*OPERATORS, "autograd", "torchvision")
PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn")  # names of Python's audit events

_has_kernel = torch._C._dispatch_has_kernel_for_dispatch_key
hits: list[dict[str, Any]] = []
_enforced: dict[str, Any] = {}


class Forbidden(RuntimeError):
    """An operation that this exercise forbids was used."""


def enforce(families: Iterable[str]) -> None:
    """Refuse these families in this process from now on; a family that is enforced already costs nothing."""
    for family in families:
        if family not in _enforced:
            if not _enforced:
                sys.addaudithook(_refuse_programs)
            if family == "torchvision":
                _refuse_torchvision()
            _enforced[family] = family in ("autograd", "torchvision") or _override(family)


def find_operators() -> None:
    """Look up once what to refuse, so that forks know it."""
    for family in OPERATORS:
        _kernels(family)


@cache
def _kernels(family: str) -> list[tuple[str, str]]:
    """The family's operators and the dispatch keys on which they do something."""
    found = []
    for operator in torch._C._dispatch_get_all_op_names():
        namespace, _, name = operator.partition("::")
        if namespace in NAMESPACES and OPERATORS[family](name.partition(".")[0]):
            if _has_kernel(operator, "CompositeImplicitAutograd"):  # its parts are refused on the other keys
                keys: tuple[str, ...] = KEYS[:1]
            elif any(_has_kernel(operator, composite) for composite in COMPOSITES):
                keys = KEYS
            else:
                keys = tuple(key for key in KEYS if _has_kernel(operator, key))
            found += [(operator, key) for key in keys]
    return found


def _override(family: str) -> list[Any]:
    libraries = {name: torch.library.Library(name, "IMPL") for name in NAMESPACES}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for operator, key in _kernels(family):
            namespace, _, name = operator.partition("::")
            with contextlib.suppress(RuntimeError):  # some overloads take no kernel of their own
                libraries[namespace].impl(name, _refusal(operator), key)
    return list(libraries.values())


def _refusal(operator: str) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise record(operator.partition(".")[0])

    return refuse


def record(what: str) -> Forbidden:
    """Note that something forbidden was used, with the student's line; gives the exception to raise."""
    frame, line = sys._getframe(1), None
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<cell "):
            line = {"cell": name[6:-1], "line": frame.f_lineno}
            break
        frame = frame.f_back  # type: ignore[assignment]
    if len(hits) < 20:
        hits.append({"operation": what, **(line or {})})
    return Forbidden(f"{what} is not allowed in this exercise")


def _refuse_programs(event: str, _: Any) -> None:
    """In a program of its own nothing would be refused. An audit hook cannot be taken away again."""
    if event in PROGRAMS:
        raise record("another program")


def _refuse_torchvision() -> None:
    """Building or calling any of torchvision's models or operations is refused, however the class was reached."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("torchvision.models", "torchvision.ops")):
            for value in list(vars(module).values()):
                if isinstance(value, type) and value.__module__.startswith("torchvision."):
                    with contextlib.suppress(TypeError, AttributeError):
                        value.__init__ = value.forward = _refusal(f"torchvision's {value.__name__}")  # type: ignore
    sys.meta_path.insert(0, _RefusingImports())  # type: ignore[arg-type]


class _RefusingImports:
    """A finder that lets no code of a cell import torchvision for the first time; libraries may."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        frame = sys._getframe(1) if name.partition(".")[0] == "torchvision" else None
        while frame is not None and "site-packages" not in frame.f_code.co_filename:
            if frame.f_code.co_filename.startswith("<cell "):
                raise record("torchvision")
            frame = frame.f_back


class _RefusingEngine:
    """Stands in for autograd's engine."""

    def run_backward(self, *args: Any, **kwargs: Any) -> Any:
        raise record("autograd")

    def __getattr__(self, name: str) -> Any:
        raise record("autograd")


@contextlib.contextmanager
def no_autograd() -> Iterator[None]:
    """Backward passes, forward-mode derivatives and torch.func are refused inside the block."""
    variable, library = torch.autograd.Variable, torch.library.Library("aten", "IMPL")
    kept = variable._execution_engine
    variable._execution_engine = _RefusingEngine()  # type: ignore[assignment]
    library.impl("_make_dual", _refusal("autograd"), "AutogradCPU")
    try:
        yield
    finally:
        variable._execution_engine = kept
        library._destroy()
