"""The static look: routes around a ban that torch's dispatcher cannot see (numpy, scipy, ctypes).

Only code that the exercise can reach counts: a helper that the student wrote to check the answer is no answer.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

MAGIC = re.compile(r"^([ \t]*)[%!].*$", re.MULTILINE)

ROUTES: dict[str, tuple[str, ...]] = {
    "convolution": (
        "numpy.convolve",
        "numpy.correlate",
        "scipy.signal",
        "scipy.ndimage",
        "torchaudio",
        "ctypes",
    ),
    "torchvision": ("torchvision",),
}


def forbidden_routes(code: str, exercise: str, bans: Sequence[str], names_in_scope: str = "") -> list[dict[str, Any]]:
    """Uses of banned modules and functions in the part of ``code`` that ``exercise`` reaches.

    names_in_scope: code of the setup cells, for what their imports mean.
    Gives hits as the agent's bans do: ``{"operation", "line"}``; none for code that does not parse.
    """
    wanted = [route for family in bans for route in ROUTES.get(family, ())]
    if not wanted:
        return []
    tree = _parsed(code)
    meanings = _imports(_parsed(names_in_scope)) | _imports(tree)
    hits = []
    for node in _reached(tree, exercise):
        for name, line in _mentions(node, meanings):
            if any(name == route or name.startswith(route + ".") for route in wanted):
                hits.append({"operation": name, "line": line})
    return sorted(hits, key=lambda hit: hit["line"])


def _parsed(code: str) -> ast.Module:
    """The cell as Python, without IPython's magics; empty for what does not parse."""
    for text in (code, MAGIC.sub(r"\1pass", code)):
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return ast.Module(body=[], type_ignores=[])


def _imports(tree: ast.AST) -> dict[str, str]:
    """What each imported name stands for."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _reached(tree: ast.Module, exercise: str) -> list[ast.stmt]:
    """The statements of the cell that define the exercise, and those that define what these mention."""
    defined: dict[str, list[ast.stmt]] = {}
    for statement in tree.body:
        for name in _defines(statement):
            defined.setdefault(name, []).append(statement)
    reached: list[ast.stmt] = []
    waiting = [exercise]
    seen = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for statement in defined.get(name, ()):
            if statement not in reached:
                reached.append(statement)
                waiting += [n.id for n in ast.walk(statement) if isinstance(n, ast.Name)]
    return reached


def _defines(statement: ast.stmt) -> list[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.For, ast.If, ast.With, ast.Try)):
        return [n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return []


def _mentions(tree: ast.AST, meanings: dict[str, str]) -> list[tuple[str, int]]:
    """Full dotted names that a statement mentions, with their lines."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Attribute, ast.Name)):
            dotted = _dotted(node)
            if dotted:
                head, _, rest = dotted.partition(".")
                if head in meanings:
                    found.append((f"{meanings[head]}.{rest}".rstrip("."), node.lineno))
        elif isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            if _dotted(node.func) in ("__import__", "importlib.import_module", "import_module"):
                found.append((str(node.args[0].value), node.lineno))
    return found


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := _dotted(node.value)):
        return f"{base}.{node.attr}"
    return ""
