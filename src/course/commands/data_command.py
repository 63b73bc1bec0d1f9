"""``course data``: show, fetch and verify data sets."""

from __future__ import annotations

import click


@click.group("data", short_help="Show, fetch and verify data sets.", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> int:
    """Show, fetch and verify the picture sets that lessons use if they are there.

    \b
    course data                   what is there, and where
    course data get cifar10       fetch a set
    course data verify cifar10    read all of it, compare checksums

    Every lesson works without them. They lie in the folder that the environment variable COURSE_DATA names, in
    torchvision's own layout.
    """
    return ctx.invoke(status) if ctx.invoked_subcommand is None else 0


@command.command("status", short_help="What is there, and where.")
def status() -> int:
    """List the sets with their state: present, partial, absent or damaged. Exit status 1 if one is damaged."""
    from coursekit import data

    rows = data.status()
    for row in rows:
        click.echo(f"{row.name:<14} {row.state:<8} {_count(row.pictures) if row.pictures else '':>9}  {row.folder}")
    damaged = [row for row in rows if row.state in ("damaged", "partial")]
    for row in damaged:
        click.echo(f"{row.name}: {row.note}", err=True)
    return 1 if any(row.state == "damaged" for row in damaged) else 0


@command.command("get", short_help="Fetch a set.")
@click.argument("name")
def get(name: str) -> int:
    """Fetch the set NAME with torchvision's downloader and verify it.

    \b
    course data get cifar10
    """
    return _tell(name, "download")


@command.command("verify", short_help="Read all of a set and compare its checksums.")
@click.argument("name")
def verify(name: str) -> int:
    """Read all files of the set NAME and compare their checksums. Exit status 1 if it is absent or damaged.

    \b
    course data verify cifar10
    """
    return _tell(name, "verify")


def _tell(name: str, action: str) -> int:
    from course.errors import InputError
    from coursekit import data

    try:
        row = getattr(data, action)(name)
    except ValueError as error:  # an unknown name
        raise InputError(str(error)) from error
    except data.DataError as error:
        click.echo(f"course: {error}", err=True)
        return 1
    click.echo(
        f"{row.name} is {row.state} in {row.folder}, {_count(row.pictures)} pictures"
        + (f" ({row.note})" if row.note else "")
    )
    return 0


def _count(pictures: int) -> str:
    return f"{pictures:,}".replace(",", " ")
