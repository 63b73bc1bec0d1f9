"""Feedback pages in a browser: on a phone and a desk, in the dark, on paper, by keyboard, by axe; and hostile ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import graded_course
import pytest
from browser import gallery
from browser.accessibility import findings
from browser.hostile import MARKDOWN, SAID, STUDENT, comment, hand_in_hostile
from browser.tabs import overflow
from tiny_course import LESSON

from course.pages.feedback import render

SCREENS = [(1280, False), (1280, True), (390, False), (390, True)]


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page with everything on it."""
    path = tmp_path_factory.mktemp("feedback") / "page.html"
    path.write_text(render(gallery.page()), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hostile submission's page, made by the commands that an instructor uses, with kernels behind walls."""
    course = graded_course.build(tmp_path_factory.mktemp("hostile") / "course")
    hand_in_hostile(course)
    _course("grade", LESSON, "--student", STUDENT, at=course.root)
    comment(course, "add", SAID)
    comment(course, "why", MARKDOWN)
    _course("feedback", LESSON, "--student", STUDENT, at=course.root)
    return course.root / "feedback" / STUDENT / LESSON / f"{LESSON}.html"


def _course(*arguments: str, at: Path) -> None:
    command = [sys.executable, "-m", "course", *arguments, "--course", str(at)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def open_all(page: Any) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")


@pytest.mark.parametrize("width, dark", SCREENS)
def test_a_page_fits_the_screen_and_axe_finds_nothing(new_page: Any, rich: str, width: int, dark: bool) -> None:
    page = new_page(width, dark=dark)
    page.goto(rich)
    assert overflow(page) == []
    open_all(page)
    assert overflow(page) == []
    assert findings(page, impacts=("critical", "serious", "moderate")) == []
    assert page.get_by_role("main").count() == page.get_by_role("navigation").count() == 1


def test_contents_name_each_exercise_with_its_points_and_lead_to_it(page: Any, rich: str) -> None:
    page.goto(rich)
    entries = [" ".join(e.split()) for e in page.get_by_role("navigation").get_by_role("link").all_inner_texts()]
    assert entries[0] == "conv2d ◐ some points 1.5 / 4" and entries[-1] == "equivariance … waits for a person – / 2"
    page.get_by_role("link", name="mask_ap").first.click()
    assert page.evaluate("location.hash") == "#mask_ap"
    assert page.locator("#mask_ap").get_by_role("heading", level=2).inner_text() == "mask_ap"


def test_headings_go_down_one_level_at_a_time(page: Any, rich: str) -> None:
    page.goto(rich)
    open_all(page)
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


def test_a_call_is_drawn_with_its_differences_marked(page: Any, rich: str) -> None:
    page.goto(rich)
    conv2d = page.locator("#conv2d")
    assert conv2d.locator(".grid td.differs").count() == 8  # four in the result, the same four in what was expected
    assert conv2d.locator(".grid td.differs").first.inner_text().startswith("≠")
    for name in ("fgsm", "gradient", "erode"):
        assert page.locator(f"#{name}").get_by_role("heading", name="Where they differ").count() == 1
    assert page.locator("#mask_ap .scene").count() == 2
    assert page.locator("#mask_ap figcaption").all_inner_texts()[:3] == ["0.9", "0.4", "0.7"]
    pictures = page.locator("figure img")
    assert pictures.count() > 10
    assert all(pictures.nth(n).get_attribute("alt") for n in range(pictures.count()))
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")


def test_a_link_in_a_sentence_opens_the_section_that_it_names(page: Any, rich: str) -> None:
    page.goto(rich)
    section = page.locator("#section-2\\.1")
    assert not section.is_visible()
    page.locator("#conv2d .mistake").get_by_role("link", name="section 2.1").click()
    section.wait_for(state="visible")
    assert "one question" in section.inner_text()


def test_where_to_begin_is_told_on_both_exercises(page: Any, rich: str) -> None:
    page.goto(rich)
    assert "Where to begin: conv2d" in page.locator("header").inner_text()
    page.locator("#fgsm .begin").get_by_role("link", name="conv2d").click()
    assert page.evaluate("location.hash") == "#conv2d"


def test_all_of_it_is_reached_by_keyboard_and_focus_can_be_seen(page: Any, rich: str) -> None:
    page.goto(rich)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the exercises")
    assert skip.bounding_box()["x"] >= 0 and page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#exercises"
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        kind, outline = page.evaluate(
            "[document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle]"
        )
        assert outline != "none", f"the focus on a {kind} cannot be seen"
        seen.add(kind)
        if kind == "SUMMARY" and "hint" in page.evaluate("document.activeElement.parentElement.className"):
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.parentElement.open")
    assert {"A", "SUMMARY", "DIV"} <= seen  # links, hints, and what scrolls


def test_on_paper_nothing_is_cut_off(page: Any, rich: str) -> None:
    page.goto(rich)
    page.emulate_media(media="print")
    for selector in (".scroll", ".numbered"):
        assert page.locator(selector).first.evaluate("e => getComputedStyle(e).overflowX") == "visible"
    assert not page.locator(".up").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.set_viewport_size({"width": 720, "height": 1000})  # A4 without its margins
    assert overflow(page) == []


# -- hostile ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1280, 390])
def test_a_hostile_submission_changes_nothing_on_its_page(new_page: Any, hostile: Path, width: int) -> None:
    page = new_page(width)
    page.goto(hostile.as_uri())
    open_all(page)
    page.wait_for_timeout(200)  # what was smuggled in would have run
    assert page.evaluate("typeof window.XSS") == "undefined"
    assert page.title().startswith("Sums: feedback for eve<img")
    assert page.get_by_role("heading", level=1).inner_text() == "Sums"
    assert page.locator("section.exercise").evaluate_all("all => all.map(e => e.id)") == ["add", "mean", "why"]
    assert page.locator("style").count() == 1 and page.locator("body").is_visible()
    assert overflow(page) == []
    for tag in ("script", "iframe", "form", "object", "embed", "base", "link", "input", "button"):
        assert page.locator(tag).count() == 0, tag
    assert page.locator("svg:not(.bar)").count() == 0
    assert page.evaluate(
        """() => [...document.querySelectorAll('*')].flatMap(e => [...e.attributes])
            .filter(a => a.name.startsWith('on') || a.name == 'style' ||
                    (a.name == 'src' && !a.value.startsWith('data:image/png;base64,')) ||
                    (a.name == 'href' && !/^(#|https?:\\/\\/|mailto:)/.test(a.value)))
            .map(a => a.name + '=' + a.value)"""
    ) == []  # fmt: skip
    text = page.locator("body").inner_text()
    for said in ("<script>window.XSS='script'</script>", "⟨U+202E⟩", "⟨U+001B⟩[31mred", "[picture: a]"):
        assert said in text, said
    assert findings(page) == []


def test_a_hostile_page_is_small_and_holds_no_character_that_deceives(hostile: Path) -> None:
    html = hostile.read_text(encoding="utf-8")
    assert len(html) < 2_000_000
    hidden = {"\x00", "\x07", "\x1b", "\u200b", "\u202c", "\u202e", "\u2066", "\u2069", "\ufeff", "\U000e0041"}
    assert hidden.isdisjoint(html)
