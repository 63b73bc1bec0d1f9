"""A working folder with copies of the released lessons, and JupyterLab in it."""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from course.errors import InputError

# JupyterLab asks the internet for news and updates, and the user whether it may; no lesson needs either.
SERVER_CONFIG = {
    "LabApp": {
        "news_url": None,
        "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "extension_manager": "readonly",
    },
    "LanguageServerManager": {"autodetect": False},
}
PAGE_CONFIG = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}


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


def jupyterlab(root: Path, work: Path, options: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
    """The command line and environment that start JupyterLab in ``work``; its settings go to ``root/.course/lab``."""
    settings = root / ".course" / "lab"
    for name, content in (("jupyter_server_config.json", SERVER_CONFIG), ("labconfig/page_config.json", PAGE_CONFIG)):
        path = settings / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    paths = [str(settings), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    environment = {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(paths), "JUPYTER_PREFER_ENV_PATH": "1"}
    return [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={work}", *options], environment
