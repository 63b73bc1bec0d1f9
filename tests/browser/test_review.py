"""The TA's review pages in Chromium: from the largest cluster to every member's feedback, and back."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
import reviewed_course
from browser.accessibility import findings
from browser.conftest import NewPage, log_in
from browser.jupyter import Jupyter, serve
from browser.tabs import overflow
from reviewed_course import HOSTILE, SUBTRACTED
from tiny_course import LESSON

from course.authoring.lab import review_settings
from course.lessons import Course
from course.nbgrader_side import by_hand
from course.nbgrader_side.feedback import make_feedback

COMMENT = "You **subtract**: look at the sign."
HOSTILE_COMMENT = (
    "<script>window.XSS = 1</script><img src=x onerror='window.XSS = 1'> [go](javascript:window.XSS=1)\n\n"
    "![p](http://evil.example/p.png)\n\n</textarea></div>\" onfocus=\"window.XSS = 1\" autofocus"
)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return reviewed_course.build(tmp_path_factory.mktemp("review") / "course")


@pytest.fixture(scope="module")
def jupyter(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    with serve(course.root, tmp_path_factory.mktemp("ta"), **review_settings(course.root)) as server:
        yield server


@pytest.fixture
def ta(page: Any, jupyter: Jupyter) -> Any:
    """A tab on the lesson's review page."""
    return opened(page, jupyter)


def opened(page: Any, jupyter: Jupyter, path: str = f"/{LESSON}") -> Any:
    page.goto(f"{jupyter.url}/review{path}?token={jupyter.token}")
    assert "token=" not in page.url or page.goto(f"{jupyter.url}/review{path}")
    return page


def hands(course: Course) -> dict[str, by_hand.Hand]:
    return by_hand.read(course, course.lesson(LESSON), "add")


def feedback(course: Course, page: Any, student: str) -> str:
    """The text of a feedback page as it is made now."""
    ((_, error),) = make_feedback(course, course.lesson(LESSON), [student])
    assert error is None
    path = course.root / "feedback" / student / LESSON / f"{LESSON}.html"
    page.goto(f"file://{quote(str(path))}")
    return page.locator("body").inner_text()


def give(page: Any, comment: str, points: str = "") -> None:
    page.get_by_role("textbox", name="Comment").fill(comment)
    page.get_by_role("spinbutton", name="Points instead of").fill(points)
    with page.expect_navigation():
        page.get_by_role("button", name="Give it to").click()


def undo(page: Any) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Undo for").first.click()


def said(page: Any) -> str:
    return page.locator("#said:not(:empty)").inner_text()


def test_one_comment_reaches_every_member_and_undo_takes_it_back(
    ta: Any, new_page: NewPage, course: Course, jupyter: Jupyter
) -> None:
    first = ta.locator(".clusters a").first
    assert first.locator(".size").inner_text() == "5"
    first.click()
    assert "return a - b" in ta.locator(".numbered").inner_text()
    assert ta.locator(".members tbody tr").count() == 5
    give(ta, COMMENT, "1.5")
    assert said(ta) == "Given to 5 students. It shows when their feedback is made."
    reader = new_page()
    for student in SUBTRACTED:
        text = feedback(course, reader, student)
        assert "You subtract: look at the sign." in text and "A person gave these points." in text
        assert "1 of 1 hidden tests did not pass" in text  # the automatic comment is still there
    assert "subtract" not in feedback(course, reader, "hal")
    ta.get_by_role("link", name="Sums").click()
    assert "commented" in ta.locator(".clusters li").first.inner_text()
    ta.get_by_role("link", name="What was given and undone").click()
    undo(ta)
    assert said(ta) == "Undone for 5 students."
    for student in SUBTRACTED:
        text = feedback(course, reader, student)
        assert "look at the sign" not in text and "A person gave" not in text
    assert {hand.comment for hand in hands(course).values()} == {None}


def test_the_same_comment_is_offered_again_and_used(ta: Any, course: Course) -> None:
    ta.locator(".clusters a").first.click()
    give(ta, COMMENT)
    ta.get_by_role("button", name="Use it").click()
    assert ta.locator("#comment").input_value() == COMMENT
    undo(ta)
    assert ta.get_by_role("button", name="Use it").count() == 0


def test_with_the_keyboard_alone(ta: Any, course: Course) -> None:
    ta.keyboard.press("Tab")
    assert ta.evaluate("document.activeElement.textContent") == "Skip to the content"
    ta.keyboard.press("Enter")
    for _ in range(8):
        ta.keyboard.press("Tab")
        if "clusters" in ta.evaluate("document.activeElement.closest('ol')?.className ?? ''"):
            break
    ta.keyboard.press("Enter")
    ta.wait_for_url("**/cluster/*")
    for _ in range(30):
        if ta.evaluate("document.activeElement.id") == "comment":
            break
        ta.keyboard.press("Tab")
    ta.keyboard.type("By keyboard.")
    ta.keyboard.press("Tab")
    ta.keyboard.press("Tab")
    with ta.expect_navigation():
        ta.keyboard.press("Enter")
    assert said(ta).startswith("Given to 5 students")
    assert ta.evaluate("document.activeElement.id") == "said"  # a screen reader is where the news is
    assert {hands(course)[s].comment for s in SUBTRACTED} == {"By keyboard."}
    for _ in range(40):
        ta.keyboard.press("Tab")
        if ta.evaluate("'undo' in document.activeElement.dataset"):
            break
    with ta.expect_navigation():
        ta.keyboard.press("Space")
    assert {hand.comment for hand in hands(course).values()} == {None}


def test_a_refusal_is_told_where_it_is_seen(ta: Any, course: Course) -> None:
    ta.locator(".clusters a").first.click()
    ta.evaluate("document.getElementById('comment').required = false")
    ta.get_by_role("button", name="Give it to").click()
    assert said(ta).startswith("write a comment")
    assert ta.evaluate("document.activeElement.id") == "said"
    ta.evaluate("document.getElementById('give').dataset.version = 'older'")
    ta.get_by_role("textbox", name="Comment").fill("Late.")
    ta.get_by_role("button", name="Give it to").click()
    ta.locator("#said", has_text="the class was graded again").wait_for()
    assert {hand.comment for hand in hands(course).values()} == {None}


def test_nothing_hostile_runs_on_any_page(ta: Any, new_page: NewPage, course: Course, jupyter: Jupyter) -> None:
    ta.locator(".clusters a").first.click()
    give(ta, HOSTILE_COMMENT)
    ta.wait_for_timeout(200)
    cluster = ta.url
    addresses = [f"{jupyter.url}/review/{LESSON}", cluster, f"{jupyter.url}/review/{LESSON}/given"]
    addresses += [f"{jupyter.url}/review/{LESSON}/student/{quote(HOSTILE, safe='')}"]
    addresses += [f"{jupyter.url}/review/{LESSON}/similar/{quote('<img src=x onerror=window.XSS=1>', safe='')}"]
    for address in addresses:
        ta.goto(address)
        ta.wait_for_timeout(200)
        assert ta.evaluate("window.XSS") is None, address
        assert ta.locator("img, iframe, main script, a[href^=javascript]").count() == 0, address
        for link in ta.locator(".prose a").all():
            assert not (link.get_attribute("href") or "").startswith("javascript")
    ta.goto(addresses[3])
    assert ta.locator("h1").inner_text() == HOSTILE
    assert "<script>window.XSS = 1</script>" in ta.locator(".numbered").first.inner_text()  # shown as text
    reader = new_page()
    for student in ("ann", HOSTILE):
        text = feedback(course, reader, student)
        assert "<script>window.XSS = 1</script>" in text and reader.evaluate("window.XSS") is None
    ta.goto(cluster)
    undo(ta)


def test_a_call_without_the_pages_token_is_refused(ta: Any, course: Course) -> None:
    ta.locator(".clusters a").first.click()
    body = ta.evaluate("({...document.getElementById('give').dataset, comment: 'Forged.', points: null})")
    ask = f"""async ([body, headers]) => (await fetch('/review/api/{LESSON}/give',
              {{method: 'POST', headers, body: JSON.stringify(body)}})).status"""
    assert ta.evaluate(ask, [body, {}]) == 403
    assert ta.evaluate(ask, [body, {"X-XSRFToken": "2|forged"}]) == 403
    assert {hand.comment for hand in hands(course).values()} == {None}


def test_strangers_are_sent_to_the_login_and_their_calls_are_refused(jupyter: Jupyter) -> None:
    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *args: Any) -> None:
            return None

    def status(path: str, data: bytes | None = None) -> tuple[int, str]:
        try:
            with build_opener(Stay).open(Request(f"{jupyter.url}{path}", data=data)) as answer:
                return answer.status, ""
        except HTTPError as error:
            return error.code, error.headers.get("Location", "")

    for path in ("", f"/{LESSON}", f"/{LESSON}/given", f"/{LESSON}/cluster/abc", f"/{LESSON}/student/ann"):
        code, location = status(f"/review{path}")
        assert code == 302 and location.startswith("/login"), path
    assert status(f"/review/api/{LESSON}/give", json.dumps({}).encode())[0] == 403
    assert status(f"/review/api/{LESSON}/undo/abc", b"{}")[0] == 403
    assert status("/review/api/about")[0] in (302, 403)


def test_pages_keep_scripts_of_others_out(jupyter: Jupyter) -> None:
    request = Request(f"{jupyter.url}/review/{LESSON}", headers={"Authorization": f"token {jupyter.token}"})
    with build_opener().open(request) as answer:
        policy = answer.headers["Content-Security-Policy"]
        html = answer.read().decode()
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'self'" in policy and "base-uri 'none'" in policy
    assert " style=" not in html and "onclick" not in html and "<style" not in html


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_reads_well(
    new_page: NewPage, jupyter: Jupyter, course: Course, width: int, dark: bool, tmp_path: Path
) -> None:
    page = opened(new_page(width, dark=dark), jupyter)
    pages = {"lesson": page.url, "cluster": page.locator(".clusters a").first.get_attribute("href")}
    pages |= {"lessons": "/review", "given": f"/review/{LESSON}/given", "student": f"/review/{LESSON}/student/ann"}
    pages |= {"similar": f"/review/{LESSON}/similar/add", "missing": "/review/no_such_lesson"}
    shots = Path(os.environ.get("SCREENSHOTS", tmp_path))
    page.goto(f"{jupyter.url}{pages['cluster']}")
    give(page, COMMENT)
    for name, address in pages.items():
        page.goto(address if address.startswith("http") else f"{jupyter.url}{address}")
        page.screenshot(path=shots / f"review-{name}-{width}-{'dark' if dark else 'light'}.png", full_page=True)
        assert overflow(page) == [], name
        assert findings(page) == [], name
    page.goto(f"{jupyter.url}{pages['cluster']}")
    undo(page)


def test_marks_tell_without_colours_and_the_filter_finds(ta: Any) -> None:
    row = ta.locator("#students tr", has_text="bob")
    assert [cell.inner_text() for cell in row.locator("td").all()] == ["3", "✗", "·", "○"]
    assert row.locator("td").nth(1).get_attribute("aria-label") == "1 of 1 did not pass"
    ta.get_by_label("Only students whose id contains").fill("AN")
    assert ta.locator("#students tr:visible").count() == 2  # ann, dan
    assert ta.locator("#filtered").inner_text() == "2 students"


def test_an_unnamed_cluster_offers_a_draft_and_a_named_one_its_sentence(ta: Any) -> None:
    ta.locator(".clusters a").first.click()
    assert "def name_of_the_mistake(a, b):" in ta.locator("#draft ~ .code").inner_text()
    ta.get_by_role("link", name="Sums").click()
    ta.locator(".clusters a", has_text="not_halved").click()
    assert "forget to halve the sum" in ta.locator(".mistake").inner_text() and ta.locator("#draft").count() == 0


def test_jupyterlab_has_a_card_that_opens_it(page: Any, jupyter: Jupyter) -> None:
    log_in(page, jupyter)
    card = page.locator(".jp-LauncherCard", has_text="Review the class")
    card.wait_for()
    with page.context.expect_page() as opened_page:
        card.click()
    opened_page.value.get_by_role("heading", name="A tiny course").wait_for()
