"""mean_iou: intersection over union of each class, averaged over the classes that occur; pixels of a batch are
pooled."""

import math

import torch

from course.grading import agree, leaves_inputs, points, same

DIGITS = 1e-5  # float32 on the way is good enough


def reference(prediction, target, num_classes, ignore_index=255):
    known = target != ignore_index
    flat = target[known] * num_classes + prediction[known]
    counts = torch.bincount(flat, minlength=num_classes**2).reshape(num_classes, num_classes).double()
    intersection = counts.diag()
    union = counts.sum(0) + counts.sum(1) - intersection
    occurs = union > 0
    return (intersection[occurs] / union[occurs]).mean().item() if occurs.any() else math.nan


def maps(r, all_classes):
    num_classes = r.randint(2, 5)
    shape = r.choice([(2, 3, 4), (5, 6), (3, 4, 4), (9,)])
    high = num_classes - 1 if all_classes else r.randint(0, num_classes - 1)
    target = r.ints(*shape, high=high)
    wrong = r.ints(*shape, high=num_classes - 1 if r.randint(0, 1) else high)
    prediction = torch.where(r.ints(*shape, high=2) > 0, target, wrong)
    if all_classes:  # so that none is absent
        target.flatten()[:num_classes] = prediction.flatten()[:num_classes] = torch.arange(num_classes)
    return dict(prediction=prediction, target=target, num_classes=num_classes)


def all_classes(r):
    return maps(r, True)


def absent_classes(r):
    """Some classes occur nowhere, some in the prediction only, some in the target only."""
    case = maps(r, False)
    if r.randint(0, 1):
        never, high = r.randint(0, 1), case["num_classes"] - 1
        case["prediction"] = case["prediction"].where(case["prediction"] != never, r.randint(0, high))
    return case


def some_ignored(r):
    case = maps(r, False)
    ignore_index = r.choice([255, 255, -1])
    void = r.ints(*case["target"].shape, high=3) == 0
    case["target"] = case["target"].masked_fill(void, ignore_index)
    if r.randint(0, 2) == 0:  # otherwise classes that would count
        case["prediction"] = case["prediction"].masked_fill(void, r.choice([255, -9, 12_345]))
    return dict(**case, ignore_index=ignore_index)


@points(1)
def test_worked_example(student):
    """The masks of 13.1 give (19/24 + 1/2 + 5/6) / 3 = 0.7083, and equal masks give 1."""
    target = torch.zeros(6, 6, dtype=torch.int64)
    target[1:4, 1:4], target[3:, 4:] = 1, 2
    prediction = torch.zeros(6, 6, dtype=torch.int64)
    prediction[3:, 4:], prediction[1:4, 2:5] = 2, 1
    same(student.mean_iou(prediction, target, 3), 17 / 24, "mean_iou of the masks of 13.1", DIGITS)
    same(student.mean_iou(target, target, 3), 1.0, "mean_iou of a mask with itself", DIGITS)


@points(1)
def test_all_classes(student):
    """Where every class occurs, the mean is over all of them, with the pixels of a batch pooled."""
    agree(student.mean_iou, reference, all_classes, cases=12, tolerance=DIGITS)


@points(1.25)
def test_absent_classes(student):
    """A class that occurs neither in the prediction nor in the target is left out; one in either of them counts."""
    agree(student.mean_iou, reference, absent_classes, cases=12, tolerance=DIGITS)


@points(1)
def test_ignored(student):
    """Pixels whose target is ignore_index count neither in intersections nor in unions."""
    agree(student.mean_iou, reference, some_ignored, cases=16, tolerance=DIGITS)


@points(0.5)
def test_nothing_to_score(student):
    """With every pixel ignored the result is NaN."""
    void, zeros = torch.full((2, 3), 255), torch.zeros(2, 3, dtype=torch.int64)
    same(student.mean_iou(zeros, void, 3), math.nan, "mean_iou with every pixel ignored")
    same(student.mean_iou(zeros, zeros - 1, 3, ignore_index=-1), math.nan, "mean_iou with every pixel ignored")


@points(0.25)
def test_leaves_inputs(student):
    """Prediction and target are not changed."""
    leaves_inputs(student.mean_iou, some_ignored)
