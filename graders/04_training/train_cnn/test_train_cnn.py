"""train_cnn: a convolutional net trained within a budget of CPU seconds, scored on pictures that it has never seen.

Pictures (N, 3, 32, 32): the ten shapes of the kit at their standard difficulty. Half of the points ask for more than a
dense net reaches (0.70 at most); others for shapes that lie where none lay in training, where a net that flattens its
maps gets 0.26 and one that averages them 0.65 or more. The thresholds: calibration.toml, docs/calibration.md.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import pytest
import torch

from course.grading import Mismatch, StudentError, batch, fail, observe, points, same
from course.grading.describe import what_it_is
from coursekit.shapes import STANDARD, shapes

limits = {"call_seconds": 200, "exercise_seconds": 400}

BUDGET = 30.0  # CPU seconds
SOME, MOST = 0.72, 0.80  # accuracy on hidden pictures
SHIFTED_SOME, SHIFTED_MOST = 0.45, 0.60  # on pictures whose shapes lie far from the middle
COUNT = 6000
TRAINING_SEED, HIDDEN_SEED = 41, 804_411_930


@lru_cache
def hidden_set(split):
    return shapes(1000, seed=HIDDEN_SEED, split=split, **STANDARD)


@lru_cache
def training_pictures():
    """Some of the pictures that were learned: the first chunk is the same however many are drawn after it."""
    return shapes(COUNT, seed=TRAINING_SEED, **STANDARD)


@dataclass
class Training:
    """One training that has been run. seconds: of CPU, by the kernel's own account."""

    net: Any
    seconds: float

    @cached_property
    def hidden(self):
        """Logits and labels of the hidden pictures; the answers are picked here, not in the student's kernel."""
        images, labels = hidden_set("test")
        return self.logits(images), labels

    @cached_property
    def accuracy(self):
        return accuracy(*self.hidden)

    @cached_property
    def shifted_accuracy(self):
        images, labels = hidden_set("shifted")
        return accuracy(self.logits(images), labels)

    @cached_property
    def state(self):
        """The tensors of the net's state dict."""
        return [value for value in self.net.state_dict().values() if isinstance(value, torch.Tensor)]

    @cached_property
    def counters(self):
        """How many batches each batch norm has seen."""
        return [int(v) for k, v in self.net.state_dict().items() if k.endswith("num_batches_tracked")]

    def logits(self, images, train=False):
        self.net.train(train)
        parts = images.split(100)
        answers = [raised(y) for y in batch(self.net, [((x,), {}) for x in parts], grad=False)]
        for x, y in zip(parts, answers, strict=True):
            if not isinstance(y, torch.Tensor):
                fail(f"the net gives {what_it_is(y)}; it must give one tensor of logits.")
            same(list(y.shape), [len(x), 10], f"the shape of the logits of {len(x)} pictures")
        return torch.cat(answers)

    @cached_property
    def symptom(self):
        """The mistake that fits, or None. Cached, since a look at the net in train mode moves its statistics."""
        try:
            return symptom_of_logits(self) or symptom_of_training(self)
        except (StudentError, Mismatch):  # a net that runs on the hidden pictures and fails elsewhere
            return None

    def on_training_pictures(self, change=lambda x: x, train=False):
        images, labels = training_pictures()
        return accuracy(self.logits(change(images[:500]), train), labels[:500])


def accuracy(logits, labels):
    return (logits.argmax(1) == labels).float().mean().item()


@pytest.fixture(scope="module")
def training(student):
    student.support.draw(COUNT, TRAINING_SEED, STANDARD)
    reply = observe(student.support.train, student.train_cnn.handle(), COUNT, TRAINING_SEED, 0, BUDGET)
    if getattr(reply.value, "kind", "") != "module":
        fail(f"train_cnn gives {what_it_is(reply.value)}; it must give the trained nn.Module.")
    return Training(reply.value, reply.seconds)


@points(1.5)
def test_beats_the_dense_net(training):
    """Of new pictures, the net names at least 72 in 100 rightly; a dense net reaches 70."""
    reaches(training, SOME)


@points(1)
def test_learns_well(training):
    """Of new pictures, the net names at least 80 in 100 rightly."""
    reaches(training, MOST)
    if training.counters and not any(training.counters):
        fail("the net's batch norms have seen no batch: it was in eval mode while it trained.", "batch_norm_in_eval")


@points(1)
def test_shifted(training):
    """Of shapes that lie where none lay in training, at least 45 in 100; a dense net reaches 11."""
    reaches_shifted(training, SHIFTED_SOME)


@points(0.5)
def test_shifted_well(training):
    """Of shapes that lie where none lay in training, at least 60 in 100."""
    reaches_shifted(training, SHIFTED_MOST)


@points(1)
def test_budget(training):
    """The training learns something, and takes at most 1.1 times its budget of CPU seconds."""
    if training.seconds > 1.1 * BUDGET + 0.3:  # what torch does once, before the first step
        fail(f"the training took {training.seconds:.1f} CPU seconds of {BUDGET:.0f}.", "ignores_budget")
    if training.accuracy < 0.2:
        fail(f"{percent(training.accuracy)} is what guessing gives: a training that learns nothing obeys any budget.",
             training.symptom)  # fmt: skip


@points(1)
def test_start(student):
    """The same seed starts from the same weights, another seed from others."""
    images, labels = shapes(100, seed=TRAINING_SEED, **STANDARD)
    train = student.train_cnn.handle()
    # In one message: what the first training leaves of the global random state is what the second one finds.
    starts = batch(student.support.first_weights, [((train, images, labels, seed), {}) for seed in (3, 3, 4)])
    first, again, other = (raised(start) for start in starts)
    if not first:
        fail("train_cnn calls no module that has weights, so nothing is trained.", None)
    if first != again:
        fail("two trainings with seed=3 start from different weights.", "ignores_seed")
    if first == other:
        fail("trainings with seed=3 and seed=4 start from the same weights.", "seed_fixed")


def raised(start):
    if isinstance(start, Exception):
        raise start
    return start


def counts(training):
    """Whether the run and the form of its answers allow a score at all."""
    if training.seconds > 2 * BUDGET:
        fail(f"the training took {training.seconds:.0f} CPU seconds of {BUDGET:.0f}; at twice the budget it does not "
             "count.", "ignores_budget")  # fmt: skip
    if probabilities(training.hidden[0]):
        fail("the net's output for each picture is positive and sums to 1: these are no logits.", "softmax_in_the_net")


def reaches(training, threshold):
    counts(training)
    if training.accuracy < threshold:
        fail(f"{percent(training.accuracy)} of the hidden pictures are right, {percent(threshold)} are needed; "
             f"of the training pictures, {percent(training.on_training_pictures())} are. "
             f"The training took {training.seconds:.1f} CPU seconds of {BUDGET:.0f}.", training.symptom)  # fmt: skip


def reaches_shifted(training, threshold):
    counts(training)
    if training.shifted_accuracy < threshold:
        symptom = "flattens_the_maps" if training.accuracy >= SOME else training.symptom
        fail(f"{percent(training.shifted_accuracy)} of the shapes far from the middle are right, {percent(threshold)} "
             f"are needed; near the middle, {percent(training.accuracy)} are.", symptom)  # fmt: skip


def percent(share):
    return f"{100 * share:.0f} %"


def probabilities(logits):
    return bool((logits >= 0).all() and ((logits.sum(1) - 1).abs() < 1e-3).all())


# Why a net is wrong too often: its symptoms, the unmistakable ones first --------------------------------------------


def symptom_of_logits(training):
    logits = training.hidden[0]
    if probabilities(logits):
        return "softmax_in_the_net"
    return None if logits.isfinite().all() else "learning_rate_too_large"


def symptom_of_training(training):
    known = training.on_training_pictures()
    better = max(0.6, known + 0.1)
    if any(training.on_training_pictures(change) >= better for change in rescalings()):
        return "scaled_outside"
    if any(training.counters) and training.on_training_pictures(train=True) >= better:
        return "statistics_lag"
    if not training.state and known > 0.97:
        return "memorises"
    if training.seconds < 0.3 * BUDGET and known < 0.97:
        return "stops_early"
    if training.state and not any(weight.ndim == 4 for weight in training.state) and known > 0.4:
        return "no_convolution"
    if known < 0.5:
        return symptom_of_failure(training, known)
    if training.counters and not any(training.counters):
        return "batch_norm_in_eval"
    return "memorises" if known > 0.97 else None


def rescalings():
    """What answers do to pictures before the net, by mistake: bytes taken for floats, [0, 1] restored, normalised."""
    images, _ = training_pictures()
    mean, deviation = images.mean((0, 2, 3), keepdim=True), images.std((0, 2, 3), keepdim=True)
    return (lambda x: x / 255, lambda x: x * 255, lambda x: (x + 2) / 4, lambda x: (x - mean) / deviation)


def symptom_of_failure(training, known):
    """For a net that does not even know its training pictures."""
    if most_frequent(training) > 0.8:
        return "learning_rate_too_large"
    return "labels_shuffled" if 0.05 < known < 0.2 else None  # guessing: neither learned nor learned wrongly


def most_frequent(training):
    """The share of the hidden pictures that get the most frequent answer."""
    answers = training.hidden[0].argmax(1)
    return answers.bincount().max().item() / len(answers)
