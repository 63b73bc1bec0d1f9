"""What nbgrader calls instead of its own: open and tidy the submission, look up its records, save them, add grades.

``nbgrader autograde``, ``nbgrader generate_feedback`` and the formgrader run these; so does nobody else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import GetGrades, NbGraderPreprocessor, SaveAutoGrades

from course.lessons import Course
from course.nbgrader_side import patches
from course.nbgrader_side.gradebook import auto_comment, auto_score, needs_manual
from course.nbgrader_side.submitted import Submitted, Told, ask_engine, finish, reading_of
from course.records import SubmissionRecord


class SubmissionExporter(NotebookExporter):
    """Leaves it to ``Tidy`` to read what was handed in, since that may be anything."""

    def from_filename(self, filename: str, resources: Any = None, **kw: Any) -> Any:
        path = Path(filename)
        if not patches.is_submission(path.parent):
            return super().from_filename(filename, resources=resources, **kw)
        resources["metadata"] = {"name": path.stem, "path": str(path.parent)}
        return self.from_notebook_node(new_notebook(), resources=resources, **kw)


class Tidy(NbGraderPreprocessor):
    """Replaces the submitted notebook by one rebuilt from the source; nothing else of it reaches nbgrader."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> Any:
        return _submitted(self, resources).notebook(), resources


class Grade(NbGraderPreprocessor):
    """Puts the records into ``resources`` and into the notebook."""

    told: ClassVar[WeakKeyDictionary[Any, Told]] = WeakKeyDictionary()  # by run of nbgrader over a whole class

    def preprocess(self, nb: NotebookNode, resources: Any) -> Any:
        submitted = _submitted(self, resources)
        record = submitted.record(self._ask)
        resources["course"] = record
        return finish(nb, submitted.course, submitted.lesson, record), resources

    def _ask(self, submitted: Submitted) -> Told:
        """When nbgrader grades a whole class, the engine is started once for all of it."""
        run = getattr(self.parent, "parent", None)
        if getattr(getattr(run, "coursedir", None), "student_id", None) != "*":
            return ask_engine(submitted.course, submitted.lesson, submitted.submission.student)
        if run not in self.told:
            self.told[run] = ask_engine(submitted.course, submitted.lesson, None)
        return self.told[run]


class SaveGrades(SaveAutoGrades):
    """Writes every row of the submission from its record; manual scores and comments stay."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> Any:
        record: SubmissionRecord = resources["course"]
        names = resources["nbgrader"]
        place = names["notebook"], names["assignment"], names["student"]
        with Gradebook(names["db_url"], self.config.CourseDirectory.course_id) as gradebook:
            for cell in gradebook.find_notebook(*place[:2]).grade_cells:
                graded = record.exercises.get(cell.name)
                grade, comment = gradebook.find_grade(cell.name, *place), gradebook.find_comment(cell.name, *place)
                grade.auto_score = auto_score(graded)
                grade.needs_manual_grade = needs_manual(graded, grade.manual_score)
                comment.auto_comment = auto_comment(graded, written=cell.cell_type == "markdown")
            gradebook.db.commit()
        return nb, resources


class AddGrades(GetGrades):
    """Adds scores and both comments, the automatic and the manual one, to the cells of a feedback page; and what the
    lesson says about its exercises."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> Any:
        course = Course.open(Path(self.config.CourseDirectory.root))
        lesson = course.lessons.get(resources["nbgrader"]["assignment"])  # None for an assignment that is not ours
        resources["reading"] = reading_of(lesson) if lesson is not None else None
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell: NotebookNode, resources: Any, cell_index: int) -> Any:
        if not utils.is_grade(cell):
            return cell, resources
        place = (cell.metadata.nbgrader.grade_id, self.notebook_id, self.assignment_id, self.student_id)
        grade, comment = self.gradebook.find_grade(*place), self.gradebook.find_comment(*place)
        cell.metadata["grade"] = {
            "score": grade.score,
            "max_score": grade.max_score,
            "by_hand": grade.manual_score is not None,
            "pending": grade.manual_score is None and grade.auto_score is None,
            "auto_comment": comment.auto_comment,
            "manual_comment": comment.manual_comment,
        }
        return cell, resources


def _submitted(preprocessor: NbGraderPreprocessor, resources: Any) -> Submitted:
    course = Course.open(Path(preprocessor.config.CourseDirectory.root))
    return Submitted.open(course, course.lesson(resources["nbgrader"]["assignment"]), resources["nbgrader"]["student"])
