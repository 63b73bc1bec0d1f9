"""The gradebook, written in one transaction for a whole class, and read for reports; and the graded notebooks.

Manual scores, manual comments and extra credit belong to people and are never written.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from course.errors import EngineError, InputError
from course.lessons import Course, Lesson, hash_files
from course.nbgrader_side import patches
from course.nbgrader_side.settings import load_settings
from course.nbgrader_side.submitted import finish, source_of
from course.nbgrader_side.summary import summary
from course.records import ExerciseRecord, SubmissionRecord
from course.runs.classroom import Graded
from course.runs.notebook import NotebookSubmission, blank_submission, tidy_notebook
from course.runs.store import NotWritten, write_whole
from course.submission import Submission

BACKUPS = 10  # copies of the gradebook that are kept
ATTEMPTS = 3
LONGEST_ID = 128  # of a student, in nbgrader's tables

Penalty = Callable[[str, float, float], float | None]  # student, score, seconds late -> points to take off


class ImpossibleNames(InputError):
    """Folders in ``submitted/`` whose names cannot be student ids; what concerns the others is done."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"{len(names)} folders in submitted/ have names that cannot be student ids ({names[0]!r}): rename them; "
            "all others were written"
        )


def auto_score(record: ExerciseRecord | None) -> float | None:
    """None counts as 0 and is shown as "needs manual grade"."""
    return None if record is None or record.status == "needs_manual" else record.points


def needs_manual(record: ExerciseRecord | None, manual_score: float | None) -> bool:
    """As nbgrader: also a score that a person gave is looked at again when the answer is graded again."""
    return auto_score(record) is None or manual_score is not None


def auto_comment(record: ExerciseRecord | None, written: bool) -> str | None:
    if record is None or (written and record.status == "needs_manual"):
        return None
    return summary(record).replace("\0", "\ufffd").encode("utf-8", "replace").decode()  # what every database can hold


# -- writing ------------------------------------------------------------------------------------------------------


def write_grades(course: Course, lesson: Lesson, records: Sequence[SubmissionRecord]) -> None:
    """Enter these submissions into the gradebook: all of them, or on an error none.

    A copy of the gradebook is kept first. Raises InputError when the lesson was not released, EngineError when the
    gradebook cannot be written, and ImpossibleNames after all others are written.
    """
    config = load_settings(course.root)
    url = config.CourseDirectory.db_url
    good = [record for record in records if is_student_id(record.student)]
    reviewed = _Reviewed(course.root, lesson.name)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _keep_copy(course.root, url)
            with _transaction(url) as db:
                cells = _cells(db, lesson)
                notebooks = _enter_submissions(db, lesson, cells, good)
                _enter_grades(db, cells, notebooks, good, reviewed)
                _enter_penalties(db, cells, notebooks, _late_penalties(config))
            break
        except (OperationalError, IntegrityError) as error:  # locked, or another process added the same student
            if attempt == ATTEMPTS:
                raise _not_written(error) from error
            time.sleep(attempt)
        except DBAPIError as error:
            raise _not_written(error) from error
    reviewed.remember(good)
    if bad := [record.student for record in records if not is_student_id(record.student)]:
        raise ImpossibleNames(bad)


def _not_written(error: DBAPIError) -> EngineError:
    reason = " ".join(str(error.orig).split())
    return EngineError(
        f"the gradebook could not be written, nothing was changed: {reason}. What was graded is kept: close what uses "
        "the gradebook or make room, and run the same command again"
    )


def is_student_id(name: str) -> bool:
    """Whether nbgrader's tables can hold it."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return 0 < len(name) <= LONGEST_ID


def write_notebooks(course: Course, lesson: Lesson, results: Sequence[Graded]) -> Iterator[str]:
    """Bring ``autograded/`` up to date and yield each student; a notebook that says the same already is left alone."""
    written = _Written(course, lesson)
    try:
        for graded in results:
            if is_student_id(graded.student) and not written.is_current(graded):
                write_autograded(course, lesson, graded.submission, graded.record)
                written.note(graded)
            yield graded.student
    finally:
        written.remember()


def write_autograded(course: Course, lesson: Lesson, submission: Submission | None, record: SubmissionRecord) -> None:
    """Write ``autograded/<student>/<lesson>/`` just as ``nbgrader autograde`` would, so that it has nothing left to do.

    submission: None for one that could not be opened. Raises NotWritten.
    """
    from nbformat import v4

    source = source_of(lesson)
    opened = submission if isinstance(submission, NotebookSubmission) else blank_submission(source, record.student)
    notebook = finish(tidy_notebook(lesson, source, opened), course, lesson, record)
    target = lesson.autograded_notebook(record.student)
    write_whole(target, v4.writes(notebook).rstrip("\n") + "\n")
    try:
        target.chmod(0o444)
        for path in map(Path, patches.files_to_copy(str(lesson.submitted_notebook(record.student).parent))):
            copy = target.parent / path.name
            copy.unlink(missing_ok=True)
            shutil.copyfile(path, copy)
            copy.chmod(0o444)
    except OSError as error:
        raise NotWritten(target.parent, error.strerror or error) from error


class _Written:
    """Which graded notebooks stand in ``autograded/`` as this code would write them again."""

    def __init__(self, course: Course, lesson: Lesson) -> None:
        self._lesson = lesson
        self._path = course.root / ".course" / "written" / f"{lesson.name}.json"
        code = sorted(Path(__file__).parent.glob("*.py"))
        self._context = f"{hash_files(code, Path(__file__).parent)} {course.config.title} {lesson.config.title}"
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
            self._known: dict[str, list[Any]] = told["notebooks"] if told["context"] == self._context else {}
        except (OSError, ValueError, KeyError, TypeError):
            self._known = {}
        self._before = dict(self._known)

    def is_current(self, graded: Graded) -> bool:
        return bool(graded.version) and self._known.get(graded.student) == self._state(graded)

    def note(self, graded: Graded) -> None:
        self._known[graded.student] = self._state(graded)

    def remember(self) -> None:
        if self._known != self._before:
            write_whole(self._path, json.dumps({"context": self._context, "notebooks": self._known}))

    def _state(self, graded: Graded) -> list[Any]:
        folder = str(self._lesson.submitted_notebook(graded.student).parent)
        files = [self._lesson.autograded_notebook(graded.student), *map(Path, patches.files_to_copy(folder))]
        return [graded.version, *([p.name, *_stamp(p)] for p in files)]


def _stamp(path: Path) -> tuple[int, int]:
    """Changes whenever the file is written."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


@dataclass(frozen=True)
class _Cells:
    """Rows of one lesson in the gradebook. grades and comments: cell ids by grade id."""

    assignment: str
    notebook: str
    grades: dict[str, str]
    comments: dict[str, str]
    written: frozenset[str]


def _cells(db: sqlalchemy.Connection, lesson: Lesson) -> _Cells:
    base, grade, solution, notebook, assignment = (
        _table(name) for name in ("base_cell", "grade_cells", "solution_cells", "notebook", "assignment")
    )
    rows = db.execute(
        select(notebook.c.id, notebook.c.assignment_id)
        .join(assignment, assignment.c.id == notebook.c.assignment_id)
        .where(assignment.c.name == lesson.name, notebook.c.name == lesson.name)
    ).one_or_none()
    if rows is None:
        raise InputError(f"lesson {lesson.name} is not in the gradebook: run `course release {lesson.name}`")
    notebook_id, assignment_id = rows
    here = base.c.notebook_id == notebook_id
    graded = db.execute(
        select(base.c.name, base.c.id, grade.c.cell_type).join(grade, grade.c.id == base.c.id).where(here)
    )
    solved = db.execute(select(base.c.name, base.c.id).join(solution, solution.c.id == base.c.id).where(here))
    rows_by_name = {name: (cell_id, kind) for name, cell_id, kind in graded}
    if set(rows_by_name) != set(lesson.exercises):
        raise InputError(
            f"the gradebook knows other exercises of lesson {lesson.name} than the course: "
            f"run `course release {lesson.name}`"
        )
    return _Cells(
        assignment_id,
        notebook_id,
        grades={name: cell_id for name, (cell_id, _) in rows_by_name.items()},
        comments={name: cell_id for name, cell_id in solved},
        written=frozenset(name for name, (_, kind) in rows_by_name.items() if kind == "markdown"),
    )


def _enter_submissions(
    db: sqlalchemy.Connection, lesson: Lesson, cells: _Cells, records: Sequence[SubmissionRecord]
) -> dict[str, str]:
    """Make the rows that are missing, note when each was handed in; returns submitted notebooks by student."""
    from nbgrader.api import new_uuid

    student, submission, notebook = (_table(n) for n in ("student", "submitted_assignment", "submitted_notebook"))
    names = [record.student for record in records]
    known = set(db.scalars(select(student.c.id)))
    _insert(db, student, [{"id": name} for name in names if name not in known])

    found = select(submission.c.student_id, submission.c.id).where(submission.c.assignment_id == cells.assignment)
    submissions = {name: row for name, row in db.execute(found)}
    new = {name: new_uuid() for name in names if name not in submissions}
    _insert(db, submission, [{"id": i, "assignment_id": cells.assignment, "student_id": n} for n, i in new.items()])
    submissions |= new
    times = {name: patches.submitted_at(lesson.submitted_notebook(name).parent) for name in names}
    _update(db, submission, [{"row": submissions[n], "timestamp": t} for n, t in times.items() if t is not None])

    found = select(notebook.c.assignment_id, notebook.c.id).where(notebook.c.notebook_id == cells.notebook)
    notebooks = {handed_in: row for handed_in, row in db.execute(found)}
    missing = {submissions[name]: new_uuid() for name in names if submissions[name] not in notebooks}
    _insert(
        db,
        notebook,
        [{"id": i, "assignment_id": s, "notebook_id": cells.notebook, "flagged": False} for s, i in missing.items()],
    )
    notebooks |= missing
    return {name: notebooks[submissions[name]] for name in names}


def _enter_grades(
    db: sqlalchemy.Connection,
    cells: _Cells,
    notebooks: dict[str, str],
    records: Sequence[SubmissionRecord],
    reviewed: _Reviewed,
) -> None:
    from nbgrader.api import new_uuid

    grade, comment = _table("grade"), _table("comment")
    grades = _rows(db, grade, cells.grades.values(), ("auto_score", "manual_score", "needs_manual_grade"))
    comments = _rows(db, comment, cells.comments.values(), ("auto_comment",))
    new_grades, new_comments, changed_grades, changed_comments = [], [], [], []
    for record in records:
        notebook = notebooks[record.student]
        for name, cell in cells.grades.items():
            graded, old = record.exercises.get(name), grades.get((notebook, cell))
            score, manual = auto_score(graded), old.manual_score if old else None
            flag = needs_manual(graded, manual)
            if old and manual is not None and not old.needs_manual_grade and reviewed.same(record, name):
                flag = False  # a person has looked at this very answer
            values = {"auto_score": score, "needs_manual_grade": flag}
            if old is None:
                new_grades.append({"id": new_uuid(), "notebook_id": notebook, "cell_id": cell, **values})
            elif (old.auto_score, old.needs_manual_grade) != (score, flag):
                changed_grades.append({"row": old.id, **values})
        for name, cell in cells.comments.items():
            said, row = auto_comment(record.exercises.get(name), name in cells.written), comments.get((notebook, cell))
            if row is None:
                new_comments.append({"id": new_uuid(), "notebook_id": notebook, "cell_id": cell, "auto_comment": said})
            elif row.auto_comment != said:
                changed_comments.append({"row": row.id, "auto_comment": said})
    _insert(db, grade, new_grades)
    _insert(db, comment, new_comments)
    _update(db, grade, changed_grades)
    _update(db, comment, changed_comments)


def _enter_penalties(db: sqlalchemy.Connection, cells: _Cells, notebooks: dict[str, str], penalty: Penalty) -> None:
    """Late penalties as nbgrader's AssignLatePenalties computes them, from the scores just written."""
    submission, notebook, assignment, grade = (
        _table(n) for n in ("submitted_assignment", "submitted_notebook", "assignment", "grade")
    )
    handed_in = db.execute(
        select(notebook.c.id, submission.c.student_id, submission.c.timestamp, submission.c.extension)
        .join(submission, submission.c.id == notebook.c.assignment_id)
        .where(notebook.c.notebook_id == cells.notebook)
    ).all()
    due = db.scalar(select(assignment.c.duedate).where(assignment.c.id == cells.assignment))
    scores: dict[str, float] = {}
    if due is not None:
        score = func.coalesce(grade.c.manual_score, grade.c.auto_score, 0.0) + func.coalesce(grade.c.extra_credit, 0.0)
        wanted = select(grade.c.notebook_id, func.sum(score)).where(grade.c.cell_id.in_(cells.grades.values()))
        scores = {row: points for row, points in db.execute(wanted.group_by(grade.c.notebook_id))}
    rows, ours = [], set(notebooks.values())
    for row in handed_in:
        if row.id in ours:
            extension = row.extension or datetime.timedelta()
            late = (row.timestamp - due - extension).total_seconds() if due and row.timestamp else 0.0
            taken = penalty(row.student_id, scores.get(row.id, 0.0), late) if late > 0 else None
            rows.append({"row": row.id, "late_submission_penalty": taken})
    _update(db, notebook, rows)


def _late_penalties(config: Any) -> Penalty:
    @cache
    def plugin() -> Any:
        from nbgrader.preprocessors import AssignLatePenalties  # takes half a second to import

        assign = AssignLatePenalties(config=config)
        assign.init_plugin()
        return assign.plugin_inst

    def penalty(student: str, score: float, seconds: float) -> float | None:
        wanted = plugin().late_submission_penalty(student, score, seconds)
        return None if wanted is None else min(max(wanted, 0.0), score)

    return penalty


class _Reviewed:
    """For which answers the "needs manual grade" flags of the gradebook stand.

    Grading a class again must not ask a person to look again at what has not changed: at code that gets the same
    points and comment, at a written answer whose receipt has the same hash.
    """

    def __init__(self, root: Path, lesson: str) -> None:
        self.path = root / ".course" / "graded" / f"{lesson}.json"
        try:
            self.known: dict[str, dict[str, str]] = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self.known = {}

    def same(self, record: SubmissionRecord, exercise: str) -> bool:
        before = self.known.get(record.student, {}).get(exercise)
        return before is not None and before == self._digest(record.exercises.get(exercise))

    def remember(self, records: Sequence[SubmissionRecord]) -> None:
        for record in records:
            digests = {name: self._digest(graded) for name, graded in record.exercises.items()}
            self.known[record.student] = {name: digest for name, digest in digests.items() if digest is not None}
        write_whole(self.path, json.dumps(self.known))

    @staticmethod
    def _digest(record: ExerciseRecord | None) -> str | None:
        if record is None:
            return None
        seen: object = [record.points, summary(record)]
        if record.status == "needs_manual":
            seen = record.receipt.get("answer", record.receipt.get("code"))
        return None if seen is None else hashlib.sha256(json.dumps([record.status, seen]).encode()).hexdigest()


# -- reading ------------------------------------------------------------------------------------------------------


def scores(course: Course, lesson: Lesson) -> dict[str, Any]:
    """The class's scores in a lesson, as data.

    ``{"lesson", "title", "exercises": {name: max_points}, "students": [{"student", "scores": {name: {"points",
    "needs_manual", "by_hand"}}, "points", "penalty", "needs_manual", "submitted"}]}``, students sorted by id.
    """
    url = load_settings(course.root).CourseDirectory.db_url
    with _reading(url) as db:
        cells = _cells(db, lesson)
        grade, notebook, submission = (_table(n) for n in ("grade", "submitted_notebook", "submitted_assignment"))
        handed_in = db.execute(
            select(submission.c.student_id, notebook.c.id, notebook.c.late_submission_penalty, submission.c.timestamp)
            .join(notebook, notebook.c.assignment_id == submission.c.id)
            .where(notebook.c.notebook_id == cells.notebook)
            .order_by(submission.c.student_id)
        ).all()
        columns = ("auto_score", "manual_score", "extra_credit", "needs_manual_grade")
        rows = _rows(db, grade, cells.grades.values(), columns)
    order = [c.exercise for c in source_of(lesson) if c.role == "exercise" and c.exercise]
    students = []
    for student, notebook_id, penalty, timestamp in handed_in:
        cell_rows = {name: rows.get((notebook_id, cells.grades[name])) for name in order}
        entries = {name: _score(row) for name, row in cell_rows.items()}
        students.append(
            {
                "student": student,
                "scores": entries,
                "points": max(0.0, sum(e["points"] for e in entries.values()) - (penalty or 0.0)),
                "penalty": penalty or 0.0,
                "needs_manual": any(e["needs_manual"] for e in entries.values()),
                "submitted": timestamp.isoformat(sep=" ") if timestamp else None,
            }
        )
    exercises = {name: lesson.exercise(name).points for name in order}
    return {"lesson": lesson.name, "title": lesson.config.title, "exercises": exercises, "students": students}


def entered(course: Course, lesson: Lesson) -> dict[str, dict[str, dict[str, float | None]]]:
    """For each student with a submission and each exercise, ``{"auto", "manual"}``: None where there is no score."""
    with _reading(load_settings(course.root).CourseDirectory.db_url) as db:
        cells = _cells(db, lesson)
        notebook, submission = _table("submitted_notebook"), _table("submitted_assignment")
        handed_in = db.execute(
            select(submission.c.student_id, notebook.c.id)
            .join(notebook, notebook.c.assignment_id == submission.c.id)
            .where(notebook.c.notebook_id == cells.notebook)
        ).all()
        rows = _rows(db, _table("grade"), cells.grades.values(), ("auto_score", "manual_score"))
    return {
        student: {
            name: {"auto": row.auto_score, "manual": row.manual_score}
            for name, cell in cells.grades.items()
            if (row := rows.get((notebook_id, cell))) is not None
        }
        for student, notebook_id in handed_in
    }


def _score(row: Any) -> dict[str, Any]:
    if row is None:
        return {"points": 0.0, "needs_manual": True, "by_hand": False}
    by_hand = row.manual_score is not None
    points = (row.manual_score if by_hand else row.auto_score or 0.0) + (row.extra_credit or 0.0)
    return {"points": points, "needs_manual": bool(row.needs_manual_grade), "by_hand": by_hand}


# -- the database -------------------------------------------------------------------------------------------------


@contextmanager
def _transaction(url: str) -> Iterator[sqlalchemy.Connection]:
    """One transaction that holds the write lock from its first statement on."""
    engine = _existing(url)
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            with connection.begin():
                _limit_waiting(connection)
                yield connection
            return
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")  # the driver begins too late otherwise
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")


def _limit_waiting(connection: sqlalchemy.Connection) -> None:
    """PostgreSQL waits for a lock for ever unless it is told otherwise."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(patches.LOCK_SECONDS * 1000)}")


@contextmanager
def _reading(url: str) -> Iterator[sqlalchemy.Connection]:
    with _existing(url).connect() as connection:
        _limit_waiting(connection)
        yield connection


def _existing(url: str) -> sqlalchemy.Engine:
    path = _sqlite_file(url)
    if path is not None and not path.is_file():
        raise InputError(f"there is no gradebook {path}: run `course release` first")
    return patches.create_engine(url)


def _sqlite_file(url: str) -> Path | None:
    parsed = sqlalchemy.make_url(url)
    return Path(parsed.database) if parsed.drivername.startswith("sqlite") and parsed.database else None


def _keep_copy(root: Path, url: str) -> None:
    """Copy the gradebook, whatever database it is in, to a file of SQLite's in ``.course/backups/``.

    Raises NotWritten, and OperationalError when the gradebook cannot be read.
    """
    folder = root / ".course" / "backups"
    now = datetime.datetime.now(datetime.timezone.utc)
    target = folder / f"gradebook-{now:%Y%m%d-%H%M%S-%f}.db"
    unfinished = folder / "unfinished"
    engine = _existing(url)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        with closing(sqlite3.connect(unfinished)) as copy:
            if (path := _sqlite_file(url)) is not None:  # SQLite's own way: whole while others write
                with closing(sqlite3.connect(path, timeout=patches.LOCK_SECONDS)) as book:
                    book.backup(copy)
            else:
                _copy_tables(engine, unfinished)
        unfinished.replace(target)
        for old in sorted(folder.glob("gradebook-*.db"))[:-BACKUPS]:
            old.unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        raise NotWritten(target, error) from error


def _copy_tables(book: sqlalchemy.Engine, into: Path) -> None:
    from nbgrader.api import Base

    copy = sqlalchemy.create_engine(f"sqlite:///{into}")
    try:
        Base.metadata.create_all(copy)
        with book.connect().execution_options(isolation_level="REPEATABLE READ") as source, copy.begin() as target:
            _limit_waiting(source)
            for table in Base.metadata.sorted_tables:
                _insert(target, table, [dict(row) for row in source.execute(select(table)).mappings()])
    finally:
        copy.dispose()


def _table(name: str) -> sqlalchemy.Table:
    from nbgrader.api import Base

    return Base.metadata.tables[name]


def _rows(
    db: sqlalchemy.Connection, table: sqlalchemy.Table, cells: Iterable[str], columns: Sequence[str]
) -> dict[Any, Any]:
    """The rows of these cells by (submitted notebook, cell)."""
    wanted = select(table.c.id, table.c.notebook_id, table.c.cell_id, *(table.c[name] for name in columns))
    return {(r.notebook_id, r.cell_id): r for r in db.execute(wanted.where(table.c.cell_id.in_(list(cells))))}


def _insert(db: sqlalchemy.Connection, table: sqlalchemy.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        db.execute(table.insert(), rows)


def _update(db: sqlalchemy.Connection, table: sqlalchemy.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        columns: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "row"}
        db.execute(update(table).where(table.c.id == bindparam("row")).values(columns), rows)
