"""``course check``: run the visible checks of a notebook or answers file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from course.authoring.visible import Visible
    from course.lessons import Course

VERDICTS = {
    "passed": "passed",
    "failed": "not yet",
    "broken": "not yet",
    "not_answered": "not answered",
    "no_check": "has no visible check",
    "written": "written, graded by hand",
    "unwritten": "not answered",
}


@click.command("check", short_help="Run the visible checks of a notebook or answers file.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False)
@click.option("--exercise", "-e", metavar="NAME", help="Check this exercise only.")
@click.option("--lesson", metavar="LESSON", help="The lesson, if FILE does not say it.")
@click.option(
    "--seconds", type=click.FloatRange(min=0.1), default=120.0, show_default=True, help="Limit for each cell."
)
@click.option(
    "--course",
    "root",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The course's folder, if there is one (default: the nearest one above FILE or here).",
)
def command(file: Path | None, exercise: str | None, lesson: str | None, seconds: float, root: Path | None) -> int:
    """Run the visible checks on your answers in FILE, a notebook or an answers file, in a fresh Python.

    Without FILE: the notebook in this folder. In a cell of a notebook that is the line `!course check`.

    \b
    course check 02_convolution.ipynb
    course check 02_convolution.ipynb --exercise conv2d

    Save the notebook first. An answers file is Python text; `# %% conv2d` starts the code of exercise conv2d. Exit
    status 0 when all visible checks pass, 1 otherwise. Passing them is not the grade: hidden tests run later.
    """
    from course.authoring.visible import open_answers, run_checks
    from course.pages.progress import progress

    file = file or _notebook_here()
    answered = open_answers(file, _find_course(root, file), lesson)
    if exercise:
        answered = answered.only(exercise)
    verdicts = run_checks(answered, file.resolve().parent, seconds)
    found = list(progress(verdicts, len(answered.exercises), f"checking {file.name}"))
    if exercise:
        found = [visible for visible in found if visible.exercise == exercise]
    for visible in found:
        click.echo(f"{visible.exercise}: {VERDICTS[visible.verdict]}")
        for sentence in visible.sentences:
            click.echo("    " + sentence.replace("\n", "\n    "))
    click.echo(_summary(found))
    return 1 if any(v.verdict in ("failed", "broken", "not_answered") for v in found) else 0


def _notebook_here() -> Path:
    from course.errors import InputError

    found = sorted(Path().glob("*.ipynb"))
    if len(found) != 1:
        which = ", ".join(path.name for path in found[:5]) or "none"
        raise InputError(f"name the notebook that is to be checked: this folder has {len(found)} ({which})")
    return found[0]


def _find_course(root: Path | None, file: Path) -> Course | None:
    """The course that was given, else one near the file or here, else None: students need none."""
    from course.config import find_root
    from course.errors import CourseNotFound
    from course.lessons import Course

    for start in [root] if root else [file.resolve().parent, Path.cwd()]:
        try:
            return Course.open(find_root(start))
        except CourseNotFound:
            if root:
                raise
    return None


def _summary(found: list[Visible]) -> str:
    checked = [v for v in found if v.verdict in ("passed", "failed", "broken", "not_answered")]
    passed = [v for v in checked if v.verdict == "passed"]
    unanswered = [v.exercise for v in found if v.verdict in ("not_answered", "unwritten")]
    told = f"; not answered: {', '.join(unanswered)}" if unanswered else ""
    if len(passed) < len(checked):
        return f"{len(passed)} of {len(checked)} exercises pass their visible checks{told}"
    return f"visible checks passed; hidden tests run later{told}"
