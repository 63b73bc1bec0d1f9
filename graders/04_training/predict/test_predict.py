"""predict: the class of each picture, in order, in batches. images (N, ...), result (N,) int64."""

import torch

from course.grading import fail, points, same, scaffolding

support = scaffolding(__file__)


def reference(model, images, batch_size=256):
    with torch.no_grad():
        return model.eval()(images).argmax(1)


def predicted(student, count, *args, **options):
    return student.support.predicted(student.predict.handle(), count, *args, **options)


@points(0.75)
def test_classes(student):
    """One class a picture, in the order of the pictures, whatever the batch size: an int64 tensor with one axis."""
    for count, size in ((7, 7), (7, 3), (6, 2), (1, 4), (5, 1)):
        expected = support.predicted(reference, count)
        same(predicted(student, count, size), expected, f"the classes of {count} pictures in batches of {size}")


@points(0.25)
def test_empty(student):
    """No pictures give no classes: an empty int64 tensor, without a call of the model."""
    same(predicted(student, 0, 4), torch.empty(0, dtype=torch.int64), "the classes of 0 pictures")
    calls = student.support.calls_of_predict(student.predict.handle(), 0, 4)
    assert not calls, "For 0 pictures the model was called."


@points(0.25)
def test_batches(student):
    """The model gets at most batch_size pictures at once, 256 if nothing is said."""
    for count, args, size in ((10, (4,), 4), (300, (), 256)):
        calls = student.support.calls_of_predict(student.predict.handle(), count, *args)
        sizes = [call["pictures"] for call in calls]
        if max(sizes, default=0) > size:
            fail(f"For {count} pictures and batch_size {size}, the model got batches of {sizes}.")


@points(0.25)
def test_eval_mode(student):
    """The model answers in eval mode, also when it comes in train mode."""
    expected = support.predicted(reference, 9)
    same(predicted(student, 9, 4, train=True), expected, "the classes from a model that comes in train mode")


@points(0.25)
def test_modes(student):
    """Afterwards each submodule is in the mode that it was in, and nothing else has changed."""
    found = student.support.modes_after_predict(student.predict.handle(), 9, 4)
    assert not found, f"The net came in eval mode; after predict, these parts are in train mode: {', '.join(found)}."
    kinds = ["modes", "state", "grads", "requires_grad"]
    found = student.support.traces_of_predict(kinds, student.predict.handle(), 9, 4)
    assert not any(found.values()), support.told("predict", found)


@points(0.25)
def test_no_gradients(student):
    """No gradients are recorded while the model answers."""
    calls = student.support.calls_of_predict(student.predict.handle(), 5, 2)
    assert not any(call["gradients"] for call in calls), "The model runs with gradients on: they cost memory and time."
