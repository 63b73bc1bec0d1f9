"""The queue of written answers in a browser: by keyboard alone, never losing anything, harmless, on any screen."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import graded_course
import pytest
from browser.accessibility import findings
from browser.jupyter import Jupyter, serve
from browser.tabs import overflow
from tiny_course import ADD, LESSON, answered, hand_in

from course.authoring.lab import review_settings
from course.lessons import Course

HOSTILE_ID = "x<img src=x onerror=window.XSS=1>"
HOSTILE_TEXT = "\n\n".join(
    (
        "Because <script>window.XSS=1</script> of <img src=x onerror=window.XSS=1> the sum.",
        "<svg onload=window.XSS=1></svg><details open ontoggle=window.XSS=1>x</details>",
        "<iframe srcdoc='<script>parent.XSS=1</script>'></iframe><style>body{display:none}</style>",
        "[a](javascript:window.XSS=1) ![b](http://evil.example/b.png) ![c](attachment:missing)",
        "<form action='http://evil.example'><input id=comment><button id=next>x</button></form>",
        "| a | b\n|---\n```\nunclosed \u202e fence",
    )
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The tiny course with four written answers; one student is hostile in name and in text."""
    course = graded_course.build(tmp_path_factory.mktemp("written") / "course")
    lesson = course.lesson(LESSON)
    for student, text in (("dan", "They may."), ("eve", "Commutative."), (HOSTILE_ID, HOSTILE_TEXT)):
        hand_in(lesson, student, answered(lesson, add=ADD, why=text))
    with pytest.MonkeyPatch.context() as monkeypatch:
        graded_course.kernels_in_this_process(monkeypatch)
        result = graded_course.run(course, "grade", LESSON)
    assert result.exception is None, result.output
    return course


@pytest.fixture(scope="module")
def server(written: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    with serve(written.root, tmp_path_factory.mktemp("jupyter"), **review_settings(written.root)) as jupyter:
        yield jupyter


@pytest.fixture
def queue(server: Jupyter, written: Course, page: Any) -> Any:
    """A tab on the queue; nobody has a mark."""
    with sqlite3.connect(written.root / "gradebook.db") as book:
        book.execute("update grade set manual_score = null, needs_manual_grade = auto_score is null")
        book.execute("update comment set manual_comment = null")
    enter(page, server)
    opened(page, server)
    return page


def enter(page: Any, server: Jupyter) -> None:
    """Log in at a small page of ours."""
    page.goto(f"{server.url}/review?token={server.token}")


def opened(page: Any, server: Jupyter, name: str = "") -> None:
    page.goto(f"{server.url}/review/written/{LESSON}/why{name}")
    page.locator("#text[data-whole=yes]").wait_for()


def rows(course: Course) -> dict[str, tuple[float | None, str | None]]:
    query = """
        select a.student_id, grade.manual_score, comment.manual_comment from submitted_assignment as a
        join submitted_notebook as n on n.assignment_id = a.id
        join grade on grade.notebook_id = n.id join comment on comment.notebook_id = n.id
        join base_cell as g on g.id = grade.cell_id join base_cell as c on c.id = comment.cell_id
        where g.name = 'why' and c.name = 'why'"""
    with sqlite3.connect(course.root / "gradebook.db") as book:
        return {student: (score, comment) for student, score, comment in book.execute(query)}


def saved(page: Any) -> None:
    page.get_by_text("Everything is in the gradebook.").wait_for()


def who(page: Any) -> str:
    return page.locator("#who").inner_text()


def test_an_answer_is_graded_by_keyboard_alone(queue: Any, written: Course) -> None:
    first = who(queue)
    queue.keyboard.press("1")
    queue.keyboard.press("c")
    queue.keyboard.insert_text("Well said.\nSee **2.1**.")
    queue.keyboard.press("Control+Enter")
    saved(queue)
    second = who(queue)
    assert second != first
    queue.keyboard.press("Shift+1")
    queue.keyboard.press("Enter")
    saved(queue)
    queue.keyboard.press("0")
    saved(queue)
    third = who(queue)
    graded = rows(written)
    assert graded[first] == (2.0, "Well said.\nSee **2.1**.")
    assert graded[second] == (1.0, None) and graded[third] == (0.0, None)


def test_a_reload_goes_on_where_one_was_with_marks_and_undo(queue: Any, written: Course, server: Jupyter) -> None:
    queue.keyboard.press("j")
    queue.keyboard.press("Shift+1")
    saved(queue)
    student = who(queue)
    queue.reload()
    queue.locator("#text[data-whole=yes]").wait_for()
    assert who(queue) == student
    assert queue.locator(".half").get_attribute("aria-pressed") == "true"
    queue.keyboard.press("u")
    saved(queue)
    assert rows(written)[student] == (None, None)


def test_points_are_taken_back_by_the_same_key_and_typed_ones_are_checked(queue: Any, written: Course) -> None:
    student = who(queue)
    for _ in range(2):
        queue.keyboard.press("1")
    saved(queue)
    assert rows(written)[student] == (None, None)
    queue.keyboard.press("p")
    queue.keyboard.insert_text("3")
    queue.keyboard.press("Enter")
    queue.get_by_text("Points go from 0 to 2.").wait_for()
    queue.keyboard.press("p")
    queue.keyboard.insert_text("0.25")
    queue.keyboard.press("Enter")
    saved(queue)
    assert rows(written)[student] == (0.25, None)


def test_what_the_server_could_not_take_is_kept_and_handed_over_later(queue: Any, written: Course) -> None:
    student = who(queue)
    queue.route("**/review/api/written/**", lambda route: route.abort())
    queue.keyboard.press("1")
    queue.get_by_text("It is kept in this browser").wait_for()
    queue.keyboard.press("c")
    queue.keyboard.insert_text("Kept.")
    queue.unroute("**/review/api/written/**")
    queue.on("dialog", lambda dialog: dialog.accept())
    queue.reload()
    saved(queue)
    assert rows(written)[student] == (2.0, "Kept.")


def test_two_people_at_one_answer_lose_nothing(queue: Any, written: Course, server: Jupyter, new_page: Any) -> None:
    other = new_page()
    enter(other, server)
    opened(other, server, "#" + queue.url.split("#")[1])
    student = who(queue)
    assert who(other) == student
    queue.keyboard.press("1")
    saved(queue)
    other.keyboard.press("0")
    other.get_by_text("somebody has given this answer 2 points").wait_for()
    assert rows(written)[student] == (2.0, None)
    other.get_by_role("button", name="Enter mine").click()
    saved(other)
    assert rows(written)[student] == (0.0, None)


def test_without_names_the_page_never_has_them(queue: Any, written: Course) -> None:
    from playwright.sync_api import expect

    replies: list[Any] = []
    queue.on("response", lambda reply: replies.append(reply) if "/api/written/" in reply.url else None)
    queue.keyboard.press("a")
    queue.get_by_text(re.compile(r"Answer \d")).first.wait_for()
    queue.keyboard.press("j")
    queue.locator("#text[data-whole=yes]").wait_for()
    names = ("ada", "ben", "cat", "dan", "eve")
    heard = [reply.text() for reply in replies]
    assert len(heard) >= 3 and not any(f'"{name}"' in text for text in heard for name in names)
    assert who(queue).startswith("Answer ")
    queue.keyboard.press("a")
    expect(queue.locator("#who")).not_to_have_text(re.compile("^Answer"))


def test_a_flag_is_set_by_key(queue: Any, written: Course) -> None:
    queue.keyboard.press("f")
    queue.locator("#flag[aria-pressed=true]").wait_for()
    queue.keyboard.press("f")
    queue.locator("#flag[aria-pressed=false]").wait_for()


def test_hostile_names_and_answers_do_nothing(queue: Any, written: Course) -> None:
    for _ in range(8):
        if who(queue) == HOSTILE_ID:
            break
        queue.keyboard.press("j")
        queue.locator("#text[data-whole=yes]").wait_for()
    assert who(queue) == HOSTILE_ID
    text = queue.locator("#text")
    assert "<script>window.XSS=1</script>" in text.inner_text() and "U+202E" in text.inner_text()
    assert text.locator("script, img, svg, iframe, style, form, input, details").count() == 0
    for link in text.locator("a").all():
        assert "javascript:" not in (link.get_attribute("href") or "")
    queue.wait_for_timeout(200)
    assert queue.evaluate("window.XSS") is None


@pytest.mark.parametrize("width, dark", [(1280, False), (1280, True), (390, False), (390, True)])
@pytest.mark.parametrize("where", ["written", f"written/{LESSON}/why", "jobs"])
def test_pages_fit_any_screen_and_can_be_read(
    server: Jupyter, new_page: Any, written: Course, where: str, width: int, dark: bool, tmp_path: Path
) -> None:
    page = new_page(width, dark=dark)
    enter(page, server)
    page.goto(f"{server.url}/review/{where}")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=str(tmp_path / f"{where.replace('/', '-')}-{width}-{dark}.png"), full_page=True)
    assert overflow(page) == []
    assert findings(page) == []


def test_marking_needs_the_pages_token(queue: Any) -> None:
    status = queue.evaluate(
        """async () => (await fetch(document.body.dataset.base + 'review/api/jobs',
            {method: 'POST', body: '{"action": "report", "lesson": "02_sums"}'})).status"""
    )
    assert status == 403
