"""Our way and nbgrader's own commands lead to the same gradebook, notebooks and pages; people's work is never lost."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import nbgrader
import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import LateSubmissionPlugin
from tiny_course import ADD, LESSON, MEAN, WHY, answered, cell_of, hand_in, records_of, write_course
from traitlets.config.loader import PyFileConfigLoader

from course.authoring.release import release
from course.errors import EngineError, InputError
from course.lessons import Course, Lesson
from course.nbgrader_side import patches, preprocessors, submitted
from course.nbgrader_side.export import GradesExport
from course.nbgrader_side.feedback import graded_students, make_feedback
from course.nbgrader_side.gradebook import scores, write_autograded, write_grades
from course.nbgrader_side.settings import load_settings, nbgrader_api, nbgrader_settings
from course.nbgrader_side.submitted import Told
from course.nbgrader_side.summary import summary
from course.records import ExerciseRecord, SubmissionRecord
from course.runs import classroom
from course.runs.notebook import open_notebook
from course.source import read_source

ODD_IDS = ["ada", "bob[1]", "a*b?", "zoë 李", "-x", "x" * 128, "<img src=x onerror=alert(1)>"]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("course")
    course = write_course(root)
    patches.apply()
    release(course, course.lesson(LESSON))
    return root


@pytest.fixture
def course(template: Path, tmp_path: Path) -> Course:
    shutil.copytree(template, tmp_path / "course")
    return Course.open(tmp_path / "course")


@pytest.fixture
def lesson(course: Course) -> Lesson:
    return course.lesson(LESSON)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> dict[str, SubmissionRecord]:
    """What the engine knows, by student; a student who is not in it is a miss."""
    known: dict[str, SubmissionRecord] = {}

    def stored(course: Course, lesson: Lesson, submission: Any) -> dict[str, ExerciseRecord | None]:
        record = known.get(submission.student)
        return {name: record and record.exercises[name] for name in lesson.exercises}

    def engine(*_: object) -> str:
        raise AssertionError("the engine was asked")

    monkeypatch.setattr(classroom, "stored_records", stored)
    monkeypatch.setattr(preprocessors, "ask_engine", engine)
    return known


def grade_ours(course: Course, lesson: Lesson, *records: SubmissionRecord) -> None:
    """What `course grade` does with the records of a class."""
    write_grades(course, lesson, records)
    for record in records:
        path = lesson.submitted_notebook(record.student)
        write_autograded(course, lesson, open_notebook(lesson, read_source(lesson), path, record.student), record)


def grade_stock(course: Course, student: str = "*") -> None:
    """What `nbgrader autograde` does."""
    api = nbgrader_api(course.root)
    api.coursedir.assignment_id, api.coursedir.student_id = LESSON, student
    converter = Autograde(coursedir=api.coursedir, parent=api)
    converter.force = True
    converter.start()


def book(course: Course) -> Gradebook:
    return Gradebook(load_settings(course.root).CourseDirectory.db_url, "tiny")


def rows(course: Course, student: str = "ada") -> dict[str, dict[str, Any]]:
    """Grade and comment of each exercise."""
    with book(course) as gb:
        found = {}
        for name in ("add", "mean", "why"):
            g, c = gb.find_grade(name, LESSON, LESSON, student), gb.find_comment(name, LESSON, LESSON, student)
            found[name] = {"auto": g.auto_score, "manual": g.manual_score, "extra": g.extra_credit,
                           "flag": g.needs_manual_grade, "score": g.score, "auto_comment": c.auto_comment,
                           "manual_comment": c.manual_comment}  # fmt: skip
        return found


def review(course: Course, student: str, name: str, score: float, comment: str, flag: bool = False) -> None:
    """What a person does in the formgrader."""
    with book(course) as gb:
        row = gb.find_grade(name, LESSON, LESSON, student)
        row.manual_score, row.needs_manual_grade, row.extra_credit = score, flag, 0.25
        gb.find_comment(name, LESSON, LESSON, student).manual_comment = comment
        gb.db.commit()


def pages(course: Course) -> dict[str, bytes]:
    return {str(p.relative_to(course.root)): p.read_bytes() for p in sorted((course.root / "feedback").rglob("*.html"))}


def tree(folder: Path) -> dict[str, tuple[bytes, str]]:
    return {
        str(p.relative_to(folder)): (p.read_bytes(), stat.filemode(p.stat().st_mode))
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


# -- one class, two ways ------------------------------------------------------------------------------------------


def test_stock_commands_give_the_scores_notebooks_and_pages_of_ours(
    course: Course, lesson: Lesson, store: dict[str, SubmissionRecord], tmp_path: Path
) -> None:
    for number, student in enumerate(ODD_IDS):
        notebook = answered(lesson, add=ADD, mean=MEAN, why=f"{WHY} {number}")
        notebook["cells"].append(dict(cell_of(notebook, "add")))
        hand_in(lesson, student, notebook, "2026-11-29 12:00:00 UTC" if number % 2 else None)
        opened = open_notebook(lesson, read_source(lesson), lesson.submitted_notebook(student), student)
        store[student] = records_of(student, add=number % 3, mean=3, notes=opened.notes)
    other = tmp_path / "other"
    shutil.copytree(course.root, other)

    grade_ours(course, lesson, *store.values())
    assert [error for _, error in make_feedback(course, lesson, graded_students(lesson))] == [None] * len(ODD_IDS)
    stock = Course.open(other)
    grade_stock(stock)
    api = nbgrader_api(other)
    assert api.autograde(LESSON, "bob[1]")["success"]  # the formgrader's button
    for student in ODD_IDS:
        assert api.generate_feedback(LESSON, student)["success"]

    mine, theirs = (scores(c, c.lesson(LESSON)) for c in (course, stock))
    assert mine == theirs and len(mine["students"]) == len(ODD_IDS)
    assert [rows(course, s) for s in ODD_IDS] == [rows(stock, s) for s in ODD_IDS]
    assert tree(course.root / "autograded") == tree(other / "autograded")
    assert pages(course) == pages(stock) and len(pages(course)) == len(ODD_IDS)
    assert {p.name for p in (other / "feedback").rglob("*") if p.is_file()} == {f"{LESSON}.html", "timestamp.txt"}
    grade_stock(course)  # again, over what `course grade` wrote
    assert tree(course.root / "autograded") == tree(other / "autograded")


def test_a_broken_submission_stops_nobody(
    course: Course, lesson: Lesson, store: dict[str, SubmissionRecord], tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("nobody may read this")
    hand_in(lesson, "ada", answered(lesson, add=ADD))
    store["ada"] = records_of("ada")
    hand_in(lesson, "ben", "this is no JSON")
    folder = hand_in(lesson, "cat", "").parent
    (folder / f"{LESSON}.ipynb").unlink()
    for name in (f"{LESSON}.ipynb", "notes.txt", "timestamp.txt", "numpy.py"):
        (folder / name).symlink_to(secret)
    os.mkfifo(hand_in(lesson, "dan", answered(lesson)).parent / "timestamp.txt")
    store["dan"] = records_of("dan")
    hand_in(lesson, "eve", answered(lesson), "when I was ready")
    store["eve"] = records_of("eve")
    notebook = answered(lesson, add=ADD)
    notebook["cells"] += [cell_of(notebook, "check-add")] * 2
    for cell in notebook["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"] = {**cell["metadata"]["nbgrader"], "schema_version": 99, "points": 500}
    hand_in(lesson, "fay", notebook)
    store["fay"] = records_of("fay")
    renamed = hand_in(lesson, "gus", answered(lesson, add=ADD))
    renamed.rename(renamed.with_name("02_sums (2).ipynb"))
    store["gus"] = records_of("gus")

    grade_stock(course)
    for student in ("ada", "dan", "eve", "fay", "gus"):
        assert rows(course, student)["add"]["auto"] == 2, student
    assert "not valid JSON" in rows(course, "ben")["add"]["auto_comment"]
    assert "link" in rows(course, "cat")["add"]["auto_comment"]
    for student in ("ben", "cat"):
        assert {r["auto"] for r in rows(course, student).values()} == {None}
        assert all(r["flag"] for r in rows(course, student).values())
    assert list(make_feedback(course, lesson, graded_students(lesson))) == [(s, None) for s in
        ("ada", "ben", "cat", "dan", "eve", "fay", "gus")]  # fmt: skip
    copied = [p for step in ("autograded", "feedback") for p in (course.root / step).rglob("*") if p.is_file()]
    assert {p.name for p in copied} <= {f"{LESSON}.ipynb", f"{LESSON}.html", "timestamp.txt"}
    assert not any(b"nobody may read" in p.read_bytes() for p in copied)


def test_a_miss_asks_the_engine_once_for_a_class(
    course: Course, lesson: Lesson, store: dict[str, SubmissionRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    broken = ExerciseRecord.needs_manual(LESSON, "add", 2, "a hidden test could not be run")

    def engine(course: Course, lesson: Lesson, student: str | None) -> Told:
        asked.append(student)
        store["ada"] = records_of("ada")
        return Told({"ben": {**records_of("ben").exercises, "add": broken}}, "the kernel could not be started")

    monkeypatch.setattr(preprocessors, "ask_engine", engine)
    for student in ("ada", "ben", "cat"):
        hand_in(lesson, student, answered(lesson, add=ADD))
    grade_stock(course)
    assert asked == [None]
    assert rows(course, "ada")["add"]["auto"] == 2 and rows(course, "ada")["add"]["flag"] is False
    for student, reason in (("ben", "a hidden test could not be run"), ("cat", "the kernel could not be started")):
        assert rows(course, student)["add"]["auto"] is None and rows(course, student)["add"]["flag"] is True
        assert reason in rows(course, student)["add"]["auto_comment"]
    grade_stock(course, "cat")
    assert asked == [None, "cat"]


def test_the_engine_is_a_process_of_its_own(course: Course, lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        said = json.dumps(records_of("-x").to_json())
        return subprocess.CompletedProcess(command, 3, f"{said}\n", "warning\ncourse: no bubblewrap\n")

    monkeypatch.setattr(subprocess, "run", run)
    told = submitted.ask_engine(course, lesson, "-x")
    assert (told.records, told.problem) == ({"-x": records_of("-x").exercises}, "no bubblewrap")
    assert ran == [
        [sys.executable, "-m", "course", "grade", LESSON, "--course", str(course.root), "--store-only", "--json"]
        + ["--student=-x"]
    ]


# -- the gradebook ------------------------------------------------------------------------------------------------


def test_every_row_is_written(course: Course, lesson: Lesson) -> None:
    write_grades(course, lesson, [records_of("ada", add=2, mean=1)])
    found = rows(course)
    assert (found["add"]["auto"], found["add"]["flag"]) == (2, False)
    assert (found["mean"]["auto"], found["mean"]["flag"]) == (1, False)
    assert (found["why"]["auto"], found["why"]["flag"], found["why"]["auto_comment"]) == (None, True, None)
    assert found["mean"]["auto_comment"].startswith("1 of 3 points. 1 of 1 hidden tests did not pass.")
    with book(course) as gb:
        submission = gb.find_submission(LESSON, "ada")
        assert (submission.score, submission.max_score, submission.needs_manual_grade) == (3, 7, True)


def test_an_untouched_written_answer_has_no_response(course: Course, lesson: Lesson) -> None:
    record = records_of("ada")
    unanswered = ExerciseRecord.not_answered(LESSON, "why", 2, "the cell is as it was handed out")
    write_grades(course, lesson, [replace(record, exercises={**record.exercises, "why": unanswered})])
    assert (rows(course)["why"]["auto"], rows(course)["why"]["auto_comment"]) == (0, "No response.")
    assert rows(course)["why"]["flag"] is False


def test_what_people_wrote_stays(course: Course, lesson: Lesson, store: dict[str, SubmissionRecord]) -> None:
    hand_in(lesson, "ada", answered(lesson, add=ADD, why=WHY))
    store["ada"] = records_of("ada", add=0)
    write_grades(course, lesson, [store["ada"]])
    for name, score in (("add", 1.5), ("why", 2.0)):
        review(course, "ada", name, score, f"I read {name}.")
    for again in (lambda: write_grades(course, lesson, [records_of("ada", add=2)]), lambda: grade_stock(course)):
        again()
        for name, score in (("add", 1.5), ("why", 2.0)):
            row = rows(course)[name]
            assert (row["manual"], row["extra"], row["manual_comment"]) == (score, 0.25, f"I read {name}.")


def test_a_reviewed_answer_is_flagged_again_only_if_it_changed(course: Course, lesson: Lesson) -> None:
    def with_answer(text: str, add: float = 0) -> SubmissionRecord:
        record = records_of("ada", add=add)
        why = record.exercises["why"].with_receipt({"answer": text})
        return replace(record, exercises={**record.exercises, "why": why})

    write_grades(course, lesson, [with_answer("first")])
    for name in ("add", "why"):
        review(course, "ada", name, 1, "read")
    write_grades(course, lesson, [with_answer("first")])
    assert [rows(course)[n]["flag"] for n in ("add", "why")] == [False, False]
    write_grades(course, lesson, [with_answer("second", add=2)])
    assert [rows(course)[n]["flag"] for n in ("add", "why")] == [True, True]


def test_an_engine_failure_is_never_a_zero(course: Course, lesson: Lesson) -> None:
    record = records_of("ada", add=2)
    broken = ExerciseRecord.needs_manual(LESSON, "add", 2, "the kernel could not be started")
    write_grades(course, lesson, [record])
    write_grades(course, lesson, [replace(record, exercises={**record.exercises, "add": broken})])
    assert (rows(course)["add"]["auto"], rows(course)["add"]["flag"]) == (None, True)


def test_late_submissions_lose_what_nbgraders_plugin_says(
    course: Course, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []

    def half(self: Any, student_id: str, score: float, total_seconds_late: float) -> float:
        seen.append(total_seconds_late)
        return 99.0 if student_id == "ben" else score / 2

    monkeypatch.setattr(LateSubmissionPlugin, "late_submission_penalty", half)
    times = {"ada": "2026-11-30 13:00:00 UTC", "ben": "2026-12-01 12:00:00 +0100", "cat": "2026-11-30 11:00:00 UTC"}
    for student, time in times.items():
        hand_in(lesson, student, answered(lesson, add=ADD), time)
    write_grades(course, lesson, [records_of(student) for student in times])
    assert sorted(seen) == [3600, 82800]
    found = {s["student"]: (s["points"], s["penalty"]) for s in scores(course, lesson)["students"]}
    assert found == {"ada": (1, 1), "ben": (0, 2), "cat": (2, 0)}
    with book(course) as gb:
        assert gb.find_submission(LESSON, "ben").timestamp == datetime(2026, 12, 1, 11)
        gb.grant_extension(LESSON, "ada", days=2)
    write_grades(course, lesson, [records_of("ada")])
    assert scores(course, lesson)["students"][0]["penalty"] == 0


def test_a_copy_is_kept_first_and_ten_of_them(course: Course, lesson: Lesson) -> None:
    write_grades(course, lesson, [records_of("ada", add=2)])
    for _ in range(11):
        write_grades(course, lesson, [records_of("ada", add=0)])
    copies = sorted((course.root / ".course" / "backups").glob("*.db"))
    assert len(copies) == 10
    with sqlite3.connect(copies[-1]) as connection:
        assert connection.execute("select count(*) from grade").fetchone() == (3,)


def test_a_batch_is_written_whole_or_not_at_all(
    course: Course, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_grades(course, lesson, [records_of("ada", add=2)])
    before = rows(course)
    monkeypatch.setattr("course.nbgrader_side.gradebook._enter_penalties", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_grades(course, lesson, [records_of("ada", add=0), records_of("ben")])
    assert rows(course) == before
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        assert connection.execute("select count(*) from student").fetchone() == (1,)


def test_a_lock_is_waited_for_and_then_reported(
    course: Course, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("course.nbgrader_side.gradebook.time.sleep", lambda seconds: None)
    monkeypatch.setattr(patches, "LOCK_SECONDS", 0.01)
    patches._kept_engine.cache_clear()
    holder = sqlite3.connect(course.root / "gradebook.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(EngineError, match="nothing was changed: database is locked"):
        write_grades(course, lesson, [records_of("ada")])
    holder.execute("ROLLBACK")
    write_grades(course, lesson, [records_of("ada")])
    patches._kept_engine.cache_clear()


def test_a_class_of_six_hundred_takes_seconds(course: Course, lesson: Lesson) -> None:
    records = [records_of(f"s{i}", add=i % 3) for i in range(600)]
    write_grades(course, lesson, records)
    mean = records_of("x", mean=3).exercises["mean"]
    write_grades(course, lesson, [replace(r, exercises={**r.exercises, "mean": mean}) for r in records])
    found = scores(course, lesson)["students"]
    assert len(found) == 600 and sum(s["points"] for s in found) == 600 + 1800


def test_what_is_wrong_is_said_in_one_sentence(course: Course, lesson: Lesson, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="rename them; all others were written"):
        write_grades(course, lesson, [records_of("x" * 129), records_of("a\udcff"), records_of("ada")])
    assert rows(course)["add"]["auto"] == 2
    (lesson.graders / "more").mkdir()
    (lesson.graders / "more" / "test_more.py").write_text("")
    with pytest.raises(InputError, match="other exercises of lesson 02_sums"):
        write_grades(course, Course.open(course.root).lesson(LESSON), [])
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        connection.execute("update assignment set name = 'other'")
    with pytest.raises(InputError, match="run `course release 02_sums`"):
        write_grades(course, lesson, [records_of("ada")])
    (course.root / "gradebook.db").unlink()
    with pytest.raises(InputError, match="run `course release` first"):
        scores(course, lesson)


def test_the_log_is_written_ahead(course: Course, lesson: Lesson) -> None:
    write_grades(course, lesson, [records_of("ada")])
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


# -- notebooks and pages ------------------------------------------------------------------------------------------


def test_a_graded_notebook_carries_records_not_what_was_handed_in(course: Course, lesson: Lesson) -> None:
    notebook = answered(lesson, add=ADD)
    cell_of(notebook, "add")["metadata"]["course"] = {"points": 99}
    hand_in(lesson, "ada", notebook, "2026-11-29 12:00:00 UTC")
    grade_ours(course, lesson, records_of("ada", add=1))
    path = lesson.autograded_notebook("ada")
    cell = cell_of(json.loads(path.read_text()), "add")
    assert cell["metadata"]["course"]["points"] == 1
    assert cell["outputs"][0]["output_type"] == "display_data" and set(cell["outputs"][0]["data"]) == {"text/plain"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert (path.parent / "timestamp.txt").read_text() == "2026-11-29 12:00:00 UTC"
    grade_ours(course, lesson, records_of("ada", add=2))  # over read-only files
    assert cell_of(json.loads(path.read_text()), "add")["metadata"]["course"]["points"] == 2


def test_pages_show_a_persons_score_and_both_comments(course: Course, lesson: Lesson) -> None:
    hand_in(lesson, "ada", answered(lesson, add=ADD, why=WHY))
    grade_ours(course, lesson, records_of("ada", add=0))
    review(course, "ada", "add", 1, "Nearly: **one** off.")
    list(make_feedback(course, lesson, ["ada"]))
    (html,) = (page.decode() for page in pages(course).values())
    for said in (
        "Nearly: <strong>one</strong> off.",
        "0 of 2 points. 1 of 1 hidden tests did not pass.",
        "A person gave these points.",
        "waits for a person",
        'You count one too many (<a href="#section-2.1">section 2.1</a>).',
    ):
        assert said in html
    assert "1.25" in html  # with the extra credit


def test_feedback_needs_a_graded_notebook(course: Course, lesson: Lesson) -> None:
    with pytest.raises(InputError, match="ada has no graded notebook of 02_sums: run `course grade 02_sums` first"):
        list(make_feedback(course, lesson, ["ada"]))


def test_commands_say_what_they_did(course: Course, lesson: Lesson) -> None:
    from course.commands.feedback_command import command as feedback
    from course.commands.report_command import command as report

    hand_in(lesson, "ada", answered(lesson, add=ADD))
    grade_ours(course, lesson, records_of("ada"))

    def invoke(command: Any, *arguments: str) -> str:
        return CliRunner().invoke(command, [LESSON, *arguments, "--course", str(course.root)]).output

    assert "1 pages in" in invoke(feedback) and len(pages(course)) == 1
    assert "ada" in invoke(report) and "mean 2" in invoke(report)
    line = json.loads(invoke(report, "--json"))
    assert (line["student"], line["points"], line["scores"]["why"]["needs_manual"]) == ("ada", 2, True)


def test_the_summary_is_short_plain_text() -> None:
    record = records_of("ada", add=0).exercises["add"]
    said = (
        "0 of 2 points. 1 of 1 hidden tests did not pass.\n- add(3, 5) is right. (failed) add(3, 5) is 9, expected 8."
    )
    assert summary(record) == said
    assert len(summary(replace(record, reason="x" * 10_000))) == 4000


# -- settings -----------------------------------------------------------------------------------------------------


def test_settings_can_be_loaded_again_and_again(course: Course) -> None:
    from traitlets.config import Config

    config = Config()
    nbgrader_settings(config, course.root)
    before = json.dumps(config, default=str, sort_keys=True)
    nbgrader_settings(config, course.root)
    assert json.dumps(config, default=str, sort_keys=True) == before
    assert load_settings(course.root).Autograde == config.Autograde


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("api", "create_engine(db_url, echo=False, future=True)"),
        ("api", "alembic_version = get_alembic_version()"),
        ("converters.base", "glob.glob(assignment_glob)"),
        ("converters.base", "find_all_files(source, self.coursedir.ignore"),
        ("coursedir", "def get_existing_timestamp(self, dest_path"),
        ("apps.api", "def get_submitted_timestamp(self, assignment_id, student_id)"),
    ],
)
def test_what_is_patched_in_nbgrader_is_still_there(module: str, text: str) -> None:
    """A new version of nbgrader that renames one of these must be noticed."""
    assert text in Path(str(import_module(f"nbgrader.{module}").__file__)).read_text(encoding="utf-8")


def test_a_new_gradebook_has_the_schema_version_that_alembic_would_say(course: Course) -> None:
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        (version,) = connection.execute("select version_num from alembic_version").fetchone()
    migrations = Path(str(nbgrader.__file__)).parent / "alembic" / "versions"
    assert [p for p in migrations.glob("*.py") if f"revision = '{version}'" in p.read_text()]
    assert not [p for p in migrations.glob("*.py") if f"down_revision = '{version}'" in p.read_text()]


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_a_configuration_that_cannot_load_refuses_every_submission(course: Course, lesson: Lesson) -> None:
    """Fails closed: nothing of the student's is run, and nothing is scored."""
    ran = course.root / "ran"
    hand_in(lesson, "ada", answered(lesson, add=f"open({str(ran)!r}, 'w')"))
    (course.root / "course_config.py").write_text("COURSE = ")
    with pytest.raises(EngineError, match="nbgrader_config.py could not be loaded"):
        load_settings(course.root)
    closed = PyFileConfigLoader("nbgrader_config.py", path=str(course.root)).load_config()
    folder = CourseDirectory(root=str(course.root), assignment_id=LESSON, config=closed)
    with pytest.raises(NbGraderException, match="errors on the above failures"):
        Autograde(coursedir=folder, config=closed).start()
    assert not ran.exists() and not lesson.autograded_notebook("ada").exists()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-03 13:00:00 UTC", datetime(2026, 11, 3, 13)),
        ("2026-11-03 13:00:00.250000 Europe/Berlin", datetime(2026, 11, 3, 12, 0, 0, 250000)),
        ("2026-11-03 13:00:00 +0100", datetime(2026, 11, 3, 12)),
        ("2026-11-03T13:00:00-05:30", datetime(2026, 11, 3, 18, 30)),
        ("2026-11-03 13:00:00", datetime(2026, 11, 3, 13)),
        ("", None),
        ("soon", None),
        ("9" * 400, None),
        ("2026-11-03 13:00:00 UTC" + " " * 2000, None),
    ],
)
def test_timestamps_are_read_with_their_zone(tmp_path: Path, text: str, moment: datetime | None) -> None:
    (tmp_path / "timestamp.txt").write_text(text)
    assert patches.submitted_at(tmp_path) == moment


def test_the_export_is_safe_csv(course: Course, lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    write_grades(course, lesson, [records_of("=cmd|' /C calc'!A0"), records_of('a,"b"', add=0)])
    exporter = GradesExport()
    exporter.to = str(course.root / "grades.csv")
    with book(course) as gb:
        exporter.export(gb)
    with open(exporter.to, newline="", encoding="utf-8") as file:
        found = {row["student_id"]: row for row in csv.DictReader(file)}
    assert set(found) == {"'=cmd|' /C calc'!A0", 'a,"b"'}
    assert found['a,"b"']["score"] == "0.0" and found['a,"b"']["needs_manual_grade"] == "True"
