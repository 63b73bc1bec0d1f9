"""The attack suite: what is in ``attacks/``, the traps that notice success, and the table in ``docs/attacks.md``.

An attack is an answers file, a frame or a mutation of a notebook. Constants before a file's first cell say what is
expected, beside a docstring that says what it tries:

- EXPECTED: points other than 0 for correlate1d and full points for the others ("full", or a number);
- REASON: text that the feedback page shows;
- HERE: what stops it;
- PLAIN: how it succeeds against plain nbgrader, which ``test_attacks_on_plain_nbgrader.py`` shows: "full points",
  "secret read", "left behind", "connected" or "not graded";
- PLAIN_KNOWN: what is known instead, where it is too dangerous to be tried without walls.

``<course>``, ``<port>``, ``<mark>`` and ``<bystander>`` in their code stand for what a trap is made of.
``python tests/attack_suite.py > docs/attacks.md`` writes the table anew.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import os
import re
import secrets
import selectors
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import coursebridge
import coursekit
from course.answers import Answers, read_answers
from course.lessons import Course
from coursebridge.process import die_with_parent

REPOSITORY, HERE = Path(__file__).parents[1], Path(__file__).parent / "attacks"
LESSON = "02_convolution"
EXERCISES = Course.open(REPOSITORY).lesson(LESSON).exercises
FULL = {name: EXERCISES[name].points for name in ("correlate1d", "output_size", "edge_kernels")}  # quick to grade
NO_FILES_OF_ANSWERS = ("frames", "mutations")


@dataclass(frozen=True)
class Attack:
    """One student. points: what the cheap exercises give; None where a person has to look.

    answers: put in the place of the right ones.  mutation: what is done to the notebook and its folder.
    reason: text that the feedback page shows.  tries, here, plain, known: for the table.
    """

    student: str
    points: dict[str, float | None]
    reason: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    mutation: Any = None
    tries: str = ""
    here: str = ""
    plain: str = ""
    known: str = ""


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"attacks_{name}", HERE / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _constants(answers: Answers) -> dict[str, Any]:
    told = [node for node in ast.parse(answers.preamble).body if isinstance(node, ast.Assign)]
    return {node.targets[0].id: ast.literal_eval(node.value) for node in told}  # type: ignore[attr-defined]


def _attacks() -> Iterator[Attack]:
    yield Attack("honest", FULL)
    yield Attack("~honest, and the last of all", FULL)
    for path in sorted(HERE.glob("*.py")):
        if path.stem not in NO_FILES_OF_ANSWERS:
            answers = read_answers(path)
            told, tries = _constants(answers), ast.get_docstring(ast.parse(answers.preamble)) or ""
            expected = {"correlate1d": 0.0} | told.get("EXPECTED", {})
            points = FULL | {name: value for name, value in expected.items() if value != "full"}
            yield Attack(
                path.stem,
                points,
                told.get("REASON", ""),
                dict(answers.code),
                tries=tries,
                here=told.get("HERE", ""),
                plain=told.get("PLAIN", ""),
                known=told.get("PLAIN_KNOWN", ""),
            )
    frames, mutations = load("frames"), load("mutations")
    for name, code in frames.answers().items():
        yield Attack(name, FULL | {"correlate1d": 0.0}, "", {"correlate1d": code})
    for student, mutation in mutations.MUTATIONS.items():
        points = FULL | mutation.points
        yield Attack(student, points, mutation.reason, mutation=mutation, tries=mutation.__doc__ or "")


ATTACKS = {attack.student: attack for attack in _attacks()}


# -- traps --------------------------------------------------------------------------------------------------------

CANARY = re.compile(rb"canary-[0-9a-f]{32}")
BESIDE_PYTHON = Path(sysconfig.get_path("purelib"))
WATCHED = (
    *map(Path, ("/tmp", "/var/tmp", "/dev/shm", "/run", "/etc", "/etc/cron.d", "/var/spool/cron/crontabs")),
    *map(Path, ("/etc/profile.d", "/etc/systemd/system", "/usr", sys.prefix, sysconfig.get_path("stdlib"))),
    BESIDE_PYTHON,
    BESIDE_PYTHON / "torch",
    *(Path(str(package.__file__)).parent for package in (coursebridge, coursekit)),
)


class Listener:
    """Answers with a canary on loopback (TCP and UDP) and on two Unix sockets. calls: who was answered."""

    def __init__(self, canary: str, abstract: str, path: Path) -> None:
        tcp, udp = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = tcp.getsockname()[1]
        udp.bind(("127.0.0.1", self.port))
        named = [socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)]
        named[0].bind(f"\0{abstract}")
        named[1].bind(str(path))
        path.chmod(0o777)
        self.calls: list[str] = []
        self._canary, self._sockets = canary.encode(), {"tcp": tcp, "udp": udp, "abstract": named[0], "path": named[1]}
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        selector = selectors.DefaultSelector()
        for name, sock in self._sockets.items():
            if name != "udp":
                sock.listen()
            selector.register(sock, selectors.EVENT_READ, name)
        while True:
            for key, _ in selector.select():
                sock = self._sockets[key.data]
                self.calls.append(key.data)
                with contextlib.suppress(OSError):
                    if key.data == "udp":
                        sock.sendto(self._canary, sock.recvfrom(100)[1])
                    else:
                        with sock.accept()[0] as caller:
                            caller.sendall(self._canary)


class Traps:
    """Around one course folder: secrets to be read, services to be called, a process to be harmed.

    mark: a word that everything which an attack leaves behind carries in its name or command line.
    home: of whoever grades.  environment: for the commands that grade.
    """

    def __init__(self, root: Path, home: Path) -> None:
        self.root, self.home, self.started = root, home, time.time() - 1
        self.mark = f"left-behind-{secrets.token_hex(8)}"
        self._secrets = {name: f"canary-{secrets.token_hex(16)}" for name in ("file", "line", "environment", "network")}
        (root / "secret.txt").write_text(self._secrets["file"])
        self.listener = Listener(self._secrets["network"], self.mark, root / "socket")
        self.environment = {"COURSE_ATTACK_SECRET": self._secrets["environment"], "HOME": str(home)}
        self.bystander = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(7200)", self._secrets["line"]],
            cwd=root,
            env=self.environment,
            preexec_fn=die_with_parent,
        )
        self._nice = os.getpriority(os.PRIO_PROCESS, self.bystander.pid)

    def set_in(self, code: str) -> str:
        """An attack's code with what it is to attack."""
        places = {"course": self.root, "port": self.listener.port, "mark": self.mark, "bystander": self.bystander.pid}
        for name, value in places.items():
            code = code.replace(f"<{name}>", str(value))
        return code

    def secret(self, name: str) -> str:
        """A canary to be put somewhere; the same for the same name."""
        return self._secrets.setdefault(name, f"canary-{secrets.token_hex(16)}")

    def found_in(self, data: bytes) -> set[str]:
        """Names of the secrets that occur in this text."""
        seen = {match.decode() for match in CANARY.findall(data)}
        return {name for name, canary in self._secrets.items() if canary in seen}

    def harmed(self) -> str | None:
        """What has happened to the bystander."""
        if self.bystander.poll() is not None:
            return "killed"
        state = Path(f"/proc/{self.bystander.pid}/stat").read_text().rpartition(")")[2].split()[0]
        nice = os.getpriority(os.PRIO_PROCESS, self.bystander.pid)
        return "stopped" if state in "Tt" else "slowed" if nice != self._nice else None

    def processes(self) -> dict[int, str]:
        """Live processes that carry the mark in their command line or environment."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                line = (folder / "cmdline").read_bytes()
                if self.mark.encode() in line + (folder / "environ").read_bytes():
                    found[int(folder.name)] = line.decode(errors="replace")
        return found

    def files(self) -> list[Path]:
        """Files that carry the mark in their name or, if they are new, in their text; outside the course's folder."""
        seen = [path for folder in WATCHED for path in _entries(folder)]
        seen += [path for folder, _, names in os.walk(self.home) for path in (Path(folder, name) for name in names)]
        return [path for path in seen if self.mark in path.name or self._is_marked(path)]

    def _is_marked(self, path: Path) -> bool:
        with contextlib.suppress(OSError):
            if path.is_file() and path.stat().st_mtime > self.started:
                return self.mark.encode() in path.read_bytes()
        return False

    def close(self) -> None:
        """End the bystander, and whatever was left behind after all."""
        for pid in {self.bystander.pid, *self.processes()} - {os.getpid()}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.bystander.wait()


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


# -- the table ----------------------------------------------------------------------------------------------------

ANSWERS = """# The attack suite

What hostile and careless students may hand in, and what becomes of it. All of it is graded as one class by `course
grade`, and again by nbgrader's own `autograde` and `generate_feedback` (`tests/test_attacks.py`): no attack gains a
point, learns a hidden test or a secret, reaches a network, sees another process or submission, writes outside its own
directory, outlives its kernel, or keeps another student from being graded.

"Against plain nbgrader" is what the same answer does to the same exercises with hidden tests in the notebook and
nbgrader's own pipeline. **Bold** was tried (`tests/test_attacks_on_plain_nbgrader.py`); the rest is what is known of
attacks that nobody should try without walls. A dash: it has nothing to attack there, or nothing to gain.

These tables are made from `tests/attacks/` by `python tests/attack_suite.py`.

## Answers

| attack | tries | what stops it here | against plain nbgrader |
| --- | --- | --- | --- |
"""
FORGED_REPLIES = """
## Forged replies

Bytes that a student's function writes to the grader itself, before the kernel's own reply follows. All lengths, depths,
counts and types are checked before memory is taken for them; whatever arrives is a wrong answer, or none.

"""
NOTEBOOKS = """
## Notebooks and folders

| attack | what is handed in | what it gives |
| --- | --- | --- |
"""


def table() -> str:
    answers, forged, notebooks = [], [], []
    for attack in ATTACKS.values():
        if attack.mutation is not None:
            notebooks.append(_row(f"`{attack.mutation.__name__}`", attack.tries, _gives(attack)))
        elif attack.student.startswith("frame_"):
            forged.append(f"- {attack.student.removeprefix('frame_').replace('_', ' ')}\n")
        elif attack.answers:
            plain = f"**{attack.plain}**" if attack.plain else attack.known or "—"
            answers.append(_row(f"`{attack.student}`", attack.tries, attack.here, plain))
    return "".join([ANSWERS, *answers, FORGED_REPLIES, *forged, NOTEBOOKS, *notebooks])


def _gives(attack: Attack) -> str:
    if None in attack.points.values():
        return "a person is asked to look"
    lost = [name for name in FULL if attack.points[name] != FULL[name]]
    return f"nothing for {', '.join(lost)}, full points for the others" if lost else "full points for right answers"


def _row(*columns: str) -> str:
    texts = [" ".join(text.split()).replace("|", "\\|").replace("<", "&lt;") for text in columns]
    return f"| {' | '.join(texts)} |\n"


if __name__ == "__main__":
    print(table(), end="")
