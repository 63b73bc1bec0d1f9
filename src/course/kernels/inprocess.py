"""A kernel in this very process: for grader authors, known mistakes and unit tests. It contains nothing."""

from __future__ import annotations

import functools
import linecache
from collections.abc import Sequence
from types import CodeType
from typing import Any

from course.kernels.base import CellResult, Connection
from course.kernels.request import encode_request
from course.submission import Cell
from coursebridge.agent import Agent, describe_exception
from coursebridge.codec import Decoder


class InProcessConnection:
    """Speaks to an agent through the codec, so that everything crosses as it would over the wire."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.agent = Agent(namespace, enforce_bans=False)

    def ask(self, request: dict[str, Any], seconds: float, from_ref: Any) -> list[dict[str, Any]]:
        node, sent = encode_request(request)
        reply, buffers = self.agent.handle(node, [bytearray(b) for b in sent])
        return Decoder([bytearray(b) for b in buffers], from_ref).decode(reply)

    def close(self) -> None:
        pass


class InProcessKernel:
    """Runs cells with ``exec`` in a namespace of their own; a snapshot runs them again."""

    rung = "in process"

    def __init__(self, cells: Sequence[Cell] = ()) -> None:
        self.cells = tuple(cells)

    def wait(self) -> None:
        pass

    def start(self) -> InProcessKernel:
        return InProcessKernel()

    def run(self, cells: Sequence[Cell]) -> list[CellResult]:
        self.cells = tuple(cells)
        return self._execute({"__name__": "__main__"})

    def snapshot(self, bans: Sequence[str] = ()) -> Connection:
        namespace: dict[str, Any] = {"__name__": "__main__"}
        self._execute(namespace)
        return InProcessConnection(namespace)

    def close(self) -> None:
        pass

    def _execute(self, namespace: dict[str, Any]) -> list[CellResult]:
        results = []
        for number, cell in enumerate(self.cells):
            name = f"<cell {cell.name(number)}>"
            linecache.cache[name] = (len(cell.source), None, cell.source.splitlines(True), name)
            try:
                exec(_compiled(cell.source, name), namespace)
                results.append(CellResult())
            except Exception as error:
                told = describe_exception(error)
                results.append(CellResult(error=f"{told['type']}: {told['message']}"))
        return results


@functools.lru_cache(maxsize=128)  # a known mistake runs once for each test
def _compiled(source: str, name: str) -> CodeType:
    return compile(source, name, "exec")
