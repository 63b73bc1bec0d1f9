"""train_epoch: one pass over the loader. A reference loop here takes the same steps on the same net."""

import torch

from course.grading import fail, points, same, scaffolding

support = scaffolding(__file__)

FULL, SHORT_LAST = [3, 3, 3], [4, 4, 1]


def reference(model, loader, optimizer, loss_fn):
    model.train()
    total = seen = 0
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        total, seen = total + loss.item() * len(y), seen + len(y)
    return total / seen


def check_weights(student, sizes, what, **options):
    found = student.support.weights_after(student.train_epoch.handle(), sizes, **options)
    expected = support.weights_after(reference, sizes, **options)
    for name, weight in expected.items():
        same(found.get(name), weight, f"the weight {name} {what}", 1e-6)


def check_losses(student, sizes, what, **options):
    found = student.support.losses_of(student.train_epoch.handle(), sizes, **options)
    for loss in found:
        if isinstance(loss, torch.Tensor):
            fail("train_epoch returns a tensor, expected a float.", misconception=None)
    same(found, support.losses_of(reference, sizes, **options), f"the mean loss of each epoch {what}", 1e-6)


@points(1)
def test_weights(student):
    """After the epoch, the weights are those that one step a batch gives: loss, gradients of this batch only, step."""
    check_weights(student, FULL, "after an epoch of three batches")
    check_weights(student, SHORT_LAST, "after two epochs with Adam, the last batch shorter", optimizer="adam", epochs=2)
    check_weights(student, FULL, "after an epoch with momentum", optimizer="momentum")


@points(0.25)
def test_loss_fn(student):
    """The loss that is made smaller is loss_fn's, whatever it is."""
    check_weights(student, FULL, "after an epoch with the squared error for loss_fn", loss="squared")


@points(0.75)
def test_loss(student):
    """The result is the mean loss per picture, taken before each step: a short last batch counts less."""
    check_losses(student, FULL, "over batches of 3, 3 and 3")
    check_losses(student, SHORT_LAST, "over batches of 4, 4 and 1", epochs=2)


@points(0.5)
def test_old_gradients(student):
    """Gradients that lie in .grad before the call do not count."""
    check_weights(student, FULL, "where old gradients lay in .grad before the call", old_gradients=True)


@points(0.5)
def test_train_mode(student):
    """All parts of the model are in train mode while it learns, also where some were in eval mode."""
    found = student.support.modes_during(student.train_epoch.handle(), FULL)
    assert not found, f"While the model runs, these parts are in eval mode: {', '.join(found)}."


@points(0.5)
def test_stream(student):
    """The loader may be anything that gives pairs, without a length and usable once."""
    found = student.support.from_a_stream(student.train_epoch.handle(), SHORT_LAST)
    same(found, support.from_a_stream(reference, SHORT_LAST), "the mean loss over a loader without length", 1e-6)


@points(0.5)
def test_no_graph_is_kept(student):
    """The graph of a batch is gone soon after its step: what is added up are numbers."""
    most = student.support.graphs_alive(student.train_epoch.handle(), 8)
    assert most <= 3, f"After 8 batches the graphs of {most} of them are still in memory."
