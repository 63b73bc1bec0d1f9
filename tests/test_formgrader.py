"""The formgrader behind our extension: it reads what others wrote, prints ids as text, and its buttons do not block."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import time
from typing import Any

import pytest
from served_course import course, graded_once, jp_root_dir, jp_server_config  # noqa: F401
from tiny_course import LESSON, answered, cell_of, hand_in

from course.nbgrader_side import formgrader
from course.nbgrader_side.formgrader import BUTTONS, escaped
from course.review.jobs import JOBS

pytest_plugins = ["pytest_jupyter.jupyter_server"]

API = ("formgrader", "api")
SLEEP = ["timeit", "-n1", "-r1", "import time; time.sleep(3); print('slept')"]


async def got(jp_fetch: Any, *where: str, **options: Any) -> Any:
    return json.loads((await jp_fetch(*where, request_timeout=120, **options)).body)


async def submission_id(jp_fetch: Any, student: str = "ada") -> str:
    submitted = await got(jp_fetch, *API, "submitted_notebooks", LESSON, LESSON)
    return next(one["id"] for one in submitted if one["student"] == student)


async def test_scores_that_another_process_wrote_are_shown(jp_fetch, course):  # noqa: F811
    params = {"submission_id": await submission_id(jp_fetch)}

    async def shown() -> tuple[float | None, str | None]:
        grades = {g["name"]: g for g in await got(jp_fetch, *API, "grades", params=params)}
        comments = {c["name"]: c for c in await got(jp_fetch, *API, "comments", params=params)}
        return grades["why"]["manual_score"], comments["why"]["manual_comment"]

    assert await shown() == (None, None)
    with sqlite3.connect(course.root / "gradebook.db") as book:
        cells = "(select id from base_cell where name = 'why')"
        book.execute(f"update grade set manual_score = 1.5 where cell_id in {cells}")
        book.execute(f"update comment set manual_comment = 'Nearly.' where cell_id in {cells}")
    assert await shown() == (1.5, "Nearly.")


async def test_what_the_queue_gives_is_on_the_grading_page_at_once(jp_fetch, course):  # noqa: F811
    ada = await submission_id(jp_fetch)
    grades = await got(jp_fetch, *API, "grades", params={"submission_id": ada})
    seen = {"points": None, "comment": "", "shares": []}
    body = json.dumps({"mark": {**seen, "points": 2}, "seen": seen})
    await jp_fetch("review", "api", "written", LESSON, "why", ada, method="POST", body=body)
    after = await got(jp_fetch, *API, "grades", params={"submission_id": ada})
    assert [g["manual_score"] for g in grades if g["name"] == "why"] == [None]
    assert [g["manual_score"] for g in after if g["name"] == "why"] == [2.0]


HOSTILE = ['a";window.XSS=1;b="', "<img src=x onerror=window.XSS=1>", "<script>window.XSS=1", 'a\\"b']


PAGES = ("manage_submissions/{}", "gradebook/{}", "gradebook/a/{}", "manage_students/{}", "manage_students/a/{}")


async def test_what_stands_in_an_address_is_printed_as_text(jp_fetch):
    for text in HOSTILE:
        for page in PAGES:
            where = [text if part == "{}" else part for part in page.split("/")]
            html = (await jp_fetch("formgrader", *where)).body.decode()
            assert text not in html, (page, text)
            assert "XSS" not in text or "XSS" in html, (page, text)  # it is shown, as text


def test_only_what_could_end_a_string_or_begin_a_tag_is_written_otherwise():
    assert escaped("O'Brien & Söhne [1]") == "O'Brien & Söhne [1]"
    assert escaped({"a": ['<"'], "b": "\\"}) == {"a": ['<"'], "b": "&#92;"}


# -- buttons --------------------------------------------------------------------------------------------------------


def command(name: str, *names: str) -> list[str]:
    (button,) = [cls for cls in BUTTONS.values() if cls.__name__ == name]
    return button.command(*names)


def test_buttons_run_the_commands_that_one_would_type():
    assert command("Autograde", "02_sums", "ada") == ["course", "grade", "--student=ada", "--", "02_sums"]
    assert command("Feedback", "02_sums", "ada") == ["course", "feedback", "--student=ada", "--", "02_sums"]
    assert command("AllFeedback", "02_sums") == ["course", "feedback", "--", "02_sums"]
    assert command("Assign", "02_sums") == ["course", "release", "--", "02_sums"]
    assert command("Collect", "02_sums") == ["nbgrader", "collect", "--update", "--assignment=02_sums"]


def test_names_from_an_address_are_never_taken_for_options():
    assert command("Autograde", "--help", "--force")[2:] == ["--student=--force", "--", "--help"]
    assert command("Release", "--debug")[1:] == ["release_assignment", "--assignment=--debug"]


async def test_while_a_button_works_others_are_answered(jp_fetch, monkeypatch, course):  # noqa: F811
    monkeypatch.setattr(formgrader.Autograde, "command", staticmethod(lambda lesson, student: SLEEP))
    await got(jp_fetch, "api", "status")
    pressed = asyncio.ensure_future(
        got(jp_fetch, *API, "submission", LESSON, "ada", "autograde", method="POST", allow_nonstandard_methods=True)
    )
    waits = []
    while not pressed.done():
        began = time.monotonic()
        await got(jp_fetch, "api", "status")
        waits.append(time.monotonic() - began)
        await asyncio.sleep(0.05)
    reply = await pressed
    assert reply["success"] and "slept" in reply["log"]
    assert len(waits) > 10 and sorted(waits)[-2] < 1  # a blocked server would answer once, after three seconds


async def test_a_button_that_fails_or_is_cancelled_says_so_as_nbgrader_does(jp_fetch, jp_serverapp, monkeypatch):
    crash = ["timeit", "-n1", "-r1", "1/0"]  # exits with 1, as `course grade` does when a person is needed
    monkeypatch.setattr(formgrader.Autograde, "command", staticmethod(lambda lesson, student: crash))
    where = (*API, "submission", LESSON, "ada", "autograde")
    reply = await got(jp_fetch, *where, method="POST", allow_nonstandard_methods=True)
    assert not reply["success"] and "ZeroDivisionError" in reply["error"]

    monkeypatch.setattr(formgrader.Autograde, "command", staticmethod(lambda lesson, student: SLEEP))
    pressed = asyncio.ensure_future(got(jp_fetch, *where, method="POST", allow_nonstandard_methods=True))
    jobs = jp_serverapp.web_app.settings[JOBS]
    while not (running := [job for job in jobs if job.state == "running"]):
        await asyncio.sleep(0.05)
    body = json.dumps({"job": running[0].id})
    await jp_fetch("review", "api", "jobs", "cancel", method="POST", body=body)
    assert await pressed == {"success": False, "log": (await pressed)["log"], "error": "It was cancelled."}


@pytest.mark.slow
async def test_the_autograde_button_writes_what_course_grade_writes(jp_fetch, course, monkeypatch):  # noqa: F811
    import graded_course

    monkeypatch.setenv("COURSE_NO_SANDBOX", "1")
    lesson = course.lesson(LESSON)
    hand_in(lesson, "ben", answered(lesson, add=graded_course.ADD, mean=graded_course.MEAN))
    where = (*API, "submission", LESSON, "ben", "autograde")
    reply = await got(jp_fetch, *where, method="POST", allow_nonstandard_methods=True)
    assert reply["success"], reply
    ben = await submission_id(jp_fetch, "ben")
    grades = {g["name"]: g["auto_score"] for g in await got(jp_fetch, *API, "grades", params={"submission_id": ben})}
    assert grades == {"add": 2.0, "mean": 3.0, "why": 0.0}


# -- the page that grades -------------------------------------------------------------------------------------------


async def test_a_job_is_started_shown_and_outlives_the_page(jp_fetch, course):  # noqa: F811
    body = json.dumps({"action": "report", "lesson": LESSON})
    job = (await got(jp_fetch, "review", "api", "jobs", method="POST", body=body))["job"]
    while True:
        (shown,) = (await got(jp_fetch, "review", "api", "jobs"))["jobs"]
        if shown["ended"]:
            break
        await asyncio.sleep(0.1)
    assert shown["id"] == job["id"] and shown["state"] == "done", shown
    assert "ada" in "\n".join(shown["output"])


async def test_export_writes_the_grades(jp_fetch, course):  # noqa: F811
    body = json.dumps({"action": "export", "lesson": LESSON})
    await got(jp_fetch, "review", "api", "jobs", method="POST", body=body)
    while not (job := (await got(jp_fetch, "review", "api", "jobs"))["jobs"][0])["ended"]:
        await asyncio.sleep(0.1)
    assert job["state"] == "done", job
    assert (course.root / "grades.csv").read_text().count(LESSON) == 3


async def test_only_what_is_on_the_page_can_be_started(jp_fetch):
    for asked in ({"action": "rm", "lesson": LESSON}, {"action": "grade", "lesson": "--help"}, {}):
        reply = await jp_fetch("review", "api", "jobs", method="POST", body=json.dumps(asked), raise_error=False)
        assert reply.code == 400 and json.loads(reply.body)["message"]
    assert (await got(jp_fetch, "review", "api", "jobs"))["jobs"] == []


# -- validate -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_validate_runs_in_a_process_of_its_own_and_answers_as_nbgrader(jp_fetch, course):  # noqa: F811
    notebook = answered(course.lesson(LESSON))
    cell_of(notebook, "add")["source"] = "def add(a, b):\n    return a + b"
    path = hand_in(course.lesson(LESSON), "dan", notebook)
    validating = asyncio.ensure_future(
        got(
            jp_fetch,
            *("assignments", "validate"),
            method="POST",
            body=json.dumps({"path": str(path.relative_to(course.root))}),
        )
    )
    waits = []
    while not validating.done():
        began = time.monotonic()
        await got(jp_fetch, "api", "status")
        waits.append(time.monotonic() - began)
        await asyncio.sleep(0.05)
    reply = await validating
    assert reply["success"] and list(reply["value"]) == ["failed"], reply
    assert max(waits) < 1.5 and len(waits) > 5


async def test_validate_reads_nothing_outside_the_servers_folder(jp_fetch):
    body = json.dumps({"path": "../../etc/passwd"})
    reply = await jp_fetch("assignments", "validate", method="POST", body=body, raise_error=False)
    assert reply.code == 403


def test_what_a_notebook_prints_is_no_reply(tmp_path):
    import subprocess

    module = "course.nbgrader_side.validation"
    (tmp_path / "a.ipynb").write_text("no notebook")
    done = subprocess.run(
        [sys.executable, "-m", module, str(tmp_path / "a.ipynb")], capture_output=True, text=True, cwd=tmp_path
    )
    reply = json.loads(done.stdout)
    assert not reply["success"] and "Traceback" in reply["value"]
