"""One comment for many: nothing of a person's is lost, neither by an undo nor by a kill in the middle."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import reviewed_course
from reviewed_course import SUBTRACTED
from tiny_course import LESSON

from course.errors import InputError
from course.lessons import Course
from course.nbgrader_side import by_hand
from course.nbgrader_side.by_hand import Change, Hand
from course.nbgrader_side.feedback import make_feedback
from course.review.actions import Actions
from course.review.clusters import Way, clusters
from course.review.journal import Journal
from course.review.library import Library
from course.review.register import Register

COMMENT = "Look at the sign: `a - b` **subtracts**."


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reviewed_course.build(tmp_path_factory.mktemp("actions") / "course").root


@pytest.fixture
def course(graded: Path, tmp_path: Path) -> Course:
    return Course.open(shutil.copytree(graded, tmp_path / "course"))


def actions(course: Course) -> Actions:
    return Actions(course, course.lesson(LESSON))


def hands(course: Course, exercise: str = "add") -> dict[str, Hand]:
    return by_hand.read(course, course.lesson(LESSON), exercise)


def write(course: Course, student: str, **new: Any) -> None:
    """What a TA writes with the formgrader."""
    before = hands(course)[student]
    after = Hand(**{**before.to_json(), **new})
    assert by_hand.change(course, course.lesson(LESSON), "add", {student: Change(before, after)}) == [student]


def largest(course: Course) -> Any:
    everyone = Register(course.lesson(LESSON)).read()
    return clusters(answer for mine in everyone.values() for answer in mine.values())[0]


def test_a_comment_reaches_everyone_in_the_cluster_and_nobody_else(course: Course) -> None:
    before = hands(course)
    done = actions(course).give("add", SUBTRACTED, COMMENT, "tina")
    after = hands(course)
    assert sorted(done.changed) == sorted(SUBTRACTED) and done.kept == {}
    assert {s for s in after if after[s] != before[s]} == set(SUBTRACTED)
    assert {after[s].comment for s in SUBTRACTED} == {COMMENT} and {after[s].points for s in after} == {None}
    (told,) = actions(course).all()
    assert (told.who, told.exercise, told.comment, told.undone) == ("tina", "add", COMMENT, "")
    assert told.when.endswith(" UTC") and set(told.changes) == set(SUBTRACTED)


def test_it_stands_in_the_feedback_beside_the_automatic_comment(course: Course) -> None:
    def pages() -> dict[str, str]:
        assert all(error is None for _, error in make_feedback(course, course.lesson(LESSON), SUBTRACTED))
        return {s: (course.root / "feedback" / s / LESSON / f"{LESSON}.html").read_text() for s in SUBTRACTED}

    done = actions(course).give("add", SUBTRACTED, COMMENT, "tina", points=1.5)
    for page in pages().values():
        assert "Look at the sign: <code>a - b</code> <strong>subtracts</strong>" in page
        assert "1 of 1 hidden tests did not pass" in page and "A person gave these points." in page
    actions(course).undo(done.id, "tom")
    assert not any("Look at the sign" in page or "A person gave" in page for page in pages().values())


def test_undo_brings_back_what_was_there(course: Course) -> None:
    write(course, "bob", comment="See me.")
    before = hands(course)
    done = actions(course).give("add", SUBTRACTED, COMMENT, "tina", points=1)
    assert hands(course)["bob"].comment == f"See me.\n\n{COMMENT}"
    assert hands(course)["ann"] == Hand(COMMENT, 1.0, False)
    undone = actions(course).undo(done.id, "tom")
    assert hands(course) == before and sorted(undone.changed) == sorted(SUBTRACTED)
    assert actions(course).all()[0].undone == "tom"
    with pytest.raises(InputError, match="tom has undone it already"):
        actions(course).undo(done.id, "tina")


def test_points_that_a_person_gave_stay(course: Course) -> None:
    write(course, "bob", points=0.5)
    done = actions(course).give("add", SUBTRACTED, COMMENT, "tina", points=1)
    assert hands(course)["bob"] == Hand(COMMENT, 0.5, hands(course)["bob"].waits)
    assert done.kept == {"bob": "got the comment, and keeps the 0.5 points that a person gave"}
    actions(course).undo(done.id, "tina")
    assert hands(course)["bob"].points == 0.5 and hands(course)["bob"].comment is None


def test_what_was_written_after_it_survives_the_undo(course: Course) -> None:
    done = actions(course).give("add", SUBTRACTED, COMMENT, "tina", points=1)
    write(course, "ann", comment=f"First.\n\n{COMMENT}\n\nLast.")
    write(course, "bob", comment="Something else.", points=2.0)
    write(course, "cyd", points=0.5)
    undone = actions(course).undo(done.id, "tina")
    now = hands(course)
    assert now["ann"].comment == "First.\n\nLast." and now["ann"].points is None
    assert now["bob"].comment == "Something else." and now["bob"].points == 2.0
    assert now["cyd"].comment is None and now["cyd"].points == 0.5
    assert undone.kept == {"bob": "was changed by a person since, and stays"}


def test_two_comments_are_undone_in_any_order(course: Course) -> None:
    first = actions(course).give("add", SUBTRACTED, COMMENT, "tina")
    second = actions(course).give("add", ["ann", "bob"], "And tidy up.", "tom")
    actions(course).undo(first.id, "tina")
    assert hands(course)["ann"].comment == "And tidy up." and hands(course)["cyd"].comment is None
    actions(course).undo(second.id, "tom")
    assert {hand.comment for hand in hands(course).values()} == {None}


def test_grading_again_leaves_it(course: Course) -> None:
    actions(course).give("add", SUBTRACTED, COMMENT, "tina", points=1)
    before = hands(course)
    reviewed_course.grade(course)
    assert {s: (h.comment, h.points) for s, h in hands(course).items()} == {
        s: (h.comment, h.points) for s, h in before.items()
    }


@pytest.mark.parametrize(
    ("comment", "points", "said"),
    [
        ("", 1.0, "write a comment"),
        ("  \n", None, "write a comment"),
        ("x" * 10_001, None, "10001 characters"),
        ("ok", 2.5, "2.5 points are not possible here: add has 0 to 2"),
        ("ok", -1.0, "not possible"),
        ("ok", float("nan"), "not possible"),
    ],
)
def test_what_cannot_be_given_is_refused_and_changes_nothing(
    course: Course, comment: str, points: float | None, said: str
) -> None:
    before = hands(course)
    with pytest.raises(InputError, match=said):
        actions(course).give("add", SUBTRACTED, comment, "tina", points)
    assert hands(course) == before and actions(course).all() == []


def test_somebody_who_is_not_in_the_gradebook_is_named(course: Course) -> None:
    done = actions(course).give("add", ["ann", "nobody"], COMMENT, "tina")
    assert done.changed == ["ann"] and done.kept == {"nobody": "is not in the gradebook"}


def test_somebody_who_was_faster_is_not_overwritten(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    change = by_hand.change

    def meanwhile(course: Course, lesson: Any, exercise: str, changes: dict[str, Change]) -> list[str]:
        before = hands(course)["bob"]
        change(course, lesson, exercise, {"bob": Change(before, Hand("Mine.", None, before.waits))})
        return change(course, lesson, exercise, changes)

    monkeypatch.setattr(by_hand, "change", meanwhile)
    done = actions(course).give("add", SUBTRACTED, COMMENT, "tina")
    assert hands(course)["bob"].comment == "Mine." and done.kept == {"bob": "was changed by somebody else just now"}
    assert hands(course)["ann"].comment == COMMENT and "bob" not in actions(course).all()[0].changes


def test_a_gradebook_that_cannot_be_written_is_told_and_nothing_is_done(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_hand, "change", lambda *a: (_ for _ in ()).throw(InputError("locked")))
    with pytest.raises(InputError, match="locked"):
        actions(course).give("add", SUBTRACTED, COMMENT, "tina")
    assert actions(course).all() == []


# -- a kill in the middle -----------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
sys.path[:0] = [{tests!r}]
from course.lessons import Course
from course.nbgrader_side import by_hand, patches
from course.review import actions, journal
from pathlib import Path

def die(*args, **more):
    os.kill(os.getpid(), signal.SIGKILL)

def dies_after(function, calls=1):
    left = [calls]
    def called(*args, **more):
        result = function(*args, **more)
        left[0] -= 1
        if not left[0]:
            die()
        return result
    return called

patches.apply()
course = Course.open(Path({root!r}))
{how}
book = actions.Actions(course, course.lesson({lesson!r}))
{act}
"""
GIVE = f"book.give('add', {SUBTRACTED!r}, {COMMENT!r}, 'tina', 1.0)"
HOW = {
    "before the journal": "journal.Journal.append = die",
    "in the middle of a line": (
        "def half(self, entry):\n"
        "    self.path.parent.mkdir(parents=True, exist_ok=True)\n"
        "    open(self.path, 'ab').write(b'{\"event\": \"give\", \"id\": \"half')\n"
        "    die()\n"
        "journal.Journal.append = half"
    ),
    "after the journal": "journal.Journal.append = dies_after(journal.Journal.append)",
    "inside the transaction": (
        "import sqlalchemy.orm\nsqlalchemy.event.listen(sqlalchemy.orm.Session, 'after_flush', lambda *a: die())"
    ),
    "after the transaction": "by_hand.change = dies_after(by_hand.change)",
}
HAPPENS = {"after the transaction"}


def killed(course: Course, how: str, act: str) -> None:
    text = KILLED.format(
        tests=str(Path(__file__).parent), root=str(course.root), how=HOW[how], lesson=LESSON, act=act
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, env={**os.environ})
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("how", HOW)
def test_a_kill_while_giving_loses_nobodys_comment(course: Course, how: str) -> None:
    write(course, "bob", comment="See me.")
    before = hands(course)
    killed(course, how, GIVE)
    told = actions(course).all()
    if how in HAPPENS:
        assert hands(course)["bob"].comment == f"See me.\n\n{COMMENT}" and set(told[0].changes) == set(SUBTRACTED)
        actions(course).undo(told[0].id, "tina")
    else:
        assert told == []
    assert hands(course) == before
    done = actions(course).give("add", SUBTRACTED, COMMENT, "tina")  # and it can be done (again)
    assert sorted(done.changed) == sorted(SUBTRACTED) and actions(course).all()[0].id == done.id


@pytest.mark.slow
@pytest.mark.parametrize("how", HOW)
def test_a_kill_while_undoing_loses_nobodys_comment(course: Course, how: str) -> None:
    write(course, "bob", comment="See me.")
    before = hands(course)
    given = actions(course).give("add", SUBTRACTED, COMMENT, "tina", 1.0)
    during = hands(course)
    killed(course, how, f"book.undo({given.id!r}, 'tom')")
    told = next(a for a in actions(course).all() if a.id == given.id)
    if how in HAPPENS:
        assert told.undone == "tom"
    else:
        assert told.undone == "" and hands(course) == during
        actions(course).undo(given.id, "tina")
    assert hands(course) == before


# -- the journal --------------------------------------------------------------------------------------------------


def test_a_torn_line_is_no_line_and_the_next_one_is_whole(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j" / "a.journal")
    journal.append({"n": 1})
    for torn in (b'{"n": 2, "half', b'{"n": 2}'):  # not written until its end is
        with open(journal.path, "ab") as file:
            file.write(torn)
        assert [entry["n"] for entry in journal.read()][:1] == [1]
    assert journal.read() == [{"n": 1}]
    journal.append({"n": 3})
    assert [entry["n"] for entry in journal.read()] == [1, 3]


def test_the_journal_only_grows(course: Course) -> None:
    path = course.root / ".course" / "review" / f"{LESSON}.journal"
    seen = b""
    steps: list[Callable[[], Any]] = [
        lambda: actions(course).give("add", SUBTRACTED, COMMENT, "tina"),
        lambda: actions(course).undo(actions(course).all()[0].id, "tom"),
        lambda: actions(course).give("add", ["ann"], "Again.", "tina"),
    ]
    for step in steps:
        step()
        now = path.read_bytes()
        assert now.startswith(seen) and len(now) > len(seen)
        seen = now


# -- the library --------------------------------------------------------------------------------------------------


def test_next_terms_class_is_offered_what_was_said(course: Course, tmp_path: Path, graded: Path) -> None:
    way = largest(course).way
    actions(course).give("add", SUBTRACTED, COMMENT, "tina", way=way.to_json())
    library = Library(course, course.lesson(LESSON))
    library.learn(actions(course).all())
    assert "ann" not in library.path.read_text() and "tina" not in library.path.read_text()
    next_term = Course.open(shutil.copytree(graded, tmp_path / "next"))
    shutil.copytree(course.root / "comments", next_term.root / "comments")
    (offer,) = Library(next_term, next_term.lesson(LESSON)).offers(largest(next_term).way)
    assert offer.exact and offer.kept.comment == COMMENT and offer.kept.times == 5


def test_an_undone_comment_is_forgotten_and_twice_is_once(course: Course) -> None:
    library, way = Library(course, course.lesson(LESSON)), largest(course).way
    done = actions(course).give("add", SUBTRACTED, COMMENT, "tina", way=way.to_json())
    for _ in range(2):
        library.learn(actions(course).all())
    assert [(kept.comment, kept.times) for kept in library.read()] == [(COMMENT, 5)]
    actions(course).undo(done.id, "tina")
    library.learn(actions(course).all())
    assert library.read() == []


def test_another_failure_of_the_same_mistake_is_offered_as_such(course: Course) -> None:
    def way(tests: str) -> Way:
        return Way("add", "graded", tuple((name, "failed", ("minus",)) for name in tests.split()), ("",))

    actions(course).give("add", ["ann"], COMMENT, "tina", way=way("test_a").to_json())
    library = Library(course, course.lesson(LESSON))
    library.learn(actions(course).all())
    assert [offer.exact for offer in library.offers(way("test_a"))] == [True]
    assert [offer.exact for offer in library.offers(way("test_a test_b"))] == [False]
    assert library.offers(Way("mean", "graded", (("test_a", "failed", ("minus",)),), ("",))) == []
