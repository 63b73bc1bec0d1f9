"""The audit in a terminal: scores of right answers, and the table mistake x diagnosis."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from course.records import ExerciseRecord


class Audited(Protocol):
    """One known answer, graded (``authoring.audit.Finding``)."""

    @property
    def exercise(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def slug(self) -> str: ...

    @property
    def record(self) -> ExerciseRecord: ...

    @property
    def diagnosis(self) -> str: ...

    @property
    def problem(self) -> str | None: ...


def show_audit(lesson: str, findings: Iterable[Audited]) -> int:
    """Print what was found; gives the number of problems."""
    console = Console(highlight=False, width=140)
    found = list(findings)
    for exercise in dict.fromkeys(f.exercise for f in found):
        _show_exercise(console, exercise, [f for f in found if f.exercise == exercise])
    problems = [f.problem for f in found if f.problem]
    for problem in problems:
        console.print(f"[red]✗[/] {escape(problem)}")
    mistakes = [f for f in found if f.kind == "mistake"]
    named = sum(f.problem is None for f in mistakes)
    console.print(
        f"[bold]{lesson}[/]: {len(found)} answers, {named} of {len(mistakes)} mistakes as they should be, "
        f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    )
    return len(problems)


def _show_exercise(console: Console, exercise: str, found: list[Audited]) -> None:
    right = [f for f in found if f.kind in ("solution", "variant")]
    full = sum(f.record.full for f in right)
    table = Table(title=f"{exercise}: {full} of {len(right)} right answers full", title_justify="left", box=None)
    table.add_column("mistake")
    table.add_column("points", justify="right")
    table.add_column("named")
    for finding in sorted((f for f in found if f.kind == "mistake"), key=lambda f: f.slug):
        mark = "[green]✓[/]" if finding.problem is None else "[red]✗[/]"
        points = f"{finding.record.points:g}/{finding.record.max_points:g}"
        table.add_row(finding.slug, points, f"{mark} {finding.diagnosis}")
    console.print(table)
