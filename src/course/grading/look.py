"""The static look: routes around a ban that torch's dispatcher cannot see (numpy, scipy, ctypes).

Only code that the exercise can reach counts: a helper that the student wrote to check the answer is no answer.
"""

from __future__ import annotations

import ast
import math
import re
import symtable
from collections.abc import Mapping, Sequence
from functools import lru_cache
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


def forbidden_routes(
    code: str, exercise: str, bans: Sequence[str], setup: str = "", cells: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Uses of banned modules and functions in what ``exercise`` reaches.

    code: the exercise's cell.  setup: the setup cells, for what their imports mean.
    cells: the notebook's other code cells in running order, with this one among them.
    Gives hits as the agent's bans do: ``{"operation", "line", "cell"}``, with a place for those in the exercise's cell;
    none for code that does not parse.
    """
    wanted = [route for family in bans for route in ROUTES.get(family, ())]
    if not wanted:
        return []
    trees = {cell: parsed(cell) for cell in cells or (code,)}
    meanings = dict(_imports(parsed(setup)))
    for tree in trees.values():
        meanings |= _imports(tree)
    hits = []
    for cell, statement in _reached(trees, exercise):
        for name, line in _mentions(statement, meanings):
            if any(name == route or name.startswith(route + ".") for route in wanted):
                here = {"line": line, "cell": exercise} if cell == code else {}
                hits.append({"operation": name, **here})
    return sorted(hits, key=lambda hit: hit.get("line", math.inf))


@lru_cache(256)  # every exercise looks at all cells
def parsed(code: str) -> ast.Module:
    """The cell as Python, without IPython's magics; empty for what does not parse."""
    for text in (code, MAGIC.sub(r"\1pass", code)):
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return ast.Module(body=[], type_ignores=[])


@lru_cache(256)
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


def _reached(trees: Mapping[str, ast.Module], exercise: str) -> list[tuple[str, ast.stmt]]:
    """The statements, each with its cell, that define the exercise, and those that define what these look up.

    Of several cells that define a name the last one counts.
    """
    defined: dict[str, list[tuple[str, ast.stmt]]] = {}
    for cell, tree in trees.items():
        here: dict[str, list[tuple[str, ast.stmt]]] = {}
        for statement in tree.body:
            for name in _defines(statement):
                here.setdefault(name, []).append((cell, statement))
        defined |= here
    reached: list[tuple[str, ast.stmt]] = []
    waiting, seen = [exercise], set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for place in defined.get(name, ()):
            if place not in reached:
                reached.append(place)
                waiting += _looked_up(place[1])
    return reached


@lru_cache(1024)
def _looked_up(statement: ast.stmt) -> set[str]:
    """Names that a statement looks up in the notebook or imports itself; arguments and other locals are left out."""
    try:
        tables = [symtable.symtable(ast.unparse(statement), "cell", "exec")]
    except (SyntaxError, RecursionError):  # it would not run either
        return set()
    found = {symbol.get_name() for symbol in tables[0].get_symbols() if symbol.is_referenced()}
    while tables:
        table = tables.pop()
        found |= {s.get_name() for s in table.get_symbols() if s.is_global() or s.is_imported()}
        tables += table.get_children()
    return found


def _defines(statement: ast.stmt) -> list[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.For, ast.If, ast.With, ast.Try)):
        return [n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return []


def _mentions(statement: ast.stmt, meanings: Mapping[str, str]) -> list[tuple[str, int]]:
    """Full dotted names that a statement mentions, with their lines."""
    found = []
    known = _looked_up(statement) & set(meanings)
    for node in ast.walk(statement):
        if isinstance(node, (ast.Attribute, ast.Name)):
            dotted = _dotted(node)
            if dotted:
                head, _, rest = dotted.partition(".")
                if head in known:
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
