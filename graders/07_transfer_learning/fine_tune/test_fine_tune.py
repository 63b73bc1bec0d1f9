"""fine_tune: three hundred coloured digits and a backbone that knows shapes, scored on digits that it has never seen.

The classes are numbered anew here, so that only the given labels say which digit is which. Thresholds:
calibration.toml, docs/calibration.md.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
import torch

from course.grading import Mismatch, StudentError, batch, fail, observe, points, same
from course.grading.describe import what_it_is
from coursekit import transfer

limits = {"call_seconds": 60, "exercise_seconds": 200}

BUDGET = 8.0  # CPU seconds
SOME, MOST = 0.25, 0.46  # accuracy on hidden pictures
PICTURES = 300
SEED, HIDDEN_SEED = 7_071, 190_418_733
CLASSES = torch.tensor([7, 2, 9, 0, 5, 3, 8, 1, 6, 4])  # the class of each digit


def training_set(seed=SEED):
    images, labels = transfer.digits(PICTURES, seed=seed)
    return images, CLASSES[labels]


def hidden_set(seed=HIDDEN_SEED):
    images, labels = transfer.digits(1000, seed=seed, split="test")
    return images, CLASSES[labels]


@dataclass
class Training:
    """One training that has been run. seconds: of CPU, by the kernel's own account."""

    net: Any
    seconds: float
    images: torch.Tensor
    labels: torch.Tensor

    @cached_property
    def hidden(self):
        images, labels = hidden_set()
        return self.logits(images), labels

    @cached_property
    def accuracy(self):
        return accuracy(*self.hidden)

    @cached_property
    def symptom(self):
        """The mistake that fits, or None. Cached, since a look at the net in train mode moves its statistics."""
        try:
            return symptom_of_logits(self) or symptom_of_training(self)
        except (StudentError, Mismatch):
            return None

    def logits(self, images, train=False):
        self.net.train(train)
        parts = images.split(100)
        answers = batch(self.net, [((x,), {}) for x in parts], grad=False)
        for x, y in zip(parts, answers, strict=True):
            if isinstance(y, Exception):
                raise y
            if not isinstance(y, torch.Tensor):
                fail(f"the net gives {what_it_is(y)}; it must give one tensor of logits.")
            same(list(y.shape), [len(x), 10], f"the shape of the logits of {len(x)} pictures")
        return torch.cat(answers)

    def on_training_pictures(self, change=lambda x: x, train=False):
        return accuracy(self.logits(change(self.images), train), self.labels)

    @cached_property
    def kept(self):
        """How much of the backbone is still in the net: the largest likeness of one of its kernels, 0 to 1."""
        mine = [t for t in self.net.state_dict().values() if isinstance(t, torch.Tensor) and t.dim() == 4]
        old = [t for t in transfer.backbone().state_dict().values() if t.dim() == 4]
        pairs = [(a, b) for a in mine for b in old if a.shape == b.shape]
        likeness = lambda a, b: torch.cosine_similarity(a.double().flatten(), b.double().flatten(), 0).item()
        return max((likeness(a, b) for a, b in pairs), default=0.0)


def accuracy(logits, labels):
    return (logits.argmax(1) == labels).float().mean().item()


@pytest.fixture(scope="module")
def training(student):
    images, labels = training_set()
    backbone = student.support.backbone_of_the_kit()  # the seed is not 0: that draws what the source began with
    reply = observe(student.support.train, student.fine_tune.handle(), backbone, images, labels, 7, BUDGET)
    if getattr(reply.value, "kind", "") != "module":
        fail(f"fine_tune gives {what_it_is(reply.value)}; it must give the trained nn.Module.")
    return Training(reply.value, reply.seconds, images, labels)


@points(2)
def test_transfers(training):
    """Of new digits, the net names at least 25 in 100 rightly: more than training from scratch can."""
    reaches(training, SOME)


@points(2)
def test_fine_tunes(training):
    """Of new digits, the net names at least 46 in 100 rightly: more than a new head alone can."""
    reaches(training, MOST)


@points(1)
def test_budget(training):
    """The training learns something, and takes at most 1.1 times its budget of CPU seconds."""
    if training.seconds > 1.1 * BUDGET + 0.3:  # what torch does once, before the first step
        fail(f"the training took {training.seconds:.1f} CPU seconds of {BUDGET:.0f}.", "ignores_budget")
    if training.accuracy < 0.2:
        fail(f"{percent(training.accuracy)} of the hidden pictures are right: a training that learns nothing obeys any "
             "budget.", training.symptom)  # fmt: skip


@points(1)
def test_start(student):
    """The same seed starts from the same new weights, another seed from others."""
    images, labels = training_set()
    function = student.fine_tune.handle()
    # In one message: what the first training leaves of the global random state is what the second one finds.
    starts = batch(student.support.first_heads, [((function, images, labels, seed), {}) for seed in (3, 3, 4)])
    for start in starts:
        if isinstance(start, Exception):
            raise start
    first, again, other = starts
    if first != again:
        fail("two trainings with seed=3 start from different new weights.", "ignores_seed")
    if first == other and any(square for _, square in first):  # a head of zeros is the same for every seed
        fail("trainings with seed=3 and seed=4 start from the same new weights.", "seed_fixed")


def reaches(training, threshold):
    if training.seconds > 2 * BUDGET:
        fail(f"the training took {training.seconds:.0f} CPU seconds of {BUDGET:.0f}; at twice the budget it does not "
             "count.", "ignores_budget")  # fmt: skip
    if probabilities(training.hidden[0]):
        fail("the net's output for each picture is positive and sums to 1: these are no logits.", "softmax_in_the_net")
    if training.accuracy < threshold:
        fail(f"{percent(training.accuracy)} of the hidden pictures are right, {percent(threshold)} are needed; "
             f"of the training pictures, {percent(training.on_training_pictures())} are. "
             f"The training took {training.seconds:.1f} CPU seconds of {BUDGET:.0f}.", training.symptom)  # fmt: skip


def percent(share):
    return f"{100 * share:.0f} %"


def probabilities(logits):
    return bool((logits >= 0).all() and ((logits.sum(1) - 1).abs() < 1e-3).all())


# Why a net is wrong too often: its symptoms, the unmistakable ones first --------------------------------------------


def symptom_of_logits(training):
    logits = training.hidden[0]
    if probabilities(logits):
        return "softmax_in_the_net"
    if not logits.isfinite().all():
        return "learning_rate_too_large"
    return None


def symptom_of_training(training):
    known = training.on_training_pictures()
    better = max(0.5, known + 0.2)
    rescalings = (lambda x: x * 0.25 + 0.5, lambda x: (x - 0.5) / 0.25, lambda x: x / 255, lambda x: x * 255)
    if any(training.on_training_pictures(change) >= better for change in rescalings):
        return "scaled_outside"
    if training.kept > 0.5 and training.on_training_pictures(train=True) >= better:
        return "statistics_lag"
    if known < 0.5 and most_frequent(training) > 0.7:
        return "learning_rate_too_large"
    if training.kept < 0.5:
        return "ignores_backbone"
    if training.seconds < 0.3 * BUDGET and known < 0.9:
        return "stops_early"
    if known < 0.25:
        return "labels_shuffled"
    if training.kept > 0.9999:
        return "head_only"
    return None


def most_frequent(training):
    """The share of the hidden pictures that get the most frequent answer."""
    answers = training.hidden[0].argmax(1)
    return answers.bincount().max().item() / len(answers)
