"""A Jupyter server for tests: a home, settings and extensions of its own, nothing of the machine's user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from course.authoring.lab import PAGE_CONFIG, SERVER_CONFIG

TOKEN = "tok"
START_SECONDS = 120  # usually 5 to 8; a busy machine takes longer


@dataclass(frozen=True)
class Jupyter:
    """A running server. url: without a slash at its end.  folder: its home, with ``server.log``."""

    url: str
    folder: Path
    token: str = TOKEN

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def serve(
    root: Path, folder: Path, program: Sequence[str] = (), **more: Mapping[str, object]
) -> Iterator[Jupyter]:
    """JupyterLab on ``root``, started there, with ``more`` settings by class, as in a settings file.

    program: what starts a server with settings of its own, in place of that.
    """
    settings = folder / "config"
    if not program:
        program = (sys.executable, "-m", "jupyterlab")
        own = {
            "ServerApp": {
                "ip": "127.0.0.1",
                "port": 0,
                "open_browser": False,
                "allow_root": True,
                "root_dir": str(root),
                "terminals_enabled": False,
            },
            "IdentityProvider": {"token": TOKEN},
            "LabApp": {"expose_app_in_browser": True},
        }
        layers = (SERVER_CONFIG, own, more)
        names = [name for layer in layers for name in layer]
        config = {name: {k: v for layer in layers for k, v in layer.get(name, {}).items()} for name in names}
        _write(settings / "jupyter_server_config.json", config)
        _write(settings / "labconfig" / "page_config.json", PAGE_CONFIG)
    environment = {
        **os.environ,
        "HOME": str(folder),
        "JUPYTER_CONFIG_DIR": str(settings),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    with open(folder / "server.log", "wb") as log:
        process = subprocess.Popen(program, cwd=root, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        yield Jupyter(_wait(process, folder), folder)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], folder: Path) -> str:
    """The server's address, once it answers."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        for path in (folder / "runtime").glob("jpserver-*.json"):
            try:
                url = json.loads(path.read_text(encoding="utf-8"))["url"].rstrip("/")
                with urlopen(f"{url}/api/status?token={TOKEN}", timeout=10):
                    return url
            except (OSError, URLError, ValueError, KeyError):
                pass  # half written, or not yet listening
        time.sleep(0.1)
    log = (folder / "server.log").read_text(encoding="utf-8", errors="replace")
    raise RuntimeError(f"the Jupyter server did not start; the end of its log:\n{log[-3000:]}")


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
