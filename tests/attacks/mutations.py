"""Damage to notebooks and folders, by accident or on purpose: functions of the notebook (as JSON) and its folder.

A mutation gives back what is handed in: a notebook, text, or None if it wrote the folder itself. Before it, the three
cheap exercises of the lesson are answered rightly; ``@expect`` says what they give afterwards (full points where
nothing is said), and text that the feedback page must show.
"""

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

MUTATIONS: dict[str, Callable[..., Any]] = {}
NOTHING = {"correlate1d": None, "output_size": None, "edge_kernels": None}  # None: needs a person


def expect(reason: str = "", student: str | None = None, **points: float | None):
    def register(mutation: Callable[..., Any]) -> Callable[..., Any]:
        mutation.points, mutation.reason = points, reason
        MUTATIONS[student or mutation.__name__] = mutation
        return mutation

    return register


def cell_of(notebook: dict, grade_id: str) -> dict:
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def graded(notebook: dict) -> list[dict]:
    return [c["metadata"]["nbgrader"] for c in notebook["cells"] if "nbgrader" in c["metadata"]]


# -- metadata -----------------------------------------------------------------------------------------------------


@expect(reason="2 cells for output_size")
def duplicate_grade_id(notebook: dict, folder: Path):
    """A copied cell keeps its grade id."""
    notebook["cells"].append(copy.deepcopy(cell_of(notebook, "output_size")))
    return notebook


@expect(reason="cells for correlate1d")
def locked_cell_takes_anothers_id(notebook: dict, folder: Path):
    """A locked check is renamed to an exercise, so that the id stands twice."""
    cell_of(notebook, "check-correlate1d")["metadata"]["nbgrader"]["grade_id"] = "correlate1d"
    return notebook


@expect()
def schema_version_99(notebook: dict, folder: Path):
    """Metadata of a schema version that does not exist yet."""
    for metadata in graded(notebook):
        metadata["schema_version"] = 99
    return notebook


@expect()
def flags_flipped(notebook: dict, folder: Path):
    """Every flag of nbgrader's metadata is turned into its opposite."""
    for metadata in graded(notebook):
        for flag in ("grade", "solution", "locked"):
            metadata[flag] = not metadata.get(flag)
    return notebook


@expect()
def ids_renamed(notebook: dict, folder: Path):
    """Grade ids of nobody; the cells are known by their own ids and by what they define."""
    for number, metadata in enumerate(graded(notebook)):
        metadata["grade_id"] = f"mine-{number}"
    return notebook


@expect()
def all_names_removed(notebook: dict, folder: Path):
    """Neither grade ids nor cell ids: what a cell defines says which exercise it answers."""
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"], cell["id"] = {}, f"x{number}"
    return notebook


@expect(edge_kernels=0, reason="could not be run")
def ids_swapped(notebook: dict, folder: Path):
    """A wrong answer to edge_kernels hides behind the id of output_size's cell. Each function is still what it is."""
    edges, sizes = cell_of(notebook, "edge_kernels"), cell_of(notebook, "output_size")
    edges["source"] = "this is wrong("
    for key in ("id",):
        edges[key], sizes[key] = sizes[key], edges[key]
    return notebook


@expect()
def task_on_code(notebook: dict, folder: Path):
    """Code cells are declared tasks, which nbgrader allows for prose only."""
    for metadata in graded(notebook):
        metadata["task"] = True
    return notebook


@expect()
def metadata_removed(notebook: dict, folder: Path):
    """All metadata is gone."""
    for cell in notebook["cells"]:
        cell["metadata"] = {}
    notebook["metadata"] = {}
    return notebook


@expect()
def metadata_of_wrong_types(notebook: dict, folder: Path):
    """Metadata that is null, a list, a text, a number, or nested where nothing should be."""
    odd = [None, [], "text", {"nbgrader": None}, {"nbgrader": []}, {"nbgrader": {"grade_id": {"a": 1}}}, 7]
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"] = odd[number % len(odd)]
    notebook["metadata"] = [1]
    return notebook


@expect(correlate1d=0)
def points_500(notebook: dict, folder: Path):
    """A wrong answer whose cells say that they are worth 500 points."""
    for metadata in graded(notebook):
        metadata["points"] = 500
    cell_of(notebook, "correlate1d")["source"] = "def correlate1d(x, w):\n    return torch.zeros(1)"
    return notebook


@expect(correlate1d=0)
def own_course_metadata(notebook: dict, folder: Path):
    """Brings the record that the engine would write, with full points."""
    cell = cell_of(notebook, "correlate1d")
    cell["source"] = "def correlate1d(x, w):\n    return torch.zeros(1)"
    record = {"lesson": "02_convolution", "exercise": "correlate1d", "points": 2.0, "max_points": 2.0, "tests": [],
              "status": "graded", "reason": "FORGED", "misconceptions": [], "receipt": {"seed": 0}}  # fmt: skip
    grade = {"score": 2.0, "max_score": 2.0, "auto_comment": "FORGED", "manual_comment": "FORGED"}
    cell["metadata"] |= {"course": record, "grade": grade, "tags": ["experiment", "FORGED"]}
    notebook["metadata"]["course"] = {"title": "FORGED", "student": "FORGED", "order": [], "notes": ["FORGED"]}
    return notebook


@expect(correlate1d=0)
def tags(notebook: dict, folder: Path):
    """Tags by which nbclient would skip a cell, or forgive it its exception."""
    cell_of(notebook, "correlate1d")["source"] = "def correlate1d(x, w):\n    return torch.zeros(1)"
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["skip-execution", "raises-exception", "experiment", "remove-cell"]
        cell["metadata"]["nbclient"] = {"skip": True}
    return notebook


@expect(correlate1d=0)
def saved_outputs(notebook: dict, folder: Path):
    """Outputs that say 2.0 wait in every cell."""
    cell_of(notebook, "correlate1d")["source"] = "def correlate1d(x, w):\n    return torch.zeros(1)"
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "execute_result", "execution_count": 1, "metadata": {},
                                "data": {"text/plain": "2.0", "text/html": "<script>alert(1)</script>"}}]  # fmt: skip
    return notebook


# -- cells --------------------------------------------------------------------------------------------------------


@expect(output_size=0, reason="The cell of output_size is missing")
def deleted_cells(notebook: dict, folder: Path):
    """The cell of an exercise was deleted: that exercise is not answered, and the page says so."""
    notebook["cells"] = [c for c in notebook["cells"] if c is not cell_of(notebook, "output_size")]
    return notebook


@expect()
def only_the_answers(notebook: dict, folder: Path):
    """Everything but the three answers is deleted, the setup cell too."""
    names = ("correlate1d", "edge_kernels", "output_size")
    notebook["cells"] = [cell_of(notebook, name) for name in names]
    return notebook


@expect()
def reversed_cells(notebook: dict, folder: Path):
    """All cells in the opposite order."""
    notebook["cells"].reverse()
    return notebook


@expect(correlate1d=0)
def locked_cells_edited(notebook: dict, folder: Path):
    """Setup and checks are replaced by attacks, or turned into prose."""
    cell_of(notebook, "correlate1d")["source"] = "def correlate1d(x, w):\n    return torch.zeros(1)"
    for cell in notebook["cells"]:
        metadata = cell["metadata"].get("nbgrader", {})
        if metadata.get("locked"):
            cell["source"] = "import os\nos._exit(0)"
            if metadata["grade_id"] == "check-output_size":
                cell["cell_type"] = "markdown"
    return notebook


@expect()
def answer_turned_into_prose(notebook: dict, folder: Path):
    """An answer's cell became Markdown, which costs nothing: the source says that it is code."""
    cell = cell_of(notebook, "output_size")
    cell["cell_type"] = "markdown"
    for key in ("outputs", "execution_count"):
        cell.pop(key, None)
    return notebook


@expect(output_size=0, reason="could not be run")
def syntax_error_in_a_cell(notebook: dict, folder: Path):
    """A cell that does not parse."""
    cell_of(notebook, "output_size")["source"] = "def output_size(size:\n    return )"
    return notebook


@expect()
def missing_attachment(notebook: dict, folder: Path):
    """Pictures that are not there, in prose and in a written answer, with broken Markdown around them."""
    text = (
        "![a](attachment:missing.png) ![b](attachment:) [x](javascript:alert(1)) <img src=x onerror=alert(1)> ``` $$ {{"
    )
    cell_of(notebook, "equivariance")["source"] = text
    notebook["cells"].insert(1, {"cell_type": "markdown", "metadata": {}, "source": text, "attachments": None})
    return notebook


@expect()
def magics_and_shell_lines(notebook: dict, folder: Path):
    """Magics, shell lines and unknown ones in a cell of the student's own."""
    text = "%matplotlib inline\n%unknown_magic\n!exit 3\n%reset -f\n?torch"
    cell = {"cell_type": "code", "metadata": {}, "source": text, "outputs": [], "execution_count": None}
    notebook["cells"].insert(0, cell)
    return notebook


@expect()
def cells_that_sleep(notebook: dict, folder: Path):
    """Twenty cells that stay just below the limit of a cell: the notebook as a whole has a limit, too."""
    for number in range(20):
        source = f"import time; time.sleep(2)  # {number}"
        cell = {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        notebook["cells"].append(cell)
    return notebook


@expect()
def sources_as_lines_and_surrogates(notebook: dict, folder: Path):
    """Sources as lists of lines, with half of a surrogate pair and Windows' line ends."""
    for cell in notebook["cells"]:
        cell["source"] = [line.replace("\n", "\r\n") for line in cell["source"].splitlines(keepends=True)] if isinstance(
            cell["source"], str) else cell["source"]  # fmt: skip
    notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": ["\ud800 half \x00"]})
    return notebook


# -- the file -----------------------------------------------------------------------------------------------------


@expect(reason="not valid JSON", **NOTHING)
def not_json(notebook: dict, folder: Path):
    """A script under the notebook's name."""
    return "print('I saved this as a script')"


@expect(reason="not valid JSON", **NOTHING)
def cut_in_the_middle(notebook: dict, folder: Path):
    """Half of the file, as after a broken upload."""
    text = json.dumps(notebook)
    return text[: len(text) // 2]


@expect(reason="nested too deeply", **NOTHING)
def deep_json(notebook: dict, folder: Path):
    """JSON that is nested 200 000 deep."""
    return "[" * 200_000 + "]" * 200_000


@expect(reason="it has no cells", **NOTHING)
def empty_file_of_json(notebook: dict, folder: Path):
    """A file that holds null."""
    return "null"


@expect(reason="it has no cells", **NOTHING)
def empty_nbformat_3(notebook: dict, folder: Path):
    """A notebook of the format of 2013, with no cells."""
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": []}


@expect()
def old_nbformat_3(notebook: dict, folder: Path):
    """The same answers in the format of 2013."""
    cells = [{"cell_type": c["cell_type"], "metadata": c["metadata"], "input": c["source"], "language": "python",
              "source": c["source"]} for c in notebook["cells"]]  # fmt: skip
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells, "metadata": {}}]}


@expect()
def another_nbformat(notebook: dict, folder: Path):
    """A notebook of a format that does not exist."""
    return notebook | {"nbformat": 99, "nbformat_minor": -1}


@expect(reason="was handed in as Untitled (1).ipynb")
def other_file_name(notebook: dict, folder: Path):
    """The notebook under the name that a browser gave it."""
    (folder / "Untitled (1).ipynb").write_text(json.dumps(notebook), encoding="utf-8")


@expect(reason="there is no 02_convolution.ipynb", **NOTHING)
def no_file(notebook: dict, folder: Path):
    """A folder with no notebook in it."""
    (folder / "notes.txt").write_text("sorry", encoding="utf-8")


@expect()
def wrong_kernelspec(notebook: dict, folder: Path):
    """A notebook for another language, with a kernel's name that holds a shell command."""
    notebook["metadata"]["kernelspec"] = {"name": "evil; rm -rf", "display_name": "R", "language": "R"}
    notebook["metadata"]["language_info"] = {"name": "R", "file_extension": ".r"}
    return notebook


# -- names and folders --------------------------------------------------------------------------------------------


@expect(student="bob[1] {a*}?")
def id_with_brackets(notebook: dict, folder: Path):
    """A student id with every character that glob patterns give a meaning."""
    return notebook


@expect(student="  space at both ends ")
def id_with_spaces(notebook: dict, folder: Path):
    """A student id that begins and ends with spaces."""
    return notebook


@expect(student="zoë 李 \u202e 🙂")
def id_with_unicode(notebook: dict, folder: Path):
    """A student id with accents, a sign that turns the direction of writing, and a face."""
    return notebook


@expect(student="--help")
def id_like_an_option(notebook: dict, folder: Path):
    """A student id that reads like an option of a command."""
    return notebook


@expect(student="<b onclick=alert(1)>&amp;'\"")
def id_with_html(notebook: dict, folder: Path):
    """A student id that is HTML with a script."""
    return notebook


@expect()
def links_beside_the_notebook(notebook: dict, folder: Path):
    """Links to a secret, to another student's folder and to devices. They are neither followed nor copied."""
    secret = folder.parents[2] / "secret.txt"
    secret.write_text("nobody may read this", encoding="utf-8")
    for name in ("data.txt", "timestamp.txt", "submission_secret.txt", "more.ipynb"):
        (folder / name).symlink_to(secret)
    (folder / "others").symlink_to(folder.parents[1])
    (folder / "zero").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe")
    return notebook


@expect(reason="is a link", **NOTHING)
def notebook_is_a_link(notebook: dict, folder: Path):
    """The notebook is a link to that of a student who is right."""
    (folder / "02_convolution.ipynb").symlink_to(folder.parents[1] / "honest" / folder.name / "02_convolution.ipynb")


@expect(reason="is a link", **NOTHING)
def folder_is_a_link(notebook: dict, folder: Path):
    """The folder is a link to that of a student who is right."""
    folder.rmdir()
    folder.symlink_to(folder.parents[1] / "honest" / folder.name)


@expect(reason="not an ordinary file", **NOTHING)
def notebook_is_a_pipe(notebook: dict, folder: Path):
    """The notebook is a pipe, on which a reader would wait for ever."""
    os.mkfifo(folder / "02_convolution.ipynb")


@expect()
def modules_beside_the_notebook(notebook: dict, folder: Path):
    """Files that Python would import in the place of others if the submission's folder were on its path."""
    marker = folder.parents[2] / "a_students_file_was_run"
    names = ("ipykernel_launcher", "numpy", "torch", "sitecustomize", "usercustomize", "conftest", "json", "coursekit",
             "coursebridge", "course", "nbgrader_config", "course_config", "test_correlate1d")  # fmt: skip
    for name in names:
        (folder / f"{name}.py").write_text(f"open({str(marker)!r}, 'w').close()\n", encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n", encoding="utf-8")
    (folder / "02_convolution.html").write_text("<script>FORGED</script>", encoding="utf-8")
    return notebook
