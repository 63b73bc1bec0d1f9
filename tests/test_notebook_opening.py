"""Submitted notebooks, whole and broken, are opened: what is run, what answers what, and what is said about it."""

from __future__ import annotations

import copy
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from tiny_course import ADD, LESSON, MEAN, WHY, answered, cell_of, hand_in, released, write_course

from course.authoring.notebook import build_notebook, write_notebook
from course.errors import InputError
from course.lessons import Lesson
from course.runs.notebook import NotebookSubmission, UnreadableNotebook, blank_submission, open_notebook, tidy_notebook
from course.source import read_source


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    lesson = write_course(tmp_path).lesson(LESSON)
    points = {name: exercise.points for name, exercise in lesson.exercises.items()}
    write_notebook(build_notebook(read_source(lesson), points), lesson.release_notebook)
    return lesson


def opened(lesson: Lesson, notebook: dict[str, Any] | str) -> NotebookSubmission:
    return open_notebook(lesson, read_source(lesson), hand_in(lesson, "ada", notebook), "ada")


def run(submission: NotebookSubmission) -> list[str]:
    return [cell.exercise or cell.role if cell.role != "free" else cell.source for cell in submission.cells]


WHOLE = ["setup", "numbers = [3, 4]", "add", "add", "mean", "mean"]  # exercise and check have the same name


def test_a_full_notebook_runs_in_order_without_its_experiment(lesson: Lesson) -> None:
    submission = opened(lesson, answered(lesson, add=ADD, mean=MEAN, why=WHY))
    assert run(submission) == WHOLE
    assert [c.role for c in submission.cells] == ["setup", "free", "exercise", "check", "exercise", "check"]
    assert submission.answers == {"add": ADD, "mean": MEAN, "why": WHY}
    assert (submission.untouched, submission.notes) == (frozenset(), ())


def test_untouched_stubs_are_listed_even_with_a_comment_added(lesson: Lesson) -> None:
    notebook = answered(lesson, mean=MEAN)
    cell_of(notebook, "add")["source"] = "# I will do this later\n" + "".join(cell_of(notebook, "add")["source"])
    assert opened(lesson, notebook).untouched == {"add", "why"}
    assert "add" in opened(lesson, answered(lesson, add="")).untouched


def test_locked_cells_are_the_sources_whatever_the_student_made_of_them(lesson: Lesson) -> None:
    notebook = answered(lesson, add=ADD)
    cell_of(notebook, "setup-1")["source"] = "raise SystemExit"
    cell_of(notebook, "check-add")["source"] = "print('all points')"
    sources = [c.source for c in opened(lesson, notebook).cells]
    assert sources[0] == "import math" and "print(add(*numbers))" in sources
    assert not any("SystemExit" in s or "all points" in s for s in sources)


def test_deleted_locked_cells_come_back_in_their_place(lesson: Lesson) -> None:
    notebook = answered(lesson, add=ADD, mean=MEAN)
    notebook["cells"] = [
        c
        for c in notebook["cells"]
        if c["metadata"].get("nbgrader", {}).get("grade_id") not in ("setup-1", "check-add")
    ]
    assert run(opened(lesson, notebook)) == WHOLE


def test_a_reversed_notebook_has_its_setup_first(lesson: Lesson) -> None:
    notebook = answered(lesson, add=ADD, mean=MEAN)
    notebook["cells"].reverse()
    submission = opened(lesson, notebook)
    assert submission.cells[0].role == "setup" and submission.answers["add"] == ADD


def test_only_the_sources_tags_count(lesson: Lesson) -> None:
    notebook = answered(lesson, add=ADD)
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["skip-execution", "experiment"] if cell["cell_type"] == "code" else []
    notebook["cells"][-1]["metadata"]["tags"] = []
    notebook["cells"][-1]["source"] = "train_for_hours()"
    submission = opened(lesson, notebook)
    assert run(submission) == WHOLE
    assert submission.page[-1].source == "train_for_hours()" and submission.page[-1].role == "experiment"


def test_own_cells_are_run_where_they_stand(lesson: Lesson) -> None:
    notebook = answered(lesson, add="def add(a, b):\n    return helper(a, b)")
    place = notebook["cells"].index(cell_of(notebook, "add"))
    helper = {"cell_type": "code", "metadata": {}, "source": "def helper(a, b):\n    return a + b", "outputs": []}
    notebook["cells"].insert(place, helper)
    assert run(opened(lesson, notebook))[2:4] == [helper["source"], "add"]


def test_of_two_copies_the_last_changed_one_counts(lesson: Lesson) -> None:
    notebook = answered(lesson, add=ADD)
    stub = cell_of(released(lesson), "add")
    notebook["cells"].append(stub | {"id": "copy"})
    submission = opened(lesson, notebook)
    assert submission.answers["add"] == ADD and "add" not in submission.untouched
    assert sum(c.exercise == "add" and c.role == "exercise" for c in submission.cells) == 1
    assert "2 cells for add: the last one that you changed counts" in submission.notes[0]
    notebook["cells"].append(stub | {"id": "other", "source": "def add(a, b):\n    return b + a"})
    submission = opened(lesson, notebook)
    assert submission.answers["add"].endswith("b + a") and ADD in [c.source for c in submission.cells]


@pytest.mark.parametrize("how", ["renamed", "metadata lost", "ids lost", "deleted and written anew", "merged"])
def test_an_answer_is_found_without_its_mark(lesson: Lesson, how: str) -> None:
    notebook = answered(lesson, add=ADD, mean=MEAN)
    cell, other = cell_of(notebook, "mean"), cell_of(notebook, "add")
    if how == "renamed":
        cell["metadata"]["nbgrader"]["grade_id"] = "my_mean"
    elif how == "metadata lost":
        cell["metadata"] = {}
    elif how == "ids lost":
        cell["metadata"], cell["id"] = {}, "other"
    elif how == "deleted and written anew":
        notebook["cells"].remove(cell)
        notebook["cells"].append({"cell_type": "code", "metadata": {}, "source": MEAN, "outputs": []})
    else:
        other["source"] = f"{ADD}\n\n{MEAN}"
        notebook["cells"].remove(cell)
    submission = opened(lesson, notebook)
    assert MEAN in submission.answers["mean"] and "mean" not in submission.untouched
    assert any(c.exercise == "mean" and c.role == "exercise" and MEAN in c.source for c in submission.cells)


def test_an_answer_beside_its_untouched_stub_is_found_and_the_stub_not_run(lesson: Lesson) -> None:
    notebook = answered(lesson, add=ADD)
    place = notebook["cells"].index(cell_of(notebook, "mean"))
    notebook["cells"].insert(place, {"cell_type": "code", "metadata": {}, "source": MEAN, "outputs": []})
    submission = opened(lesson, notebook)
    assert submission.answers["mean"] == MEAN and "mean" not in submission.untouched
    assert not any("NotImplementedError" in c.source for c in submission.cells)
    assert any("mean stands in another cell" in note for note in submission.notes)


def test_a_syntax_error_in_one_cell_leaves_the_others(lesson: Lesson) -> None:
    submission = opened(lesson, answered(lesson, add="def add(a, b:\n", mean=MEAN))
    assert submission.answers["add"] == "def add(a, b:\n" and submission.answers["mean"] == MEAN
    assert submission.untouched == {"why"}


def test_missing_exercises_are_noted(lesson: Lesson) -> None:
    notebook = answered(lesson, add=ADD)
    for name in ("mean", "why"):
        notebook["cells"].remove(cell_of(notebook, name))
    submission = opened(lesson, notebook)
    assert set(submission.answers) == {"add"}
    assert [n for n in submission.notes if "missing" in n] == [
        "The cell of mean is missing from your notebook.",
        "The cell of why is missing from your notebook.",
    ]
    tidied = tidy_notebook(lesson, read_source(lesson), submission)
    assert [c.metadata.nbgrader.grade_id for c in tidied.cells if c.metadata.get("nbgrader", {}).get("grade")] == [
        "add", "mean", "why"]  # fmt: skip


def test_a_cell_turned_into_markdown_still_answers(lesson: Lesson) -> None:
    notebook = answered(lesson, add=ADD)
    cell_of(notebook, "add")["cell_type"] = "markdown"
    submission = opened(lesson, notebook)
    assert submission.answers["add"] == ADD and "add" in run(submission)


def test_tidy_rebuilds_everything_but_the_text_from_the_release(lesson: Lesson) -> None:
    notebook = answered(lesson, add=ADD, why="My reason.")
    notebook["metadata"] |= {"kernelspec": {"name": "evil", "display_name": "x"}, "widgets": {"a": 1}}
    for cell in notebook["cells"]:
        cell["metadata"] |= {"course": {"points": 99}, "tags": ["raises-exception"], "editable": True}
        cell["attachments"] = {"a.png": {"image/png": "AAAA"}}
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"] |= {"points": 500, "schema_version": 99, "locked": False}
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "6.0"}]
    cell_of(notebook, "check-add")["source"] = "6.0"
    tidied = tidy_notebook(lesson, read_source(lesson), opened(lesson, notebook))
    expected = answered(lesson, add=ADD, why="My reason.")
    assert [c["metadata"] for c in tidied["cells"]] == [c["metadata"] for c in expected["cells"]]
    assert [c["id"] for c in tidied["cells"]] == [c["id"] for c in expected["cells"]]
    assert [c["source"] for c in tidied["cells"]] == ["".join(c["source"]) for c in expected["cells"]]
    assert tidied["metadata"] == expected["metadata"]
    assert not any(c.get("outputs") or "attachments" in c for c in tidied["cells"])


def test_tidy_survives_a_source_that_was_edited_after_the_release(lesson: Lesson) -> None:
    notebook = answered(lesson, add=ADD)
    edited = lesson.source.read_text().replace("# # Sums", "# # Sums, again").replace("import math", "import math, os")
    lesson.source.write_text(edited + "\n# %% [markdown]\n# One more thing.\n")
    submission = opened(lesson, notebook)
    assert submission.cells[0].source == "import math, os"
    tidied = tidy_notebook(lesson, read_source(lesson), submission)
    assert cell_of(tidied, "add")["source"] == ADD and cell_of(tidied, "setup-1")["source"] == "import math"


def test_an_unreleased_lesson_opens_but_cannot_be_tidied(tmp_path: Path, lesson: Lesson) -> None:
    notebook = answered(lesson, add=ADD)
    lesson.release_notebook.unlink()
    submission = opened(lesson, notebook)
    assert submission.answers["add"] == ADD
    with pytest.raises(InputError, match="course release 02_sums"):
        tidy_notebook(lesson, read_source(lesson), submission)


def test_nbformat_3_and_other_kernels_are_read(lesson: Lesson) -> None:
    cells = [
        {"cell_type": "heading", "level": 1, "source": ["Sums"], "metadata": {}},
        {"cell_type": "code", "input": ADD.splitlines(keepends=True), "metadata": {}, "outputs": [], "language": "R"},
    ]
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}
    assert opened(lesson, old).answers == {"add": ADD}
    notebook = answered(lesson, add=ADD)
    notebook["metadata"]["kernelspec"] = {"name": "ir", "language": "R"}
    notebook["nbformat"] = 9
    assert opened(lesson, notebook).answers["add"] == ADD


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not valid JSON"),
        ("<html>", r"not valid JSON \(line 1\)"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "no cells"),
        ('{"cells": []}', "no cells"),
        ('{"cells": 3, "worksheets": {"cells": 1}}', "no cells"),
        ("[" + "[]," * 3_000_001 + "0]", "too many values"),
        (json.dumps({"cells": [{"cell_type": "code", "source": ""}] * 6000}), "more than 5000 cells"),
        ('{"cells": [{"source": ' + "9" * 10_000 + "}]}", "not valid JSON"),
    ],
)
def test_what_is_no_notebook_says_why(lesson: Lesson, text: str, reason: str) -> None:
    with pytest.raises(UnreadableNotebook, match=reason):
        opened(lesson, text)


def test_only_plain_files_are_opened(lesson: Lesson, tmp_path: Path) -> None:
    path, source = hand_in(lesson, "ada", answered(lesson, add=ADD)), read_source(lesson)
    real = tmp_path / "other.ipynb"
    path.rename(real)
    for make in (
        lambda: path.symlink_to(real),
        lambda: os.mkfifo(path),
        path.mkdir,
        lambda: path.symlink_to("/dev/zero"),
    ):
        make()
        with pytest.raises(UnreadableNotebook, match="link|ordinary"):
            open_notebook(lesson, source, path, "ada")
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    with pytest.raises(UnreadableNotebook, match="there is no 02_sums.ipynb"):
        open_notebook(lesson, source, path, "ada")
    path.parent.rmdir()
    path.parent.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    real.rename(tmp_path / "elsewhere" / path.name)
    with pytest.raises(UnreadableNotebook, match="folder of 02_sums.ipynb is a link"):
        open_notebook(lesson, source, path, "ada")


def test_a_large_file_is_not_read(lesson: Lesson) -> None:
    path = hand_in(lesson, "ada", "")
    with path.open("wb") as file:
        file.truncate(60_000_000)
    with pytest.raises(UnreadableNotebook, match="larger than 50 MB"):
        open_notebook(lesson, read_source(lesson), path, "ada")


def test_another_file_name_is_taken_if_it_is_the_only_notebook(lesson: Lesson) -> None:
    path = hand_in(lesson, "ada", answered(lesson, add=ADD))
    path.rename(path.with_name("02_sums (1).ipynb"))
    submission = open_notebook(lesson, read_source(lesson), path, "ada")
    assert submission.answers["add"] == ADD and "its name should be 02_sums.ipynb" in submission.notes[0]


def test_odd_characters_do_no_harm(lesson: Lesson) -> None:
    submission = opened(lesson, answered(lesson, add=ADD + "\r\n# \ud800 \x00 \u202e", mean="\ufeff" + MEAN))
    assert submission.answers["add"].startswith(ADD + "\n# ? \x00")
    "".join(submission.answers.values()).encode("utf-8")


def test_a_blank_submission_has_every_cell_and_no_answer(lesson: Lesson) -> None:
    submission = blank_submission(read_source(lesson), "ada")
    assert not submission.answers and not submission.cells
    tidied = tidy_notebook(lesson, read_source(lesson), submission)
    assert [c.source for c in tidied.cells] == ["".join(c["source"]) for c in released(lesson)["cells"]]


def test_mangled_notebooks_never_raise_and_lose_no_exercise(lesson: Lesson) -> None:
    """Cells shuffled, doubled, deleted, stripped and swapped at random: each exercise is still there exactly once."""
    source = read_source(lesson)
    for seed in range(100):
        r = random.Random(seed)
        notebook = answered(lesson, add=ADD, mean=MEAN, why=WHY)
        for _ in range(r.randint(1, 6)):
            cells = notebook["cells"]
            i, j = r.randrange(len(cells)), r.randrange(len(cells))
            action = r.choice(["swap", "double", "delete", "strip", "mix", "text", "kind"])
            if action == "swap":
                cells[i], cells[j] = cells[j], cells[i]
            elif action == "double":
                cells.insert(j, copy.deepcopy(cells[i]))
            elif action == "delete" and len(cells) > 1:
                cells.pop(i)
            elif action == "strip":
                cells[i]["metadata"] = r.choice([{}, None, [], {"nbgrader": 3}, {"nbgrader": {"grade_id": 4}}])
            elif action == "mix":
                cells[i]["metadata"] = copy.deepcopy(cells[j]["metadata"])
            elif action == "text":
                cells[i]["source"] = r.choice(["", "x = (", 7, None, ["a", 3], "def mean(): pass"])
            elif action == "kind":
                cells[i]["cell_type"] = r.choice(["raw", "markdown", "code", None])
        submission = opened(lesson, notebook)
        names = [c.exercise for c in submission.page if c.role == "exercise"]
        assert sorted(names) == ["add", "mean", "why"], (seed, names)
        tidied = tidy_notebook(lesson, source, submission)
        ids = [c.metadata.nbgrader.grade_id for c in tidied.cells if "nbgrader" in c.metadata]
        assert sorted(ids) == ["add", "check-add", "check-mean", "mean", "setup-1", "why"], seed
        assert len({c.id for c in tidied.cells}) == len(tidied.cells)
