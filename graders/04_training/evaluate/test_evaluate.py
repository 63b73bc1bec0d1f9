"""evaluate: mean cross-entropy per picture and accuracy, without leaving a trace in the model."""

import torch
import torch.nn.functional as F

from course.grading import points, same, scaffolding

support = scaffolding(__file__)

FULL, SHORT_LAST, ONE = [3, 3, 3], [4, 4, 1], [5]


def reference(model, loader):
    model.eval()
    with torch.no_grad():
        found = [(model(x), y) for x, y in loader]
    logits, targets = torch.cat([z for z, _ in found]), torch.cat([y for _, y in found])
    return F.cross_entropy(logits, targets).item(), (logits.argmax(1) == targets).double().mean().item()


def check(student, sizes, what, **options):
    found = student.support.measured(student.evaluate.handle(), sizes, **options)
    same(found, support.measured(reference, sizes, **options), f"(loss, accuracy) {what}", 1e-5)


@points(0.75)
def test_values(student):
    """Loss and accuracy are means over all pictures: a tuple of two floats."""
    check(student, ONE, "over one batch of 5")
    check(student, FULL, "over batches of 3, 3 and 3")


@points(0.5)
def test_short_last_batch(student):
    """In a short last batch, each picture counts as much as any other."""
    check(student, SHORT_LAST, "over batches of 4, 4 and 1")


@points(0.5)
def test_eval_mode(student):
    """The model answers in eval mode, also when it comes in train mode: no dropout, running statistics."""
    parts = {"norm": True, "dropout": 0.5}
    check(student, FULL, "of a net with batch norm and dropout that comes in eval mode", **parts)
    check(student, FULL, "of a net with batch norm and dropout that comes in train mode", train=True, **parts)


@points(0.5)
def test_modes(student):
    """Afterwards each submodule is in the mode that it was in, one by one."""
    found = student.support.modes_after_eval(student.evaluate.handle(), FULL)
    assert not found, f"The net came in eval mode; after evaluate, these parts are in train mode: {', '.join(found)}."
    found = student.support.traces_of_evaluate(["modes"], student.evaluate.handle(), FULL)["modes"]
    assert not found, f"After evaluate, these parts are in another mode than before: {', '.join(found)}."


@points(0.25)
def test_nothing_is_learned(student):
    """Weights, running statistics, gradients and requires_grad are as before."""
    kinds = ["state", "grads", "requires_grad"]
    found = student.support.traces_of_evaluate(kinds, student.evaluate.handle(), FULL)
    assert not any(found.values()), support.told("evaluate", found)


@points(0.25)
def test_no_gradients(student):
    """No gradients are recorded while the model answers."""
    calls = student.support.calls_of_evaluate(student.evaluate.handle(), FULL)
    assert not any(call["gradients"] for call in calls), "The model runs with gradients on: they cost memory and time."


@points(0.25)
def test_stream(student):
    """The loader may be anything that gives pairs, without a length and usable once."""
    found = student.support.measured_on_a_stream(student.evaluate.handle(), SHORT_LAST)
    expected = support.measured_on_a_stream(reference, SHORT_LAST)
    same(found, expected, "(loss, accuracy) over a loader without length", 1e-5)
