"""Trained exercises: the student's function trains a net within a budget of CPU seconds, and what the net says of
pictures that it has never seen is judged in this process.

Thresholds come from calibration.toml. A run that takes more than twice its budget counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from course.grading.describe import what_it_is
from course.grading.expect import Mismatch, batch, fail, same
from course.student import Function, Handle, Student, StudentError

START_SECONDS = 0.3  # what torch does once, before the first step


@dataclass
class Trained:
    """A net that has been trained.

    seconds: of CPU, by the kernel's own account.  known, unseen: pictures (N, C, H, W) and what is right for them
    (labels, masks), those it was trained on and hidden ones.
    """

    net: Handle
    seconds: float
    budget: float
    known: tuple[Tensor, Tensor]
    unseen: tuple[Tensor, Tensor]

    def logits(self, images: Tensor) -> Tensor:
        """Classes in dimension 1."""
        raise NotImplementedError

    @cached_property
    def on_unseen(self) -> Tensor:
        """Logits of the hidden pictures; the answers are picked here, not in the student's kernel."""
        return self.logits(self.unseen[0])

    def symptoms(self) -> str | None:
        """The mistake that fits a net below its threshold, the unmistakable ones first."""
        return None

    @cached_property
    def symptom(self) -> str | None:
        """Cached, since a look at the net in train mode moves its statistics."""
        try:
            return "softmax_in_the_net" if are_probabilities(self.on_unseen) else self.symptoms()
        except (StudentError, Mismatch):  # a net that runs on the hidden pictures and fails elsewhere
            return None

    def outputs(self, images: Tensor, shape: Sequence[int], chunk: int = 100, train: bool = False) -> Tensor:
        """What the net gives for pictures, put to it in chunks. shape: of the output for one picture."""
        self.net.train(train)
        parts = images.split(chunk)
        answers = [or_raise(y) for y in batch(self.net, [((x,), {}) for x in parts], grad=False)]
        for x, y in zip(parts, answers, strict=True):
            if not isinstance(y, Tensor):
                fail(f"the net gives {what_it_is(y)}; it must give one tensor of logits.")
            same(list(y.shape), [len(x), *shape], f"the shape of the logits of {len(x)} pictures")
        return torch.cat(answers)

    @cached_property
    def state(self) -> list[Tensor]:
        """The tensors of the net's state dict."""
        return [value for value in self.net.state_dict().values() if isinstance(value, Tensor)]

    @cached_property
    def batches_seen(self) -> list[int]:
        """How many batches each batch norm has seen."""
        return [int(v) for k, v in self.net.state_dict().items() if k.endswith("num_batches_tracked")]

    @property
    def trained_in_eval_mode(self) -> bool:
        return bool(self.batches_seen) and not any(self.batches_seen)

    @property
    def stopped_early(self) -> bool:
        return self.seconds < 0.3 * self.budget

    def counts(self) -> None:
        """Whether the time that the training took, and the form of the answers, allow a score at all."""
        if self.seconds > 2 * self.budget:
            fail(f"the training took {self.seconds:.0f} CPU seconds of {self.budget:.0f}; at twice the budget it does "
                 "not count.", "ignores_budget")  # fmt: skip
        if are_probabilities(self.on_unseen):
            fail("the net's output for each picture is positive and sums to 1: these are no logits.",
                 "softmax_in_the_net")  # fmt: skip

    def keeps_to_the_budget(self) -> None:
        if self.seconds > 1.1 * self.budget + START_SECONDS:
            fail(f"the training took {self.seconds:.1f} CPU seconds of {self.budget:.0f}.", "ignores_budget")

    def used_batch_statistics(self) -> None:
        if self.trained_in_eval_mode:
            fail("the net's batch norms have seen no batch: it was in eval mode while it trained.",
                 "batch_norm_in_eval")  # fmt: skip


class Classifier(Trained):
    """A net that names the class of a picture."""

    classes = 10

    def logits(self, images: Tensor, train: bool = False) -> Tensor:
        return self.outputs(images, [self.classes], train=train)

    @cached_property
    def accuracy(self) -> float:
        return share_right(self.on_unseen, self.unseen[1])

    def on_known(self, change: Callable[[Tensor], Tensor] = lambda x: x, train: bool = False) -> float:
        """The share of (at most 500) pictures it was trained on that it names rightly."""
        images, labels = self.known
        return share_right(self.logits(change(images[:500]), train), labels[:500])

    @property
    def most_frequent(self) -> float:
        """The share of the hidden pictures that get the most frequent answer."""
        return self.on_unseen.argmax(1).bincount().max().item() / len(self.on_unseen)

    def reaches(self, threshold: float) -> None:
        """At least this share of the hidden pictures is named rightly."""
        self.counts()
        if self.accuracy < threshold:
            fail(f"{percent(self.accuracy)} of the hidden pictures are right, {percent(threshold)} are needed; "
                 f"of the training pictures, {percent(self.on_known())} are. "
                 f"The training took {self.seconds:.1f} CPU seconds of {self.budget:.0f}.", self.symptom)  # fmt: skip

    def learned_something(self, share: float = 0.2) -> None:
        if self.accuracy < share:
            fail(f"{percent(self.accuracy)} of the hidden pictures are right: a training that learns too little obeys "
                 "any budget.", self.symptom)  # fmt: skip


def train(function: Function, *args: Any, seed: int, budget: float, **more: Any) -> tuple[Handle, float]:
    """Have the student's function train: the net that it gives, and the CPU seconds that it took."""
    options = {"seed": seed, "budget": budget, "device": "cpu", **more}
    reply = function._student._exchange([function._step("call", args, options)])[0]
    net = reply.unwrap()
    if not isinstance(net, Handle) or net.kind != "module":
        fail(f"the training gives {what_it_is(net)}; it must give the trained nn.Module.")
    return net, reply.seconds


def starts(look: Function, function: Function, *args: Any, **more: Any) -> list[Any]:
    """What ``look`` (student.support.first_weights, say) finds at the start of trainings with seeds 3, 3 and 4.

    All in one message: what the first training leaves of the global random state is what the second one finds.
    """
    handle = function.handle()
    options = {"budget": 5.0, "device": "cpu", **more}
    calls = [((handle, *args), {"seed": seed, **options}) for seed in (3, 3, 4)]
    return [or_raise(start) for start in batch(look, calls)]


def start_follows_the_seed(
    student: Student, function: Function, *args: Any, without: str | None = None, **more: Any
) -> None:
    """The same seed starts from the same weights, another seed from others.

    without: the mistake to name when no module with weights is called.
    """
    first, again, other = starts(student.support.first_weights, function, *args, **more)
    if not first:
        fail("the training calls no module that has weights, so nothing is trained.", without)
    if first != again:
        fail("two trainings with seed=3 start from different weights.", "ignores_seed")
    if first == other:
        fail("trainings with seed=3 and seed=4 start from the same weights.", "seed_fixed")


def or_raise(value: Any) -> Any:
    """A value from a batch; where it is the student's error, that is raised."""
    if isinstance(value, Exception):
        raise value
    return value


def share_right(logits: Tensor, labels: Tensor) -> float:
    return (logits.argmax(1) == labels).float().mean().item()


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def are_probabilities(logits: Tensor) -> bool:
    """Whether the numbers over the classes (dimension 1) look like the output of a softmax."""
    return bool((logits >= 0).all() and ((logits.sum(1) - 1).abs() < 1e-3).all())


def rescalings(images: Tensor) -> tuple[Callable[[Tensor], Tensor], ...]:
    """What answers do to pictures outside of the net, by mistake: bytes taken for floats, [0, 1] restored, normalised.

    A net trained on such pictures knows them again when the same is done to them here.
    """
    mean, deviation = images.mean((0, 2, 3), keepdim=True), images.std((0, 2, 3), keepdim=True)
    return (lambda x: x / 255, lambda x: x * 255, lambda x: (x + 2) / 4, lambda x: (x - mean) / deviation)
