"""Known answers of an exercise: the entries of ``mistakes.py`` and ``variants.py``.

An entry is a public function or class with a docstring. As an answer it is the file's text followed by
``conv2d = kernel_flipped``.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from course.errors import SourceError


@dataclass(frozen=True)
class KnownAnswer:
    """slug: its name.  explanation: its docstring, one paragraph.  parts: the file's text, and a line for its name."""

    slug: str
    explanation: str
    parts: tuple[str, str]

    @property
    def code(self) -> str:
        """The answer that it is."""
        return "\n\n".join(self.parts)


def known_answers(path: Path, exercise: str) -> dict[str, KnownAnswer]:
    """The entries of a file by slug, in its order; none when there is no file."""
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8")
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise SourceError(f"{path} has a syntax error in line {error.lineno}") from error
    found = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            docstring = ast.get_docstring(node)
            if docstring:
                parts = text, f"{exercise} = {node.name}\n"
                found[node.name] = KnownAnswer(node.name, " ".join(docstring.split()), parts)
    return found
