"""An IPython shell without a kernel around it: runs cells and collects what they show as notebook outputs."""

from __future__ import annotations

import io
import json
import os
import sys
from typing import Any

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from coursebridge.agent import describe_exception


class Outputs:
    """The outputs of one cell in their order, as nbformat dicts; at most ``limit`` characters are kept."""

    def __init__(self, limit: int) -> None:
        self.items: list[dict[str, Any]] = []
        self.displayed: dict[str | None, list[dict[str, Any]]] = {}  # by display id
        self.left, self.clear_next = limit, False

    def stream(self, name: str, text: str) -> None:
        text = self._cut(text)
        if not text:
            return
        self._clear_if_asked()
        last = self.items[-1] if self.items else {}
        if last.get("output_type") == "stream" and last.get("name") == name:
            last["text"] += text
        else:
            self.items.append({"output_type": "stream", "name": name, "text": text})

    def add(self, output: dict[str, Any], display_id: str | None = None) -> None:
        if self._fits(output):
            self._clear_if_asked()
            self.items.append(output)
            self.displayed.setdefault(display_id, []).append(output)

    def update(self, output: dict[str, Any], display_id: str) -> None:
        """Show something else where this id was shown."""
        if self._fits(output):
            for shown in self.displayed.get(display_id, []):
                shown.update(output)

    def clear(self, wait: bool) -> None:
        if wait:
            self.clear_next = True
        else:
            self.items.clear()

    def _clear_if_asked(self) -> None:
        if self.clear_next:
            self.items.clear()
            self.clear_next = False

    def _fits(self, output: dict[str, Any]) -> bool:
        try:
            size = len(json.dumps(output))
        except (TypeError, ValueError, RecursionError):
            self.stream("stderr", "[an output was left out: it is not JSON]\n")
            return False
        if size > self.left:
            self.stream("stderr", "[an output was left out: it is too large]\n")
            return False
        self.left -= size
        return True

    def _cut(self, text: str) -> str:
        if self.left <= 0:
            return ""
        kept = text[: self.left]
        self.left -= len(kept)
        return kept if self.left > 0 else kept + "\n[output cut here]\n"


class _Stream(io.TextIOBase):
    """stdout or stderr of the running cell."""

    def __init__(self, shell: KernelShell, name: str) -> None:
        self.shell, self.label = shell, name

    def write(self, text: str) -> int:
        self.shell.outputs.stream(self.label, str(text))
        return len(text)

    def writable(self) -> bool:
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"


class _Compiler(CachingCompiler):
    """Compiles each cell under a name of ours, so that tracebacks say which exercise a line belongs to."""

    cell_name = "1"

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        return f"<cell {self.cell_name}>"


class _Publisher(DisplayPublisher):
    def publish(self, data: Any, metadata: Any = None, *args: Any, transient: Any = None, update: bool = False,
                **kwargs: Any) -> None:  # fmt: skip
        output = {"output_type": "display_data", "data": dict(data), "metadata": dict(metadata or {})}
        display_id = (transient or {}).get("display_id")
        if update:
            self.shell.outputs.update(output, display_id)
        else:
            self.shell.outputs.add(output, display_id)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.clear(wait)


class _Hook(DisplayHook):
    def write_output_prompt(self) -> None:
        pass

    shell: KernelShell

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        output = {"output_type": "execute_result", "execution_count": self.prompt_count}
        self.shell.outputs.add({**output, "data": dict(format_dict), "metadata": dict(md_dict or {})})

    def finish_displayhook(self) -> None:
        pass


class KernelShell(InteractiveShell):
    """Behaves like a notebook's shell as far as cells can tell."""

    display_pub_class = Type(_Publisher)
    displayhook_class = Type(_Hook)
    compiler_class = Type(_Compiler)

    def enable_gui(self, gui: Any = None) -> None:
        pass

    def ask_exit(self) -> None:
        pass

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        self.outputs.add({"output_type": "error", "ename": etype.__name__, "evalue": str(evalue), "traceback": stb})

    def run(self, source: str, name: str, limit: int) -> dict[str, Any]:
        """Run one cell: ``{"outputs": [...], "error": None or {"type", "message", "traceback"}}``."""
        self.outputs = Outputs(limit)
        self.compile.cell_name = name  # type: ignore[attr-defined]
        kept = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Stream(self, "stdout"), _Stream(self, "stderr")
        try:
            result = self.run_cell(source, store_history=True)
        finally:
            sys.stdout, sys.stderr = kept
        error = result.error_before_exec or result.error_in_exec
        return {"outputs": self.outputs.items, "error": None if error is None else describe_exception(error)}

    outputs: Outputs


def make_shell() -> KernelShell:
    """A shell with history off, plain tracebacks and matplotlib drawing into the notebook."""
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell = KernelShell(config=config, user_ns={})
    InteractiveShell._instance = KernelShell._instance = shell  # type: ignore[assignment]
    return shell
