"""The guard itself: what asks other hosts and what fails is noticed, and the tiny course's server is there."""

from __future__ import annotations

from typing import Any

from browser.accessibility import findings
from browser.jupyter import Jupyter
from browser.tabs import Guard, overflow


def test_a_page_that_asks_another_host_gets_nothing_and_is_found_out(browser: Any) -> None:
    guard = Guard()
    context = browser.new_context()
    guard.watch(context)
    page = context.new_page()
    page.set_content("<img src='http://evil.example/a.png'><script>undefined_function()</script>")
    page.wait_for_timeout(50)
    context.close()
    assert guard.outside == ["http://evil.example/a.png"]
    assert guard.errors == ["undefined_function is not defined"]


def test_what_stands_out_of_a_phone_is_named_and_what_scrolls_is_not(new_page: Any) -> None:
    page = new_page(390)
    page.set_content("<div style='overflow-x: auto'><p style='width: 900px'>a</p></div>")
    assert overflow(page) == []
    page.set_content("<p class='wide' style='width: 900px'>b</p>")
    assert overflow(page)[0].startswith('<p class="wide"> b')


def test_what_cannot_be_read_is_found(page: Any) -> None:
    page.set_content("<html lang=en><title>t</title><main><p style='color: #ccc; background: #fff'>pale</p></main>")
    assert any("color-contrast" in finding for finding in findings(page))
    page.set_content("<html lang=en><title>t</title><main><h1>a</h1><p>plain</p></main>")
    assert findings(page) == []


def test_the_formgrader_shows_the_tiny_course(lab: Any, jupyter: Jupyter) -> None:
    lab.goto(f"{jupyter.url}/formgrader/manage_assignments")
    lab.wait_for_function("typeof models !== 'undefined' && models && models.loaded === true")
    assert "02_sums" in lab.locator("#main-table").inner_text()
