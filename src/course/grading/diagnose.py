"""Names the mistake: the same tests are run on each known mistake, and what they saw is compared.

A mistake explains a test when its replies equal the student's on every call on which the student failed. One that
explains all failing tests of the exercise is named; where two still fit, calls that the student got right decide, and
if even they do not, neither is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from course.grading.collect import Collected, HiddenTest, TestRun
from course.grading.known import KnownAnswer, known_answers
from course.kernels.base import SubmissionFault
from course.kernels.inprocess import InProcessKernel
from course.lessons import Exercise
from course.student import Reply, Student, Transcript
from course.submission import Cell
from coursebridge.codec import Ref

LARGE, SAMPLE = 4096, 997  # tensors with more elements than this are compared on about so many of them
LOOSE = {torch.float64: 1e-7, torch.float32: 1e-3}


class Diagnosis:
    """What an exercise's known mistakes do in its tests; remembered, so that a class pays for it once."""

    def __init__(self, collected: Collected, exercise: Exercise, seed: int, support: Sequence[str]) -> None:
        self._collected, self._exercise, self._seed, self._support = collected, exercise, seed, support
        self.mistakes: dict[str, KnownAnswer] = known_answers(exercise.mistakes_file, exercise.name)
        self._runs: dict[tuple[str, str], TestRun] = {}
        self._replies: dict[tuple[str, str, int], Reply | None] = {}

    def explain(self, tests: list[HiddenTest], runs: dict[str, TestRun]) -> dict[str, tuple[str, ...]]:
        """For each failed test the slugs that explain it (none or one)."""
        failed = [t for t in tests if runs[t.name].outcome == "failed" and not runs[t.name].not_defined]
        runs = {name: replace(run, transcript=condensed(run.transcript)) for name, run in runs.items()}
        named: dict[str, tuple[str, ...]] = {
            t.name: (slug,) for t in failed if (slug := runs[t.name].misconception) is not None
        }
        open_tests = [t for t in failed if t.name not in named]
        if not open_tests or self._exercise.trained:
            return named
        everywhere = self._decide(self._explaining_all(open_tests, runs), tests, runs)
        for test in open_tests:
            slugs = everywhere or self._decide(self._explaining(test, runs[test.name]), [test], runs)
            if len(slugs) > 1:
                slugs = [s for s in slugs if self._passes(s, [t for t in tests if runs[t.name].outcome == "passed"])]
            if len(slugs) == 1:
                named[test.name] = (slugs[0],)
        return named

    def _explaining_all(self, tests: list[HiddenTest], runs: dict[str, TestRun]) -> list[str]:
        """Mistakes that explain every one of these tests; what one test rules out is not run on the next."""
        slugs = list(self.mistakes)
        for test in sorted(tests, key=lambda t: not self._is_warm(t)):
            slugs = [s for s in slugs if self._explains(s, test, runs[test.name])]
        return slugs

    def _explaining(self, test: HiddenTest, run: TestRun) -> list[str]:
        return [s for s in self.mistakes if self._explains(s, test, run)]

    def _is_warm(self, test: HiddenTest) -> bool:
        return all((slug, test.name) in self._runs for slug in self.mistakes)

    def warm(self, tests: list[HiddenTest]) -> bool:
        """Run every mistake through every test now, so that forks of this process inherit the result.

        Whether there was anything to run.
        """
        before = len(self._runs)
        for slug in self.mistakes:
            for test in tests:
                self._run(slug, test)
        return len(self._runs) > before

    def rehearse(self, slug: str, tests: list[HiddenTest]) -> dict[tuple[str, str], TestRun]:
        """One mistake's runs of these tests, for ``learn`` in another process."""
        return {(slug, test.name): self._run(slug, test) for test in tests}

    def learn(self, runs: dict[tuple[str, str], TestRun]) -> None:
        self._runs |= runs

    def _decide(self, slugs: list[str], tests: list[HiddenTest], runs: dict[str, TestRun]) -> list[str]:
        """Of several that fit, those that also agree with what the student got right, and with numbers in errors."""
        if len(slugs) < 2:
            return slugs
        relevant = [t for t in tests if runs[t.name].outcome in ("passed", "failed")]
        slugs = [s for s in slugs if all(self._agrees_throughout(s, t, runs[t.name]) for t in relevant)]
        exact = [s for s in slugs if all(_same_errors(self._run(s, t), runs[t.name]) for t in relevant)]
        return exact or slugs

    def _explains(self, slug: str, test: HiddenTest, run: TestRun) -> bool:
        if not self._begins_alike(slug, test, run.transcript):
            return False
        mine, theirs = run.transcript, self._run(slug, test)
        if theirs.outcome != "failed":
            return False
        places = mine.failing or range(len(mine.replies))
        if not mine.failing and len(mine.replies) != len(theirs.transcript.replies):
            return False
        raised = [i for i in places if mine.replies[i].error is not None]
        ended = raised and not mine.failing  # a conversation that an error ended: what came before it went well
        if (ended or len(raised) == len(places)) and not _same_words(mine, theirs.transcript, raised):
            return False  # any code can raise a RuntimeError; alone that is too little to go by
        return all(_same_reply_at(mine, theirs.transcript, i) for i in places)

    def _passes(self, slug: str, tests: list[HiddenTest]) -> bool:
        return all(self._run(slug, test).outcome == "passed" for test in tests)

    def _agrees_throughout(self, slug: str, test: HiddenTest, run: TestRun) -> bool:
        theirs = self._run(slug, test)
        return theirs.outcome == run.outcome and _same_throughout(run.transcript, theirs.transcript)

    def _begins_alike(self, slug: str, test: HiddenTest, mine: Transcript) -> bool:
        """Whether the first reply that matters is the student's: most mistakes are ruled out there, at little cost."""
        place = min(mine.failing, default=0)
        if (slug, test.name) in self._runs or place >= len(mine.replies):
            return True
        key = (slug, test.name, place)
        if key not in self._replies:
            replies = self._replay(slug, test, place).transcript.replies
            self._replies[key] = replies[place] if place < len(replies) else None
        theirs = self._replies[key]
        return theirs is not None and _same_reply(mine.replies[place], theirs)

    def _run(self, slug: str, test: HiddenTest) -> TestRun:
        if (slug, test.name) not in self._runs:
            self._runs[slug, test.name] = self._replay(slug, test)
        return self._runs[slug, test.name]

    def _replay(self, slug: str, test: HiddenTest, last: int | None = None) -> TestRun:
        """A mistake's run of a test; with ``last``, only up to the reply at this place."""
        parts = self.mistakes[slug].parts  # apart, since the first is the same for all, and is compiled once
        kernel = InProcessKernel([Cell(part, "exercise", self._exercise.name) for part in parts])
        student = _Replayed(kernel.snapshot, support=self._support, call_seconds=60.0)
        student._last = last
        run = self._collected.run(test, student, self._seed)
        student._close()
        return replace(run, transcript=condensed(run.transcript))


class _Reached(SubmissionFault):
    """Ends a test, because what was to be seen has been seen."""


class _Replayed(Student):
    """A known mistake in the student's place. Nobody reads its failures, so they are not made smaller."""

    _shows = False
    _last: int | None = None

    def _exchange(self, steps: list[dict[str, Any]], seed: int | None = None, **options: Any) -> list[Reply]:
        if self._last is None:
            return super()._exchange(steps, seed, **options)
        replies = super()._exchange(steps[: self._last + 1 - len(self._transcript.replies)], seed, **options)
        if len(self._transcript.replies) > self._last:
            raise _Reached
        return replies


def condensed(transcript: Transcript) -> Transcript:
    """The transcript with samples in the place of large tensors, and handles that keep no kernel alive.

    Whole networks of every mistake would fill memory.
    """
    replies = [replace(reply, value=_sampled(reply.value)) for reply in transcript.replies]
    return Transcript(replies, transcript.failing)


def _sampled(value: Any) -> Any:
    if isinstance(value, torch.Tensor) and value.numel() > LARGE:
        sample = value.detach().flatten()[:: value.numel() // SAMPLE].clone()
        return {"shape": tuple(value.shape), "requires_grad": value.requires_grad, "sample": sample}
    if isinstance(value, Ref):
        return Ref(value.id, value.kind, value.name)
    if isinstance(value, dict):
        return {k: _sampled(v) for k, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_sampled(v) for v in value)
    return value


def _same_words(a: Transcript, b: Transcript, places: Iterable[int]) -> bool:
    """The errors at these places say the same, but for numbers and paths, which are another's on another day."""

    def words(transcript: Transcript) -> list[str]:
        replies = [transcript.replies[i] for i in places if i < len(transcript.replies)]
        messages = [r.error.message if r.error is not None else "" for r in replies]
        return [re.sub(r"[\d\W]+", " ", re.sub(r"\S*/\S*", "", message)) for message in messages]

    return words(a) == words(b)


def _same_errors(a: TestRun, b: TestRun) -> bool:
    def messages(run: TestRun) -> list[str]:
        return [reply.error.message for reply in run.transcript.replies if reply.error is not None]

    return messages(a) == messages(b)


def _same_throughout(a: Transcript, b: Transcript) -> bool:
    return len(a.replies) == len(b.replies) and all(_same_reply_at(a, b, i) for i in range(len(a.replies)))


def _same_reply_at(a: Transcript, b: Transcript, place: int) -> bool:
    if place >= len(a.replies) or place >= len(b.replies):
        return False
    return _same_reply(a.replies[place], b.replies[place])


def _same_reply(a: Reply, b: Reply) -> bool:
    if (a.error is None) != (b.error is None):
        return False
    if a.error is not None and b.error is not None:
        return a.error.type_name == b.error.type_name
    if bool(a.changed) != bool(b.changed) or a.random_state_changed != b.random_state_changed:
        return False
    return alike(a.value, b.value)


def alike(a: Any, b: Any) -> bool:
    """Two replies' values are the same, up to rounding."""
    if isinstance(a, np.ndarray):
        a = torch.from_numpy(a)
    if isinstance(b, np.ndarray):
        b = torch.from_numpy(b)
    if isinstance(a, torch.Tensor) or isinstance(b, torch.Tensor):
        return isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) and _alike_tensors(a, b)
    if isinstance(a, Ref) or isinstance(b, Ref):
        return isinstance(a, Ref) and isinstance(b, Ref) and a.kind == b.kind
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(alike(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(alike(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, float):
        return a == b or (a != a and b != b) or abs(a - b) <= 1e-7 * max(1.0, abs(a), abs(b))
    return a == b


def _alike_tensors(a: torch.Tensor, b: torch.Tensor) -> bool:
    if a.shape != b.shape or a.dtype != b.dtype or a.requires_grad != b.requires_grad:
        return False
    a, b = a.detach(), b.detach()
    if not a.is_floating_point():
        return bool(torch.equal(a, b))
    tolerance = LOOSE.get(a.dtype, 1e-2)
    scale = max(1.0, float(torch.nan_to_num(b.double()).abs().max()) if b.numel() else 1.0)
    return bool(torch.allclose(a.double(), b.double(), rtol=0.0, atol=tolerance * scale, equal_nan=True))
