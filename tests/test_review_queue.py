"""The queue of written answers over HTTP: what it tells, what it enters, and what it refuses."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from served_course import course, graded_once, jp_root_dir, jp_server_config  # noqa: F401
from tiny_course import LESSON
from tornado.httpclient import HTTPClientError

from course.lessons import Course
from course.nbgrader_side import written
from course.nbgrader_side.written import ChangedMeanwhile, Mark
from course.review.rubric import Rubric, RubricLine, read_rubric

pytest_plugins = ["pytest_jupyter.jupyter_server"]
ROOT = Path(__file__).parents[1]


def row(course: Course, student: str) -> tuple[Any, ...]:  # noqa: F811
    """Manual score, "needs manual grade" and manual comment of the written answer, as the database has them."""
    query = """
        select grade.manual_score, grade.needs_manual_grade, comment.manual_comment
        from submitted_assignment as a
        join submitted_notebook as n on n.assignment_id = a.id
        join grade on grade.notebook_id = n.id
        join comment on comment.notebook_id = n.id
        join base_cell as g on g.id = grade.cell_id
        join base_cell as c on c.id = comment.cell_id
        where a.student_id = ? and g.name = 'why' and c.name = 'why'"""
    with sqlite3.connect(course.root / "gradebook.db") as book:
        (found,) = book.execute(query, (student,)).fetchall()
    return found


def of(course: Course, student: str) -> written.Written:  # noqa: F811
    answers = written.written_answers(course, course.lesson(LESSON), "why")
    return next(answer for answer in answers if answer.student == student)


# -- the gradebook --------------------------------------------------------------------------------------------------


def test_answers_are_told_with_what_waits(course):  # noqa: F811
    lesson = course.lesson(LESSON)
    told = {a.student: (a.waits, a.mark.points, a.automatic) for a in written.written_answers(course, lesson, "why")}
    assert told == {"ada": (True, None, None), "ben": (False, None, 0.0), "cat": (False, None, 0.0)}
    assert written.waiting(course) == {LESSON: {"why": (1, 3)}}
    assert written.answer_text(lesson, "why", "ada") == "Because addition is commutative."


def test_a_mark_stands_in_the_gradebook_and_can_be_taken_back(course):  # noqa: F811
    lesson, ada = course.lesson(LESSON), of(course, "ada")
    given = written.give(course, lesson, "why", ada.id, Mark(1.5, "Nearly.", (1.0,)), ada.mark)
    assert row(course, "ada") == (1.5, 0, "Nearly.") and not given.waits
    assert of(course, "ada").mark == Mark(1.5, "Nearly.", (1.0,))
    written.give(course, lesson, "why", ada.id, Mark(), given.mark)
    assert row(course, "ada") == (None, 1, None) and of(course, "ada").waits


def test_lines_of_the_rubric_hold_only_for_the_points_that_they_made(course):  # noqa: F811
    lesson, ada = course.lesson(LESSON), of(course, "ada")
    written.give(course, lesson, "why", ada.id, Mark(1.0, "", (0.5,)), ada.mark)
    with sqlite3.connect(course.root / "gradebook.db") as book:  # as the formgrader would
        book.execute("update grade set manual_score = 2 where manual_score = 1")
    assert of(course, "ada").mark == Mark(2.0)


def test_what_nobody_answered_does_not_wait_after_points_are_taken_back(course):  # noqa: F811
    lesson, ben = course.lesson(LESSON), of(course, "ben")
    given = written.give(course, lesson, "why", ben.id, Mark(1.0), ben.mark)
    written.give(course, lesson, "why", ben.id, Mark(), given.mark)
    assert row(course, "ben") == (None, 0, None)


def test_who_comes_second_is_told_and_changes_nothing(course):  # noqa: F811
    lesson, ada = course.lesson(LESSON), of(course, "ada")
    written.give(course, lesson, "why", ada.id, Mark(2.0, "Good."), ada.mark)
    with pytest.raises(ChangedMeanwhile, match="somebody has given this answer 2 points and the comment 'Good.'"):
        written.give(course, lesson, "why", ada.id, Mark(0.0, "No."), ada.mark)
    assert row(course, "ada") == (2.0, 0, "Good.")


def test_marks_outlive_the_class_being_graded_again(course, monkeypatch):  # noqa: F811
    import graded_course

    lesson, ada = course.lesson(LESSON), of(course, "ada")
    written.give(course, lesson, "why", ada.id, Mark(1.0, "See 2.1.", (0.5,)), ada.mark)
    graded_course.kernels_in_this_process(monkeypatch)
    assert graded_course.run(course, "grade", LESSON).exception is None
    assert row(course, "ada") == (1.0, 0, "See 2.1.") and of(course, "ada").mark.shares == (0.5,)


# -- the rubric -----------------------------------------------------------------------------------------------------


def test_a_rubric_is_lines_with_points_and_notes(tmp_path):
    path = tmp_path / "rubric.md"
    lines = "- 1.5: the first,\n  over two rows\n- 0.5 points: the `second`\n"
    path.write_text(f"---\npoints: 2\n---\n{lines}\n## Model\n- x\n")
    assert read_rubric(path) == Rubric(
        2.0, (RubricLine(1.5, "the first, over two rows"), RubricLine(0.5, "the `second`")), "## Model\n- x"
    )


@pytest.mark.parametrize("path", sorted(ROOT.glob("graders/*/*/rubric.md")), ids=lambda p: p.parent.name)
def test_the_lines_of_every_rubric_sum_to_its_points_and_have_a_key(path):
    rubric = read_rubric(path)
    assert 0 < len(rubric.lines) <= 9
    assert sum(line.points for line in rubric.lines) == pytest.approx(rubric.points)
    assert "Model answer" in rubric.notes


# -- over HTTP ------------------------------------------------------------------------------------------------------

PLACE = ("review", "api", "written", LESSON, "why")


async def told(jp_fetch: Any, *where: str, **options: Any) -> dict[str, Any]:
    if "body" in options:
        options |= {"method": "POST", "body": json.dumps(options["body"])}
    return json.loads((await jp_fetch(*where, **options)).body)


async def test_an_answer_is_marked_over_http(jp_fetch, course):  # noqa: F811
    ada = of(course, "ada")
    answer = (await told(jp_fetch, *PLACE, ada.id))["answer"]
    mark = {"points": 1.5, "comment": "Nearly.", "shares": [0.5]}
    after = (await told(jp_fetch, *PLACE, ada.id, body={"mark": mark, "seen": answer["mark"]}))["answer"]
    assert after["mark"] == mark and not after["waits"]
    assert row(course, "ada") == (1.5, 0, "Nearly.")


async def test_two_at_once_get_one_mark_and_one_conflict(jp_fetch, course):  # noqa: F811
    ada = of(course, "ada")
    seen = {"points": None, "comment": "", "shares": []}
    await told(jp_fetch, *PLACE, ada.id, body={"mark": {**seen, "points": 2}, "seen": seen})
    with pytest.raises(HTTPClientError) as caught:
        await told(jp_fetch, *PLACE, ada.id, body={"mark": {**seen, "points": 0}, "seen": seen})
    said = json.loads(caught.value.response.body)
    assert caught.value.code == 409 and said["answer"]["mark"]["points"] == 2 and "meanwhile" in said["message"]
    assert row(course, "ada")[0] == 2


NO_MARKS = (
    {"points": 2.5},
    {"points": -1},
    {"points": "2"},
    {"points": True},
    {"comment": 5},
    {"comment": "x" * 20_001},
    {"shares": [0.3]},
    {"shares": "1"},
    [],
    None,
)


async def test_what_is_no_mark_is_refused_in_one_sentence(jp_fetch, course):  # noqa: F811
    where = *PLACE, of(course, "ada").id
    for mark in NO_MARKS:
        body = json.dumps({"mark": mark, "seen": {}})
        reply = await jp_fetch(*where, method="POST", body=body, raise_error=False)
        assert reply.code == 400 and json.loads(reply.body)["message"], mark
    body = '{"mark": {"points": NaN}, "seen": {}}'
    assert (await jp_fetch(*where, method="POST", body=body, raise_error=False)).code == 400
    assert row(course, "ada") == (None, 1, None)


async def test_without_names_no_name_leaves_the_server(jp_fetch, course):  # noqa: F811
    answers = (await told(jp_fetch, *PLACE, params={"anonymous": "1"}))["answers"]
    assert [answer["name"] for answer in answers] == [None] * 3
    one = await told(jp_fetch, *PLACE, of(course, "ada").id, params={"anonymous": "1"})
    assert "ada" not in json.dumps(one)
    assert {answer["name"] for answer in (await told(jp_fetch, *PLACE))["answers"]} == {"ada", "ben", "cat"}


async def test_a_flag_is_the_formgraders(jp_fetch, course):  # noqa: F811
    ada = of(course, "ada")
    await told(jp_fetch, *PLACE, ada.id, body={"flagged": True})
    (submitted,) = [
        s
        for s in await told(jp_fetch, "formgrader", "api", "submitted_notebooks", LESSON, LESSON)  # type: ignore[misc]
        if s["id"] == ada.id
    ]
    assert submitted["flagged"]


async def test_what_is_not_there_is_said(jp_fetch):
    for where in (("written", LESSON, "add"), ("written", LESSON, "nothing"), ("written", "99_none", "why")):
        reply = await jp_fetch("review", *where, raise_error=False)
        assert reply.code == 404 and b"Not found" in reply.body


async def test_pages_need_a_login(http_server_client, jp_base_url, jp_fetch):
    await jp_fetch("review", "written")
    for path in ("written", f"written/{LESSON}/why", "jobs"):
        reply = await http_server_client.fetch(f"{jp_base_url}review/{path}", follow_redirects=False, raise_error=False)
        assert reply.code == 302 and "login" in reply.headers["Location"]
