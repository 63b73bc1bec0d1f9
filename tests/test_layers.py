"""The arrows between the parts of the code, as docs/architecture.md draws them: downwards only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src"

LAYERS = [  # a layer may import from its own and from those below it
    ("course.__main__",),
    ("course.commands",),
    ("course.pages", "course.review", "course.authoring", "course.nbgrader_side"),
    ("course.runs",),
    ("course.grading",),
    ("course.student",),
    ("course.kernels",),
    ("course.source", "course.submission", "course.answers", "course.lessons", "course.config"),
    ("course.records", "course.errors"),
]
MODULES = {
    ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__"): path for path in SRC.rglob("*.py")
}
ONLY_FOR = {  # package of others: who may import it
    "nbgrader": ("course.nbgrader_side",),
    "traitlets": ("course.nbgrader_side", "course.review.app", "coursebridge.shell"),  # parents there are its classes
    "jupyter_server": ("course.review",),
    "tornado": ("course.review", "course.nbgrader_side.formgrader"),
    "pytest": ("course.grading",),
    "click": ("course.__main__", "course.commands"),
    "IPython": ("coursebridge.shell", "course.authoring"),
    "distributed": ("course.runs",),
}


def layer(module: str) -> int | None:
    """The number of a module's layer, counted from the top; None for ``course`` itself."""
    for number, names in enumerate(LAYERS):
        if any(module == name or module.startswith(f"{name}.") for name in names):
            return number
    return None


def imports(module: str) -> Iterator[tuple[str, int]]:
    """What a module imports, anywhere in it, with the line."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}, line {node.lineno}: relative imports hide the arrow"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield (inner if inner in MODULES else str(node.module)), node.lineno


def is_part_of(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


@pytest.mark.parametrize("module", [m for m in MODULES if is_part_of(m, "course")])
def test_the_arrows_point_downwards(module: str) -> None:
    mine = layer(module)
    assert mine is not None or module == "course", f"{module} stands in no layer: add it to LAYERS"
    for name, line in imports(module):
        theirs = layer(name)
        if mine is not None and theirs is not None:
            assert theirs >= mine, f"{module}, line {line}: {name} is above it"


@pytest.mark.parametrize("package", ["coursekit", "coursebridge"])
def test_what_runs_beside_students_imports_nothing_else_of_ours(package: str) -> None:
    for module in (m for m in MODULES if is_part_of(m, package)):
        for name, line in imports(module):
            ours = any(is_part_of(name, other) for other in ("course", "coursekit", "coursebridge"))
            assert not ours or is_part_of(name, package), f"{module}, line {line}: imports {name}"


@pytest.mark.parametrize("package", ONLY_FOR)
def test_packages_of_others_stay_behind_one_door(package: str) -> None:
    for module in MODULES:
        for name, line in imports(module):
            if is_part_of(name, package):
                allowed = any(is_part_of(module, place) for place in ONLY_FOR[package])
                assert allowed, f"{module}, line {line}: imports {name}"


def test_no_module_is_imported_in_a_circle() -> None:
    graph = {m: {n for n, _ in imports(m) if n in MODULES and n != m} for m in MODULES}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path[path.index(module) :], module))
        if module not in done:
            for name in sorted(graph[module]):
                visit(name, (*path, module))
            done.add(module)

    for module in sorted(graph):
        visit(module, ())
