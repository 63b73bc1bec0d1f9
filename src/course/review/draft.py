"""A draft for ``mistakes.py`` from an answer whose mistake has no name yet."""

from __future__ import annotations

import ast
import warnings

NAME = "name_of_the_mistake"
DOCSTRING = "What was done here; what should be done instead; where to read (section 2.3)."


def draft(code: str, exercise: str) -> str | None:
    """The answer as an entry of ``mistakes.py``: one public function or class, helpers with an underscore.

    None for code that does not define the exercise, or is no Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about invalid escapes in a student's strings
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    definitions = [n for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
    wanted = next((n for n in reversed(definitions) if n.name == exercise), None)
    if wanted is None:
        return None
    helpers = {n.name: f"_{n.name.lstrip('_')}" for n in definitions if n.name != exercise}
    names = {**helpers, exercise: NAME}
    around = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    kept = [n for n in tree.body if isinstance(n, around) or (n in definitions and (n is wanted or n.name != exercise))]
    _describe(wanted)
    try:
        texts = [ast.unparse(_Rename(names).visit(node)) for node in kept]
    except RecursionError:
        return None
    return "\n\n\n".join(texts) + "\n"


def _describe(node: ast.FunctionDef | ast.ClassDef) -> None:
    """Put the docstring that an author fills in."""
    if ast.get_docstring(node) is not None:
        node.body.pop(0)
    node.body.insert(0, ast.Expr(ast.Constant(DOCSTRING)))


class _Rename(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self._names.get(node.name, node.name)
        self.generic_visit(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = self._names.get(node.name, node.name)
        self.generic_visit(node)
        return node
