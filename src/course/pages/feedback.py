"""A student's feedback page: a graded notebook's records, scores and comments in, one self-contained HTML file out."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from course.pages import pictures, text, values
from course.pages.reading import Hint, Reading, Section
from course.records import ExerciseRecord, TestRecord

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_BYTES = 19_000_000
_SECTION = re.compile(r"\bsections? (\d+\.\d+)")
TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class State:
    """How an exercise or a test went. mark: for the eye; word: for everyone; kind: for the colour."""

    mark: str
    word: str
    kind: str


FULL = State("✓", "full points", "good")
PART = State("◐", "some points", "part")
NONE = State("✗", "no points", "bad")
EMPTY = State("○", "not answered", "bad")
WAITS = State("…", "waits for a person", "wait")

OUTCOMES = {
    "passed": State("✓", "passed", "good"),
    "failed": State("✗", "failed", "bad"),
    "error": State("?", "could not be run", "wait"),
    "timeout": State("⧗", "took too long", "bad"),
    "forbidden": State("⊘", "forbidden operation", "bad"),
    "not_run": State("–", "not run", "off"),
}


@dataclass(frozen=True)
class ExercisePart:
    """One exercise of the page. record: None if the engine never graded it.

    pending: neither a test nor a person has given points yet.  by_hand: a person gave the points.
    begin_with: earlier exercises whose answers this one uses, directly or not, and which are not right themselves.
    section: where the exercise stands in the lesson.  read_again: the sections that its mistakes name.
    """

    name: str
    answer: str
    written: bool
    points: float
    max_points: float
    by_hand: bool = False
    pending: bool = False
    record: ExerciseRecord | None = None
    auto_comment: str = ""
    manual_comment: str = ""
    begin_with: tuple[str, ...] = ()
    section: Section | None = None
    read_again: tuple[Section, ...] = ()
    hints: tuple[Hint, ...] = ()

    @property
    def right(self) -> bool:
        return not self.pending and self.points >= self.max_points

    @property
    def lost(self) -> float:
        return 0.0 if self.pending else max(0.0, self.max_points - self.points)

    @property
    def state(self) -> State:
        if self.pending:
            return WAITS
        if self.record is not None and self.record.status == "not_answered" and not self.by_hand:
            return EMPTY
        return FULL if self.points >= self.max_points else PART if self.points > 0 else NONE

    @property
    def tests(self) -> list[TestRecord]:
        """The tests, without the sentences on mistakes, which the page shows apart."""
        if self.record is None:
            return []
        known = [sentence for sentence in self.record.explanations.values() if sentence]

        def shortened(message: str) -> str:
            for sentence in known:
                message = message.removesuffix(sentence).rstrip()
            return message

        return [replace(test, message=shortened(test.message)) for test in self.record.tests]

    @property
    def reason(self) -> str:
        """Why it was not graded, unless a test or the kind of the exercise says so already."""
        reason = self.record.reason if self.record is not None else None
        if not reason or self.written or any(reason in test.message for test in self.tests):
            return ""
        return f"{reason[0].upper()}{reason[1:]}{'' if reason.endswith(('.', '!', '?')) else '.'}"

    @property
    def first_failure(self) -> TestRecord | None:
        """The first failed test with a call that can be pasted, else the first with values to show."""
        shown = [test for test in self.tests if test.counterexample]
        return next((test for test in shown if _call(test)), shown[0] if shown else None)

    @property
    def failing_call(self) -> str:
        return _call(self.first_failure) if self.first_failure is not None else ""

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        if self.record is None:
            return []
        return [(slug, self.record.explanations.get(slug, "")) for slug in self.record.misconceptions]


@dataclass(frozen=True)
class FeedbackPage:
    """Everything on a page; nothing of it depends on the hour or the machine."""

    course: str
    lesson: str
    title: str
    student: str
    points: float
    max_points: float
    penalty: float = 0.0
    exercises: list[ExercisePart] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def pending(self) -> list[ExercisePart]:
        return [part for part in self.exercises if part.pending]

    @property
    def waiting(self) -> float:
        """Points that a person has still to give."""
        return sum(part.max_points for part in self.pending)

    @property
    def lost(self) -> float:
        return max(0.0, self.max_points - self.points - self.waiting)

    @property
    def begin_with(self) -> list[str]:
        """Exercises that others wait for, those first that most do."""
        wanted = Counter(name for part in self.exercises for name in part.begin_with)
        return [name for name, _ in wanted.most_common()]

    @property
    def sections(self) -> list[Section]:
        """What is to be read again, in the lesson's order."""
        found = {s.number: s for part in self.exercises for s in part.read_again}
        return sorted(found.values(), key=lambda s: [int(n) for n in s.number.split(".")])


def page_of(
    notebook: Mapping[str, Any], names: Mapping[str, Any], reading: Reading | None = None
) -> FeedbackPage:
    """The page of a graded notebook (as JSON, with ``grade`` in its cells).

    names: nbgrader's resources.  reading: the lesson's prose, for sections and hints.
    """
    about = notebook["metadata"].get("course", {})
    parts = [_part(cell) for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")]
    order = {name: place for place, name in enumerate(about.get("order", []))}
    parts.sort(key=lambda part: order.get(part.name, len(order)))
    begin_with = _where_to_begin(parts)
    parts = [_with_reading(replace(p, begin_with=begin_with[p.name]), reading or Reading()) for p in parts]
    return FeedbackPage(
        course=about.get("course", ""),
        lesson=names["assignment"],
        title=about.get("title", names["assignment"]),
        student=names["student"],
        points=names["score"],
        max_points=names["max_score"],
        penalty=names.get("late_penalty") or 0.0,
        exercises=parts,
        notes=list(about.get("notes", [])),
    )


def render(page: FeedbackPage) -> str:
    """The page as HTML: no script, nothing from elsewhere."""
    html = _environment().get_template("feedback.html.j2").render(page=page)
    if len(html.encode()) > MOST_BYTES:  # pathological only: every piece is cut by itself
        short = [replace(part, record=None, answer=part.answer[:1_000]) for part in page.exercises]
        html = _environment().get_template("feedback.html.j2").render(page=replace(page, exercises=short, notes=[]))
    return html


def _call(test: TestRecord) -> str:
    """The failing call as Python; empty where there is none."""
    shown = test.counterexample or {}
    code = str(shown.get("code") or shown.get("call") or "")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return code if len(code) <= text.MOST_TEXT and ast.parse(code).body else ""
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""


def _where_to_begin(parts: list[ExercisePart]) -> dict[str, tuple[str, ...]]:
    """For each exercise that is not right, the first ones wrong among those that its answer is built on."""
    wrong = {part.name: part for part in parts if not (part.right or part.written or part.pending)}
    place = {name: number for number, name in enumerate(wrong)}
    roots: dict[str, tuple[str, ...]] = {part.name: () for part in parts}
    for name, part in wrong.items():
        uses = [other for other in _names_used(part.answer) if place.get(other, len(place)) < place[name]]
        found = [root for other in uses for root in (roots[other] or (other,))]
        roots[name] = tuple(sorted(set(found), key=place.__getitem__))
    return roots


def _names_used(code: str) -> set[str]:
    """Names that an answer looks up; those that it only defines or assigns are left out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in a student's strings
            nodes = list(ast.walk(ast.parse(code))) if len(code) <= text.MOST_CODE else []
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _with_reading(part: ExercisePart, reading: Reading) -> ExercisePart:
    """With the section of the exercise; and for one that is not right with what to read, and its hints."""
    section = reading.sections.get(reading.section_of.get(part.name, ""))
    if part.right or part.pending:
        return replace(part, section=section)
    named = [n for _, said in part.mistakes for n in _SECTION.findall(said)] + ([section.number] if section else [])
    again = tuple(reading.sections[n] for n in dict.fromkeys(named) if n in reading.sections)
    hints = () if part.written else tuple(reading.hints.get(part.name, ()))
    return replace(part, section=section, read_again=again, hints=hints)


def _part(cell: Mapping[str, Any]) -> ExercisePart:
    grade = cell["metadata"].get("grade", {})
    record = cell["metadata"].get("course")
    return ExercisePart(
        name=cell["metadata"]["nbgrader"]["grade_id"],
        answer=cell["source"],
        written=cell["cell_type"] == "markdown",
        points=grade.get("score", 0.0),
        max_points=grade.get("max_score", 0.0),
        by_hand=grade.get("by_hand", False),
        pending=grade.get("pending", False),
        record=ExerciseRecord.from_json(record) if record else None,
        auto_comment=grade.get("auto_comment") or "",
        manual_comment=grade.get("manual_comment") or "",
    )


def _linked(said: Markup, part: ExercisePart) -> Markup:
    """A sentence in which the sections that the page has are links to them."""
    there = {section.number for section in part.read_again}
    link = lambda m: f'<a href="#section-{m[1]}">{m[0]}</a>' if m[1] in there else m[0]
    return Markup(_SECTION.sub(link, str(said)))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "plain": text.plain,
        "inline": text.inline,
        "markdown": text.markdown,
        "code_lines": text.code_lines,
        "linked": lambda said, part: _linked(text.inline(said, 4000), part),
        "number": lambda value: f"{value:.4g}",
        "receipt": lambda value: json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False),
    }
    environment.globals |= {
        "show": values.show,
        "apart": values.apart,
        "scenes": values.scenes,
        "samples": pictures.samples(),
        "outcomes": OUTCOMES,
    }
    return environment
