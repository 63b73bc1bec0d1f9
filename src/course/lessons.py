"""The folders of a course: the only module that knows where sources, solutions and graders stand.

A lesson is a source file, an exercise is a folder in ``graders/<lesson>/`` named by its grade id. What kind of exercise
it is follows from the files in that folder; nothing is registered anywhere else.
"""

from __future__ import annotations

import ast
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import coursebridge
from course.config import CourseConfig, LessonConfig, load_config
from course.errors import SourceError, UnknownExercise

SCAFFOLDING = Path(coursebridge.__file__).parent / "scaffolding.py"
GRADE_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Exercise:
    """One graded cell: an auto-graded function or class, a trained model, or a written answer."""

    lesson: str
    name: str
    folder: Path

    @property
    def test_file(self) -> Path:
        return self.folder / f"test_{self.name}.py"

    @property
    def rubric_file(self) -> Path:
        return self.folder / "rubric.md"

    @property
    def written(self) -> bool:
        return self.rubric_file.is_file()

    @property
    def trained(self) -> bool:
        return (self.folder / "calibration.toml").is_file()

    @property
    def mistakes_file(self) -> Path:
        return self.folder / "mistakes.py"

    @property
    def variants_file(self) -> Path:
        return self.folder / "variants.py"

    @cached_property
    def points(self) -> float:
        """Sum of the tests' ``@points``, or the rubric's ``points:``; read without importing anything."""
        if self.written:
            return rubric_points(self.rubric_file)
        return sum(points for _, points in declared_points(self.test_file))

    def files(self) -> list[Path]:
        """Every file that the score depends on."""
        return sorted(
            p
            for p in (*self.folder.rglob("*"), self.folder.parent / "support.py")
            if p.is_file() and "__pycache__" not in p.parts
        )

    def fingerprint(self) -> str:
        return hash_files(self.files(), self.folder.parent)


@dataclass(frozen=True)
class Lesson:
    """One lesson and its files below the course's root."""

    config: LessonConfig
    root: Path

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def source(self) -> Path:
        return self.root / "source" / self.name / f"{self.name}.py"

    @property
    def source_notebook(self) -> Path:
        return self.source.with_suffix(".ipynb")

    @property
    def solutions(self) -> Path:
        return self.root / "solutions" / f"{self.name}.py"

    @property
    def graders(self) -> Path:
        return self.root / "graders" / self.name

    @property
    def support(self) -> list[str]:
        """What hidden tests may place in the kernel, as texts: what all lessons have, then the lesson's own."""
        return read_support(self.graders)

    @property
    def release_notebook(self) -> Path:
        return self.root / "release" / self.name / f"{self.name}.ipynb"

    def submitted_notebook(self, student: str) -> Path:
        return self.root / "submitted" / student / self.name / f"{self.name}.ipynb"

    def autograded_notebook(self, student: str) -> Path:
        return self.root / "autograded" / student / self.name / f"{self.name}.ipynb"

    def students(self) -> list[str]:
        """Who has handed in a folder for this lesson, sorted."""
        folder = self.root / "submitted"
        if not folder.is_dir():
            return []
        return sorted(p.name for p in folder.iterdir() if (p / self.name).is_dir())

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        """The exercises by grade id, in alphabetical order (the order of a lesson is its source's)."""
        if not self.graders.is_dir():
            return {}
        found = {}
        for folder in sorted(p for p in self.graders.iterdir() if p.is_dir() and not p.name.startswith((".", "_"))):
            if not any(folder.glob("*.*")):
                continue
            exercise = Exercise(self.name, folder.name, folder)
            if not GRADE_ID.fullmatch(folder.name):
                raise SourceError(f"{folder}: an exercise folder must be named like a Python name")
            if not exercise.written and not exercise.test_file.is_file():
                raise SourceError(
                    f"{folder} has neither test_{folder.name}.py nor rubric.md: add one, or remove the folder"
                )
            found[folder.name] = exercise
        return found

    def exercise(self, name: str) -> Exercise:
        if name not in self.exercises:
            raise UnknownExercise(name, self.name, list(self.exercises))
        return self.exercises[name]


@dataclass(frozen=True)
class Course:
    """A course folder, opened."""

    config: CourseConfig

    @classmethod
    def open(cls, root: Path) -> Course:
        return cls(load_config(root))

    @property
    def root(self) -> Path:
        return self.config.root

    @cached_property
    def lessons(self) -> dict[str, Lesson]:
        return {block.name: Lesson(block, self.root) for block in self.config.lessons}

    def lesson(self, name: str) -> Lesson:
        self.config.lesson(name)
        lesson = self.lessons[name]
        if not lesson.source.is_file():
            raise SourceError(f"lesson {name} has no source: write {lesson.source}, or run `course new {name}`")
        return lesson


def declared_points(test_file: Path) -> list[tuple[str, float]]:
    """Names and points of the tests in a file, from its ``@points(n)`` decorators, without importing it."""
    try:
        tree = ast.parse(test_file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError) as error:
        raise SourceError(f"{test_file} cannot be read: {error}") from error
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            values = [v for d in node.decorator_list if (v := _number(d)) is not None]
            if len(values) != 1:
                raise SourceError(f"{test_file}: {node.name} needs exactly one @points(number)")
            found.append((node.name, values[0]))
    if not found:
        raise SourceError(f"{test_file} has no test function: write `@points(n) def test_...(student)`")
    return found


def _number(decorator: ast.expr) -> float | None:
    match decorator:
        case ast.Call(func=ast.Name(id="points"), args=[ast.Constant(value=int() | float() as value)]):
            return float(value)
    return None


def rubric_points(path: Path) -> float:
    """The ``points: n`` line in the front matter of a rubric."""
    match = re.match(r"---\n(?:.*\n)*?points:\s*([0-9.]+)\s*\n(?:.*\n)*?---\n", path.read_text(encoding="utf-8"))
    if not match:
        raise SourceError(f"{path} must begin with a front matter that has `points: n` between two lines of ---")
    return float(match.group(1))


def read_support(graders: Path) -> list[str]:
    """The scaffolding of the lesson whose graders these are: each text may use the names of the one before."""
    return [path.read_text(encoding="utf-8") for path in (SCAFFOLDING, graders / "support.py") if path.is_file()]


def hash_files(paths: list[Path], relative_to: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(str(path.relative_to(relative_to)).encode())
        digest.update(b"\0")
        digest.update(path.read_bytes())
        digest.update(b"\0")
    return digest.hexdigest()
