"""Records in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from course.records import SubmissionRecord

MARKS = {
    "passed": "[green]✓[/]",
    "failed": "[red]✗[/]",
    "timeout": "[red]⧗[/]",
    "forbidden": "[red]⊘[/]",
    "error": "[yellow]?[/]",
    "not_run": "[dim]–[/]",
}


def show_submission(record: SubmissionRecord, title: str) -> None:
    """Scores by exercise, then every failed test with its message and the smallest failing call."""
    console = Console(highlight=False)
    table = Table(title=escape(title), title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading, justify in (("exercise", "left"), ("points", "right"), ("", "left")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for name, exercise in record.exercises.items():
        state = {"graded": "", "needs_manual": "needs manual grading", "not_answered": "not answered"}[exercise.status]
        table.add_row(name, f"{exercise.points:g} / {exercise.max_points:g}", state)
    console.print(table)
    for name, exercise in record.exercises.items():
        wrong = [t for t in exercise.tests if t.outcome != "passed"]
        if not wrong and exercise.status == "graded":
            continue
        if exercise.status == "not_answered":
            continue
        console.print(f"\n[bold]{name}[/]  {exercise.points:g} / {exercise.max_points:g}")
        if exercise.reason:
            console.print(f"  {escape(exercise.reason)}")
        for test in exercise.tests:
            console.print(f"  {MARKS[test.outcome]} {escape(test.title)} [dim]({test.points:g}/{test.max_points:g})[/]")
            if test.message and test.outcome != "not_run":
                console.print(f"    {escape(test.message)}")
            if test.counterexample and test.outcome == "failed":
                for line in test.counterexample.get("code", "").splitlines():
                    console.print(f"      [cyan]{escape(line)}[/]")
    for note in record.notes:
        console.print(f"note: {escape(note)}")
    console.print(f"[bold]{record.points:g} of {record.max_points:g} points[/] in {record.seconds:.1f} s\n")
