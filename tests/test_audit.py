"""The graders of every lesson, discovered from the folders: right answers full, mistakes rejected and named."""

from pathlib import Path

import pytest

from course.authoring.audit import audit
from course.lessons import Course
from course.pages.confusion import show_audit

COURSE = Course.open(Path(__file__).parents[1])


@pytest.mark.slow
@pytest.mark.parametrize("lesson", COURSE.lessons)
def test_right_answers_are_full_and_mistakes_are_named(lesson: str, capsys: pytest.CaptureFixture[str]) -> None:
    findings = list(audit(COURSE, lesson))
    with capsys.disabled():
        show_audit(lesson, findings)
    assert [f.problem for f in findings if f.problem] == []


@pytest.mark.parametrize("lesson", COURSE.lessons)
def test_every_exercise_has_variants_and_mistakes(lesson: str) -> None:
    from course.grading.known import known_answers

    for exercise in COURSE.lessons[lesson].exercises.values():
        if not exercise.written:
            assert len(known_answers(exercise.variants_file, exercise.name)) >= 3, exercise.folder
            assert len(known_answers(exercise.mistakes_file, exercise.name)) >= 5, exercise.folder
