"""A working folder with copies of the released lessons, and JupyterLab in it or, for TAs, in the course's folder."""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.errors import InputError

# JupyterLab asks the internet for news and updates, and the user whether it may; no lesson needs either.
SERVER_CONFIG: dict[str, dict[str, Any]] = {
    "LabApp": {
        "news_url": None,
        "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "extension_manager": "readonly",
    },
    "LanguageServerManager": {"autodetect": False},
}
NBGRADER_CONFIG = """\
from course.nbgrader_side.validate import use_visible_checks

use_visible_checks(get_config())
"""
PAGE_CONFIG = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
REVIEW = Path(__file__).parents[1] / "review"
TEMPLATES = Path(__file__).parents[1] / "nbgrader_side" / "jupyter"  # for nbgrader's grading page


@dataclass(frozen=True)
class Copied:
    """Files by their path below the working folder. kept: the student's own, which differ from what is released."""

    new: list[str]
    kept: list[str]


def find_released(start: Path) -> Path:
    """The nearest folder at or above ``start`` that has a ``release/`` with lessons in it."""
    here = start.resolve()
    for folder in (here, *here.parents):
        if any(folder.glob("release/*/*.ipynb")):
            return folder
    raise InputError(f"there are no released lessons in {here} or above it: run `course release`, or give --course DIR")


def copy_lessons(root: Path, work: Path) -> Copied:
    """Copy what ``root/release/`` has and ``work`` has not; nothing that is in ``work`` is changed."""
    new, kept = [], []
    for path in sorted((root / "release").rglob("*")):
        name = path.relative_to(root / "release")
        if not path.is_file() or any(part.startswith(".") for part in name.parts):
            continue
        target = work / name
        if not os.path.lexists(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            new.append(str(name))
        elif not (target.is_file() and filecmp.cmp(path, target, shallow=False)):
            kept.append(str(name))
    return Copied(new, kept)


def review_settings(root: Path) -> dict[str, dict[str, Any]]:
    """Jupyter settings that enable the TA's pages where ``root`` is a course's own folder, and hide them elsewhere."""
    is_course = (root / "course_config.py").is_file()
    return {
        "ServerApp": {"jpserver_extensions": {"course.review": is_course}},
        "LabApp": {"extra_labextensions_path": [str(REVIEW / "labextensions")] if is_course else []},
        "ReviewApp": {"course_folder": str(root)},
    }


def jupyterlab(root: Path, work: Path, options: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
    """The command line and environment that start JupyterLab in ``work``; its settings go to ``root/.course/lab``.

    In a course's own folder it has the TA's pages too: an editable install enables no extension by itself.
    """
    settings = root / ".course" / "lab"
    server = {**SERVER_CONFIG, **review_settings(root)}
    server["LabApp"] = {**SERVER_CONFIG["LabApp"], **server["LabApp"]}
    for name, content in (
        ("jupyter_server_config.json", json.dumps(server, indent=2) + "\n"),
        ("labconfig/page_config.json", json.dumps(PAGE_CONFIG, indent=2) + "\n"),
        ("nbgrader_config.py", NBGRADER_CONFIG),
    ):
        path = settings / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    config = [str(settings), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    data = [str(TEMPLATES), *filter(None, [os.environ.get("JUPYTER_PATH")])]
    programs = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]  # for `!course check` in a notebook
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_PATH": os.pathsep.join(config),
        "JUPYTER_PATH": os.pathsep.join(data),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PATH": os.pathsep.join(programs),
    }
    return [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={work}", *options], environment
