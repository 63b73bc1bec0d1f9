"""Answers that are much alike."""

from __future__ import annotations

import pytest

from course.review.register import Answer
from course.review.similar import similar, tokens_of, without_names

ONE = '''
def pool(x, k):
    """Largest of each window."""
    rows = []
    for i in range(0, len(x) - k + 1, k):
        row = []
        for j in range(0, len(x[0]) - k + 1, k):
            row.append(max(x[i + a][j + b] for a in range(k) for b in range(k)))
        rows.append(row)
    return rows
'''
RENAMED = """
def pool(image, size):  # my own work
    out = []
    for r in range(0, len(image) - size + 1, size):
        line = []
        for c in range(0, len(image[0]) - size + 1, size):
            line.append(max(image[r + p][c + q] for p in range(size) for q in range(size)))
        out.append(line)

    return out
"""
OTHER = """
def pool(x, k):
    h, w = len(x) // k, len(x[0]) // k
    out = [[float("-inf")] * w for _ in range(h)]
    for i, line in enumerate(x):
        for j, value in enumerate(line):
            if i // k < h and j // k < w:
                out[i // k][j // k] = max(out[i // k][j // k], value)
    return out
"""


def answer(student: str, code: str) -> Answer:
    return Answer(student, "pool", code, False, "graded", 1, 1, "·", {})


def test_renamed_variables_hide_nothing_and_another_way_is_not_alike() -> None:
    pairs = similar([answer("ada", ONE), answer("ben", RENAMED), answer("cat", OTHER)])
    assert [(p.one.student, p.other.student) for p in pairs] == [("ada", "ben")]
    assert pairs[0].shape == 1.0 and pairs[0].text < 0.9


def test_what_is_copied_as_it_is_comes_first() -> None:
    pairs = similar([answer("ada", ONE), answer("ben", RENAMED), answer("cat", OTHER), answer("dan", ONE)])
    assert (pairs[0].one.student, pairs[0].other.student, pairs[0].text) == ("ada", "dan", 1.0)


def test_what_many_write_says_nothing() -> None:
    assert similar([answer(f"s{n}", ONE) for n in range(10)]) == []


def test_short_answers_and_broken_ones_are_left_out() -> None:
    assert similar([answer(n, "def pool(x, k):\n    return x") for n in "ab"]) == []
    assert similar([answer(n, f"{ONE}\n)") for n in "ab"]) == []


def test_comments_docstrings_and_layout_do_not_count() -> None:
    spaced = ONE.replace('"""Largest of each window."""', '"""Else."""').replace("    rows = []", "\n    rows=[]  # so")
    assert tokens_of(spaced) == tokens_of(ONE)


def test_attributes_and_the_languages_own_names_stay() -> None:
    named = without_names(tokens_of("y = torch.relu(x.sum())\nz = len(y)"))
    assert named == ["$0", "=", "torch", ".", "relu", "(", "$1", ".", "sum", "(", ")", ")", "\n", "$2", "=", "len", "(",
                     "$0", ")", "\n"]  # fmt: skip


@pytest.mark.parametrize("code", ["x = (" * 5000, "def f(:", "\0", "é = 1\n\x0c"])
def test_no_code_is_too_strange(code: str) -> None:
    assert isinstance(tokens_of(code), list)
