"""A mistake is named when it gives what the student gave wherever the student failed, and when no other one fits."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from small_course import grade, grader_of, write_lesson

from course.grading.diagnose import alike
from course.grading.exercise import WORTH_WARMING, Grader
from course.records import ExerciseRecord

TEST = '''
from course.grading import agree, fail, points, refuses, same

def reference(x, scale=1):
    return x * scale + 1

def any_call(r):
    return dict(x=r.tensor(r.randint(1, 4)), scale=r.randint(1, 4))

@points(2)
def test_any_call(student):
    """Any call is right."""
    agree(student.affine, reference, any_call)

@points(1)
def test_one(student):
    """affine(3) is 4."""
    same(student.affine(3), 4, "affine(3)")

@points(1)
def test_refuses(student):
    """Texts are refused."""
    with refuses(TypeError):
        student.affine("text")
'''

MISTAKES = '''
def _helper(x):
    """Helpers are no mistakes."""
    return x

def without_shift(x, scale=1):
    """You forget to add one (section 1.1)."""
    return x * scale

def shift_first(x, scale=1):
    """You add one before you multiply (section 1.2)."""
    return (x + 1) * scale

def scale_squared(x, scale=1):
    """You multiply twice (section 1.3)."""
    return x * scale * scale + 1

def scale_squared_by_power(x, scale=1):
    """You take the square (section 1.4)."""
    return x * scale**2 + 1

def takes_texts(x, scale=1):
    """You accept texts (section 1.5)."""
    return x if isinstance(x, str) else x * scale + 1

def undocumented(x, scale=1):
    return x - 1
'''

RIGHT = "def affine(x, scale=1):\n    return x * scale + 1"


@pytest.fixture(scope="module")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Grader:
    root = tmp_path_factory.mktemp("course")
    return grader_of(write_lesson(root, affine={"test_affine.py": TEST, "mistakes.py": MISTAKES}))


def answer(grader: Grader, body: str) -> ExerciseRecord:
    return grade(grader, "affine", f"import torch\ndef affine(x, scale=1):\n    {body}")


@pytest.mark.parametrize(
    "slug, body",
    [
        ("without_shift", "return x * scale"),
        ("without_shift", "return torch.as_tensor(x) * scale if isinstance(x, torch.Tensor) else x * scale"),
        ("shift_first", "return scale * x + scale"),
        ("takes_texts", "return x if type(x) is str else x * scale + 1"),
    ],
)
def test_a_mistake_is_named_in_the_record_and_its_sentence_is_told_once(grader: Grader, slug: str, body: str) -> None:
    record = answer(grader, body)
    assert record.misconceptions == (slug,)
    failed = [t for t in record.tests if t.outcome == "failed"]
    assert failed and all(t.misconceptions == (slug,) for t in failed)
    sentence = record.explanations[slug]
    assert sum(t.message.count(sentence) for t in record.tests) == 1 and sentence in failed[0].message


def test_a_right_answer_is_no_mistake(grader: Grader) -> None:
    record = grade(grader, "affine", RIGHT)
    assert record.full and record.misconceptions == ()


def test_of_two_mistakes_that_give_the_same_neither_is_named(grader: Grader) -> None:
    record = answer(grader, "return x * scale * scale + 1")
    assert not record.full and record.misconceptions == ()


def test_a_mistake_that_is_not_known_is_not_named(grader: Grader) -> None:
    for body in ("return x * scale + 2", "return x - 1", "return None", "return x * scale + 1.0001"):
        assert answer(grader, body).misconceptions == (), body


def test_one_call_that_differs_is_enough_not_to_be_named(grader: Grader) -> None:
    record = answer(grader, "return x * scale + (2 if scale == 3 else 0)")
    assert {t.name: t.misconceptions for t in record.tests}["test_any_call"] == ()


def test_calls_that_are_right_by_chance_do_not_hide_a_mistake(grader: Grader) -> None:
    assert answer(grader, "return x * scale + (scale == 3)").misconceptions == ("without_shift",)


def test_two_mistakes_in_two_tests_are_both_named(grader: Grader) -> None:
    record = answer(grader, "return x if type(x) is str else x * scale")
    assert set(record.misconceptions) <= {"without_shift", "takes_texts"}
    by_test = {t.name: t.misconceptions for t in record.tests}
    assert by_test["test_any_call"] == ("without_shift",)


def test_a_mistake_with_noise_of_rounding_is_still_named(grader: Grader) -> None:
    record = answer(grader, "return (x / 3 * scale) * 3 if isinstance(x, torch.Tensor) else x * scale")
    assert record.misconceptions == ("without_shift",)


def test_preparing_a_diagnosis_changes_nothing(grader: Grader, tmp_path: Path) -> None:
    cold = grader_of(write_lesson(tmp_path, affine={"test_affine.py": TEST, "mistakes.py": MISTAKES}))
    warm = grader_of(write_lesson(tmp_path, affine={"test_affine.py": TEST, "mistakes.py": MISTAKES}))
    for _ in range(WORTH_WARMING):
        warm.warm("affine", ["test_any_call", "test_one"])
    code = "def affine(x, scale=1):\n    return scale * (x + 1)"
    first, second = (grade(g, "affine", code).to_json() for g in (cold, warm))
    first.pop("seconds"), second.pop("seconds")
    assert first == second and first["misconceptions"] == ("shift_first",)


# -- what passing tests decide ------------------------------------------------------------------------------------

TWO_LIKE_EACH_OTHER = {
    "test_sign.py": '''
from course.grading import batch, points, same

@points(1)
def test_negative(student):
    """sign(-2) is -1."""
    same(student.sign(-2), -1, "sign(-2)")

@points(1)
def test_zero(student):
    """sign(0) is 0."""
    same(student.sign(0), 0, "sign(0)")
''',
    "mistakes.py": '''
def always_one(x):
    """You never look at x."""
    return 1

def absolute(x):
    """You forget negative numbers."""
    return 1 if x else 0
''',
}


def test_where_two_fit_the_failure_what_was_right_decides(tmp_path: Path) -> None:
    grader = grader_of(write_lesson(tmp_path, sign=TWO_LIKE_EACH_OTHER))
    assert grade(grader, "sign", "def sign(x): return int(x != 0)").misconceptions == ("absolute",)
    assert grade(grader, "sign", "def sign(x): return 1").misconceptions == ("always_one",)
    assert grade(grader, "sign", "def sign(x): return 1 if x < 0 else x and 2").misconceptions in (("absolute",), ())


# -- a conversation that an error ends ----------------------------------------------------------------------------

CONVERSATION = {
    "test_Scale.py": '''
from course.grading import points, same

@points(1)
def test_call(student):
    """Scale(2)(3) is 6."""
    same(student.Scale(2)(3), 6, "Scale(2)(3)")
''',
    "mistakes.py": '''
class two_numbers:
    """You take two numbers apart (section 1.1)."""
    def __init__(self, factor):
        self.factor = factor
    def __call__(self, x):
        raise ValueError(f"not enough values to unpack, got {x}")
''',
}
SCALE = """
class Scale:
    def __init__(self, factor):
        self.factor = factor
    def __call__(self, x):
        raise ValueError("{}")
"""


def test_an_error_that_ends_a_conversation_has_to_say_the_same(tmp_path: Path) -> None:
    grader = grader_of(write_lesson(tmp_path, Scale=CONVERSATION))
    same = grade(grader, "Scale", SCALE.format("not enough values to unpack, got 17"))
    other = grade(grader, "Scale", SCALE.format("no such file"))
    assert same.misconceptions == ("two_numbers",) and other.misconceptions == ()


def test_of_two_errors_in_the_same_words_the_numbers_decide(tmp_path: Path) -> None:
    other = CONVERSATION["mistakes.py"].replace("two_numbers", "one_number").replace("{x}", "{x + 1}")
    files = {**CONVERSATION, "mistakes.py": CONVERSATION["mistakes.py"] + other}
    grader = grader_of(write_lesson(tmp_path, Scale=files))
    for number, named in ((3, ("two_numbers",)), (4, ("one_number",)), (5, ())):
        text = f"not enough values to unpack, got {number}"
        assert grade(grader, "Scale", SCALE.format(text)).misconceptions == named


# -- what the test itself knows -----------------------------------------------------------------------------------


def test_a_test_may_name_the_mistake_itself(tmp_path: Path) -> None:
    test = '''
from course.grading import fail, points
@points(1)
def test_fast(student):
    """count(3) is quick."""
    if student.count(3) > 3:
        fail("Too many steps.", misconception="without_shift")
'''
    grader = grader_of(write_lesson(tmp_path, count={"test_count.py": test, "mistakes.py": MISTAKES}))
    record = grade(grader, "count", "def count(n): return 5")
    assert record.misconceptions == ("without_shift",)
    assert record.tests[0].message == "Too many steps. You forget to add one (section 1.1)."


def test_a_trained_exercise_is_diagnosed_by_its_tests_only(tmp_path: Path) -> None:
    files = {**TWO_LIKE_EACH_OTHER, "calibration.toml": ""}
    grader = grader_of(write_lesson(tmp_path, sign=files))
    assert grade(grader, "sign", "def sign(x): return 1").misconceptions == ()


def test_an_exercise_without_known_mistakes_is_graded_all_the_same(tmp_path: Path) -> None:
    grader = grader_of(write_lesson(tmp_path, sign=TWO_LIKE_EACH_OTHER["test_sign.py"]))
    record = grade(grader, "sign", "def sign(x): return 1")
    assert record.points == 0 and record.misconceptions == ()


# -- values that count as the same --------------------------------------------------------------------------------

X = torch.tensor([1.0, 2.0])


@pytest.mark.parametrize(
    "a, b",
    [(X, X + 1e-5), (X.numpy(), X), (float("nan"), float("nan")), ([1, {"a": X}], [1, {"a": X}]), (1.0, 1.0 + 1e-9)],
)
def test_values_up_to_rounding_are_alike(a: object, b: object) -> None:
    assert alike(a, b)


@pytest.mark.parametrize(
    "a, b",
    [(X, X + 0.1), (X, X[None]), (X, X.double()), (X, X.clone().requires_grad_()), (1, True), (1, 1.0), ([1], (1,)),
     ([1], [1, 2]), ({"a": 1}, {"b": 1}), (None, 0), (X, None), ("a", "b"), (X, X.to(torch.complex64))],
)  # fmt: skip
def test_values_that_differ_are_not_alike(a: object, b: object) -> None:
    assert not alike(a, b) and not alike(b, a)
