"""What all handlers of the review pages share: login, the course, content security, and errors in one sentence.

A page is ``class Mine(Page)`` with ``@web.authenticated`` and ``@authorized`` over its ``get``, and ends with
``self.show("mine.html.j2", ...)``. A call is ``class Mine(Call)`` the same way, takes ``self.get_json_body()`` and ends
with ``self.reply(...)``. Handlers are methods of the event loop: what takes longer than some milliseconds goes through
``asyncio.to_thread``, what takes seconds into a process of its own.
"""

from __future__ import annotations

import getpass
import json
import re
from typing import Any
from urllib.parse import quote

from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.extension.handler import ExtensionHandlerJinjaMixin, ExtensionHandlerMixin
from tornado import web

from course.errors import CourseError
from course.lessons import Course
from course.review.desk import Desk

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
)


class _Handler(ExtensionHandlerMixin):
    auth_resource = "course_review"  # for an authorizer, where several people share a server

    @property
    def content_security_policy(self) -> str:
        return POLICY

    def set_default_headers(self) -> None:
        super().set_default_headers()  # type: ignore[misc]
        self.set_header("Referrer-Policy", "same-origin")  # type: ignore[attr-defined]
        self.set_header("Cache-Control", "no-store")  # type: ignore[attr-defined]

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """What is told to the TA in a sentence needs no traceback in the server's log."""
        if not isinstance(value, CourseError):
            super().log_exception(typ, value, tb)  # type: ignore[misc]

    @property
    def course(self) -> Course:
        return self.extensionapp.open_course()  # type: ignore[attr-defined, no-any-return]

    def desk(self, lesson: str) -> Desk:
        """A lesson with all that is known of it. Raises UnknownLesson."""
        course = self.course
        return Desk(course, course.lesson(lesson), self.extensionapp.shelf)  # type: ignore[attr-defined]

    def gradebook_changed(self) -> None:
        """The formgrader keeps a session of its own, and what that has read: let it read again."""
        book = self.settings.get("nbgrader_gradebook")
        if book is not None:
            book.db.expire_all()

    def address(self, *parts: str) -> str:
        """The address of a page of ours, with every part quoted."""
        return "/".join((f"{self.base_url}review", *(quote(part, safe="") for part in parts)))

    @property
    def who(self) -> str:
        """Who is logged in, for the log: the name that JupyterHub knows, else who runs the server."""
        name = str(self.current_user.username)  # type: ignore[attr-defined]
        return getpass.getuser() if re.fullmatch("[0-9a-f]{32}", name) else name  # a token's user is a random number


class Page(ExtensionHandlerJinjaMixin, _Handler, JupyterHandler):
    """An HTML page."""

    def rendered(self, template: str, **names: Any) -> str:
        """The page as text, also from a thread."""
        return self.render_template(template, address=self.address, **names)

    def show(self, template: str, **names: Any) -> None:
        self.finish(self.rendered(template, **names))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, CourseError):
            status_code, sentence = 404, str(error)
        elif isinstance(error, web.HTTPError):
            sentence = error.log_message or ""
        else:
            sentence = "Something went wrong in the server; its log says more."
        self.set_status(status_code)
        self.show("error.html.j2", status=status_code, sentence=sentence)


class Call(_Handler, APIHandler):
    """A JSON answer to a script of our pages. Refused without the XSRF token of the page."""

    @property
    def content_security_policy(self) -> str:
        return f"{POLICY}; sandbox"

    def reply(self, **data: Any) -> None:
        self.finish(json.dumps(data))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, CourseError):
            status_code, sentence = 400, str(error)
        elif isinstance(error, web.HTTPError):
            sentence = error.log_message or error.reason or ""
        else:
            sentence = "Something went wrong in the server; its log says more."
        self.set_status(status_code)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"message": sentence}))
