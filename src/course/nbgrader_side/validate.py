"""nbgrader's Validate button and ``nbgrader validate``: a notebook's visible checks, in their own words.

nbgrader alone runs the whole notebook, trainings too, and calls every answer right that raises nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from course.authoring.notebook import cells_of
from course.authoring.visible import Answered, run_checks

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from traitlets.config import Config


def use_visible_checks(c: Config) -> None:
    """Have nbgrader validate by the visible checks; doing it twice is doing it once."""
    from nbgrader.validator import Validator

    c.Validator.validate_all = True  # checks are cells without points, which it would pass over
    Validator._preprocess = lambda self, notebook: with_verdicts(notebook, Path.cwd())  # no setting reaches its list


def with_verdicts(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """The notebook with no output but errors: under each stub that is not answered, and each check that says no."""
    from nbformat.v4 import new_output
    from nbgrader import utils

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        cell.outputs = []
    exercises = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if utils.is_grade(cell)}
    untouched = frozenset(name for name, cell in exercises.items() if utils.determine_grade(cell)[0] == 0)
    for found in run_checks(Answered("", cells_of(notebook), untouched), folder):
        if found.verdict == "not_answered":
            place, said = exercises[found.exercise], ["Not answered yet."]
        elif found.verdict in ("failed", "broken"):
            checks = [cell for cell in code if _checks(cell, found.exercise)]
            place, said = (checks or [exercises[found.exercise]])[-1], found.sentences or ["The check does not pass."]
        else:
            continue
        place.outputs = [new_output("error", ename="", evalue="", traceback=said)]
    return notebook


def _checks(cell: NotebookNode, exercise: str) -> bool:
    name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
    return name.startswith("check-") and name.split("-")[1] == exercise
