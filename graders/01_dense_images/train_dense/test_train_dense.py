"""train_dense: a dense net trained within a budget of CPU seconds, scored on pictures that it has never seen.

Pictures (N, 3, 15, 15): the ten shapes of the kit, easy and turned little. The thresholds lie below the worst right run
and above the best wrong one: calibration.toml, docs/calibration.md. A second training sees the same pictures with their
pixels permuted, all alike, which must not matter to a dense net.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import pytest
import torch

from course.grading import fail, points
from course.grading.trained import Classifier, percent, rescalings, start_follows_the_seed, train
from course.student import Student
from coursekit.shapes import EASY, shapes

limits = {"call_seconds": 60, "exercise_seconds": 200}

BUDGET = 3.0  # CPU seconds
SOME, MOST = 0.60, 0.78  # accuracy on hidden pictures
FALL = 0.06  # how much permuting the pixels may cost a net in which nothing reads a whole picture
SETTING = {"size": 15, **EASY, "rot": 0.3}
PIXELS = 3 * SETTING["size"] ** 2
TRAINING_SEED, HIDDEN_SEED = 11, 570_981_344  # the kit draws the same pictures in the student's kernel, given this seed
PERMUTATION = torch.randperm(SETTING["size"] ** 2, generator=torch.Generator().manual_seed(29))


@cache
def training_set():
    return shapes(3000, seed=TRAINING_SEED, **SETTING)


@cache
def hidden_set():
    return shapes(2000, seed=HIDDEN_SEED, split="test", **SETTING)


def permuted(images):
    return images.flatten(2)[:, :, PERMUTATION].reshape(images.shape)


@dataclass
class Training(Classifier):
    student: Student

    @cached_property
    def local_operators(self):
        """What the forward pass dispatches that makes windows, convolutions among it."""
        known = ("conv", "_conv", "mkldnn_conv", "im2col", "col2im", "unfold")
        names = self.student.support.operators(self.net, self.known[0][:2])
        return [name for name in names if name.startswith(known) and "convert" not in name]

    @cached_property
    def weights(self):
        return [tuple(shape) for shape in self.student.support.shapes_of_weights(self.net)]

    def reaches(self, threshold):
        if self.local_operators:
            fail(f"the net's forward pass calls {', '.join(self.local_operators)}: it is not a dense net.", "convolves")
        super().reaches(threshold)

    def symptoms(self):
        if not self.on_unseen.isfinite().all():
            return "learning_rate_too_large"
        if not self.weights or any(shape[:1] == (len(self.known[0]),) for shape in self.weights):
            return "memorises"
        known = self.on_known()
        better = max(SOME, known + 0.1)
        if any(self.on_known(change) >= better for change in rescalings(self.known[0])):
            return "scaled_outside"
        if self.most_frequent > 0.8:
            return "learning_rate_too_large"
        if self.stopped_early and known < 0.97:
            return "stops_early"
        if self.is_affine():
            return "no_hidden_layer"
        return "labels_shuffled" if 0.05 < known < 0.25 else None

    def is_affine(self):
        """Whether the net is one layer in effect: f(a) + f(b) = f(a + b) + f(0)."""
        a, b = self.known[0][:20], self.known[0][20:40]
        parts = self.logits(torch.cat([a, b, a + b, torch.zeros_like(a)])).double().split(20)
        return (parts[0] + parts[1] - parts[2] - parts[3]).abs().max().item() < 1e-3 * parts[0].abs().max().item()


def run(student, change=lambda x: x):
    (images, labels), (new, answers) = training_set(), hidden_set()
    known = change(images), labels
    net, seconds = train(student.train_dense, *known, seed=0, budget=BUDGET)
    return Training(net, seconds, BUDGET, known, (change(new), answers), student=student)


@pytest.fixture(scope="module")
def training(student):
    return run(student)


@points(1)
def test_learns(training):
    """Of new pictures, the net names at least 60 in 100 rightly."""
    training.reaches(SOME)


@points(1)
def test_learns_well(training):
    """Of new pictures, the net names at least 78 in 100 rightly."""
    training.reaches(MOST)


@points(1)
def test_dense(training, student):
    """Nothing in the net looks at neighbours: no convolution, no unfold, and it learns permuted pictures as well."""
    training.reaches(SOME)
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
    training.keeps_to_the_budget()
    training.learned_something(SOME)


@points(0.5)
def test_start(student):
    """The same seed starts from the same weights, another seed from others."""
    start_follows_the_seed(student, student.train_dense, *training_set(), without="memorises")
