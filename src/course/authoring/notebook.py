"""Cells of a source as a Jupyter notebook with nbgrader's metadata, and back.

An exercise is one code cell that is both graded and solution, so that nbgrader alone never gives it points unseen; a
written answer is the same in Markdown. Setup cells and visible checks are locked. The same cells give the same bytes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course.errors import SourceError
from course.source import SourceCell

if TYPE_CHECKING:
    from nbformat import NotebookNode

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def build_notebook(cells: Iterable[SourceCell], points: Mapping[str, float]) -> NotebookNode:
    """The notebook of these cells; ``points`` by grade id becomes nbgrader's points of the exercise cells."""
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    new_cell = {"code": new_code_cell, "markdown": new_markdown_cell}
    notebook = new_notebook(metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})
    notebook.nbformat_minor = 5  # cells have ids
    numbers: Counter[str] = Counter()
    ids: set[str] = set()
    for cell in cells:
        metadata = _metadata(cell, points, numbers)
        cell_id = _unique(metadata.get("nbgrader", {}).get("grade_id") or _content_id(cell), ids)
        notebook.cells.append(new_cell[cell.kind](cell.source, metadata=metadata, id=cell_id))
    nbformat.validate(notebook)
    return notebook


def cells_of(notebook: NotebookNode) -> list[SourceCell]:
    """The cells of a notebook that ``build_notebook`` or nbgrader made from them, with their roles."""
    return [_cell(cell) for cell in notebook.cells if cell.cell_type in ("code", "markdown") and cell.source.strip()]


def write_notebook(notebook: NotebookNode, path: Path) -> None:
    """Write the file whole or not at all."""
    import nbformat

    from course.runs.store import write_whole

    write_whole(path, nbformat.writes(notebook).rstrip("\n") + "\n")


def read_notebook(path: Path) -> NotebookNode:
    """A notebook file in the current format. Raises SourceError when it is none."""
    import nbformat

    try:
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    except Exception as error:  # nbformat raises whatever the JSON happens to break
        raise SourceError(f"{path} is not a Jupyter notebook: save it again from JupyterLab") from error


def _metadata(cell: SourceCell, points: Mapping[str, float], numbers: Counter[str]) -> dict[str, Any]:
    match cell.role:
        case "exercise":
            assert cell.exercise is not None
            return {"nbgrader": _nbgrader(cell.exercise, points=points[cell.exercise])}
        case "check":
            return {"nbgrader": _nbgrader(_numbered(f"check-{cell.exercise}", numbers, first=""))}
        case "setup" if cell.kind == "code":
            return {"nbgrader": _nbgrader(_numbered("setup", numbers, first="-1"))}
        case "experiment":
            return {"tags": ["experiment"]}
    return {}


def _nbgrader(grade_id: str, points: float | None = None) -> dict[str, Any]:
    """nbgrader's metadata of a locked cell, or of a graded one if it has points."""
    graded = points is not None
    metadata: dict[str, Any] = {"grade": graded, "grade_id": grade_id, "locked": not graded}
    if points is not None:
        metadata["points"] = int(points) if points == int(points) else points
    return {**metadata, "schema_version": 3, "solution": graded, "task": False}


def _numbered(name: str, numbers: Counter[str], first: str) -> str:
    numbers[name] += 1
    return name + (first if numbers[name] == 1 else f"-{numbers[name]}")


def _content_id(cell: SourceCell) -> str:
    return "cell-" + hashlib.sha1(f"{cell.kind}\0{cell.source}".encode()).hexdigest()[:8]


def _unique(wanted: str, taken: set[str]) -> str:
    """``wanted``, shortened to what nbformat allows (64 characters), with a number if it is taken."""
    name, number = wanted[:60], 1
    while name in taken:
        number += 1
        name = f"{wanted[:60]}-{number}"
    taken.add(name)
    return name


def _cell(cell: NotebookNode) -> SourceCell:
    meta = cell.metadata.get("nbgrader", {})
    grade_id = str(meta.get("grade_id", ""))
    if meta.get("grade") and meta.get("solution"):
        return SourceCell(cell.cell_type, cell.source, "exercise", grade_id)
    if grade_id.startswith("check-"):
        return SourceCell(cell.cell_type, cell.source, "check", grade_id.split("-")[1])
    if grade_id.startswith("setup-"):
        return SourceCell(cell.cell_type, cell.source, "setup")
    return SourceCell(
        cell.cell_type, cell.source, "experiment" if "experiment" in cell.metadata.get("tags", []) else "free"
    )
