"""Which answers fail in the same way, and what the class looks like."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import reviewed_course
from reviewed_course import HOSTILE, SUBTRACTED
from tiny_course import LESSON, records_of

from course.lessons import Course
from course.review.clusters import Way, alike, clusters
from course.review.draft import draft
from course.review.heatmap import rows
from course.review.register import Answer, Failure, Register, _failure


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return reviewed_course.build(tmp_path_factory.mktemp("review") / "course")


def answers(course: Course) -> list[Answer]:
    everyone = Register(course.lesson(LESSON)).read()
    return [answer for mine in everyone.values() for answer in mine.values()]


def failed(student: str = "ada", came_out: Any = None, test: str = "test_add", **more: Any) -> Answer:
    told = came_out if isinstance(came_out, str) else json.dumps(came_out)
    failure = Failure("failed", tuple(more.pop("mistakes", ())), told)
    return Answer(student, "add", "", False, "graded", 0, 2, "✗", {test: failure}, **more)


def test_the_largest_cluster_is_first_and_other_mistakes_stand_apart(course: Course) -> None:
    found = [(c.exercise, c.way.mistakes, c.students) for c in clusters(answers(course))]
    assert found == [
        ("add", (), sorted(SUBTRACTED)),
        ("mean", ("not_halved",), ["ann", "cyd", "eve"]),
        ("add", (), ["hal"]),
        ("mean", (), ["gus"]),  # not answered
    ]


def test_right_and_written_answers_are_in_no_cluster(course: Course) -> None:
    assert not any(a.full or a.written for cluster in clusters(answers(course)) for a in cluster.answers)


def test_the_same_program_in_another_order_of_summation_is_the_same_failure() -> None:
    one, other = failed("ada", [1.0, 2.1234]), failed("ben", [1.0000001, 2.1235])
    assert clusters([one, other])[0].students == ["ada", "ben"]
    assert clusters([one, failed("ben", [1.0, 2.2])])[0].size == 1


@pytest.mark.parametrize(
    "other",
    [
        failed("ben", "1", test="test_other"),
        failed("ben", "2"),
        replace(failed("ben", "1"), exercise="mean"),
        failed("ben", "", mistakes=["off_by_one"]),
    ],
)
def test_another_test_output_exercise_or_mistake_is_another_failure(other: Answer) -> None:
    assert len(clusters([failed("ada", "1"), other])) == 2


def test_trained_answers_are_compared_without_their_numbers() -> None:
    answers = [failed("ada", "0.71"), failed("ben", "0.52")]
    assert len(clusters(answers)) == 2
    assert len(clusters(answers, trained=lambda exercise: True)) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"values": [1.0, 2.5]}', '{"values": [1.0, 2.50001]}', True),
        ('{"shape": [1000, 3]}', '{"shape": [1001, 3]}', False),
        ('["1.50", "nan"]', '["1.5001", "nan"]', True),
        ('[true]', '[1]', False),
        ('[1.0]', '[1.0, 2.0]', False),
        ("ValueError: 3 channels, expected 4", "ValueError: 4 channels, expected 4", False),
        ("<object at 0x7f001122>", "<object at 0x7f99aabb>", True),
        ("mean 0.3333333 of it", "mean 0.3333334 of it", True),
        ("not json", "[1.0]", False),
    ],
)  # fmt: skip
def test_outputs_are_the_same_but_for_rounding(one: str, other: str, same: bool) -> None:
    assert alike(one, other) is same and alike(other, one) is same


def test_where_in_the_cell_it_happened_does_not_matter(course: Course) -> None:
    told = records_of("ada", add=0).exercises["add"]
    where = "add(3, 5): it raised KeyError: 'a'. That happened in line {} of the cell: `return a[{}]`"
    ways = []
    for line in (3, 17):
        test = replace(told.tests[0], counterexample=None, misconceptions=(), message=where.format(line, line))
        ways.append(_failure(test, []))
    assert ways[0] == ways[1] and "KeyError" in ways[0].came_out


def test_a_way_survives_being_written_down() -> None:
    way = Way.of(failed("ada", [1.5]))
    again = Way.from_json(json.loads(json.dumps(way.to_json())))
    assert again == way and again.same(way) and again.id == way.id


# -- the register -------------------------------------------------------------------------------------------------


def test_a_notebook_is_read_once_for_each_content(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    from course.review import register

    lesson, read = course.lesson(LESSON), []
    once = register.read_answers
    monkeypatch.setattr(register, "read_answers", lambda student, data: read.append(student) or once(student, data))
    Register(lesson).read()
    read.clear()
    first = Register(lesson)  # another server
    everyone, version = first.read(), first.version
    assert read == [] and len(everyone) == 9
    path = lesson.autograded_notebook("bob")
    path.chmod(0o644)
    text = path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    first.read()
    assert read == [] and first.version == version  # written again, the same
    changed = text.replace("x - y", "x - 1")
    path.write_text(changed, encoding="utf-8")
    assert "x - 1" in first.read()["bob"]["add"].code and read == ["bob"] and first.version != version
    path.write_text(text, encoding="utf-8")
    assert "x - y" in first.read()["bob"]["add"].code


def test_who_is_gone_or_damaged_is_not_shown(tmp_path: Any) -> None:
    course = reviewed_course.build(tmp_path / "course")
    lesson, register = course.lesson(LESSON), Register(course.lesson(LESSON))
    assert "bob" in register.read()
    for student in ("bob", "cyd"):
        lesson.autograded_notebook(student).unlink()
    lesson.autograded_notebook("cyd").write_text('{"cells": [{}]}')
    register._path.write_text("{damaged")
    for reader in (register, Register(lesson)):
        everyone = reader.read()
        assert "bob" not in everyone and everyone["cyd"] == {} and everyone["ann"]["add"].marks == "✗"


# -- heatmap and draft --------------------------------------------------------------------------------------------


def test_the_heatmap_says_it_in_characters_and_words(course: Course) -> None:
    everyone = Register(course.lesson(LESSON)).read()
    found = {row.student: row for row in rows(everyone, ["add", "mean", "why"])}
    assert [c.label for c in found["fay"].cells] == ["all passed", "all passed", "for a person"]
    assert [c.label for c in found["gus"].cells][:2] == ["all passed", "not answered"]
    assert str(found["ann"].cells[0].marks) == "<b>✗</b>" and found["ann"].cells[0].label == "1 of 1 did not pass"
    assert next(iter(found)) == "ann" and found["ann"].points == 0  # those with the fewest points first
    assert HOSTILE in found


def test_a_draft_is_an_entry_of_mistakes_py() -> None:
    code = '''
import torch
SIZE = 3

def helper(x):
    return x[:SIZE]

def conv(x, w):
    """Their words."""
    return helper(x) @ w  # note

print(conv(1, 2))
'''
    made = draft(code, "conv")
    assert made is not None
    names: dict[str, Any] = {}
    exec(made.replace("import torch\n", ""), names)  # our own text
    public = [name for name in names if not name.startswith("__") and callable(names[name]) and name[0] != "_"]
    assert public == ["name_of_the_mistake"] and "Their words" not in made and "what should be done" in made
    assert "_helper(x)" in made and "print" not in made


@pytest.mark.parametrize("code", ["", "def other(): pass", "def conv(:", "x = '\0'"])
def test_without_a_definition_there_is_no_draft(code: str) -> None:
    assert draft(code, "conv") is None
