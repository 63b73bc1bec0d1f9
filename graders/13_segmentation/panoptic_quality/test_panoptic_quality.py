"""panoptic_quality: PQ, SQ and RQ of a map of (class, instance), by the definition of Kirillov et al. 2018.

Maps are int64, 2 × H × W; class 255 is void. A segment is all pixels with one class and one instance number.
"""

import math

import torch

from course.grading import agree, leaves_inputs, points, same

VOID = 255
DIGITS = 1e-5  # float32 on the way is good enough


def segments(panoptic):
    """{(class, instance): mask}, without void."""
    keys = {tuple(pair) for pair in panoptic.flatten(1).T.tolist() if pair[0] != VOID}
    return {key: (panoptic[0] == key[0]) & (panoptic[1] == key[1]) for key in sorted(keys)}


def reference(prediction, target, num_classes):
    void, there, found = target[0] == VOID, segments(target), segments(prediction)
    rows = []
    for c in range(num_classes):
        matched, ious = set(), []
        for key, mask in found.items():
            known = mask & ~void
            for other, truth in there.items():
                both = (known & truth).sum().item()
                if key[0] == other[0] == c and both and 2 * both > (union := (known | truth).sum().item()):
                    ious.append(both / union)
                    matched |= {("found", key), ("there", other)}
        extra = [m for key, m in found.items() if key[0] == c and ("found", key) not in matched
                 and 2 * (m & void).sum() <= m.sum()]  # fmt: skip
        missed = [key for key in there if key[0] == c and ("there", key) not in matched]
        if weight := len(ious) + 0.5 * len(extra) + 0.5 * len(missed):
            rows.append((sum(ious) / weight, sum(ious) / max(1, len(ious)), len(ious) / weight))
    means = [sum(column) / len(rows) for column in zip(*rows, strict=True)] if rows else [math.nan] * 3
    return dict(zip(("pq", "sq", "rq"), means, strict=True))


def scene(r, num_classes, stuff):
    """Rectangles, one over the other, on a ground of class 0; classes below `stuff` have one segment each."""
    height, width = r.randint(4, 7), r.randint(5, 8)
    panoptic = torch.zeros(2, height, width, dtype=torch.int64)
    numbers = r.sample(range(1, 30), 6)
    for number in numbers[: r.randint(1, 5)]:
        c = r.randint(0, num_classes - 1)
        top, left = r.randint(0, height - 2), r.randint(0, width - 2)
        box = (slice(top, top + r.randint(1, 4)), slice(left, left + r.randint(2, 5)))
        panoptic[0][box], panoptic[1][box] = c, 0 if c < stuff else number
    return panoptic


def changed(r, target, num_classes):
    """A prediction: parts of the target moved, merged, recoloured, and numbered anew."""
    prediction = target.roll(r.randint(0, 1), 2).clone()
    shuffled = torch.tensor(r.sample(range(30), 30))
    prediction[1] = shuffled[prediction[1]]
    if r.randint(0, 1):
        wrong = r.randint(0, num_classes - 1)
        prediction[0][prediction[0] == r.randint(0, num_classes - 1)] = wrong
    if r.randint(0, 1):
        top, left = r.randint(0, 2), r.randint(0, 3)
        prediction[0][top : top + 2, left : left + 3] = r.randint(0, num_classes - 1)
        prediction[1][top : top + 2, left : left + 3] = 30
    return prediction


def without_void(r):
    num_classes = r.randint(2, 4)
    target = scene(r, num_classes, stuff=r.randint(0, 2))
    return dict(prediction=changed(r, target, num_classes), target=target, num_classes=num_classes)


def with_void(r):
    case = without_void(r)
    height, width = case["target"].shape[1:]
    for _ in range(r.randint(1, 2)):
        top, left = r.randint(0, height - 2), r.randint(0, width - 2)
        case["target"][0][top : top + 2, left : left + 3] = VOID
    if r.randint(0, 1):  # a segment of its own in void
        case["prediction"][0][top : top + 2, left : left + 3] = r.randint(0, case["num_classes"] - 1)
        case["prediction"][1][top : top + 2, left : left + 3] = 31
    if r.randint(0, 1):
        case["prediction"][0][r.randint(0, height - 1)] = VOID
    only = segments(case["prediction"]).items()  # whether a class whose segments all lie in void counts is left open
    void, there = case["target"][0] == VOID, {key[0] for key in segments(case["target"])}
    counted = {key[0] for key, mask in only if 2 * (mask & void).sum() <= mask.sum()}
    if any(key[0] not in there | counted for key, _ in only):
        return with_void(r)
    return case


def strip(*segments, length=12):
    """A map of one row, from (first, last, class, instance); void elsewhere."""
    panoptic = torch.full((2, 1, length), VOID)
    for first, last, c, number in segments:
        panoptic[:, 0, first:last] = torch.tensor([[c], [number]])
    return panoptic


def check(student, prediction, target, num_classes, expected, what):
    pq, sq, rq = map(float, expected)
    same(student.panoptic_quality(prediction, target, num_classes), dict(pq=pq, sq=sq, rq=rq), what, DIGITS)


@points(0.75)
def test_by_hand(student):
    """Cases by hand: equal maps, a match with its IoU, a miss, an extra segment, a wrong class, an IoU of one half."""
    target = strip((0, 4, 0, 1), (4, 8, 0, 2), (8, 12, 1, 1))
    check(student, target, target, 2, (1, 1, 1), "panoptic_quality of a map with itself")
    prediction = strip((0, 3, 0, 7), (3, 8, 0, 1), (8, 12, 1, 1))  # IoU 3/4, 4/5, 1
    check(student, prediction, target, 2, (0.8875, 0.8875, 1), "panoptic_quality with IoUs 3/4, 4/5 and 1")
    prediction = strip((0, 4, 0, 1), (8, 12, 1, 1))  # one of class 0 missed
    check(student, prediction, target, 2, (5 / 6, 1, 5 / 6), "panoptic_quality with a miss")
    prediction = strip((0, 4, 0, 1), (4, 6, 0, 2), (6, 8, 0, 3), (8, 12, 1, 1))  # halves: IoU 1/2 is no match
    check(student, prediction, target, 2, (0.7, 1, 0.7), "panoptic_quality with a segment cut into halves")
    prediction = strip((0, 4, 0, 1), (4, 8, 1, 2), (8, 12, 1, 1))
    check(student, prediction, target, 2, (2 / 3, 1, 2 / 3), "panoptic_quality with a segment of the wrong class")


@points(1.25)
def test_any_maps(student):
    """For drawn maps of stuff and things without void."""
    agree(student.panoptic_quality, reference, without_void, cases=16, tolerance=DIGITS)


@points(0.5)
def test_void_by_hand(student):
    """Void of the target is taken out of predicted segments; one that lies mostly in void is no false positive."""
    target = strip((0, 4, 0, 1))
    prediction = strip((0, 4, 0, 1), (6, 10, 0, 2))
    check(student, prediction, target, 1, (1, 1, 1), "panoptic_quality with a segment in void")
    check(student, strip((0, 8, 0, 1)), target, 1, (1, 1, 1), "panoptic_quality of a segment that runs into void")
    check(student, strip((0, 2, 0, 1)), target, 1, (0, 0, 0), "panoptic_quality of half a segment, the rest void")
    target, prediction = strip((0, 4, 0, 1), (4, 6, 0, 2)), strip((0, 4, 0, 1), (5, 7, 0, 2))
    check(student, prediction, target, 1, (0.5, 1, 0.5), "panoptic_quality with a segment of which one half is void")


@points(0.75)
def test_void(student):
    """For drawn maps with void in the target, and in the prediction."""
    agree(student.panoptic_quality, reference, with_void, cases=16, tolerance=DIGITS)


@points(0.5)
def test_absent_classes(student):
    """Classes without a segment are left out of the means; with none at all the three are NaN."""
    target = strip((0, 4, 2, 1), (4, 8, 4, 1))
    check(student, target, target, 6, (1, 1, 1), "panoptic_quality with 2 of 6 classes present")
    void = strip()
    check(student, void, void, 3, (math.nan,) * 3, "panoptic_quality of void")


@points(0.25)
def test_leaves_inputs(student):
    """The maps are not changed."""
    leaves_inputs(student.panoptic_quality, with_void)
