"""FrozenBackbone: a backbone that does not change, whatever mode it is asked to be in, and a linear head that learns.

The backbone comes from support.py: batch norm with running statistics far from those of the batches, and dropout.
"""

import torch
from torch import nn

from course.grading import fail, points, same, scaffolding

support = scaffolding(__file__)
TOLERANCE = 1e-4


def pictures(n=3):
    return torch.randn(n, 3, 6, 6, generator=torch.Generator().manual_seed(n))


def reference(x, features=6, num_classes=3):
    body, head = support.backbone(features=features).eval(), support.fill(nn.Linear(features, num_classes), 5)
    with torch.no_grad():
        return head(body(x))


def build(student):
    return student.FrozenBackbone.handle()


@points(1)
def test_logits(student):
    """The logits are head(backbone(x)) with the backbone in eval mode, in train mode too."""
    for mode in ("eval", "train"):
        first, second = student.support.logits(build(student), mode, pictures())
        same(first, reference(pictures()), f"the logits when the whole is in {mode} mode", TOLERANCE)
        same(second, first, f"the logits for the same pictures again, in {mode} mode", TOLERANCE)
    first, _ = student.support.logits(build(student), "eval", pictures(2), 4, 5)
    same(first, reference(pictures(2), 4, 5), "the logits with 4 features and 5 classes", TOLERANCE)


@points(0.5)
def test_trainable(student):
    """What can be trained is the head alone: 6 · 3 + 3 = 21 numbers."""
    found = student.support.trainable(student.support.frozen_net(build(student)))
    if found["of the backbone"]:
        fail(f"these parameters of the backbone can be trained: {', '.join(found['of the backbone'])}.")
    same(found["of the head"], ["bias", "weight"], "the head's parameters that can be trained")
    same(found["count"], 21, "how many numbers can be trained with 6 features and 3 classes")


@points(1)
def test_gradients(student):
    """In train mode the gradient reaches the head's weight and bias, and nothing of the backbone."""
    found = student.support.head_gradients(build(student))
    x = torch.linspace(-1, 1, 2 * 3 * 6 * 6).view(2, 3, 6, 6)
    body, head = support.backbone().eval(), support.fill(nn.Linear(6, 3), 5)
    with torch.no_grad():
        features = body(x)
    head(features).square().sum().backward()
    for name in ("weight", "bias"):
        if found[name] is None:
            fail(f"no gradient reaches the {name} of the head: it cannot learn.")
        same(found[name], head.get_parameter(name).grad, f"the gradient of the head's {name}", TOLERANCE)
    same(found["of the backbone"], [], "the parameters of the backbone that have a gradient")


@points(1)
def test_statistics(student):
    """After three steps in train mode, the running statistics and the weights of the backbone are as before."""
    found = student.support.after_steps("statistics", build(student))
    if found:
        fail(f"three steps in train mode have moved these of the backbone, which is frozen: {', '.join(found)}. "
             "Batch norm moves them in every forward pass in train mode, with gradients or without.")  # fmt: skip
    found = student.support.after_steps("weights", build(student))
    assert not found, f"Three steps have moved these weights of the backbone: {', '.join(found)}."
    expected = reference(pictures())
    same(student.support.logits_after_train(build(student), pictures()), expected,
         "the logits in eval mode, after pictures went through in train mode", TOLERANCE)  # fmt: skip


@points(0.5)
def test_learns(student):
    """Steps move the head."""
    same(student.support.after_steps("head", build(student)), True, "whether three steps have moved the head")


@points(0.75)
def test_modes(student):
    """The backbone is in eval mode from the start and after train(); whole and head follow train() and eval()."""
    for calls, training in (([], True), (["train"], True), (["eval", "train"], True), (["train", "eval"], False),
                            (["train(False)"], False)):  # fmt: skip
        found = student.support.modes_after(build(student), calls)
        after = " and ".join(f"{c}()" if "(" not in c else c for c in calls) or "construction"
        same(found["backbone"], "eval", f"the mode of the backbone after {after}")
        same(found["whole"], training, f"whether the whole is in train mode after {after}")
        same(found["head"], training, f"whether the head is in train mode after {after}")


@points(0.25)
def test_train_returns(student):
    """train() and eval() return the module, as they always do."""
    for name, found in zip(("train()", "train(False)", "eval()"),
                           student.support.returned_by_train(build(student)), strict=True):  # fmt: skip
        same(found, True, f"whether {name} returns the module")
