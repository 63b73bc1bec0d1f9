"""train_segmenter: a network that paints a class on each pixel, trained within a budget of CPU seconds.

Scenes (N, 3, 32, 32) of the kit with 4 classes; scored by the mean IoU of hidden ones. The thresholds lie below the
worst right run and above the best wrong one: calibration.toml, docs/calibration.md.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
import torch

from course.grading import Mismatch, StudentError, batch, fail, observe, points, same
from course.grading.describe import what_it_is
from coursekit.scenes import EASY, scenes

limits = {"call_seconds": 120, "exercise_seconds": 300}

BUDGET = 20.0  # CPU seconds
SOME, MOST = 0.60, 0.66  # mean IoU on hidden scenes
CLASSES = 4
TRAINING_SEED, HIDDEN_SEED = 131, 290_415_773  # the kit draws the same scenes in the student's kernel, given this seed


def training_set(seed=TRAINING_SEED):
    images, masks, _ = scenes(600, seed=seed, size=32, **EASY)
    return images, masks


def hidden_set(seed=HIDDEN_SEED):
    images, masks, _ = scenes(300, seed=seed, split="test", size=32, **EASY)
    return images, masks


def mean_iou(guess, masks):
    """Over all classes; each occurs."""
    pairs = (masks * CLASSES + guess).flatten()
    counts = torch.bincount(pairs, minlength=CLASSES**2).reshape(CLASSES, CLASSES).double()
    hits = counts.diag()
    return (hits / (counts.sum(0) + counts.sum(1) - hits)).mean().item()


@dataclass
class Training:
    """One training that has been run. seconds: of CPU, by the kernel's own account."""

    net: Any
    seconds: float
    images: torch.Tensor
    masks: torch.Tensor

    @cached_property
    def hidden(self):
        """Logits and masks of the hidden scenes; the classes are picked here, not in the student's kernel."""
        images, masks = hidden_set()
        return self.logits(images), masks

    @cached_property
    def score(self):
        logits, masks = self.hidden
        return mean_iou(logits.argmax(1), masks)

    @cached_property
    def state(self):
        """The tensors of the net's state dict."""
        return [value for value in self.net.state_dict().values() if isinstance(value, torch.Tensor)]

    @cached_property
    def counters(self):
        """How many batches each batch norm has seen."""
        return [int(v) for k, v in self.net.state_dict().items() if k.endswith("num_batches_tracked")]

    def logits(self, images):
        self.net.eval()
        parts = images.split(50)
        answers = [raised(y) for y in batch(self.net, [((x,), {}) for x in parts], grad=False)]
        for x, y in zip(parts, answers, strict=True):
            if not isinstance(y, torch.Tensor):
                fail(f"the net gives {what_it_is(y)}; it must give one tensor of logits.")
            what = f"the shape of the logits of {len(x)} pictures of 32 × 32"
            same(list(y.shape), [len(x), CLASSES, 32, 32], what)
        return torch.cat(answers)

    @cached_property
    def symptom(self):
        """The mistake that fits, or None."""
        try:
            return symptom(self)
        except (StudentError, Mismatch):  # a net that runs on the hidden scenes and fails elsewhere
            return None

    def on_training_scenes(self, change=lambda x: x):
        return mean_iou(self.logits(change(self.images[:150])).argmax(1), self.masks[:150])


@pytest.fixture(scope="module")
def training(student):
    images, masks = training_set()
    reply = observe(student.support.train, student.train_segmenter.handle(), images, masks, CLASSES, 0, BUDGET)
    if getattr(reply.value, "kind", "") != "module":
        fail(f"train_segmenter gives {what_it_is(reply.value)}; it must give the trained nn.Module.")
    return Training(reply.value, reply.seconds, images, masks)


@points(2)
def test_learns(training):
    """On new scenes, the mean IoU is at least 0.60."""
    reaches(training, SOME)


@points(2)
def test_learns_well(training):
    """On new scenes, the mean IoU is at least 0.66."""
    reaches(training, MOST)
    if training.counters and not any(training.counters):
        fail("the net's batch norms have seen no batch: it was in eval mode while it trained.", "batch_norm_in_eval")


@points(1)
def test_budget(training):
    """The training learns something, and takes at most 1.1 times its budget of CPU seconds."""
    if training.seconds > 1.1 * BUDGET + 0.3:  # what torch does once, before the first step
        fail(f"the training took {training.seconds:.1f} CPU seconds of {BUDGET:.0f}.", "ignores_budget")
    if training.score < 0.35:
        fail(f"the mean IoU is {training.score:.2f}, and ground everywhere gives 0.19: a training that learns next to "
             "nothing obeys any budget.", training.symptom)  # fmt: skip


@points(1)
def test_start(student):
    """The same seed starts from the same weights, another seed from others."""
    images, masks = training_set()
    train = student.train_segmenter.handle()
    # In one message: what the first training leaves of the global random state is what the second one finds.
    calls = [((train, images, masks, CLASSES, seed), {}) for seed in (3, 3, 4)]
    first, again, other = (raised(start) for start in batch(student.support.first_weights, calls))
    if not first:
        fail("train_segmenter calls no module that has weights, so nothing is trained.", "memorises")
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
    if probabilities(training.hidden[0]):
        fail("the net's output at each pixel is positive and sums to 1: these are no logits.", "softmax_in_the_net")
    if training.score < threshold:
        known = training.on_training_scenes()
        fail(f"the mean IoU on the hidden scenes is {training.score:.2f}, {threshold:.2f} is needed; on training "
             f"scenes it is {known:.2f}. The training took {training.seconds:.1f} CPU seconds of {BUDGET:.0f}.",
             training.symptom)  # fmt: skip


def probabilities(logits):
    return bool((logits >= 0).all() and ((logits.sum(1) - 1).abs() < 1e-3).all())


# Why a net paints badly: its symptoms, the unmistakable ones first ----------------------------------------------------


def symptom(training):
    logits = training.hidden[0]
    if probabilities(logits):
        return "softmax_in_the_net"
    if not logits.isfinite().all():
        return "learning_rate_too_large"
    known = training.on_training_scenes()
    better = max(SOME, known + 0.1)
    if any(training.on_training_scenes(change) >= better for change in (lambda x: x / 255, lambda x: (x + 2) / 4)):
        return "scaled_outside"
    if not training.state:
        return "memorises"
    if not any(weight.ndim == 4 and weight.shape[-1] > 1 for weight in training.state):
        return "sees_one_pixel"
    if training.seconds < 0.3 * BUDGET:
        return "stops_early"
    if known < 0.3 and knows_shares_only(training):
        return "masks_shuffled"
    return "learning_rate_too_large" if one_class(logits) else None


def knows_shares_only(training):
    """Whether the mean probabilities are the classes' shares: what can be learned without looking at a picture."""
    shares = torch.bincount(training.masks.flatten(), minlength=CLASSES) / training.masks.numel()
    found = training.hidden[0].softmax(1).mean((0, 2, 3))
    return (found - shares).abs().max().item() < 0.08


def one_class(logits):
    """Whether (nearly) all pixels get one class, whatever the picture."""
    return (logits.argmax(1) == logits.mean((0, 2, 3)).argmax()).float().mean().item() > 0.995
