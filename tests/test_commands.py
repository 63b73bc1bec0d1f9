"""The command line starts at once, explains itself, and answers wrong input in one sentence with exit status 2."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_course import LESSON, write_lesson

from course.__main__ import COMMANDS, cli, main
from course.errors import CourseError, EngineError, InputError
from course.lessons import Course

HEAVY = ("torch", "nbgrader", "numpy", "matplotlib", "IPython", "jupytext", "pytest", "course.lessons")

TEST = """
from course.grading import points, same

@points(1)
def test_two(student):
    same(student.double(2), 4, "double(2)")
"""


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return write_lesson(tmp_path, double=TEST)


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Exit status and stderr of ``course WORDS...``."""
    monkeypatch.setattr(sys, "argv", ["course", *words])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0), capsys.readouterr().err


def test_help_and_version_import_nothing_heavy() -> None:
    code = (
        "import sys; from course.__main__ import main; sys.argv = ['course', {!r}]\n"
        "try: main()\nexcept SystemExit as left: assert not left.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    for option in ("--help", "--version"):
        told = subprocess.run(
            [sys.executable, "-c", code.format(option)], capture_output=True, text=True, check=True, timeout=120
        )
        assert told.stdout.splitlines()[-1] == "[]"


def test_help_lists_every_command_with_its_line() -> None:
    shown = CliRunner().invoke(cli, ["--help"]).output
    for name, line in COMMANDS.items():
        assert re.search(rf"^  {name}\s+{re.escape(line[:30])}", shown, re.MULTILINE), name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert f"Usage: cli {name}" in result.output and "--help" in result.output
    assert len(result.output.splitlines()) > 5


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_file_and_the_same_short_help(name: str) -> None:
    command = cli.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None and command.name == name
    assert command.short_help == COMMANDS[name]


def test_importing_the_commands_imports_neither_torch_nor_nbgrader() -> None:
    modules = ", ".join(f"course.commands.{name}_command" for name in COMMANDS)
    code = f"import sys, {modules}\nprint([name for name in ('torch', 'nbgrader', 'numpy') if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert told.stdout.strip() == "[]"


def test_an_unknown_command_is_told_what_there_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, told = run(monkeypatch, capsys, "grad")
    assert status == 2 and "there is no command 'grad'" in told and "grade" in told


WRONG = {
    "unknown lesson": (["try", "99_nothing", "answers.py"], "no lesson '99_nothing'"),
    "unknown exercise": (["try", LESSON, "answers.py", "-e", "triple"], "no exercise 'triple'"),
    "missing file": (["try", LESSON, "nothing.py"], "nothing.py cannot be read"),
    "a folder as a file": (["try", LESSON, "."], "cannot be read"),
    "no markers": (["try", LESSON, "plain.py"], "no `# %% exercise` line"),
    "unknown section": (["try", LESSON, "other.py"], "section `# %% triple`"),
    "two sections": (["try", LESSON, "twice.py"], "two sections `# %% double`"),
    "no text": (["try", LESSON, "bytes.py"], "not UTF-8"),
    "a notebook that is none": (["try", LESSON, "broken.ipynb"], "broken.ipynb"),
    "nobody handed in": (["grade", LESSON], "nobody has handed in"),
    "unknown student": (["grade", LESSON, "--student", "ada"], "ada"),
    "grade unknown lesson": (["grade", "99_nothing"], "no lesson"),
    "audit unknown lesson": (["audit", "99_nothing"], "no lesson"),
    "audit unknown exercise": (["audit", LESSON, "-e", "triple"], "no exercise 'triple'"),
    "release unknown lesson": (["release", "99_nothing"], "no lesson"),
    "feedback unknown lesson": (["feedback", "99_nothing"], "no lesson"),
    "report unknown lesson": (["report", "99_nothing"], "no lesson"),
    "solve unknown lesson": (["solve", "99_nothing"], "no lesson"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_one_sentence_and_exit_status_2(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.chdir(course.root)
    for file, text in {
        "answers.py": b"# %% double\ndef double(n): return 2 * n\n",
        "plain.py": b"x = 3\n",
        "other.py": b"# %% triple\nx = 3\n",
        "twice.py": b"# %% double\nx = 3\n# %% double\nx = 4\n",
        "bytes.py": b"\xff\xfe\x00",
        "broken.ipynb": b"{",
    }.items():
        (course.root / file).write_bytes(text)
    words, part = WRONG[name]
    status, told = run(monkeypatch, capsys, *words)
    assert status == 2 and part in told
    assert told.startswith("course: ") and len(told.strip().splitlines()) == 1


def test_outside_of_a_course_the_way_in_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    status, told = run(monkeypatch, capsys, "report", LESSON)
    assert status == 2 and "no course_config.py" in told and "--course DIR" in told
    status, told = run(monkeypatch, capsys, "report", LESSON, "--course", str(tmp_path / "nowhere"))
    assert status == 2 and "nowhere" in told


@pytest.mark.parametrize(
    "config, part",
    [("COURSE = ", "SyntaxError"), ("x = 1", "COURSE"), ("COURSE = {}\nLESSONS = {}", "id"),
     ("COURSE = {'id': 'a', 'title': 'b'}\nLESSONS = {'01': {'colour': 'red'}}", "colour"),
     ("COURSE = {'id': 'a', 'title': 'b'}\nLESSONS = {}\nLIMITS = {'naps': 3}", "naps")],
)  # fmt: skip
def test_a_broken_configuration_is_wrong_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], config: str, part: str
) -> None:
    (tmp_path / "course_config.py").write_text(config, encoding="utf-8")
    status, told = run(monkeypatch, capsys, "report", LESSON, "--course", str(tmp_path))
    assert status == 2 and part in told and "course_config.py" in told


@pytest.mark.parametrize(
    "error, status", [(InputError("no"), 2), (EngineError("no"), 3), (CourseError("no"), 3), (KeyboardInterrupt(), 130)]
)
def test_every_kind_of_error_has_its_exit_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, status: int
) -> None:
    def stop(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr("course.__main__.cli", stop)
    found, told = run(monkeypatch, capsys)
    assert found == status and told.startswith("course: ") and "Traceback" not in told
