"""train_dense: a dense net trained within a budget of CPU seconds, scored on pictures that it has never seen.

Pictures (N, 3, 15, 15): the ten shapes of the kit, easy and turned little. The thresholds lie below the worst right run
and above the best wrong one: calibration.toml, docs/calibration.md. A second training sees the same pictures with their
pixels permuted, all alike, which must not matter to a dense net.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
import torch

from course.grading import Mismatch, StudentError, batch, fail, observe, points, same
from course.grading.describe import what_it_is
from coursekit.shapes import EASY, shapes

limits = {"call_seconds": 60, "exercise_seconds": 200}

BUDGET = 3.0  # CPU seconds
SOME, MOST = 0.60, 0.78  # accuracy on hidden pictures
FALL = 0.06  # how much permuting the pixels may cost a net in which nothing reads a whole picture
SETTING = {"size": 15, **EASY, "rot": 0.3}
PIXELS = 3 * SETTING["size"] ** 2
TRAINING_SEED, HIDDEN_SEED = 11, 570_981_344  # the kit draws the same pictures in the student's kernel, given this seed
PERMUTATION = torch.randperm(SETTING["size"] ** 2, generator=torch.Generator().manual_seed(29))


def training_set():
    return shapes(3000, seed=TRAINING_SEED, **SETTING)


def hidden_set():
    return shapes(2000, seed=HIDDEN_SEED, split="test", **SETTING)


def permuted(images):
    return images.flatten(2)[:, :, PERMUTATION].reshape(images.shape)


@dataclass
class Training:
    """One training that has been run. seconds: of CPU, by the kernel's own account.  change: done to all pictures."""

    student: Any
    net: Any
    seconds: float
    images: torch.Tensor
    labels: torch.Tensor
    change: Any

    @cached_property
    def hidden(self):
        """Logits and labels of the hidden pictures; the answers are picked here, not in the student's kernel."""
        images, labels = hidden_set()
        return self.logits(self.change(images)), labels

    @cached_property
    def accuracy(self):
        return accuracy(*self.hidden)

    @cached_property
    def operators(self):
        """What the forward pass dispatches."""
        return self.student.support.operators(self.net, self.images[:2])

    @cached_property
    def weights(self):
        return [tuple(shape) for shape in self.student.support.shapes_of_weights(self.net)]

    @cached_property
    def symptom(self):
        """The mistake that fits, or None."""
        try:
            return symptom(self)
        except (StudentError, Mismatch):  # a net that runs on the hidden pictures and fails elsewhere
            return None

    def logits(self, images):
        self.net.eval()
        parts = images.split(500)
        answers = [raised(y) for y in batch(self.net, [((x,), {}) for x in parts], grad=False)]
        for x, y in zip(parts, answers, strict=True):
            if not isinstance(y, torch.Tensor):
                fail(f"the net gives {what_it_is(y)}; it must give one tensor of logits.")
            same(list(y.shape), [len(x), 10], f"the shape of the logits of {len(x)} pictures")
        return torch.cat(answers)

    def on_training_pictures(self, change=lambda x: x):
        return accuracy(self.logits(change(self.images[:500])), self.labels[:500])


def accuracy(logits, labels):
    return (logits.argmax(1) == labels).float().mean().item()


def run(student, change=lambda x: x):
    images, labels = training_set()
    images = change(images)
    reply = observe(student.support.train, student.train_dense.handle(), images, labels, 0, BUDGET)
    if getattr(reply.value, "kind", "") != "module":
        fail(f"train_dense gives {what_it_is(reply.value)}; it must give the trained nn.Module.")
    return Training(student, reply.value, reply.seconds, images, labels, change)


@pytest.fixture(scope="module")
def training(student):
    return run(student)


@points(1)
def test_learns(training):
    """Of new pictures, the net names at least 60 in 100 rightly."""
    reaches(training, SOME)


@points(1)
def test_learns_well(training):
    """Of new pictures, the net names at least 78 in 100 rightly."""
    reaches(training, MOST)


@points(1)
def test_dense(training, student):
    """Nothing in the net looks at neighbours: no convolution, no unfold, and it learns permuted pictures as well."""
    reaches(training, SOME)
    again = run(student, permuted)
    lost = training.accuracy - again.accuracy
    if again.accuracy < 0.2:
        fail("trained on pictures whose pixels are permuted, all in the same way, the net names "
             f"{percent(again.accuracy)} of the hidden ones rightly: that is guessing.")  # fmt: skip
    if lost > FALL and not any(PIXELS in shape for shape in training.weights):
        fail(f"{percent(training.accuracy)} of the hidden pictures are right, and {percent(again.accuracy)} when the "
             f"pixels are permuted in training and afterwards. No weight of the net reads all {PIXELS} numbers of a "
             "picture: it looks at neighbours.", "local_windows")  # fmt: skip


@points(0.5)
def test_budget(training):
    """The training learns something, and takes at most 1.1 times its budget of CPU seconds."""
    if training.seconds > 1.1 * BUDGET + 0.3:  # what torch does once, before the first step
        fail(f"the training took {training.seconds:.1f} CPU seconds of {BUDGET:.0f}.", "ignores_budget")
    if training.accuracy < SOME:
        fail(f"{percent(training.accuracy)} of the hidden pictures are right: a training that learns too little obeys "
             "any budget.", training.symptom)  # fmt: skip


@points(0.5)
def test_start(student):
    """The same seed starts from the same weights, another seed from others."""
    images, labels = training_set()
    train = student.train_dense.handle()
    # In one message: what the first training leaves of the global random state is what the second one finds.
    starts = batch(student.support.first_weights, [((train, images, labels, seed), {}) for seed in (3, 3, 4)])
    first, again, other = (raised(start) for start in starts)
    if not first:
        fail("train_dense calls no module that has weights, so nothing is trained.", "memorises")
    if first != again:
        fail("two trainings with seed=3 start from different weights.", "ignores_seed")
    if first == other:
        fail("trainings with seed=3 and seed=4 start from the same weights.", "seed_fixed")


def raised(start):
    if isinstance(start, Exception):
        raise start
    return start


def reaches(training, threshold):
    if training.seconds > 2 * BUDGET:
        fail(f"the training took {training.seconds:.0f} CPU seconds of {BUDGET:.0f}; at twice the budget it does not "
             "count.", "ignores_budget")  # fmt: skip
    if used := local(training.operators):
        fail(f"the net's forward pass calls {', '.join(used)}: it is not a dense net.", "convolves")
    logits, _ = training.hidden
    if probabilities(logits):
        fail("the net's output for each picture is positive and sums to 1: these are no logits.", "softmax_in_the_net")
    if training.accuracy < threshold:
        fail(f"{percent(training.accuracy)} of the hidden pictures are right, {percent(threshold)} are needed; "
             f"of the training pictures, {percent(training.on_training_pictures())} are. "
             f"The training took {training.seconds:.1f} CPU seconds of {BUDGET:.0f}.", training.symptom)  # fmt: skip


def percent(share):
    return f"{100 * share:.0f} %"


def probabilities(logits):
    return bool((logits >= 0).all() and ((logits.sum(1) - 1).abs() < 1e-3).all())


def local(operators):
    """Those of the operators that are convolutions or make windows."""
    known = ("conv", "_conv", "mkldnn_conv", "im2col", "col2im", "unfold")
    return [name for name in operators if name.startswith(known) and "convert" not in name]


# Why a net is wrong too often: its symptoms, the unmistakable ones first --------------------------------------------


def symptom(training):
    logits, _ = training.hidden
    if not logits.isfinite().all():
        return "learning_rate_too_large"
    if not training.weights or any(shape[:1] == (len(training.images),) for shape in training.weights):
        return "memorises"
    known = training.on_training_pictures()
    better = max(SOME, known + 0.1)
    if any(training.on_training_pictures(change) >= better for change in rescalings(training.images)):
        return "scaled_outside"
    if most_frequent(training) > 0.8:
        return "learning_rate_too_large"
    if training.seconds < 0.3 * BUDGET and known < 0.97:
        return "stops_early"
    if affine(training):
        return "no_hidden_layer"
    return "labels_shuffled" if 0.05 < known < 0.25 else None


def rescalings(images):
    """What answers do to pictures before the net, by mistake: bytes taken for floats, [0, 1] restored, normalised."""
    mean, deviation = images.mean((0, 2, 3), keepdim=True), images.std((0, 2, 3), keepdim=True)
    return (lambda x: x / 255, lambda x: x * 255, lambda x: (x + 2) / 4, lambda x: (x - mean) / deviation)


def most_frequent(training):
    """The share of the hidden pictures that get the most frequent answer."""
    answers = training.hidden[0].argmax(1)
    return answers.bincount().max().item() / len(answers)


def affine(training):
    """Whether the net is one layer in effect: f(a) + f(b) = f(a + b) + f(0)."""
    a, b = training.images[:20], training.images[20:40]
    parts = training.logits(torch.cat([a, b, a + b, torch.zeros_like(a)])).double().split(20)
    return (parts[0] + parts[1] - parts[2] - parts[3]).abs().max().item() < 1e-3 * parts[0].abs().max().item()
