"""What trained exercises have in common: the run, the net's answers, the budget, the start."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from students import in_process

from course.grading.expect import Mismatch
from course.grading.trained import Classifier, are_probabilities, rescalings, start_follows_the_seed, train
from course.lessons import SCAFFOLDING

IMAGES = torch.rand(60, 1, 3, 3, generator=torch.Generator().manual_seed(0))
LABELS = (IMAGES[:, 0, 1, 1] > 0.5).long()  # the pixel in the middle tells
SCAFFOLDS = [SCAFFOLDING.read_text(encoding="utf-8")]

NET = """
import torch
from torch import nn

def fit(images, labels, *, seed, budget, device):
    {first}
    net = nn.Sequential(nn.Flatten(), nn.Linear(9, 2){more})
    net(images)
    with torch.no_grad():
        net[1].weight.zero_(), net[1].bias.zero_()
        net[1].weight[1, 4], net[1].bias[1] = 10.0, -5.0
    return {gives}
"""


class TwoClasses(Classifier):
    classes = 2


def student(first: str = "torch.manual_seed(seed)", more: str = "", gives: str = "net") -> Any:
    return in_process(NET.format(first=first, more=more, gives=gives), support=SCAFFOLDS)


def trained(who: Any, seconds: float | None = None, budget: float = 5.0) -> TwoClasses:
    net, took = train(who.fit, IMAGES, LABELS, seed=0, budget=budget)
    return TwoClasses(net, took if seconds is None else seconds, budget, (IMAGES, LABELS), (IMAGES, LABELS))


def refusal(expectation: Any, *args: Any) -> tuple[str, str | None]:
    with pytest.raises(Mismatch) as told:
        expectation(*args)
    return str(told.value), told.value.misconception


def test_a_net_that_reaches_its_threshold_passes() -> None:
    training = trained(student())
    assert training.accuracy == training.on_known() == 1.0 and training.seconds > 0
    training.reaches(1.0)
    training.learned_something()
    training.keeps_to_the_budget()
    training.used_batch_statistics()


def test_below_the_threshold_the_shares_are_said() -> None:
    training = trained(student())
    training.accuracy = 0.4  # type: ignore[misc]
    said, _ = refusal(training.reaches, 0.6)
    assert said.startswith("40 % of the hidden pictures are right, 60 % are needed; of the training pictures, 100 %")
    assert "obeys any budget" in refusal(training.learned_something, 0.5)[0]


@pytest.mark.parametrize(("seconds", "kept", "counts"), [(5.7, True, True), (6.0, False, True), (10.1, False, False)])
def test_the_budget_allows_a_tenth_more_and_at_twice_nothing_counts(seconds: float, kept: bool, counts: bool) -> None:
    training = trained(student(), seconds)
    for allowed, expectation in ((kept, training.keeps_to_the_budget), (counts, training.counts)):
        if allowed:
            expectation()
        else:
            said, mistake = refusal(expectation)
            assert f"the training took {seconds:.{0 if expectation == training.counts else 1}f} CPU seconds" in said
            assert mistake == "ignores_budget"


def test_probabilities_are_no_logits() -> None:
    training = trained(student(more=", nn.Softmax(1)"))
    assert refusal(training.reaches, 0.1)[1] == "softmax_in_the_net" == training.symptom
    assert not are_probabilities(torch.tensor([[-0.5, 1.5]])) and not are_probabilities(torch.tensor([[0.5, 0.6]]))


@pytest.mark.parametrize(
    ("gives", "said"),
    [
        ("[net]", "the training gives a list"),
        ("None", "the training gives None"),
        ("nn.Identity()", "he shape of the logits of 60 pictures has 4 items, expected 2"),
        ("type('Pair', (nn.Module,), {'forward': lambda self, x: (x, x)})()", "the net gives a tuple"),
    ],
)
def test_what_is_no_net_or_gives_no_logits_is_said(gives: str, said: str) -> None:
    assert said in refusal(lambda: trained(student(gives=gives)).reaches(0.5))[0]


def test_a_net_that_trained_in_eval_mode_is_told_so() -> None:
    norm = ", nn.BatchNorm1d(2, affine=False)"
    trained(student(more=norm)).used_batch_statistics()
    idle = trained(student(more=norm))
    idle.batches_seen = [0, 0]  # type: ignore[misc]
    assert refusal(idle.used_batch_statistics)[1] == "batch_norm_in_eval"


@pytest.mark.parametrize(
    ("first", "mistake"),
    [("torch.manual_seed(seed)", ""), ("pass", "ignores_seed"), ("torch.manual_seed(0)", "seed_fixed")],
)
def test_the_seed_decides_the_start_and_nothing_else(first: str, mistake: str) -> None:
    who = student(first)
    if not mistake:
        return start_follows_the_seed(who, who.fit, IMAGES, LABELS)
    assert refusal(start_follows_the_seed, who, who.fit, IMAGES, LABELS)[1] == mistake


def test_a_training_that_calls_no_module_is_told_so() -> None:
    who = in_process("def fit(images, labels, *, seed, budget, device): return len(images)", support=SCAFFOLDS)
    with pytest.raises(Mismatch) as told:
        start_follows_the_seed(who, who.fit, IMAGES, LABELS, without="memorises")
    assert told.value.misconception == "memorises"


def test_options_of_the_exercise_reach_the_function() -> None:
    code = "import torch\ndef fit(x, y, *, rate, seed, budget, device): return torch.nn.Linear(rate, 1)"
    net, _ = train(in_process(code).fit, IMAGES, LABELS, seed=0, budget=1.0, rate=7)
    assert net.state_dict()["weight"].shape == (1, 7)


def test_pictures_that_were_normalised_outside_are_known_again() -> None:
    normalised = rescalings(IMAGES)[-1](IMAGES)
    assert normalised.mean().abs() < 1e-5 and abs(normalised.std() - 1) < 1e-3
