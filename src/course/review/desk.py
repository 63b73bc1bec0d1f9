"""One lesson on the TA's desk: the class, its clusters, what was said about them. Kept by the server between pages."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from course.errors import InputError
from course.lessons import Course, Lesson
from course.nbgrader_side.submitted import source_of
from course.review.actions import Action, Actions
from course.review.clusters import Cluster, Way, clusters
from course.review.library import Library
from course.review.register import Answer, Class, Register
from course.review.similar import Pair, similar
from course.source import exercise_order


class NotThere(InputError):
    """What the address names is not, or no longer, there."""


@dataclass(frozen=True)
class Sight:
    """The class at one moment."""

    version: str
    everyone: Class
    clusters: list[Cluster]

    @cached_property
    def by_id(self) -> dict[str, Cluster]:
        return {cluster.id: cluster for cluster in self.clusters}

    @cached_property
    def of_answer(self) -> dict[tuple[str, str], Cluster]:
        """By student and exercise."""
        return {(answer.student, answer.exercise): c for c in self.clusters for answer in c.answers}

    def cluster(self, name: str) -> Cluster:
        if name not in self.by_id:
            raise NotThere("this cluster is not there any more: the class has been graded again; go back to the lesson")
        return self.by_id[name]

    def answers_to(self, exercise: str) -> list[Answer]:
        return [answers[exercise] for answers in self.everyone.values() if exercise in answers]


class Shelf:
    """What the server keeps of all lessons."""

    def __init__(self) -> None:
        self._registers: dict[Path, Register] = {}
        self._sights: dict[Path, Sight] = {}
        self._pairs: dict[tuple[Path, str], tuple[str, list[Pair]]] = {}

    def sight(self, lesson: Lesson) -> Sight:
        """Reads what has changed. Takes seconds the first time: call it in a thread."""
        register = self._registers.setdefault(lesson.source, Register(lesson))
        everyone = register.read()
        kept = self._sights.get(lesson.source)
        if kept is None or kept.version != register.version:
            trained = _trained(lesson)
            answers = (answer for mine in everyone.values() for answer in mine.values())
            kept = self._sights[lesson.source] = Sight(register.version, everyone, clusters(answers, trained))
        return kept

    def pairs(self, lesson: Lesson, exercise: str) -> list[Pair]:
        sight = self.sight(lesson)
        version, pairs = self._pairs.get((lesson.source, exercise), ("", []))
        if version != sight.version:
            pairs = similar(sight.answers_to(exercise))
            self._pairs[lesson.source, exercise] = sight.version, pairs
        return pairs


class Desk:
    """One lesson, as its files are now."""

    def __init__(self, course: Course, lesson: Lesson, shelf: Shelf) -> None:
        self.course, self.lesson = course, lesson
        self.shelf = shelf
        self.actions, self.library = Actions(course, lesson), Library(course, lesson)

    @cached_property
    def sight(self) -> Sight:
        return self.shelf.sight(self.lesson)

    @cached_property
    def exercises(self) -> list[str]:
        """In the notebook's order."""
        return [name for name in exercise_order(source_of(self.lesson)) if name in self.lesson.exercises]

    def exercise(self, name: str) -> str:
        if name not in self.exercises:
            raise NotThere(f"lesson {self.lesson.name} has no exercise {name}")
        return name

    def tests(self, exercise: str) -> dict[str, str]:
        """Titles of the tests by name."""
        path = self.lesson.exercise(exercise).test_file
        return {name: title for name, title in _docstrings(path).items() if name.startswith("test_")}

    def mistakes(self, exercise: str) -> dict[str, str]:
        """What students read about each known mistake."""
        return _docstrings(self.lesson.exercise(exercise).mistakes_file)

    @cached_property
    def given(self) -> list[Action]:
        return self.actions.all()

    def given_to(self, way: Way) -> list[Action]:
        """The actions on answers that failed in this way, newest first."""
        return [action for action, its in self._given_ways if its.same(way)]

    @cached_property
    def _given_ways(self) -> list[tuple[Action, Way]]:
        return [(action, Way.from_json(action.way)) for action in self.given if action.way]


def _trained(lesson: Lesson) -> Callable[[str], bool]:
    return lambda name: name in lesson.exercises and lesson.exercises[name].trained


def _docstrings(path: Path) -> dict[str, str]:
    """Docstrings of a file's functions and classes, in one line each, without running it."""
    try:
        return _parsed_docstrings(path, path.stat().st_mtime_ns)
    except (OSError, SyntaxError, ValueError):
        return {}


@lru_cache(maxsize=256)
def _parsed_docstrings(path: Path, changed: int) -> dict[str, str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    return {node.name: " ".join((ast.get_docstring(node) or node.name).split()) for node in nodes}
