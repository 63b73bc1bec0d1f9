"""Hidden tests are collected by pytest once and run on any student; what is broken on our side never costs points.

Also the canary for the names that pytest calls private.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from small_course import grade, grader_of, lesson_of, submission, write_lesson
from students import in_process

from course.errors import SourceError
from course.grading.collect import Collected
from course.kernels.inprocess import InProcessKernel
from course.lessons import Exercise
from course.runs.grade import grade_submission

DOUBLE = '''
from course.grading import points, same

bans = ("convolution",)
limits = {"call_seconds": 7}

@points(2)
def test_two(student):
    """double(2)
    gives 4."""
    same(student.double(2), 4, "double(2)")

@points(0.5)
def test_zero(student):
    same(student.double(0), 0, "double(0)")
'''
RIGHT = "def double(n): return 2 * n"


def collected(tmp_path: Path, **exercises: str) -> tuple[Collected, dict[str, Exercise]]:
    lesson = lesson_of(write_lesson(tmp_path, **exercises))
    return Collected(list(lesson.exercises.values())), lesson.exercises


def outcome(tmp_path: Path, body: str, code: str = RIGHT, **options: object) -> tuple[str, str, str]:
    """Outcome, message and problem of a test with this body."""
    text = "import pytest, torch\nfrom course.grading import *\n\n@points(1)\ndef test_it(student):\n    " + body
    tests, exercises = collected(tmp_path, double=text)
    run = tests.run(tests.tests(exercises["double"])[0], in_process(code, **options), 0)
    return run.outcome, run.message, run.problem


# -- the canary ---------------------------------------------------------------------------------------------------


def test_the_private_names_of_pytest_are_as_we_use_them() -> None:
    from _pytest.config import Config, _prepareconfig
    from _pytest.runner import SetupState, runtestprotocol

    assert list(inspect.signature(_prepareconfig).parameters)[:2] == ["args", "plugins"]
    assert {"item", "log", "nextitem"} <= set(inspect.signature(runtestprotocol).parameters)
    assert "nextitem" in inspect.signature(SetupState.teardown_exact).parameters
    assert callable(pytest.Session.from_config) and callable(pytest.Session.perform_collect)
    assert callable(Config._do_configure) and callable(pytest.Function._initrequest)


# -- collecting ---------------------------------------------------------------------------------------------------


def test_tests_come_in_the_files_order_with_points_and_title(tmp_path: Path) -> None:
    tests, exercises = collected(tmp_path, double=DOUBLE)
    found = [(t.name, t.points, t.title) for t in tests.tests(exercises["double"])]
    assert found == [("test_two", 2.0, "double(2) gives 4."), ("test_zero", 0.5, "test zero")]


def test_settings_of_a_test_file_are_found(tmp_path: Path) -> None:
    tests, exercises = collected(tmp_path, double=DOUBLE)
    assert tests.setting(exercises["double"], "bans", ()) == ("convolution",)
    assert tests.setting(exercises["double"], "limits", {}) == {"call_seconds": 7}
    assert tests.setting(exercises["double"], "nothing", 3) == 3


def test_two_exercises_may_name_their_tests_alike(tmp_path: Path) -> None:
    tests, exercises = collected(tmp_path, double=DOUBLE, triple=DOUBLE.replace("double", "triple"))
    seeds = {t.seed(0) for e in exercises.values() for t in tests.tests(e)}
    assert len(seeds) == 4


def test_a_seed_follows_from_the_run_and_the_test_not_from_where_the_course_is(tmp_path: Path) -> None:
    first, exercises = collected(tmp_path / "here", double=DOUBLE)
    other, elsewhere = collected(tmp_path / "there", double=DOUBLE)
    (a, _), (b, _) = first.tests(exercises["double"]), other.tests(elsewhere["double"])
    assert a.seed(1) == b.seed(1) != a.seed(2)


@pytest.mark.parametrize(
    "text, part",
    [
        ("import no_such_module\n" + DOUBLE, "cannot be imported: .*no_such_module"),
        (DOUBLE + "\nraise RuntimeError('at import')", "cannot be imported: .*at import"),
        ("def test_it(:", "cannot be imported: .*SyntaxError"),
        ("x = 3", "collects no test"),
        ("def check_it(student): pass", "collects no test"),
    ],
)
def test_a_test_file_that_cannot_be_used_is_an_input_error(tmp_path: Path, text: str, part: str) -> None:
    with pytest.raises(SourceError, match=part):
        collected(tmp_path, double=text)


# -- running ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, code, told",
    [
        ("assert student.double(2) == 4", RIGHT, ("passed", "")),
        ("assert student.double(2) == 5, 'It must be 5.'", RIGHT, ("failed", "It must be 5.")),
        ("assert student.double(2) == 5", RIGHT, ("failed", "The result is not what it should be.")),
        ("fail('In my words.')", RIGHT, ("failed", "In my words.")),
        ("same(student.double(2), 5, 'double(2)')", RIGHT, ("failed", "double(2) is 4, expected 5.")),
        ("student.double(2)", "def double(n): return 1 / 0", ("failed", "Your code raised ZeroDivisionError")),
        ("student.double(2)", "def triple(n): return 3 * n", ("failed", "Your notebook defines no double.")),
        ("student.double(2)", "def double(n): return 10**5000", ("failed", "What was returned cannot be read")),
        ("student.double(2)", "def double(n): raise NotImplementedError('x')", ("failed", "Not answered yet")),
        ("student.double(2).eval()", "def double(n): return None",
         ("failed", "What was returned is None, which has no 'eval'.")),
        ("student.double(2).eval()", RIGHT, ("failed", "What was returned is an int, which has no 'eval'.")),
        ("student.double(2)(3)", RIGHT, ("failed", "What was returned is an int, which is not callable.")),
        ("student.double(2)[0]", RIGHT, ("failed", "What was returned is an int, which is not subscriptable.")),
        ("a, b = student.double(2)", RIGHT, ("failed", "What was returned is an int, which is non-iterable.")),
        ("list(student.double(2))", "def double(n): return None",
         ("failed", "What was returned is None, which is not iterable.")),
    ],
)  # fmt: skip
def test_what_the_student_got_wrong_is_a_failure(tmp_path: Path, body: str, code: str, told: tuple[str, str]) -> None:
    found = outcome(tmp_path, body, code)
    assert found[0] == told[0] and found[1].startswith(told[1]), found


@pytest.mark.parametrize(
    "body",
    ["raise KeyError('ours')", "1 / 0", "None.eval()", "student.double(2); None.eval()",
     "student.double(2); nothing = None; nothing()", "student.double(2); a, b = None", "pytest.skip('not today')",
     "no_such_name", "import no_such_module", "student.double(object())", "pytest.fail('not our word')"],
)  # fmt: skip
def test_what_we_got_wrong_is_an_error_and_says_where(tmp_path: Path, body: str) -> None:
    found = outcome(tmp_path, body)
    assert found[0] == "error" and found[1] == "This test could not be run; a person will look at it."
    assert found[2]


def test_support_that_cannot_be_run_is_our_error(tmp_path: Path) -> None:
    found = outcome(tmp_path, "student.support.net()", support="import no_such_module")
    assert found[0] == "error" and "support.py cannot be run" in found[2]


def test_a_fixture_of_the_module_is_made_once_and_anew_for_each_student(tmp_path: Path) -> None:
    text = """
import pytest
from course.grading import points
made = []
@pytest.fixture(scope="module")
def model(student):
    made.append(student.double(1))
    yield made[-1]
    made.append("closed")
@points(1)
def test_first(model): assert model == made[0]
@points(1)
def test_second(model): assert model == made[0]
"""
    grader = grader_of(write_lesson(tmp_path, double=text))
    assert grade(grader, "double", RIGHT).points == 2
    made = next(iter(grader.collected.modules.values())).made
    assert made == [2, "closed"]
    made.clear()
    assert grade(grader, "double", "def double(n): return 7").points == 2
    assert made == [7, "closed"]


def test_a_fixture_that_fails_fails_each_of_its_tests(tmp_path: Path) -> None:
    text = """
import pytest
from course.grading import points
@pytest.fixture(scope="module")
def model(student): return student.double(1)
@points(1)
def test_first(model): pass
@points(1)
def test_second(model): pass
"""
    record = grade(grader_of(write_lesson(tmp_path, double=text)), "double", "def double(n): return 1 / 0")
    assert [t.outcome for t in record.tests] == ["failed", "failed"] and record.status == "graded"


def test_global_random_states_are_seeded_before_each_test(tmp_path: Path) -> None:
    text = """
import random, numpy, torch
from course.grading import points
seen = []
@points(1)
def test_it(student): seen.append((random.random(), numpy.random.rand(), float(torch.rand(1))))
"""
    tests, exercises = collected(tmp_path, double=text)
    (test,) = tests.tests(exercises["double"])
    for seed in (0, 0, 1):
        tests.run(test, in_process(RIGHT), seed)
    first, again, other = tests.modules[exercises["double"].folder].seen
    assert first == again and all(a != b for a, b in zip(first, other, strict=True))


# -- records ------------------------------------------------------------------------------------------------------


def test_an_error_in_one_test_asks_for_a_person_and_keeps_what_was_earned(tmp_path: Path) -> None:
    text = DOUBLE + "\n@points(3)\ndef test_broken(student): raise KeyError('ours')\n"
    record = grade(grader_of(write_lesson(tmp_path, double=text)), "double", RIGHT)
    assert record.status == "needs_manual" and record.max_points == 5.5 and record.points == 2.5
    assert [t.outcome for t in record.tests] == ["passed", "passed", "error"]
    assert record.reason is not None and "KeyError" in record.reason
    assert "KeyError" not in record.tests[2].message  # the student reads no traceback of ours


def test_an_error_in_one_exercise_leaves_the_others_alone(tmp_path: Path) -> None:
    broken = DOUBLE.replace("double", "triple").replace("same(", "no_such_name(")
    course = write_lesson(tmp_path, double=DOUBLE, triple=broken)
    handed_in = submission(course, f"# %% double\n{RIGHT}\n# %% triple\ndef triple(n): return 3 * n\n")
    record = grade_submission(grader_of(course), InProcessKernel(), handed_in, ["double", "triple"])
    assert record.exercises["double"].full
    assert record.exercises["triple"].status == "needs_manual"


def test_a_cell_that_cannot_run_is_told_with_its_reason(tmp_path: Path) -> None:
    course = write_lesson(tmp_path, double=DOUBLE)
    handed_in = submission(course, "# %% double\nimport no_such_module\ndef double(n): return 2 * n\n")
    record = grade_submission(grader_of(course), InProcessKernel(), handed_in, ["double"]).exercises["double"]
    assert record.status == "graded" and record.points == 0
    assert "ModuleNotFoundError" in record.tests[0].message and "ModuleNotFoundError" in (record.reason or "")


def test_a_route_that_the_look_sees_costs_the_exercise(tmp_path: Path) -> None:
    grader = grader_of(write_lesson(tmp_path, double=DOUBLE))
    record = grade(grader, "double", "import numpy as np\ndef double(n):\n    return int(np.convolve([n], [2])[0])")
    assert [t.outcome for t in record.tests] == ["forbidden", "not_run"] and record.points == 0
    assert "Uses numpy.convolve in line 3 of the cell of double" in record.tests[0].message
    assert grader.grade is not None and record.status == "graded"
