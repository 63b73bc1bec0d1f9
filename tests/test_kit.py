"""The kit as a whole: it starts at once, stands alone, and its examples are true."""

import ast
import doctest
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

MODULES = [
    "check",
    "data",
    "files",
    "instances",
    "pictures",
    "plots",
    "scenes",
    "shapes",
    "train",
    "transfer",
    "vgg",
    "voc",
]
FOLDER = Path(import_module("coursekit").__file__).parent


def test_importing_the_kit_costs_nothing_beyond_torch_and_finds_its_modules_when_asked():
    code = """
import sys, time, torch
seconds = []
for _ in range(5):
    for name in [name for name in sys.modules if name.startswith("coursekit")]:
        del sys.modules[name]
    start = time.perf_counter()
    import coursekit
    seconds.append(time.perf_counter() - start)
heavy = {"torchvision", "matplotlib", "sklearn", "rich", "coursekit.data", "coursekit.plots"} & set(sys.modules)
print(min(seconds) < 0.05, sorted(heavy))
print(coursekit.shapes.NAMES[0], callable(coursekit.data.shapes), callable(coursekit.check))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["True []", "disc True True"]


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="colours"):
        _ = import_module("coursekit").colours


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_are_true(name):
    module = sys.modules.get(f"coursekit.{name}") or import_module(f"coursekit.{name}")
    assert doctest.testmod(module).failed == 0


def test_every_module_is_listed_here():
    assert sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__") == MODULES


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_the_kit_imports_nothing_else_of_ours(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert not imported & {"course", "coursebridge"}
