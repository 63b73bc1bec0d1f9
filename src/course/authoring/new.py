"""New lessons and exercises: files laid out from small working templates, and a block in ``course_config.py``."""

from __future__ import annotations

import ast
import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Literal

from course.authoring import templates
from course.config import load_config
from course.errors import InputError, SourceError
from course.lessons import GRADE_ID, Course, Lesson
from course.runs.store import write_whole
from course.source import read_source

LESSON_NAME = re.compile(r"[0-9]{2}_[a-z][a-z0-9_]*")

Kind = Literal["code", "written", "trained"]
FILES: dict[Kind, dict[str, str]] = {
    "code": {
        "test_$name.py": templates.CODE_TESTS,
        "mistakes.py": templates.CODE_MISTAKES,
        "variants.py": templates.CODE_VARIANTS,
    },
    "trained": {
        "test_$name.py": templates.TRAINED_TESTS,
        "mistakes.py": templates.TRAINED_MISTAKES,
        "variants.py": templates.TRAINED_VARIANTS,
        "calibration.toml": templates.CALIBRATION,
    },
    "written": {"rubric.md": templates.RUBRIC},
}
CELLS = {"code": templates.CODE_SOURCE, "trained": templates.TRAINED_SOURCE, "written": templates.WRITTEN_SOURCE}
SOLUTIONS = {"code": templates.CODE_SOLUTION, "trained": templates.TRAINED_SOLUTION, "written": ""}


@dataclass(frozen=True)
class Laid:
    """What was laid out. changed: files that were there before and got something at their end (or in LESSONS)."""

    made: list[Path]
    changed: list[Path]


def new_lesson(course: Course, name: str, title: str | None = None) -> Laid:
    """A source with a setup cell, an empty solutions file, a folder for graders, and the lesson's block in LESSONS.

    title: as people read it; made from the name without one. A lesson that LESSONS has already gets the files only.
    Raises InputError when one of the files is there already.
    """
    if not LESSON_NAME.fullmatch(name):
        raise InputError(
            f"{name!r} cannot be a lesson: write two digits, an underscore and small letters, as 07_transfer"
        )
    known = course.lessons.get(name)
    if known and known.source.is_file():
        raise InputError(f"lesson {name} is already there: add exercises to it with `course new {name}/EXERCISE`")
    title = known.config.title if known else title or name[3:].replace("_", " ").capitalize()
    source, solutions = course.root / "source" / name / f"{name}.py", course.root / "solutions" / f"{name}.py"
    graders = course.root / "graders" / name
    _refuse_existing([source, solutions, graders])
    config = None if known else _with_lesson(course, name, title)
    graders.mkdir(parents=True)
    _write({source: templates.LESSON, solutions: templates.LESSON_SOLUTIONS}, name=name, title=title)
    if config is not None:
        write_whole(_config(course), config)
    return Laid([source, solutions, graders], [] if known else [_config(course)])


def new_exercise(lesson: Lesson, name: str, kind: Kind) -> Laid:
    """A folder in ``graders/``, cells at the end of the source and, for code, a section at the end of the solutions.

    Raises InputError when something of it is there already.
    """
    if not GRADE_ID.fullmatch(name):
        raise InputError(f"{name!r} cannot be an exercise: it is named like the function or class that students write")
    folder = lesson.graders / name
    _refuse_existing([folder])
    cells = read_source(lesson)
    if kind != "written" and f"# %% {name}\n" in _read(lesson.solutions):
        raise InputError(f"{lesson.solutions} already has a section `# %% {name}`: remove it, or take another name")
    words = {"name": name, "number": _next_number(lesson)}
    files = {folder / Template(file).substitute(words): text for file, text in FILES[kind].items()}
    setup = "\n".join(cell.source for cell in cells if cell.role == "setup")
    needs_setup = kind != "written" and not (re.search(r"\bimport torch\b", setup) and re.search(r"\bTensor\b", setup))
    added = {lesson.source: (templates.SETUP if needs_setup else "") + CELLS[kind]}
    if SOLUTIONS[kind]:
        added[lesson.solutions] = SOLUTIONS[kind]
    whole = {path: _read(path).rstrip("\n") + "\n" + Template(text).substitute(words) for path, text in added.items()}
    _write(files, **words)
    for path, text in whole.items():
        write_whole(path, text)
    read_source(Lesson(lesson.config, lesson.root))
    return Laid(list(files), list(whole))


def _refuse_existing(paths: list[Path]) -> None:
    for path in paths:
        if path.exists():
            raise InputError(f"{path} is already there, and nothing was changed: take another name, or remove it first")


def _write(files: dict[Path, str], **words: str) -> None:
    for path, text in files.items():
        write_whole(path, Template(text).substitute(words))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _next_number(lesson: Lesson) -> str:
    """The section after the last one of the source: "2.4" after "2.3"."""
    chapter = str(int(lesson.name[:2])) if lesson.name[:2].isdigit() else lesson.name
    used = [int(n) for n in re.findall(rf"\b{re.escape(chapter)}\.(\d+)\b", _headings(lesson))]
    return f"{chapter}.{max(used, default=0) + 1}"


def _headings(lesson: Lesson) -> str:
    """Section headings and what stubs raise: the places where numbers stand."""
    lines = _read(lesson.source).splitlines()
    return "\n".join(line for line in lines if line.startswith("# #") or "NotImplementedError" in line)


# --- course_config.py ----------------------------------------------------------------------------------------------


def _config(course: Course) -> Path:
    return course.root / "course_config.py"


def _with_lesson(course: Course, name: str, title: str) -> str:
    """The text of ``course_config.py`` with one more lesson, in the order of names; checked by loading it.

    Raises SourceError with the block to insert when LESSONS is not written as one plain dictionary.
    """
    block = f'    "{name}": {{\n        "title": {json.dumps(title, ensure_ascii=False)},\n    }},\n'
    try:
        text = insert_entry(_read(_config(course)), name, block)
        with tempfile.TemporaryDirectory() as aside:
            (Path(aside) / "course_config.py").write_text(text, encoding="utf-8")
            lessons = {lesson.name: lesson for lesson in load_config(Path(aside)).lessons}
        added = lessons.pop(name, None)
        if added is None or added.title != title or tuple(lessons.values()) != course.config.lessons:
            raise SourceError("it then gives other lessons")
    except SourceError as error:
        raise SourceError(
            f"{_config(course)}: the lesson cannot be added to LESSONS, because {error}; add this block by hand, and "
            f"run the same command again:\n{block}"
        ) from error
    return text


def insert_entry(text: str, name: str, block: str) -> str:
    """``text`` with the lines of ``block`` in its dictionary LESSONS, before the first key that sorts after ``name``.

    Raises SourceError when LESSONS is not a dictionary with a line of its own for each key and bracket.
    """
    lessons = _lessons_dict(text)
    lines = text.splitlines(keepends=True)
    keys = [key for key in lessons.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    if len(keys) < len(lessons.keys):
        raise SourceError("its keys are not plain strings")
    last_line = (lessons.end_lineno or 1) - 1
    if following := next((key for key in keys if str(key.value) > name), None):
        at = following.lineno - 1
        if lines[at].encode()[: following.col_offset].strip():
            raise SourceError("a key does not stand at the start of its line")
        while lines[at - 1].lstrip().startswith("#"):  # comments above a key belong to it
            at -= 1
    elif lines[last_line].strip() == "}":
        at = last_line
        if lessons.values:
            _close_with_comma(lines, lessons.values[-1])
    elif not keys:
        line, at = lines[last_line].encode(), last_line + 1
        lines[last_line:at] = [
            line[: lessons.col_offset].decode() + "{\n",
            "}" + line[lessons.end_col_offset :].decode(),
        ]
    else:
        raise SourceError("its closing bracket does not stand on a line of its own")
    return "".join([*lines[:at], block, *lines[at:]])


def _lessons_dict(text: str) -> ast.Dict:
    for node in ast.parse(text).body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id="LESSONS")], value=ast.Dict() as lessons)
                | ast.AnnAssign(target=ast.Name(id="LESSONS"), value=ast.Dict() as lessons)
            ):
                return lessons
    raise SourceError("it has no `LESSONS = {...}`")


def _close_with_comma(lines: list[str], last: ast.expr) -> None:
    """Put a comma behind the last value if there is none."""
    index, column = (last.end_lineno or 1) - 1, last.end_col_offset or 0
    line = lines[index].encode()
    if not line[column:].decode().lstrip().startswith(","):
        lines[index] = line[:column].decode() + "," + line[column:].decode()
