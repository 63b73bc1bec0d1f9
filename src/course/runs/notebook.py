"""A submitted notebook, opened: matched to the lesson's source, and rebuilt from it for people.

What counts is the text of cells and which exercise each answers. Metadata, tags, attachments and outputs that came with
a submission count for nothing; setup cells and checks are taken from the source.
"""

from __future__ import annotations

import ast
import copy
import json
import os
import re
import stat
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from course.errors import InputError
from course.lessons import Lesson
from course.source import Role, SourceCell
from course.submission import Cell, Submission

if TYPE_CHECKING:
    from nbformat import NotebookNode

MOST_BYTES = 50_000_000
MOST_BRACKETS = 3_000_000  # lists and objects of the JSON: what they need in memory is many times their text
MOST_CELLS = 5_000
MOST_PARSED = 200_000  # characters of one cell that are parsed to see what it defines


class UnreadableNotebook(InputError):
    """The file is no notebook that can be opened; the message is the reason, for people."""


@dataclass(frozen=True)
class PageCell:
    """One cell of the notebook as it is shown.

    place: its index in the lesson's source, None if the student added it.
    missing: an exercise that the submission lacks; the source's cell stands in for it.
    """

    kind: Literal["code", "markdown"]
    source: str
    role: Role = "free"
    exercise: str | None = None
    place: int | None = None
    missing: bool = False


@dataclass(frozen=True)
class NotebookSubmission(Submission):
    """A submission that was a notebook.

    page: all its cells, prose too, in the order in which they are shown and run.
    """

    page: tuple[PageCell, ...] = ()


def open_notebook(lesson: Lesson, source: Sequence[SourceCell], path: Path, student: str) -> NotebookSubmission:
    """Match a submitted file to the lesson's source.

    Raises UnreadableNotebook for what is no notebook; anything odd in a notebook is a note, not an error.
    """
    notes: list[str] = []
    raw = read_cells(_the_notebook(path, notes))
    page = _Matching(source, raw, _known_cells(lesson, source), notes).page()
    answers = {c.exercise: c.source for c in page if c.role == "exercise" and c.exercise and not c.missing}
    stubs = {c.exercise: c for c in source if c.role == "exercise"}
    return NotebookSubmission(
        student,
        cells=tuple(Cell(c.source, c.role, c.exercise) for c in page if _is_run(c)),
        answers={name: answers[name] for name in stubs if name in answers},
        untouched=frozenset(name for name, text in answers.items() if _untouched(text, stubs[name])),
        notes=tuple(notes),
        page=tuple(page),
    )


def blank_submission(source: Sequence[SourceCell], student: str) -> NotebookSubmission:
    """What stands in for a notebook that could not be read: the source, with no answers."""
    page = [_page_cell(cell, place, missing=cell.role == "exercise") for place, cell in enumerate(source)]
    return NotebookSubmission(student, cells=(), page=tuple(page))


def tidy_notebook(lesson: Lesson, source: Sequence[SourceCell], submission: NotebookSubmission) -> NotebookNode:
    """The submission as a notebook with the release's metadata, cell ids and kernel, and without outputs.

    Raises InputError when the lesson has not been released.
    """
    from nbformat.v4 import new_code_cell, new_markdown_cell

    notebook = copy.deepcopy(_released(lesson))
    released, notebook.cells = notebook.cells, []
    twins = _align(source, [_RawCell(c.cell_type, c.source, "", _grade_id(c)) for c in released])
    added = 0
    for cell in submission.page:
        twin = twins.get(cell.place) if cell.place is not None else None
        if twin is None:
            added += 1
            new_cell = new_code_cell if cell.kind == "code" else new_markdown_cell
            notebook.cells.append(new_cell(cell.source, id=f"added-{added}"))
            continue
        made = released[twin]
        no_response = cell.kind == "markdown" and cell.exercise in submission.untouched
        if not (cell.missing or cell.role in ("setup", "check") or no_response):
            made.source = cell.source
        if made.cell_type == "code":
            made.outputs, made.execution_count = [], None
        notebook.cells.append(made)
    return notebook


# -- the file -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _RawCell:
    """What is believed of a submitted cell: its kind and text, and two names that say which cell it once was."""

    kind: Literal["code", "markdown"]
    source: str
    id: str
    grade_id: str


def read_plain(path: Path, most: int) -> bytes:
    """The bytes of an ordinary file of at most ``most`` bytes; links, pipes and devices are not opened.

    Raises UnreadableNotebook.
    """
    try:
        if stat.S_ISLNK(os.lstat(path.parent).st_mode):
            raise UnreadableNotebook(f"the folder of {path.name} is a link, not a folder")
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise UnreadableNotebook(f"there is no {path.name} in the folder that was handed in") from None
    except OSError:
        raise UnreadableNotebook(f"{path.name} is a link or cannot be opened") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise UnreadableNotebook(f"{path.name} is not an ordinary file")
    with os.fdopen(handle, "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise UnreadableNotebook(f"{path.name} is larger than {most // 1_000_000} MB")
    return data


def read_cells(path: Path) -> list[_RawCell]:
    """The cells of a notebook file of any nbformat and kernel. Raises UnreadableNotebook."""
    data = read_plain(path, MOST_BYTES)
    if data.count(b"[") + data.count(b"{") > MOST_BRACKETS:
        raise UnreadableNotebook(f"{path.name} holds too many values for a notebook")
    try:
        notebook = json.loads(data.decode("utf-8-sig", "replace"))
    except ValueError as error:
        line = getattr(error, "lineno", None)
        where = f" (line {line})" if line else ""
        raise UnreadableNotebook(f"{path.name} is not a Jupyter notebook: it is not valid JSON{where}") from None
    except RecursionError:
        raise UnreadableNotebook(f"{path.name} is not a Jupyter notebook: it is nested too deeply") from None
    cells = list(_cells_in(notebook))
    if not cells:
        raise UnreadableNotebook(f"{path.name} is not a Jupyter notebook: it has no cells")
    if len(cells) > MOST_CELLS:
        raise UnreadableNotebook(f"{path.name} has more than {MOST_CELLS} cells")
    return cells


def _the_notebook(path: Path, notes: list[str]) -> Path:
    """The file itself, or the only other notebook beside it: browsers and systems rename what they download."""
    if os.path.lexists(path):
        return path
    others = sorted(p for p in path.parent.glob("*.ipynb") if p.is_file() and not p.is_symlink())
    if len(others) != 1:
        return path
    notes.append(f"The notebook was handed in as {others[0].name}; its name should be {path.name}.")
    return others[0]


def _cells_in(notebook: Any) -> Iterator[_RawCell]:
    if not isinstance(notebook, dict):
        return
    sheets = [notebook, *_list(notebook.get("worksheets"))]  # nbformat 3 has its cells in worksheets
    for cell in (c for sheet in sheets if isinstance(sheet, dict) for c in _list(sheet.get("cells"))):
        if not isinstance(cell, dict):
            continue
        source = _text(cell.get("source", cell.get("input", "")))
        kind: Literal["code", "markdown"] = "code" if cell.get("cell_type") == "code" else "markdown"
        cell_id = cell.get("id")
        yield _RawCell(kind, source, cell_id if isinstance(cell_id, str) else "", _grade_id(cell))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    if not isinstance(value, str):
        return ""
    whole = value.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair cannot be written or run
    return whole.replace("\r\n", "\n").replace("\r", "\n")


def _grade_id(cell: Any) -> str:
    for key in ("metadata", "nbgrader", "grade_id"):
        cell = cell.get(key) if isinstance(cell, dict) else None
    return cell if isinstance(cell, str) else ""


# -- matching -----------------------------------------------------------------------------------------------------


def _known_cells(lesson: Lesson, source: Sequence[SourceCell]) -> dict[str, int]:
    """Grade ids and cell ids of the release, each with its cell's place in the source."""
    known = {cell.exercise: place for place, cell in enumerate(source) if cell.role == "exercise" and cell.exercise}
    try:
        released = [_RawCell(c.cell_type, c.source, c.get("id", ""), _grade_id(c)) for c in _released(lesson).cells]
    except InputError:
        return known
    for place, twin in _align(source, released).items():
        for name in (released[twin].grade_id, released[twin].id):
            known.setdefault(name, place)
    known.pop("", None)
    return known


def _align(source: Sequence[SourceCell], released: Sequence[_RawCell]) -> dict[int, int]:
    """For each place in the source, the index of the released cell made from it.

    Both are the same unless the source was edited since the release; then exercises go by name, locked cells by their
    order, prose by its text.
    """

    def key_of_source(cell: SourceCell) -> str:
        named = cell.role == "exercise" or _locked(cell)
        return f"{cell.role}:{cell.exercise or ''}" if named else f"{cell.kind}:{cell.source.strip()}"

    def key_of_release(cell: _RawCell) -> str:
        if match := re.fullmatch(r"check-(\w+?)(?:-\d+)?", cell.grade_id):
            return f"check:{match[1]}"
        if re.fullmatch(r"setup-\d+", cell.grade_id):
            return "setup:"
        return f"exercise:{cell.grade_id}" if cell.grade_id else f"{cell.kind}:{cell.source.strip()}"

    waiting: dict[str, list[int]] = {}
    for index, twin in enumerate(released):
        waiting.setdefault(key_of_release(twin), []).append(index)
    twins = {}
    for place, cell in enumerate(source):
        if indices := waiting.get(key_of_source(cell)):
            twins[place] = indices.pop(0)
    return twins


class _Matching:
    """Says for each submitted cell which cell of the source it was, and for each exercise which cell answers it."""

    def __init__(
        self, source: Sequence[SourceCell], raw: list[_RawCell], known: dict[str, int], notes: list[str]
    ) -> None:
        self.source, self.raw, self.notes = source, raw, notes
        self.exercises = {c.exercise: place for place, c in enumerate(source) if c.role == "exercise" and c.exercise}
        by_text = {(c.kind, c.source.strip()): place for place, c in reversed(list(enumerate(source)))}
        self.origin = [
            known.get(c.grade_id, known.get(c.id, by_text.get((c.kind, c.source.strip())))) for c in raw
        ]  # the place in the source that a cell came from, or None

    def page(self) -> list[PageCell]:
        """The student's cells in their order, with the source's locked cells, and with every exercise once."""
        answers = self._answers()
        holds: dict[int, str] = {}  # which submitted cell becomes which exercise's
        for name, index in answers.items():
            if self._exercise_of(index) in (None, name):
                holds.setdefault(index, name)
        page: list[PageCell] = []
        shown: set[int] = set()
        for index, raw in enumerate(self.raw):
            place = self.exercises[holds[index]] if index in holds else self.origin[index]
            if place is None or (index not in holds and self._exercise_of(index)):
                if not self._is_stub(index):
                    page.append(PageCell(raw.kind, raw.source))
            elif _locked(self.source[place]):
                if place not in shown:
                    page.append(_page_cell(self.source[place], place))
            else:
                cell = self.source[place]
                whole = index in holds or (raw.kind == cell.kind and place not in shown)
                made = PageCell(cell.kind if whole else raw.kind, raw.source, cell.role, cell.exercise, place)
                page.append(made if whole else replace(made, place=None))
            shown |= {place} if place is not None else set()
        for place, cell in enumerate(self.source):
            if place not in {c.place for c in page} and (cell.role == "exercise" or _locked(cell)):
                _insert(page, self._stand_in(cell, place, answers), place)
        return _setup_first(page)

    def _answers(self) -> dict[str, int]:
        """For each exercise that is there, the index of the submitted cell that answers it."""
        answers: dict[str, int] = {}
        for name, place in self.exercises.items():
            copies = [index for index, origin in enumerate(self.origin) if origin == place]
            changed = [index for index in copies if not self._is_stub(index)]
            if len(copies) > 1:
                which = "the last one that you changed counts" if changed else "none of them is answered"
                self.notes.append(f"Your notebook has {len(copies)} cells for {name}: {which}.")
            if copies:
                answers[name] = (changed or copies)[-1]
        for name, place in self.exercises.items():
            if name in answers and not self._is_stub(answers[name]):
                continue
            elsewhere = self._definitions(name, merged=name not in answers) if self.source[place].kind == "code" else []
            if elsewhere:
                answers[name] = elsewhere[-1]
                self.notes.append(f"{name} stands in another cell than its own: that cell was graded.")
            elif name not in answers:
                self.notes.append(f"The cell of {name} is missing from your notebook.")
        return answers

    def _definitions(self, name: str, merged: bool) -> list[int]:
        """Cells that define this name; those of other exercises only if cells may have been merged."""
        return [
            index
            for index, cell in enumerate(self.raw)
            if cell.kind == "code"
            and (merged or not self._exercise_of(index))
            and not self._as_given(index)
            and name in _defined(cell.source)
        ]

    def _stand_in(self, cell: SourceCell, place: int, answers: dict[str, int]) -> PageCell:
        if cell.exercise in answers and cell.role == "exercise":  # answered in the cell of another exercise
            return replace(_page_cell(cell, place), source=self.raw[answers[cell.exercise]].source)
        return _page_cell(cell, place, missing=cell.role == "exercise")

    def _exercise_of(self, index: int) -> str | None:
        place = self.origin[index]
        return self.source[place].exercise if place is not None and self.source[place].role == "exercise" else None

    def _is_stub(self, index: int) -> bool:
        name = self._exercise_of(index)
        return name is not None and _untouched(self.raw[index].source, self.source[self.exercises[name]])

    def _as_given(self, index: int) -> bool:
        place = self.origin[index]
        return self._is_stub(index) or (
            place is not None and self.source[place].source.strip() == self.raw[index].source.strip()
        )


def _insert(page: list[PageCell], cell: PageCell, place: int) -> None:
    """Put a cell that was deleted after the cell that it followed in the source."""
    before = max((c.place for c in page if c.place is not None and c.place < place), default=None)
    page.insert(0 if before is None else next(i for i, c in enumerate(page) if c.place == before) + 1, cell)


def _setup_first(page: list[PageCell]) -> list[PageCell]:
    """Setup cells stand before everything that comes later in the source, wherever the student moved them."""
    for setup in [c for c in page if c.role == "setup" and c.place is not None]:
        at = page.index(setup)
        later = [i for i, c in enumerate(page[:at]) if c.place is not None and c.place > (setup.place or 0)]
        if later:
            page.insert(later[0], page.pop(at))
    return page


def _page_cell(cell: SourceCell, place: int, missing: bool = False) -> PageCell:
    return PageCell(cell.kind, cell.source, cell.role, cell.exercise, place, missing)


def _is_run(cell: PageCell) -> bool:
    return cell.kind == "code" and cell.role != "experiment" and not cell.missing and bool(cell.source.strip())


def _locked(cell: SourceCell) -> bool:
    return cell.role == "check" or (cell.role == "setup" and cell.kind == "code")


@lru_cache(maxsize=1024)
def _untouched(text: str, stub: SourceCell) -> bool:
    """Whether a cell is as it was given: for code, whether it does the same as the stub, comments aside."""
    if text.strip() == stub.source.strip():
        return True
    if stub.kind == "markdown" or len(text) > MOST_PARSED:
        return False
    code, given = _parsed(text), _parsed(stub.source)
    return code is not None and given is not None and (not code.body or ast.dump(code) == ast.dump(given))


def _defined(text: str) -> set[str]:
    """Names of the functions, classes and variables that a cell defines at its top level."""
    if len(text) > MOST_PARSED:
        return set()
    tree = _parsed(text)
    if tree is None:  # a syntax error somewhere, or magics
        return set(re.findall(r"^(?:async[ \t]+def|def|class)[ \t]+(\w+)", text, re.MULTILINE))
    names = {n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}
    targets = [t for n in tree.body if isinstance(n, ast.Assign) for t in n.targets]
    return names | {t.id for t in targets if isinstance(t, ast.Name)}


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about invalid escapes in a student's strings
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@lru_cache(maxsize=8)
def _read_release(path: Path, changed: int) -> NotebookNode:
    import nbformat

    return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)


def _released(lesson: Lesson) -> NotebookNode:
    """The students' notebook of a lesson; not to be changed. Raises InputError when there is none."""
    path = lesson.release_notebook
    try:
        return _read_release(path, path.stat().st_mtime_ns)
    except OSError:
        raise InputError(f"lesson {lesson.name} has not been released: run `course release {lesson.name}`") from None
    except Exception as error:  # nbformat raises whatever the JSON happens to break
        raise InputError(f"{path} cannot be read: run `course release {lesson.name}`") from error
