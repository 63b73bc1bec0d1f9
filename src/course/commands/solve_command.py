"""``course solve``: build the solved notebook of a lesson."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from course.commands.options import course_option

if TYPE_CHECKING:
    from course.lessons import Course


@click.command("solve", short_help="Build the solved notebook of a lesson.")
@click.argument("lesson")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="Where to write it.", metavar="FILE")
@click.option(
    "--execute", "run", is_flag=True, help="Run it from top to bottom in an ordinary kernel, and keep the outputs."
)
@click.option("--strict", is_flag=True, help="Run it, exit 1 if a cell writes a warning to stderr, and record the run.")
@course_option
def command(lesson: str, to: Path | None, run: bool, strict: bool, course: Course) -> int:
    """Put the reference answers and the rubrics' model answers into LESSON's notebook.

    \b
    course solve 02_convolution
    course solve 02_convolution --strict
    course solve 02_convolution --to submitted/alice/02_convolution/02_convolution.ipynb

    Without --to it goes to .course/solved/, never to release/ or source/. Exit status 1 when a cell fails.
    """
    import time

    from course.authoring.long_runs import notebook_run
    from course.authoring.solve import CellFailed, execute, save_solved, solved_notebook, warnings_of, working_folder
    from course.pages.progress import progress

    opened = course.lesson(lesson)
    notebook = solved_notebook(opened)
    folder = working_folder(opened)
    place = to or folder / f"{opened.name}.ipynb"
    save_solved(opened, notebook, place)
    problems: list[str] = []
    if run or strict:
        started = time.perf_counter()
        code_cells = sum(cell.cell_type == "code" for cell in notebook.cells)
        try:
            for _ in progress(execute(notebook, folder), code_cells, f"running {lesson}"):
                pass
        except CellFailed as error:
            problems.append(f"{error.cell} fails with {error.reason}")
        save_solved(opened, notebook, place)
        if strict:
            problems += [f"{cell} warns: {line}" for cell, line in warnings_of(notebook)]
        if strict and not problems:
            notebook_run(opened).save({"cells": code_cells, "seconds": round(time.perf_counter() - started, 1)})
    click.echo(place)
    for problem in problems:
        click.echo(f"{lesson}: {problem}", err=True)
    return 1 if problems else 0
