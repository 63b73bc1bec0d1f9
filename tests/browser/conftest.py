"""What browser tests share: one Chromium, tabs that reach no other host, and one Jupyter server on a tiny course.

``page`` is a desktop tab, ``new_page(390, dark=True)`` any other. A test fails when one of its tabs asked another host
for something, or a script on it failed. Chromium is the distribution's: nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import graded_course
import pytest
from browser.jupyter import Jupyter, serve
from browser.tabs import ARGUMENTS, CHROMIUM, Guard

from course.lessons import Course

NewPage = Callable[..., Any]


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")  # no longer: while Playwright runs, no other test can use asyncio
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip("needs Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser: Any) -> Iterator[NewPage]:
    """``new_page(width=1280, dark=False)``: a tab with cookies of its own."""
    guard = Guard()
    contexts = []

    def make(width: int = 1280, height: int = 800, dark: bool = False, **options: Any) -> Any:
        scheme = "dark" if dark else "light"
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, color_scheme=scheme, service_workers="block", **options)
        contexts.append(context)
        guard.watch(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        return page

    yield make
    for context in contexts:
        context.close()
    assert guard.outside == [], "a page asked another host"
    assert guard.errors == [], "a script on a page failed"


@pytest.fixture
def page(new_page: NewPage) -> Any:
    return new_page()


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The tiny course: three students have handed in, and are graded; ben is wrong, cat left exercises out."""
    course = graded_course.build(tmp_path_factory.mktemp("browser") / "course")
    with pytest.MonkeyPatch.context() as monkeypatch:
        graded_course.kernels_in_this_process(monkeypatch)
        result = graded_course.run(course, "grade", graded_course.LESSON)
    assert result.exception is None, result.output
    return course


@pytest.fixture(scope="session")
def jupyter(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    """A Jupyter server on the course's folder, with nbgrader's extensions: the instructor's."""
    with serve(course.root, tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture
def lab(jupyter: Jupyter, page: Any) -> Any:
    """A desktop tab that is logged in to the Jupyter server; ``lab.goto(jupyter.url + "/formgrader")`` is open to it.

    The login must be at /lab: nbgrader's own pages set a cookie for their own path only.
    """
    log_in(page, jupyter)
    return page


def log_in(page: Any, jupyter: Jupyter) -> None:
    page.goto(f"{jupyter.url}/lab?reset&token={jupyter.token}")
