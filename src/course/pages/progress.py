"""How far a command is: a bar on a terminal, lines for a program that asks for them, else silence."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

PROGRESS = "COURSE_PROGRESS"  # set to "lines": one line on stderr for each item, which `read_progress` reads


def progress(items: Iterable[T], total: int | None, label: str) -> Iterator[T]:
    """The items, with a bar on stderr that shows how many are done and how long the rest will take."""
    if os.environ.get(PROGRESS) == "lines":
        yield from _told(items, total or 0, label)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden, auto_refresh=False) as bar:
        task = bar.add_task(label, total=total)  # no refreshing thread: grading forks this process
        bar.refresh()
        for item in items:
            bar.advance(task)
            bar.refresh()
            yield item


def read_progress(line: str) -> tuple[str, int, int] | None:
    """What is counted, how many are done and how many there are; None for any other line.

    >>> read_progress("progress 3/120 Grading 02_convolution")
    ('Grading 02_convolution', 3, 120)
    """
    found = re.fullmatch(r"progress (\d{1,9})/(\d{1,9}) (.*)", line)
    return (found[3], int(found[1]), int(found[2])) if found else None


def _told(items: Iterable[T], total: int, label: str) -> Iterator[T]:
    print(f"progress 0/{total} {label}", file=sys.stderr, flush=True)
    for done, item in enumerate(items, 1):
        print(f"progress {done}/{total} {label}", file=sys.stderr, flush=True)
        yield item
