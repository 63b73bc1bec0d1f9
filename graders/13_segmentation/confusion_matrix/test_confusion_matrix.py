"""confusion_matrix: pixels by class in the target (rows) and in the prediction (columns); ignored ones left out."""

import torch

from course.grading import agree, fail, leaves_inputs, observe, points, same

limits = {"call_seconds": 30}

ANY_NUMBER = (0, -7, 255, 1_000_003)  # what a prediction may hold at ignored pixels


def reference(prediction, target, num_classes, ignore_index=255):
    known = target != ignore_index
    flat = target[known] * num_classes + prediction[known]
    return torch.bincount(flat, minlength=num_classes**2).reshape(num_classes, num_classes)


def maps(r, low=2):
    """A prediction and a target of some shape; not every class need occur."""
    num_classes = r.randint(low, 5)
    shape = r.choice([(3, 4), (7,), (2, 3, 4), (2, 1, 3, 2), (4, 2)])
    present = r.randint(1, num_classes) - 1
    target = r.ints(*shape, high=present)
    prediction = torch.where(r.ints(*shape, high=2) > 0, target, r.ints(*shape, high=num_classes - 1))
    return prediction, target, num_classes


def nothing_ignored(r):
    prediction, target, num_classes = maps(r)
    return dict(prediction=prediction, target=target, num_classes=num_classes)


def some_ignored(r):
    prediction, target, num_classes = maps(r)
    ignore_index = r.choice([255, 255, -1, 100])
    void = r.ints(*target.shape, high=3) == 0
    target = target.masked_fill(void, ignore_index)
    prediction = prediction.masked_fill(void, r.choice(ANY_NUMBER))
    return dict(prediction=prediction, target=target, num_classes=num_classes, ignore_index=ignore_index)


def a_class_ignored(r):
    prediction, target, num_classes = maps(r)
    return dict(prediction=prediction, target=target, num_classes=num_classes, ignore_index=r.randint(0, 1))


@points(1)
def test_counts(student):
    """Each pixel counts once, in the row of its target and the column of its prediction, for maps of any shape."""
    agree(student.confusion_matrix, reference, nothing_ignored, cases=12)


@points(0.75)
def test_ignored(student):
    """Pixels whose target is ignore_index do not count, whatever the prediction is there."""
    agree(student.confusion_matrix, reference, some_ignored, cases=12)


@points(0.5)
def test_a_class_ignored(student):
    """ignore_index may be the number of a class; only the target decides."""
    agree(student.confusion_matrix, reference, a_class_ignored, cases=12)


@points(0.25)
def test_leaves_inputs(student):
    """Prediction and target are not changed."""
    leaves_inputs(student.confusion_matrix, some_ignored)


@points(0.5)
def test_fast(student):
    """160 000 pixels take less than a second of CPU."""
    size = 400
    target = torch.arange(size * size).reshape(size, size) % 21
    prediction = (target * 5) % 21
    reply = observe(student.confusion_matrix, prediction, target, 21)
    same(reply.value, reference(prediction, target, 21), f"the matrix of {size} × {size} pixels")
    if reply.seconds > 1:
        fail(f"{size} × {size} pixels took {reply.seconds:.1f} CPU seconds.", "loops_over_pixels")
