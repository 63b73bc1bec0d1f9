"""``course``: the command line. Commands are found in ``course.commands`` and imported only when they run."""

from __future__ import annotations

import atexit
import errno
import gc
import os
import sys
import threading
from importlib import import_module

import click

from course.errors import CourseError

COMMANDS = {  # name: the line that `course --help` shows
    "demo": "Grade three sample submissions from start to finish and show where the pages are.",
    "release": "Build the students' notebooks from the sources.",
    "grade": "Grade the submitted notebooks of a lesson and write the gradebook.",
    "replay": "Grade an answer again from its receipt, and compare.",
    "feedback": "Make the students' feedback pages.",
    "report": "Show the class's scores as a table.",
    "try": "Grade answers files or notebooks without a gradebook.",
    "check": "Run the visible checks of a notebook or answers file.",
    "solve": "Build the solved notebook of a lesson.",
    "new": "Lay out a new lesson or exercise.",
    "audit": "Prove that a lesson's graders accept right answers and name wrong ones.",
    "data": "Show, fetch and verify data sets.",
    "doctor": "Check this machine and this course.",
    "lab": "Open JupyterLab on the released lessons.",
}


UNUSED_IMPORTS = (  # optional parts of nbformat and jupytext; together 3 s of every command's start
    "rfc3987_syntax",
    "jupytext.sync_contentsmanager",
    "jupytext.async_contentsmanager",
)
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class LazyGroup(click.Group):
    """Imports ``course.commands.<name>`` when it is called, so that ``course --help`` starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        return import_module(f"course.commands.{name}_command").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]):  # type: ignore[no-untyped-def]
        name = args[0] if args else ""
        if name and name not in COMMANDS:
            ctx.fail(f"there is no command {name!r}; the commands are {', '.join(COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="convnet-course", prog_name="course")
def cli() -> None:
    """Write, release and grade hands-on lessons on convolutional networks.

    \b
    Students       course check, course lab
    Instructors    course release, grade, feedback, report, replay
    Lesson authors course new, try, solve, audit

    Exit status: 0 done; 1 done, and the answer is "no"; 2 the input is wrong; 3 the engine failed.
    """


def main() -> None:
    """Run the command line; every expected error is one sentence, on stderr, with its exit status."""
    for name in UNUSED_IMPORTS:
        sys.modules[name] = None  # type: ignore[assignment]  # importing it raises ImportError, which is expected there
    gc.set_threshold(100_000)  # importing torch makes a million objects that stay; looking through them takes a second
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # grading forks: one thread, whatever is imported later
        os.environ.setdefault(name, "1")
    try:
        status = cli(standalone_mode=False)
    except CourseError as error:
        click.echo(f"course: {error}", err=True)
        status = error.exit_status
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        click.echo(f"course: the disk is full ({error}): make room and run the same command again", err=True)
        status = 3
    except click.UsageError as error:
        error.show()
        status = 2
    except click.ClickException as error:
        click.echo(f"course: {error.format_message()}", err=True)
        status = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("course: stopped; what was finished is kept, and the same command goes on from there", err=True)
        status = 130
    sys.exit(status if isinstance(status, int) else 0)


def console() -> None:
    """``main``, and an end at once.

    Python's own way to end looks through the million objects of torch again: a second, for every command that uses it.
    """
    try:
        main()
    except SystemExit as end:
        if "torch" not in sys.modules or threading.active_count() > 1 or not isinstance(end.code, int):
            raise
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code)


if __name__ == "__main__":
    console()
