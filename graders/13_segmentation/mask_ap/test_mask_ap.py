"""mask_ap: average precision of the masks of one class over several pictures.

predictions: a list of (masks (M, H, W) bool, scores (M,)), one a picture; targets: a list of masks (T, H, W) bool.
Scores are all different, and no prediction has the same IoU with two targets.
"""

import math

import torch

from course.grading import agree, observe, points, same

DIGITS = 1e-5  # float32 on the way is good enough


def reference(predictions, targets, threshold=0.5):
    total = sum(len(masks) for masks in targets)
    if not total:
        return math.nan
    found, taken = [], [set() for _ in targets]
    for picture, (masks, scores) in enumerate(predictions):
        found += [(score, picture, mask) for mask, score in zip(masks, scores.tolist(), strict=True)]
    hits = []
    for _, picture, mask in sorted(found, key=lambda row: -row[0]):
        ious = [-1.0 if t in taken[picture] else iou(mask, m) for t, m in enumerate(targets[picture])]
        best = max(range(len(ious)), key=ious.__getitem__) if ious else -1
        hits.append(best >= 0 and ious[best] >= threshold)
        if hits[-1]:
            taken[picture].add(best)
    return area(hits, total)


def iou(a, b):
    return (a & b).sum().item() / (a | b).sum().item()


def area(hits, total):
    """Under precision over recall, where each precision is the best at that recall or beyond."""
    right, precision, recall = 0, [], []
    for number, hit in enumerate(hits, 1):
        right += hit
        precision.append(right / number)
        recall.append(right / total)
    steps = [b - a for a, b in zip([0.0, *recall], recall, strict=False)]
    return float(sum(step * max(precision[i:]) for i, step in enumerate(steps)))


def blocks(r, count, size=6):
    """Rectangles (count, size, size) of at least two pixels, from which a corner may be missing."""
    masks = torch.zeros(count, size, size, dtype=torch.bool)
    for mask in masks:
        top, left = r.randint(0, size - 2), r.randint(0, size - 2)
        mask[top : top + r.randint(1, 4), left : left + r.randint(2, 4)] = True
        mask[top, left] &= r.randint(0, 1) == 0
    return masks


def unlike(masks):
    """At most one mask of each kind."""
    return torch.stack([m for i, m in enumerate(masks) if not any(torch.equal(m, o) for o in masks[:i])])


def any_pictures(r):
    predictions, targets, number = [], [], 0
    order = r.sample(range(40), 40)
    for _ in range(r.randint(1, 3)):
        there = unlike(blocks(r, r.randint(1, 3)))
        there = there[: r.randint(0, 3)] if r.randint(0, 3) == 0 else there
        moved = [there.roll(r.randint(-1, 1), r.choice([1, 2])) for _ in range(r.randint(1, 2))]
        masks = torch.cat([*moved, blocks(r, r.randint(0, 1))])
        masks = masks[: r.randint(0, len(masks))] if r.randint(0, 2) == 0 else masks
        scores = torch.tensor(order[number : number + len(masks)]).double() / 40
        number += len(masks)
        for mask in masks:
            ious = [iou(mask, target) for target in there]
            if len({value for value in ious if value >= 0.3}) < sum(value >= 0.3 for value in ious):
                return any_pictures(r)  # two targets fit equally well
        predictions.append((masks, scores))
        targets.append(there)
    return dict(predictions=predictions, targets=targets, threshold=r.choice([0.5, 0.5, 0.352, 0.61]))


def strip(first, last, length=12):
    mask = torch.zeros(1, length, dtype=torch.bool)
    mask[0, first:last] = True
    return mask


def one(*rows):
    """Predictions of one picture, from (first, last, score)."""
    return torch.stack([strip(a, b) for a, b, _ in rows]), torch.tensor([score for _, _, score in rows])


@points(1.5)
def test_any_pictures(student):
    """For drawn masks in several pictures, the result is the area under the interpolated precision-recall curve."""
    agree(student.mask_ap, reference, any_pictures, cases=16, tolerance=DIGITS)


@points(0.5)
def test_duplicates(student):
    """Each target is matched once; a second prediction for it is a false positive."""
    targets = [torch.stack([strip(0, 4), strip(6, 10)])]
    predictions = [one((0, 4, 0.9), (0, 4, 0.8), (6, 10, 0.7))]
    same(student.mask_ap(predictions, targets), 5 / 6, "mask_ap with one duplicate between two hits", DIGITS)


@points(0.5)
def test_best_unmatched(student):
    """A prediction takes the unmatched target of its picture with the largest IoU, if that is at least the
    threshold."""
    targets = [torch.stack([strip(0, 4), strip(2, 7)])]
    predictions = [one((1, 5, 0.9), (0, 3, 0.8))]  # IoU 3/5 and 3/6, then 3/4 and 1/7
    same(student.mask_ap(predictions, targets), 0.5, "mask_ap where the second prediction's target is taken", DIGITS)
    predictions = [one((0, 4, 0.9), (1, 5, 0.8))]  # the second one's best target is taken, the other has IoU 3/6
    same(student.mask_ap(predictions, targets), 1.0, "mask_ap where the second-best target is free", DIGITS)
    targets = [torch.stack([strip(0, 4), strip(1, 6)])]
    predictions = [one((1, 5, 0.9), (0, 3, 0.8))]  # IoU 3/5 and 4/5, then 3/4 and 2/6
    same(student.mask_ap(predictions, targets), 1.0, "mask_ap where two targets fit the first prediction", DIGITS)
    targets = [strip(0, 4)[None], strip(0, 4)[None]]
    predictions = [one((0, 2, 0.9)), one((0, 4, 0.8))]
    same(student.mask_ap(predictions, targets, 0.5), 1.0, "mask_ap with an IoU equal to the threshold", DIGITS)


@points(0.5)
def test_order_across_pictures(student):
    """The predictions of all pictures are ranked together by score."""
    targets = [strip(0, 4)[None], strip(0, 4)[None], torch.zeros(0, 1, 12, dtype=torch.bool)]
    predictions = [one((8, 12, 0.6), (0, 4, 0.3)), one((0, 4, 0.9)), one((3, 9, 0.5))]
    same(student.mask_ap(predictions, targets), 0.75, "mask_ap of three pictures", DIGITS)


@points(0.5)
def test_nothing(student):
    """No targets give NaN; targets without predictions give 0."""
    none, no_scores = torch.zeros(0, 1, 12, dtype=torch.bool), torch.zeros(0)
    same(student.mask_ap([one((0, 4, 0.9))], [none]), math.nan, "mask_ap without targets")
    same(student.mask_ap([(none, no_scores)], [none]), math.nan, "mask_ap of an empty picture")
    same(student.mask_ap([(none, no_scores)], [strip(0, 4)[None]]), 0.0, "mask_ap without predictions")


@points(0.5)
def test_masks_not_boxes(student):
    """IoU is counted in pixels of the masks, and nothing is changed."""
    ring = torch.ones(5, 5, dtype=torch.bool)
    ring[1:-1, 1:-1] = False
    whole = torch.ones(1, 5, 5, dtype=torch.bool)
    seen = observe(student.mask_ap, [(whole, torch.tensor([0.9]))], [ring[None]], 0.7)
    same(seen.value, 0.0, "mask_ap of a square for a ring with the same box (IoU 16/25, threshold 0.7)", DIGITS)
    assert not seen.changed, "mask_ap changes its arguments in place."
