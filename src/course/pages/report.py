"""The class's scores in a terminal."""

from __future__ import annotations

from statistics import mean, median
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from course.pages.text import visible


def show_scores(scores: dict[str, Any], console: Console | None = None) -> None:
    """Print what ``gradebook.scores`` gives: a table, and what the numbers say in one line."""
    console = console or Console(highlight=False)
    students = scores["students"]
    if not students:
        console.print(f"Nobody's {scores['lesson']} is in the gradebook yet.")
        return
    table = score_table(scores)
    narrow = console.measure(table, options=console.options.update(width=10_000)).maximum > console.width
    console.print(score_table(scores, numbered=True) if narrow else table)
    if narrow:
        console.print(", ".join(f"[bold]{number}[/] {name}" for number, name in enumerate(scores["exercises"], 1)))
    total = sum(scores["exercises"].values())
    points = [student["points"] for student in students]
    console.print(
        f"{len(students)} students, mean {mean(points):.3g}, median {median(points):.3g} of {total:g} points."
    )
    if waiting := sum(student["needs_manual"] for student in students):
        console.print(f"{waiting} have answers that wait for a person (?).")


def score_table(scores: dict[str, Any], numbered: bool = False) -> Table:
    """Students down, exercises across; exercises by number where their names would not fit."""
    table = Table(title=f"{scores['title']} ({scores['lesson']})", title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("student", overflow="ellipsis", max_width=24, no_wrap=True)
    for number, (name, most) in enumerate(scores["exercises"].items(), 1):
        table.add_column(f"{number if numbered else name}\n/ {most:g}", justify="right")
    table.add_column(f"total\n/ {sum(scores['exercises'].values()):g}", justify="right", style="bold")
    for student in scores["students"]:
        cells = [_cell(entry, scores["exercises"][name]) for name, entry in student["scores"].items()]
        late = f" [yellow](−{student['penalty']:g} late)[/]" if student["penalty"] else ""
        table.add_row(escape(visible(student["student"])), *cells, f"{student['points']:.4g}{late}")
    if len(scores["students"]) > 1:
        means = [mean(s["scores"][name]["points"] for s in scores["students"]) for name in scores["exercises"]]
        table.add_section()
        table.add_row("mean", *(f"{m:.3g}" for m in means), f"{sum(means):.3g}", style="dim")
    return table


def _cell(entry: dict[str, Any], most: float) -> str:
    if entry["by_hand"]:
        return f"{entry['points']:g}*"
    if entry["needs_manual"]:
        return "[yellow]?[/]"
    colour = "green" if entry["points"] >= most else "red" if entry["points"] == 0 else "yellow"
    return f"[{colour}]{entry['points']:g}[/]"
