"""nbgrader's formgrader behind our server extension: its own handlers, each with three things mended.

They are registered at nbgrader's URLs before nbgrader's own, so pages, tables and buttons stay as people know them.

- Each request reads what others have written meanwhile. nbgrader keeps one database session for as long as the server
  lives, and so shows the score from before a ``course grade`` for ever.
- What stands in a URL is printed as text. nbgrader's templates print it as HTML.
- A button that works for seconds or minutes starts a job (``course.review.jobs``) and answers, as nbgrader does, when
  the job is over. nbgrader's own handlers work in the server's only thread, and nobody gets an answer meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nbgrader.server_extensions.formgrader import apihandlers, handlers
from nbgrader.server_extensions.formgrader.base import check_notebook_dir, check_xsrf
from nbgrader.server_extensions.validate_assignment.handlers import ValidateAssignmentHandler
from tornado import web

from course.config import CONFIG_FILE
from course.review.jobs import JOBS, Job, Jobs

MOST_SECONDS = 3_600.0  # of one validation
_UNSAFE = str.maketrans({"<": "&lt;", ">": "&gt;", '"': "&quot;", "\\": "&#92;"})  # what ends a string or begins a tag


def escaped(value: Any) -> Any:
    """Text that can neither begin a tag nor end an attribute or a string of JavaScript; others as they are.

    >>> escaped({"student": "<b>", "index": 3})
    {'student': '&lt;b&gt;', 'index': 3}
    """
    if isinstance(value, str):
        return value.translate(_UNSAFE)
    return {key: escaped(inner) for key, inner in value.items()} if isinstance(value, dict) else value


class Mended:
    """What every handler of nbgrader's gets in front."""

    async def prepare(self) -> None:
        settings: dict[str, Any] = self.settings  # type: ignore[attr-defined]
        if "nbgrader_formgrader" not in settings:
            raise web.HTTPError(404)
        if (gradebook := settings["nbgrader_gradebook"]) is not None:
            gradebook.db.rollback()  # ends the transaction; what is asked for next is read anew
        await super().prepare()  # type: ignore[misc]

    def render(self, name: str, **values: Any) -> str:
        return super().render(name, **escaped(values))  # type: ignore[misc, no-any-return]


class Button(Mended):
    """A button whose work is a job. ``command`` makes the command line from what the URL names."""

    title = ""
    good = frozenset({0})
    command: Callable[..., list[str]]

    @web.authenticated
    @check_xsrf
    @check_notebook_dir
    async def post(self, *names: str) -> None:
        root = Path(self.coursedir.root)  # type: ignore[attr-defined]
        if not (root / CONFIG_FILE).is_file():  # the formgrader was pointed at a course of another kind
            super().post(*names)  # type: ignore[misc]
            return
        jobs: Jobs = self.settings[JOBS]  # type: ignore[attr-defined]
        title = " ".join((self.title, *reversed(names)))
        job = jobs.start(title, [sys.executable, "-m", *self.command(*names)], root, str(root), self.good)
        await job.finished.wait()
        self.write(json.dumps(reply(job)))  # type: ignore[attr-defined]


def reply(job: Job) -> dict[str, Any]:
    """What nbgrader's pages expect of a button."""
    log = "\n".join(job.output)
    if job.state == "done":
        return {"success": True, "log": log}
    return {"success": False, "log": log, "error": "It was cancelled." if job.state == "cancelled" else log}


def _course(name: str, lesson: str, *students: str) -> list[str]:
    return ["course", name, *(f"--student={student}" for student in students), "--", lesson]


def _nbgrader(name: str, lesson: str, *students: str, options: tuple[str, ...] = ()) -> list[str]:
    chosen = [f"--student={student}" for student in students]
    return ["nbgrader", name, *options, *chosen, f"--assignment={lesson}"]


class Autograde(Button, apihandlers.AutogradeHandler):
    title = "Grade"
    good = frozenset({0, 1})  # 1: somebody has to look at it, which the table shows
    command = staticmethod(lambda lesson, student: _course("grade", lesson, student))


class Feedback(Button, apihandlers.GenerateFeedbackHandler):
    title = "Feedback"
    command = staticmethod(lambda lesson, student: _course("feedback", lesson, student))


class AllFeedback(Button, apihandlers.GenerateAllFeedbackHandler):
    title = "Feedback"
    command = staticmethod(lambda lesson: _course("feedback", lesson))


class Assign(Button, apihandlers.AssignHandler):
    title = "Build"
    command = staticmethod(lambda lesson: _course("release", lesson))


class Release(Button, apihandlers.ReleaseHandler):
    title = "Release"
    command = staticmethod(lambda lesson: _nbgrader("release_assignment", lesson))


class Collect(Button, apihandlers.CollectHandler):
    title = "Collect"
    command = staticmethod(lambda lesson: _nbgrader("collect", lesson, options=("--update",)))


class ReleaseFeedback(Button, apihandlers.ReleaseFeedbackHandler):
    title = "Release feedback"
    command = staticmethod(lambda lesson, student: _nbgrader("release_feedback", lesson, student))


class ReleaseAllFeedback(Button, apihandlers.ReleaseAllFeedbackHandler):
    title = "Release feedback"
    command = staticmethod(lambda lesson: _nbgrader("release_feedback", lesson))


class Validate(ValidateAssignmentHandler):
    """The Validate button of notebooks: the same check, in a process of its own."""

    @web.authenticated
    async def post(self) -> None:
        path = self.get_argument("path", None) or (self.get_json_body() or {}).get("path")
        if not isinstance(path, str):
            raise web.HTTPError(400, "which notebook?")
        root = Path(self.root_dir).resolve()
        target = (root / path).resolve()
        if not target.is_relative_to(root):
            raise web.HTTPError(403, "Access denied: path outside allowed directory")
        async with self.settings.setdefault("course_validation", asyncio.Lock()):
            self.finish(json.dumps(await _validate(target)))


async def _validate(path: Path) -> dict[str, Any]:
    from course.nbgrader_side import validation

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", validation.__name__, str(path)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), MOST_SECONDS)
        return json.loads(out)  # type: ignore[no-any-return]
    except asyncio.TimeoutError:
        return {"success": False, "value": f"The notebook ran longer than {MOST_SECONDS / 60:.0f} minutes."}
    except ValueError:
        return {"success": False, "value": err.decode("utf-8", "replace")[-4_000:]}
    finally:
        if process.returncode is None:
            process.kill()


BUTTONS = {  # nbgrader's handler: ours
    cls.__bases__[1]: cls
    for cls in (Autograde, Feedback, AllFeedback, Assign, Release, Collect, ReleaseFeedback, ReleaseAllFeedback)
}


def _handlers() -> Iterator[tuple[Any, ...]]:
    for pattern, handler, *options in (*handlers.default_handlers, *apihandlers.default_handlers):
        if issubclass(handler, handlers.BaseHandler):  # others serve files that are the same for everybody
            handler = BUTTONS.get(handler) or type(handler.__name__, (Mended, handler), {})
        yield pattern, handler, *options
    yield r"/assignments/validate", Validate


HANDLERS = list(_handlers())
