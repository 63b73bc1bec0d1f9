"""The solved notebook of a lesson: its source with the reference answers in the place of the stubs."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from course.answers import Answers, read_answers
from course.authoring.notebook import build_notebook, write_notebook
from course.authoring.release import copy_assets
from course.errors import InputError, SourceError
from course.lessons import Lesson
from course.source import SourceCell, read_source

if TYPE_CHECKING:
    from jupyter_client import AsyncKernelManager
    from nbformat import NotebookNode

CELL_SECONDS = 1800  # a solved lesson trains; whatever takes longer than this hangs
HEADING = re.compile(r"^(#+)[ \t]*model answer[ \t]*$\n", re.IGNORECASE | re.MULTILINE)


class CellFailed(Exception):
    """A cell of a solved notebook raised an error. cell: how people find it; reason: the error's last line."""

    def __init__(self, cell: str, reason: str) -> None:
        super().__init__(f"{cell}: {reason}")
        self.cell, self.reason = cell, reason


def solved_notebook(lesson: Lesson) -> NotebookNode:
    """The notebook with every answer that ``solutions/`` and the rubrics have.

    Raises SourceError when a code exercise has no solution.
    """
    points = {name: exercise.points for name, exercise in lesson.exercises.items()}
    return build_notebook(solved_cells(lesson), points)


def solved_cells(lesson: Lesson) -> list[SourceCell]:
    """The source's cells, solved. The preamble of the solutions is a cell of its own before the first answer."""
    cells = read_source(lesson)
    coded = [c.exercise for c in cells if c.role == "exercise" and c.kind == "code"]
    if not coded:
        return [_solved(lesson, cell, {}) for cell in cells]
    answers = read_answers(lesson.solutions)
    if missing := [name for name in coded if name not in answers.code]:
        raise SourceError(
            f"{lesson.solutions} has no answer to {missing[0]!r}: write it below a line `# %% {missing[0]}`"
        )
    solved = [_solved(lesson, cell, answers.code) for cell in cells]
    first = next(i for i, c in enumerate(cells) if c.exercise == coded[0] and c.role == "exercise")
    return solved[:first] + _preamble(lesson, answers) + solved[first:]


def save_solved(lesson: Lesson, notebook: NotebookNode, path: Path) -> None:
    """Write the notebook. Raises InputError for a place where a solution must not stand."""
    path = path.resolve()
    for name in ("release", "source"):
        if path.is_relative_to((lesson.root / name).resolve()):
            raise InputError(f"{path} is in {name}/, which holds no solutions: give another place with --to")
    write_notebook(notebook, path)


def working_folder(lesson: Lesson) -> Path:
    """Where the solved notebook runs, and stands unless it is wanted elsewhere; the lesson's figures are in it."""
    folder = lesson.root / ".course" / "solved" / lesson.name
    folder.mkdir(parents=True, exist_ok=True)
    copy_assets(lesson, folder)
    return folder


def execute(notebook: NotebookNode, folder: Path) -> Iterator[int]:
    """Run the cells in order in a stock kernel in ``folder``; outputs go into the notebook, in place.

    Yields the index of each code cell that is done. Raises CellFailed at the first that raises or takes half an hour.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    with TemporaryDirectory(prefix="course-kernel-") as aside:
        client = NotebookClient(
            notebook,
            km=_kernel_manager(Path(aside)),
            timeout=CELL_SECONDS,
            resources={"metadata": {"path": str(folder)}},
            record_timing=False,
        )
        with client.setup_kernel(cleanup_kc=True, stderr=DEVNULL):  # what a kernel logs at its end is for nobody
            for index, cell in enumerate(notebook.cells):
                if cell.cell_type != "code":
                    continue
                try:
                    client.execute_cell(cell, index)
                except CellExecutionError as error:
                    raise CellFailed(cell_name(index, cell), f"{error.ename}: {error.evalue}") from error
                except CellTimeoutError as error:
                    raise CellFailed(cell_name(index, cell), f"took more than {CELL_SECONDS} s") from error
                except DeadKernelError as error:
                    raise CellFailed(cell_name(index, cell), "the kernel died") from error
                yield index


def _kernel_manager(aside: Path) -> AsyncKernelManager:
    """A stock Python kernel; where it can be, reached by sockets in a folder of ours, not by ports open to others."""
    from jupyter_client import AsyncKernelManager

    if os.name != "posix":
        return AsyncKernelManager(kernel_name="python3")
    return AsyncKernelManager(
        kernel_name="python3", transport="ipc", ip=str(aside / "kernel"), connection_file=str(aside / "kernel.json")
    )


def warnings_of(notebook: NotebookNode) -> list[tuple[str, str]]:
    """What cells wrote to stderr: the cell, and the first line."""
    found = []
    for index, cell in enumerate(notebook.cells):
        text = "".join(o.text for o in cell.get("outputs", []) if o.output_type == "stream" and o.name == "stderr")
        if text.strip():
            found.append((cell_name(index, cell), text.strip().splitlines()[0]))
    return found


def model_answer(rubric: Path) -> str | None:
    """The text below the heading "Model answer" of a rubric, up to the next heading of that rank."""
    text = rubric.read_text(encoding="utf-8")
    heading = HEADING.search(text)
    if not heading:
        return None
    rest = text[heading.end() :]
    end = re.search(rf"^#{{1,{len(heading.group(1))}}}[ \t]", rest, re.MULTILINE)
    return rest[: end.start() if end else len(rest)].strip() or None


def _solved(lesson: Lesson, cell: SourceCell, code: dict[str, str]) -> SourceCell:
    if cell.role != "exercise" or cell.exercise is None:
        return cell
    if cell.kind == "code":
        return replace(cell, source=code[cell.exercise].strip("\n"))
    answer = model_answer(lesson.exercise(cell.exercise).rubric_file)
    return replace(cell, source=answer) if answer else cell


def _preamble(lesson: Lesson, answers: Answers) -> list[SourceCell]:
    """The text before the first answer, without its docstring, which is about the file."""
    try:
        body = ast.parse(answers.preamble).body
    except SyntaxError as error:
        raise SourceError(f"{lesson.solutions}, line {error.lineno}: {error.msg}") from error
    lines = answers.preamble.splitlines()
    if body and ast.get_docstring(ast.Module(body, [])) is not None:
        lines = lines[body[0].end_lineno :]
        body = body[1:]
    return [SourceCell("code", "\n".join(lines).strip("\n"))] if body else []


def cell_name(index: int, cell: NotebookNode) -> str:
    """How people find it: by its grade id, or its number and first line."""
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    first = cell.source.strip().splitlines()[0] if cell.source.strip() else ""
    return f"cell {grade_id}" if grade_id else f"cell {index + 1} ({first[:60]})"
