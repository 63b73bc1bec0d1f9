"""Hidden tests, collected by pytest once and then run one by one on any student.

Only this module knows pytest. Collection uses a few names that pytest calls private; ``tests/test_collect.py`` is the
canary for them.
"""

from __future__ import annotations

import random
import re
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from zlib import crc32

import numpy as np
import pytest
import torch
from _pytest.config import _prepareconfig

from course.errors import SourceError
from course.grading import describe
from course.grading.expect import Mismatch, student_error_sentence
from course.kernels.base import KernelTimeout, SubmissionFault
from course.lessons import Exercise
from course.records import Outcome
from course.student import ForbiddenUse, Student, StudentError, Transcript

INI = Path(__file__).with_name("pytest.ini")


@dataclass(frozen=True)
class TestRun:
    """What running one test gave. problem: our own exception's traceback, where outcome is ``error``."""

    __test__ = False

    outcome: Outcome
    message: str = ""
    counterexample: dict[str, Any] | None = None
    misconception: str | None = None
    transcript: Transcript = field(default_factory=Transcript)
    not_defined: bool = False
    kernel_lost: bool = False
    problem: str = ""


class HiddenTest:
    """One test function."""

    def __init__(self, item: pytest.Function) -> None:
        self.item = item
        item.repr_failure = lambda *_, **__: ""  # type: ignore[method-assign]  # takes long, and nobody reads it
        self.name: str = item.name
        marker = item.get_closest_marker("points")
        self.points = float(marker.args[0]) if marker else 0.0
        self.title = " ".join((item.function.__doc__ or item.name.replace("_", " ")).split())

    def seed(self, run_seed: int) -> int:
        return crc32(f"{run_seed}/{self.item.nodeid.rpartition('/')[2]}".encode())


class Collected:
    """The tests of some exercises.

    by_exercise: tests of each exercise folder, in the file's order.  modules: the test module of each.
    """

    def __init__(self, exercises: list[Exercise]) -> None:
        self.by_exercise: dict[Path, list[HiddenTest]] = {e.folder: [] for e in exercises if not e.written}
        self.modules: dict[Path, Any] = {}
        self._current = _Current()
        self._session: pytest.Session | None = None
        files = [e.test_file for e in exercises if not e.written]
        if files:
            self._collect(files)

    def finish(self) -> None:
        """Tear down what module fixtures are left of an exercise that ended early."""
        if self._session is not None:
            self._session._setupstate.teardown_exact(None)

    def _collect(self, files: list[Path]) -> None:
        _forget(files[0].parents[1].name)
        args = ["-c", str(INI), "--rootdir", str(files[0].parents[2]), *map(str, files)]
        config = _prepareconfig(args, [_plugin(self._current)])
        session = self._session = pytest.Session.from_config(config)
        config._do_configure()
        config.hook.pytest_sessionstart(session=session)
        try:
            session.perform_collect()
        except pytest.UsageError as error:
            raise SourceError(f"pytest cannot collect {files[0].parent}: {error}") from error
        if self._current.collect_errors:
            raise SourceError(self._current.collect_errors[0])
        for item in session.items:
            folder = item.path.parent
            if isinstance(item, pytest.Function) and folder in self.by_exercise:
                self.by_exercise[folder].append(HiddenTest(item))
                self.modules[folder] = item.module
        for folder, tests in self.by_exercise.items():
            if not tests:
                raise SourceError(f"{folder} collects no test: write `@points(n) def test_...(student)`")

    def tests(self, exercise: Exercise) -> list[HiddenTest]:
        return self.by_exercise[exercise.folder]

    def setting(self, exercise: Exercise, name: str, default: Any) -> Any:
        """A module-level name of the test file, such as ``bans`` or ``limits``."""
        return getattr(self.modules[exercise.folder], name, default)

    def run(self, test: HiddenTest, student: Student, run_seed: int, following: HiddenTest | None = None) -> TestRun:
        """Run one test. ``following`` is the exercise's next test; module fixtures live until there is none."""
        seed = test.seed(run_seed)
        student._begin_test(seed)
        torch.default_generator.manual_seed(seed)  # torch.manual_seed queues one for each absent accelerator, too
        np.random.seed(seed)
        random.seed(seed)
        self._current.student = student
        raised = _raised_by(test.item, following.item if following else None)
        return _interpret(raised, student._transcript)


def _raised_by(item: pytest.Function, following: pytest.Function | None) -> BaseException | None:
    """Run one item with its fixtures, without the reports that pytest would make of it."""
    state, raised = item.session._setupstate, None
    item._initrequest()  # fixtures anew: the same item runs on many students
    try:
        state.setup(item)
        item.runtest()
    except (Exception, pytest.fail.Exception, pytest.skip.Exception) as error:
        raised = error
    try:
        state.teardown_exact(following)
    except Exception as error:
        raised = raised or error
    return raised


def _interpret(raised: BaseException | None, transcript: Transcript) -> TestRun:
    match raised:
        case None:
            return TestRun("passed", transcript=transcript)
        case Mismatch():
            return TestRun("failed", raised.message, raised.counterexample, raised.misconception, transcript)
        case AssertionError():
            return TestRun("failed", _assertion_text(raised), transcript=transcript)
        case StudentError():
            return TestRun("failed", student_error_sentence(raised), transcript=transcript,
                           not_defined=raised.type_name == "NameError")  # fmt: skip
        case ForbiddenUse():
            return TestRun("forbidden", forbidden_sentence(raised.hits), transcript=transcript)
        case KernelTimeout():
            return TestRun("timeout", str(raised), transcript=transcript)
        case SubmissionFault():
            return TestRun("failed", str(raised), transcript=transcript, kernel_lost=raised.lost)
        case AttributeError() | TypeError() if (message := _unusable(raised, transcript)) is not None:
            return TestRun("failed", message, transcript=transcript)
    lines = "".join(traceback.format_exception(type(raised), raised, raised.__traceback__)[-6:])
    return TestRun(
        "error", "This test could not be run; a person will look at it.", transcript=transcript, problem=lines
    )


def _unusable(raised: AttributeError | TypeError, transcript: Transcript) -> str | None:
    """What the student reads when a test cannot go on with what was returned last; None if that is not the reason."""
    if not transcript.replies:
        return None
    value = transcript.replies[-1].value
    if isinstance(raised, AttributeError) and raised.obj is value:
        return f"What was returned is {describe.what_it_is(value)}, which has no {raised.name!r}."
    name = rf"(?:\w+\.)*{type(value).__name__}"
    fault = re.match(rf"'{name}' object is (not \w+)|cannot unpack (non-iterable) {name} object", str(raised))
    return fault and f"What was returned is {describe.what_it_is(value)}, which is {fault[1] or fault[2]}."


def forbidden_sentence(hits: tuple[dict[str, Any], ...] | list[dict[str, Any]]) -> str:
    hit = hits[0]
    where = f" in {describe.place(hit)}" if hit.get("line") else ""
    used = str(hit["operation"]).removeprefix("aten::")
    return f"Uses {used}{where}, which this exercise forbids: build it from indexing, sums and products."


def _assertion_text(error: AssertionError) -> str:
    """The author's words; pytest appends the expression, which is not for students."""
    text = f"\n{error}".partition("\nassert ")[0].strip()
    return re.sub(r"\s+", " ", text) if text else "The result is not what it should be."


def _forget(lesson: str) -> None:
    """What this process imported from a lesson before: files may have changed, or the course is another one."""
    for name in list(sys.modules):
        if name.startswith(f"{lesson}."):
            del sys.modules[name]


class _Current:
    """The student that tests get, and what went wrong while collecting."""

    def __init__(self) -> None:
        self.student: Student | None = None
        self.collect_errors: list[str] = []


def _plugin(current: _Current) -> ModuleType:
    """Hooks that only translate, and the fixture ``student``."""

    @pytest.fixture(scope="module")
    def student() -> Any:
        return current.student

    def pytest_collectreport(report: pytest.CollectReport) -> None:
        if report.failed:
            last = str(report.longrepr).strip().splitlines()
            current.collect_errors.append(f"{report.nodeid} cannot be imported: {last[-1] if last else ''}")

    plugin = ModuleType("course_hidden_tests")  # pytest finds module-scoped fixtures in modules only
    for part in (student, pytest_collectreport):
        setattr(plugin, part.__name__, part)
    return plugin
