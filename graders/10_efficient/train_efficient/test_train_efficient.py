"""train_efficient: a net within an allowance of multiply-adds, trained within a budget of CPU seconds.

Pictures (N, 3, 16, 16): the ten shapes of the kit, easy but far from the middle, as in lesson 06. Multiply-adds are
counted where torch dispatches them, in the student's kernel and so by its own account; the accuracy is found here. The
thresholds lie below the worst right run and above the best wrong one: calibration.toml, docs/calibration.md.
"""

from functools import cache

import pytest

from course.grading import fail, points
from course.grading.trained import Classifier, rescalings, start_follows_the_seed, train
from coursekit.shapes import EASY, shapes

limits = {"call_seconds": 120, "exercise_seconds": 300}

BUDGET = 15.0  # CPU seconds
MAX_MACS = 400_000  # a tenth of what the wide ordinary net of section 10.8 takes
SOME, MOST = 0.65, 0.80  # accuracy on hidden pictures
SETTING = {"size": 16, **EASY, "pos": 0.4}
TRAINING_SEED, HIDDEN_SEED = 101, 390_771_204  # given this seed, the kit would draw them in the student's kernel, too


@cache
def training_set():
    return shapes(2000, seed=TRAINING_SEED, **SETTING)


@cache
def hidden_set():
    return shapes(2000, seed=HIDDEN_SEED, split="test", **SETTING)


class Training(Classifier):
    """macs: multiply-adds for one picture, by the kernel's own account."""

    macs = 0

    def counts(self):
        self.is_cheap_enough()
        super().counts()

    def is_cheap_enough(self):
        if self.macs > MAX_MACS:
            fail(f"the net takes {number(self.macs)} multiply-adds for one picture, {number(MAX_MACS)} are allowed: no "
                 "points for whatever it can do.", "ignores_max_macs" if self.state else "memorises")  # fmt: skip

    def symptoms(self):
        if not self.on_unseen.isfinite().all():
            return "learning_rate_too_large"
        known = self.on_known()
        better = max(SOME, known + 0.1)
        if any(self.on_known(change) >= better for change in rescalings(self.known[0])):
            return "scaled_outside"
        if any(self.batches_seen) and self.on_known(train=True) >= better:
            return "statistics_lag"
        if self.stopped_early and known < 0.97:
            return "stops_early"
        if known < SOME:
            return self.failure(known)
        if not any(weight.ndim == 4 for weight in self.state):
            return "no_convolution"
        return "batch_norm_in_eval" if self.trained_in_eval_mode else None

    def failure(self, known):
        """For a net that does not even know its training pictures."""
        if self.most_frequent > 0.8:
            return "learning_rate_too_large"
        return "labels_shuffled" if 0.05 < known < 0.2 else None  # guessing: neither learned nor learned wrongly


def number(count):
    return f"{count:,}".replace(",", " ")


@pytest.fixture(scope="module")
def training(student):
    net, seconds = train(student.train_efficient, *training_set(), max_macs=MAX_MACS, seed=0, budget=BUDGET)
    found = Training(net, seconds, BUDGET, training_set(), hidden_set())
    found.macs = student.support.arithmetic(net, hidden_set()[0][:20])
    return found


@points(1.5)
def test_learns(training):
    """Within 400 000 multiply-adds a picture, the net names at least 65 in 100 new pictures rightly."""
    training.reaches(SOME)


@points(2)
def test_learns_well(training):
    """Within 400 000 multiply-adds a picture, the net names at least 80 in 100 new pictures rightly."""
    training.reaches(MOST)
    training.used_batch_statistics()


@points(1)
def test_budget(training):
    """The training learns something, and takes at most 1.1 times its budget of CPU seconds."""
    training.is_cheap_enough()
    training.keeps_to_the_budget()
    training.learned_something()


@points(0.5)
def test_start(student, training):
    """The same seed starts from the same weights, another seed from others."""
    training.is_cheap_enough()
    start_follows_the_seed(student, student.train_efficient, *training_set(), max_macs=MAX_MACS)
