"""train_resnet: a residual net trained within a budget of CPU seconds, scored on pictures that it has never seen.

Pictures (N, 3, 16, 16): the ten shapes of the kit, easy but far from the middle, so that neither a dense net nor a list
of the training pictures gets far. The thresholds lie below the worst right run and above the best wrong one:
calibration.toml, docs/calibration.md.
"""

from functools import cache

import pytest

from course.grading import points
from course.grading.trained import Classifier, rescalings, start_follows_the_seed, train
from coursekit.shapes import EASY, shapes

limits = {"call_seconds": 120, "exercise_seconds": 300}

BUDGET = 20.0  # CPU seconds
SOME, MOST = 0.60, 0.70  # accuracy on hidden pictures
SETTING = {"size": 16, **EASY, "pos": 0.4}
TRAINING_SEED, HIDDEN_SEED = 61, 570_316_226  # the kit draws the same pictures in the student's kernel, given this seed


@cache
def training_set():
    return shapes(2000, seed=TRAINING_SEED, **SETTING)


@cache
def hidden_set():
    return shapes(2000, seed=HIDDEN_SEED, split="test", **SETTING)


class Training(Classifier):
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
            return "no_convolution" if self.state else "memorises"
        if self.trained_in_eval_mode:
            return "batch_norm_in_eval"
        return "memorises" if known > 0.97 else None

    def failure(self, known):
        """For a net that does not even know its training pictures."""
        if 0 < max(self.batches_seen, default=0) < 80 and sum(weight.numel() for weight in self.state) > 1e6:
            return "too_large"
        if self.most_frequent > 0.8:
            return "learning_rate_too_large"
        return "labels_shuffled" if 0.05 < known < 0.2 else None  # guessing: neither learned nor learned wrongly


@pytest.fixture(scope="module")
def training(student):
    net, seconds = train(student.train_resnet, *training_set(), seed=0, budget=BUDGET)
    return Training(net, seconds, BUDGET, training_set(), hidden_set())


@points(2)
def test_learns(training):
    """Of new pictures, the net names at least 60 in 100 rightly."""
    training.reaches(SOME)


@points(2)
def test_learns_well(training):
    """Of new pictures, the net names at least 70 in 100 rightly."""
    training.reaches(MOST)
    training.used_batch_statistics()


@points(1)
def test_budget(training):
    """The training learns something, and takes at most 1.1 times its budget of CPU seconds."""
    training.keeps_to_the_budget()
    training.learned_something()


@points(1)
def test_start(student):
    """The same seed starts from the same weights, another seed from others."""
    start_follows_the_seed(student, student.train_resnet, *training_set())
