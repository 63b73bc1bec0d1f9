"""How long others wait for an answer of the Jupyter server while it grades. Writes its part of docs/performance.md.

``/api/status`` is asked every 50 ms while a class of 24 is graded from the page, and while the formgrader's Autograde
button grades one submission: with our extension, and with nbgrader's own handlers in the same server.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import Request, urlopen

import click
from report import RESULTS, write_report
from sample_class import LESSON, hand_in, our_course, students

from course.lessons import Course

CLASS = 24
TOKEN = "waiting"
EVERY = 0.05  # seconds between two questions
CALM = 3.0  # seconds of questions before anything is asked for, for comparison


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Measure, and write the result into benchmarks/results.json and docs/performance.md.

    \b
    .venv/bin/python benchmarks/waiting.py
    """
    origin = Course.open(Path(__file__).parents[1])
    folder = Path(tempfile.mkdtemp(prefix="waiting-"))
    try:
        course = our_course(origin, folder / "course")
        lesson = course.lesson(LESSON)
        for _ in hand_in(lesson.release_notebook, course.root / "submitted", origin.lesson(LESSON), students(CLASS)):
            pass
        found = {}
        with serving(course.root, ours=True) as ask:
            found["calm"] = while_busy(ask, lambda: time.sleep(CALM))
            found["button"] = while_busy(ask, lambda: press(ask, "s00000-right"))
            found["grade"] = {**while_busy(ask, lambda: grade(ask)), "size": CLASS}
        for name in (".course", "autograded"):
            shutil.rmtree(course.root / name, ignore_errors=True)
        with serving(course.root, ours=False) as ask:
            found["stock"] = while_busy(ask, lambda: press(ask, "s00000-right"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    write_report({**json.loads(RESULTS.read_text()), "waiting": found})
    for name, waits in found.items():
        click.echo(f"{name:8} took {waits['seconds']:.1f} s; others waited at most {waits['worst']:.2f} s")


@contextmanager
def serving(root: Path, ours: bool) -> Iterator[Callable[..., Any]]:
    """``ask(path, body)`` of a server on this course; without ours, nbgrader's own handlers answer."""
    folder = Path(tempfile.mkdtemp(prefix="waiting-server-"))
    extensions = json.dumps({"ServerApp": {"jpserver_extensions": {"course.review": ours}}})
    (folder / "jupyter_server_config.json").write_text(extensions)
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(folder),
        "JUPYTER_RUNTIME_DIR": str(folder),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    options = ["--no-browser", "--allow-root", "--port=0", f"--IdentityProvider.token={TOKEN}"]
    program = [sys.executable, "-m", "jupyter_server", f"--ServerApp.root_dir={root}", *options]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(program, cwd=root, env=environment, stdout=log, stderr=log)
    try:
        while not (told := list(folder.glob("jpserver-*.json"))):
            if server.poll() is not None:
                raise click.ClickException((folder / "log").read_text()[-2000:])
            time.sleep(0.2)
        time.sleep(1)
        base = json.loads(told[0].read_text())["url"]

        def ask(path: str, body: Any = None) -> Any:
            data = None if body is None else json.dumps(body).encode()
            request = Request(base + path, data, {"Authorization": f"token {TOKEN}"})
            with urlopen(request, timeout=900) as answer:
                return json.loads(answer.read())

        ask("formgrader/api/assignments")
        yield ask
    finally:
        server.terminate()
        server.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def press(ask: Callable[..., Any], student: str) -> None:
    reply = ask(f"formgrader/api/submission/{LESSON}/{student}/autograde", {})
    if not reply["success"]:
        raise click.ClickException(reply.get("log", "") or reply.get("error", ""))


def grade(ask: Callable[..., Any]) -> None:
    job = ask("review/api/jobs", {"action": "grade", "lesson": LESSON})["job"]["id"]
    while not (now := next(j for j in ask("review/api/jobs")["jobs"] if j["id"] == job))["ended"]:
        time.sleep(1)
    if now["state"] != "done":
        raise click.ClickException("\n".join(now["output"]))


def while_busy(ask: Callable[..., Any], work: Callable[[], None]) -> dict[str, float]:
    """Seconds that the work took, and that others waited for answers meanwhile: the longest, and in the middle."""
    problems: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            problems.append(error)

    ask("api/status")
    worker, waits = threading.Thread(target=run), []
    began = time.monotonic()
    worker.start()
    while worker.is_alive():
        asked = time.monotonic()
        ask("api/status")
        waits.append(time.monotonic() - asked)
        time.sleep(EVERY)
    if problems:
        raise problems[0]
    return {"seconds": time.monotonic() - began, "worst": max(waits), "median": median(waits), "questions": len(waits)}


if __name__ == "__main__":
    main()
