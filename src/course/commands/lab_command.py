"""``course lab``: open JupyterLab on the released lessons."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click


@click.command("lab", short_help="Open JupyterLab on the released lessons.")
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Your folder (default: work)."
)
@click.option("--copy-only", is_flag=True, help="Copy the lessons, and do not open JupyterLab.")
@click.option("--grading", is_flag=True, help="For TAs: the course's own folder, with formgrader and review pages.")
@click.option(
    "--course",
    "start",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path("."),
    metavar="DIR",
    help="The folder that has release/ in it (default: the nearest one above).",
)
@click.argument("options", nargs=-1, metavar="[-- JUPYTER OPTION...]", type=click.UNPROCESSED)
def command(to: Path | None, copy_only: bool, grading: bool, start: Path, options: tuple[str, ...]) -> int:
    """Copy the released lessons into a folder of yours, and open JupyterLab there.

    \b
    course lab
    course lab --to ~/convnets
    course lab -- --no-browser --port 8899
    course lab --grading

    What is in your folder is never overwritten: a lesson that you have begun stays as it is. --grading is for TAs: it
    copies nothing, and opens the course's own folder with nbgrader's formgrader (/formgrader) and the review pages
    (/review). See docs/grading_in_the_browser.md.
    """
    from course.authoring.lab import copy_lessons, find_released, jupyterlab

    if grading:
        return _grading(to, copy_only, start, options)
    root = find_released(start)
    work = (to or root / "work").expanduser().resolve()
    copied = copy_lessons(root, work)
    click.echo(f"your folder is {work}")
    for name in copied.new:
        click.echo(f"    new   {name}")
    for name in copied.kept:
        click.echo(f"    kept  {name} (yours; the released one is {root / 'release' / name})")
    if copy_only:
        return 0
    return _run(*jupyterlab(root, work, options))


def _grading(to: Path | None, copy_only: bool, start: Path, options: tuple[str, ...]) -> int:
    from course.authoring.lab import jupyterlab
    from course.config import find_root
    from course.errors import InputError

    if to is not None or copy_only:
        raise InputError("--grading opens the course's own folder: it goes with neither --to nor --copy-only")
    root = find_root(start)
    click.echo(f"the course is {root}; in the browser: /formgrader for nbgrader's pages, /review for the course's own")
    os.chdir(root)  # where nbgrader looks for nbgrader_config.py
    return _run(*jupyterlab(root, root, options))


def _run(program: list[str], environment: dict[str, str]) -> int:
    if os.name != "posix":
        return subprocess.call(program, env=environment)
    sys.stdout.flush()
    os.execve(program[0], program, environment)  # Ctrl-C is JupyterLab's from here on
