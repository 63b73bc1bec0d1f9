"""nbgrader's formgrader with our extension and settings, in a browser without the internet."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import graded_course
import pytest
from browser.jupyter import Jupyter, serve
from browser.test_queue import HOSTILE_ID, HOSTILE_TEXT, enter
from tiny_course import ADD, LESSON, MEAN, answered, hand_in

from course.authoring.lab import review_settings
from course.lessons import Course
from course.nbgrader_side.gradebook import entered

LOADED = "typeof models !== 'undefined' && models && models.loaded === true"
READY = "formgrader.loaded && formgrader.grades.loaded && formgrader.comments.loaded && MathJax.loaded"


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The tiny course, graded; dan's answers are right and not graded yet, and one student is hostile."""
    course = graded_course.build(tmp_path_factory.mktemp("formgrader") / "course")
    lesson = course.lesson(LESSON)
    hostile = answered(lesson, add=ADD, why=HOSTILE_TEXT)
    hand_in(lesson, HOSTILE_ID, hostile)
    with pytest.MonkeyPatch.context() as monkeypatch:
        graded_course.kernels_in_this_process(monkeypatch)
        result = graded_course.run(course, "grade", LESSON)
    assert result.exception is None, result.output
    hand_in(lesson, "dan", answered(lesson, add=ADD, mean=MEAN, why="Because $a + b = b + a$."))
    return course


@pytest.fixture(scope="module")
def server(classroom: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    with serve(classroom.root, tmp_path_factory.mktemp("jupyter"), **review_settings(classroom.root)) as jupyter:
        yield jupyter


@pytest.fixture
def tab(server: Jupyter, page: Any) -> Any:
    enter(page, server)
    return page


def submissions(tab: Any, server: Jupyter) -> dict[str, str]:
    reply = tab.request.get(f"{server.url}/formgrader/api/submitted_notebooks/{LESSON}/{LESSON}")
    return {one["student"]: one["id"] for one in reply.json()}


def grading_page(tab: Any, server: Jupyter, student: str) -> None:
    tab.goto(f"{server.url}/formgrader/submissions/{submissions(tab, server)[student]}/")
    tab.wait_for_function(READY)


def test_autograde_grades_in_a_process_of_its_own_and_everyone_is_answered(
    tab: Any, server: Jupyter, classroom: Course
) -> None:
    tab.goto(f"{server.url}/formgrader/manage_submissions/{LESSON}")
    tab.wait_for_function(LOADED)
    row = tab.locator("#main-table tr", has=tab.locator("td.student-id", has_text="dan"))
    row.locator("td.autograde a").click()
    waits = []
    while not tab.locator("#success-modal.in, #error-modal.in").count():
        began = time.monotonic()
        assert tab.request.get(f"{server.url}/api/status").ok
        waits.append(time.monotonic() - began)
        tab.wait_for_timeout(50)
    assert tab.locator("#success-modal.in").count() == 1, tab.locator(".modal-body").inner_text()
    assert len(waits) > 20  # a server that is blocked answers once
    assert classroom.lesson(LESSON).autograded_notebook("dan").is_file()
    scores = entered(classroom, classroom.lesson(LESSON))["dan"]
    assert {name: score["auto"] for name, score in scores.items()} == {"add": 2.0, "mean": 3.0, "why": None}
    tab.get_by_role("button", name="OK").click()
    tab.locator(".modal").wait_for(state="detached")
    assert "5 / 7" in row.locator("td.score").inner_text()


def test_the_grading_page_names_exercises_and_its_keys_work_without_the_internet(tab: Any, server: Jupyter) -> None:
    grading_page(tab, server, "ada")
    headings = [h.inner_text() for h in tab.locator("#notebook-container h3").all()]
    assert [h for h in headings if "point" in h] == ["add (2 points)", "mean (3 points)", "why (2 points)"]
    tab.locator("#add").focus()
    tab.wait_for_timeout(900)  # nbgrader scrolls
    for _ in range(20):
        if tab.evaluate("document.activeElement.id") == "why":
            break
        tab.keyboard.press("Tab")
        tab.wait_for_timeout(50)
    assert tab.evaluate("document.activeElement.id") == "why"
    with tab.expect_response(lambda r: r.request.method == "PUT" and "/formgrader/api/grade/" in r.url):
        tab.keyboard.insert_text("1.5")
        tab.keyboard.press("Tab")
    before = tab.url.split("?")[0]
    with tab.expect_navigation():
        tab.keyboard.press("Control+.")
    assert tab.url.split("?")[0] != before


def test_formulas_are_set_from_the_servers_own_mathjax(tab: Any, server: Jupyter, classroom: Course) -> None:
    if "dan" not in submissions(tab, server):
        pytest.fail("the Autograde test has to run first")
    grading_page(tab, server, "dan")
    tab.locator(".MathJax").first.wait_for()


def test_a_score_of_another_process_is_on_the_page_after_a_reload(
    tab: Any, server: Jupyter, classroom: Course
) -> None:
    from course.nbgrader_side import written
    from course.nbgrader_side.written import Mark

    grading_page(tab, server, "ada")
    lesson = classroom.lesson(LESSON)
    answer = written.find_answer(classroom, lesson, "why", submissions(tab, server)["ada"])
    points = 0.5 if answer.mark.points != 0.5 else 1.0
    written.give(classroom, lesson, "why", answer.id, Mark(points, "From elsewhere."), answer.mark)
    tab.reload()
    tab.wait_for_function(READY)
    assert tab.locator("#why").input_value() == str(points)
    assert tab.locator("#why-comment").input_value() == "From elsewhere."


def test_hostile_answers_and_names_do_nothing_on_the_grading_page(tab: Any, server: Jupyter) -> None:
    grading_page(tab, server, HOSTILE_ID)
    tab.locator(".glyphicon.name-hidden").click()
    assert HOSTILE_ID in tab.locator(".breadcrumb").inner_text()
    notebook = tab.locator("#notebook-container")
    assert notebook.locator("script, iframe, svg, style, form, img:not([src^='data:'])").count() == 0
    tab.wait_for_timeout(300)
    assert tab.evaluate("window.XSS") is None
    assert notebook.first.is_visible()


@pytest.mark.parametrize(
    "where",
    [
        "manage_submissions/a%22;window.XSS=1;%2F%2F",
        "gradebook/%3Cimg%20src=x%20onerror=window.XSS=1%3E",
        "gradebook/a/%3Cimg%20src=x%20onerror=window.XSS=1%3E",
        "manage_students/%3Cimg%20src=x%20onerror=window.XSS=1%3E",
        "manage_students/a%5C/;window.XSS=1;%2F%2F",
    ],
)
def test_what_a_link_says_does_not_run(tab: Any, server: Jupyter, where: str) -> None:
    tab.goto(f"{server.url}/formgrader/{where}")
    tab.wait_for_timeout(300)
    assert tab.evaluate("window.XSS") is None


def test_the_page_that_grades_shows_progress_and_survives_a_reload(tab: Any, server: Jupyter) -> None:
    tab.goto(f"{server.url}/review/jobs")
    tab.get_by_role("button", name="Grade", exact=True).click()
    job = tab.locator(".job", has_text="Grade: 02_sums")
    job.wait_for()
    tab.reload()
    job.locator(".job-state.done").wait_for(timeout=120_000)
    assert "graded" in job.locator("pre").text_content()


def test_a_job_is_cancelled_from_the_page_and_loses_nothing(tab: Any, server: Jupyter, classroom: Course) -> None:
    before = entered(classroom, classroom.lesson(LESSON))
    tab.goto(f"{server.url}/review/jobs")
    tab.get_by_role("button", name="Grade", exact=True).click()
    tab.get_by_role("button", name="Cancel: Grade: 02_sums").click()
    tab.locator(".job-state.cancelled").wait_for(timeout=60_000)
    assert entered(classroom, classroom.lesson(LESSON)) == before
