"""The server extension: where it finds the course, and which address leads to which handler."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from jupyter_server.extension.application import ExtensionApp, ExtensionAppJinjaMixin
from traitlets import Unicode

from course.config import find_root
from course.errors import CourseError
from course.lessons import Course
from course.nbgrader_side import formgrader
from course.review import calls, job_pages, queue, views
from course.review.desk import Shelf
from course.review.jobs import JOBS, Jobs

HERE = Path(__file__).parent
PAGES = HERE.parent / "pages" / "templates"
HANDLERS = [  # (pattern below the server's base address, handler); the first that fits answers
    *job_pages.HANDLERS,
    *queue.HANDLERS,
    *calls.HANDLERS,
    *views.HANDLERS,
    *formgrader.HANDLERS,
]


class ReviewApp(ExtensionAppJinjaMixin, ExtensionApp):
    name = "course_review"
    extension_url = "/review"
    static_paths = [str(HERE / "static"), str(PAGES)]  # type: ignore[assignment]  # feedback.css: one face for all pages
    template_paths = [str(HERE / "templates"), str(PAGES)]  # type: ignore[assignment]
    load_other_extensions = True
    jinja2_env: Any  # made by the mixin

    course_folder = Unicode(
        "", help="The course's folder; empty for the nearest one with a course_config.py at or above the server's root."
    ).tag(config=True)

    def initialize_settings(self) -> None:
        self.shelf = Shelf()
        self.settings[JOBS] = self.jobs = Jobs()
        self.jinja2_env.filters |= views.FILTERS  # type: ignore[has-type]
        self.jinja2_env.globals |= views.GLOBALS  # type: ignore[has-type]
        Thread(target=self._read_ahead, name="read the class", daemon=True).start()

    def _read_ahead(self) -> None:
        """Read every graded class, which takes seconds, before somebody waits for its page."""
        with suppress(CourseError, OSError):
            for lesson in self.open_course().lessons.values():
                self.shelf.sight(lesson)

    async def stop_extension(self) -> None:
        await self.jobs.close()

    def initialize_handlers(self) -> None:
        self.handlers.extend(HANDLERS)

    def open_course(self) -> Course:
        """The course as its files are now. Raises CourseNotFound or SourceError."""
        assert self.serverapp is not None
        start = Path(self.course_folder or self.serverapp.root_dir)
        return Course.open(find_root(start))
