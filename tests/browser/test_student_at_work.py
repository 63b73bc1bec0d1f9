"""A student's hour: `course lab`, a lesson in JupyterLab, a cell filled in, its check run, the notebook validated."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from authoring_course import write_course
from browser.jupyter import TOKEN, Jupyter, serve

from course.authoring.release import release

LESSON = "02_sums"
RIGHT = 'def add(a: float, b: float) -> float:\n    """Add two numbers."""\n    return a + b'
WRONG = RIGHT.replace("+", "-")
SET_SOURCE = """([name, source]) => {
    const cells = [...jupyterapp.shell.currentWidget.content.model.cells]
    cells.find(c => (c.getMetadata('nbgrader') || {}).grade_id === name).sharedModel.setSource(source)
}"""


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    """What `course lab` starts, on a fresh copy of the released lessons."""
    course = write_course(tmp_path_factory.mktemp("student") / "course")
    release(course, course.lesson(LESSON))
    options = ["--no-browser", "--allow-root", "--ServerApp.port=0", f"--IdentityProvider.token={TOKEN}",
               "--LabApp.expose_app_in_browser=True", "--ServerApp.ip=127.0.0.1"]  # fmt: skip
    program = [sys.executable, "-m", "course", "lab", "--", *options]
    with serve(course.root, tmp_path_factory.mktemp("home"), program) as server:
        yield server


@pytest.fixture
def notebook(page: Any, work: Jupyter) -> Any:
    page.goto(f"{work.url}/lab/tree/{LESSON}/{LESSON}.ipynb?reset&token={work.token}")
    page.get_by_text(re.compile(r"Python 3 \(ipykernel\) \| Idle")).wait_for()
    return page


def cell(page: Any, text: str) -> Any:
    return page.locator(".jp-NotebookPanel .jp-Cell", has_text=text)


def fill_in(page: Any, source: str) -> None:
    """As a student does: click into the stub, and put something else there."""
    cell(page, "def add").locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(source)


def run_all(page: Any) -> bool:
    return page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")


def save(page: Any) -> None:
    with page.expect_response(lambda r: r.request.method == "PUT" and "/api/contents/" in r.url):
        page.keyboard.press("Control+S")


def validate(page: Any) -> str:
    with page.expect_response(lambda r: "/assignments/validate" in r.url):
        page.get_by_role("button", name="Validate").click()
    dialog = page.locator("dialog.nbgrader-ErrorDialog, .jp-Dialog").first
    told = dialog.inner_text()
    dialog.locator("button.jp-mod-accept").click()
    return told


def test_a_student_fills_in_a_cell_checks_it_and_validates(notebook: Any) -> None:
    assert notebook.locator(".Toastify__toast, .jp-Notification-Toast").count() == 0  # no question about news
    fill_in(notebook, WRONG)
    notebook.evaluate(SET_SOURCE, ["mean", "def mean(a, b):\n    return (a + b) / 2"])
    notebook.evaluate(SET_SOURCE, ["why", "Because."])
    assert run_all(notebook)  # a check that says no is no error
    told = cell(notebook, "check(add(*numbers)").locator(".jp-OutputArea-output").first.inner_text()
    assert told.strip() == "add(3, 4) is -1, expected 7."
    save(notebook)
    assert "add(3, 4) is -1, expected 7." in validate(notebook)

    fill_in(notebook, RIGHT)
    assert run_all(notebook)
    told = cell(notebook, "check(add(*numbers)").locator(".jp-OutputArea-output").first.inner_text()
    assert told.strip() == "ok: add(3, 4)"
    save(notebook)
    assert "Success! Your notebook passes all the tests." in validate(notebook)


def test_checks_of_a_lesson_run_by_one_line_in_the_notebook(notebook: Any) -> None:
    notebook.evaluate(SET_SOURCE, ["add", RIGHT])
    notebook.evaluate(SET_SOURCE, ["mean", "def mean(a, b):\n    return a + b"])
    save(notebook)
    cell(notebook, "numbers = [3, 4]").first.locator(".cm-content").click()
    notebook.keyboard.press("Control+A")
    notebook.keyboard.insert_text("!course check; echo status $?")
    notebook.keyboard.press("Control+Enter")
    output = cell(notebook, "!course check").locator(".jp-OutputArea-output").first
    notebook.wait_for_function("() => document.body.innerText.includes('status 1')")
    told = output.inner_text()
    assert "add: passed" in told and "mean(3, 5) is 8, expected 4." in told
    assert "1 of 2 exercises pass their visible checks" in told
