"""The scaffolding that tests place in the student's kernel, on this side: twins are made with the same code."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from course.lessons import read_support


def scaffolding(test_file: str) -> SimpleNamespace:
    """What coursebridge/scaffolding.py and the lesson's support.py define. test_file: ``__file__`` of a hidden test."""
    names: dict[str, Any] = {}
    for source in read_support(Path(test_file).resolve().parents[1]):
        names = {**names, "__name__": "support"}
        exec(compile(source, "support.py", "exec"), names)
    return SimpleNamespace(**names)
