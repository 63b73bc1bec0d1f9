"""Options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from course.config import NO_SANDBOX, find_root

if TYPE_CHECKING:
    from course.lessons import Course


def open_course(ctx: click.Context, parameter: click.Parameter, value: Path | None) -> Course:
    from course.lessons import Course

    return Course.open(find_root(value))


def without_walls(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        os.environ[NO_SANDBOX] = "1"


course_option = click.option(
    "--course",
    type=click.Path(path_type=Path, file_okay=False),
    callback=open_course,
    metavar="DIR",
    help="The course's folder (default: the nearest one above with a course_config.py).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, one line an item.")
no_sandbox_option = click.option(
    "--no-sandbox",
    is_flag=True,
    expose_value=False,
    callback=without_walls,
    help=f"Run student code without walls, for code that you trust (or set {NO_SANDBOX}=1).",
)
tier_option = click.option(
    "--tier",
    type=click.Choice(["cpu", "gpu"]),
    default="cpu",
    envvar="COURSE_TIER",
    show_default=True,
    help="What student code may use; gpu needs an NVIDIA GPU.",
)
