"""A record in a few lines of plain text: nbgrader's automatic comment, and the output under a graded cell."""

from __future__ import annotations

from course.records import ExerciseRecord, TestRecord

MOST_CHARACTERS = 4_000
MOST_FAILURES = 8


def summary(record: ExerciseRecord) -> str:
    """``4 of 6 points. 1 of 3 tests failed.`` and then each failure."""
    if record.status == "not_answered":
        return "No response."
    if record.status == "needs_manual":
        return (
            f"A person will look at this answer: {record.reason}." if record.reason else "A person will look at this."
        )
    failed = [test for test in record.tests if test.outcome != "passed"]
    lines = [f"{record.points:g} of {record.max_points:g} points. {_how_many(len(failed), len(record.tests))}"]
    if record.reason:
        lines.append(record.reason)
    lines += [_failure(test) for test in failed[:MOST_FAILURES]]
    text = "\n".join(lines)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def _how_many(failed: int, tests: int) -> str:
    if not tests:
        return "No test was run."
    if not failed:
        return "The hidden test passed." if tests == 1 else f"All {tests} hidden tests passed."
    return f"{failed} of {tests} hidden tests did not pass."


def _failure(test: TestRecord) -> str:
    word = {"timeout": "took too long", "forbidden": "used a forbidden operation", "not_run": "was not run"}
    return f"- {test.title} ({word.get(test.outcome, test.outcome)}) {test.message}".rstrip()
