"""nms: keep the best box, drop those that overlap it by more than the threshold, go on with the rest.

boxes (N, 4) as x1, y1, x2, y2; scores (N,), all different. The reference is torchvision's.
"""

import torch
import torchvision

from course.grading import agree, leaves_inputs, points, same

bans = ("torchvision",)


def reference(boxes, scores, threshold):
    return torchvision.ops.nms(boxes, scores, threshold)


def distinct(r, n):
    scores = r.tensor(n)
    if len(scores.unique()) < n:  # ties are nobody's business
        scores = torch.randperm(n, generator=torch.Generator().manual_seed(r.randint(0, 99))).double()
    return scores


def random_boxes(r, spread=3.0):
    n = r.randint(1, 12)
    corner, size = spread * r.tensor(n, 2), 3 + 2 * r.tensor(n, 2).abs()
    return torch.cat([corner, corner + size], 1)


def any_boxes(r):
    boxes = random_boxes(r)
    dtype = r.choice([torch.float64, torch.float32])
    return dict(boxes=boxes.to(dtype), scores=distinct(r, len(boxes)).to(dtype), threshold=r.choice([0.31, 0.53, 0.17]))


def crowded(r):
    """Boxes that overlap in chains: the second suppresses nothing once the first has suppressed it."""
    boxes = random_boxes(r, 1.0)
    return dict(boxes=boxes, scores=distinct(r, len(boxes)), threshold=r.choice([0.31, 0.23, 0.47]))


def zero_areas(r):
    """Points and lines among the boxes, some of them twice."""
    boxes = random_boxes(r, 1.0)
    flat = r.ints(len(boxes), 2, high=1).bool()
    boxes[:, 2:] = torch.where(flat, boxes[:, :2], boxes[:, 2:])
    boxes = torch.cat([boxes, boxes[: r.randint(1, len(boxes))]])
    return dict(boxes=boxes, scores=distinct(r, len(boxes)), threshold=r.choice([0.31, 0.53]))


@points(1.5)
def test_any_boxes(student):
    """For random boxes the indices are torchvision's, highest score first."""
    agree(student.nms, reference, any_boxes, cases=12)


@points(1)
def test_crowded(student):
    """A box that has been suppressed suppresses nobody."""
    agree(student.nms, reference, crowded, cases=12)


@points(0.5)
def test_equal_to_the_threshold(student):
    """A box whose IoU equals the threshold is kept."""
    for height, threshold in ((1.0, 0.5), (0.5, 0.25), (0.5, 0.75)):
        boxes = torch.tensor([[0.0, 0, 2, 1], [0, 0, 1, height]]) if threshold < 0.75 else torch.tensor(
            [[0.0, 0, 4, 1], [0, 0, 3, 1]])  # fmt: skip
        got = student.nms(boxes, torch.tensor([0.9, 0.8]), threshold)
        same(got, torch.tensor([0, 1]), f"nms of two boxes with an IoU of {threshold} and threshold {threshold}")


@points(0.5)
def test_zero_areas(student):
    """A box without area suppresses nobody, not even its own copy."""
    agree(student.nms, reference, zero_areas, cases=12)


@points(0.25)
def test_empty(student):
    """No boxes give an empty int64 tensor."""
    got = student.nms(torch.zeros(0, 4), torch.zeros(0), 0.5)
    same(got, torch.zeros(0, dtype=torch.int64), "nms of no boxes")


@points(0.25)
def test_leaves_inputs(student):
    """Boxes and scores are not changed."""
    leaves_inputs(student.nms, any_boxes)
