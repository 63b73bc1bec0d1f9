import math

import torch

_VOID = 255


def _segments(panoptic, void=_VOID):
    keys = {tuple(pair) for pair in panoptic.flatten(1).T.tolist() if pair[0] != void}
    return {key: (panoptic[0] == key[0]) & (panoptic[1] == key[1]) for key in sorted(keys)}


def _rows(prediction, target, num_classes, match=None, classes_mix=False, cut_void=True, forgive=True, numbers=False,
          at_half=False, void=_VOID):  # fmt: skip
    """(sum of IoUs, matches, extra, missed) of each class."""
    match = match or (lambda both, union: 2 * both > union)
    hidden, there, found = target[0] == _VOID, _segments(target, void), _segments(prediction, void)
    rows = []
    for c in range(num_classes):
        taken_found, taken_there, ious = set(), set(), []
        for key, mask in found.items():
            known = mask & ~hidden if cut_void else mask
            for other, truth in there.items():
                if other[0] != c or (not classes_mix and key[0] != c) or (numbers and key[1] != other[1]):
                    continue
                both, union = (known & truth).sum().item(), (known | truth).sum().item()
                if both and match(both, union) and key not in taken_found and other not in taken_there:
                    ious.append(both / union)
                    taken_found.add(key)
                    taken_there.add(other)
        forgiven = lambda m: forgive and 2 * (m & hidden).sum() + at_half > m.sum()
        extra = sum(key[0] == c and key not in taken_found and not forgiven(m) for key, m in found.items())
        missed = sum(key[0] == c and key not in taken_there for key in there)
        rows.append((sum(ious), len(ious), int(extra), missed))
    return rows


def _qualities(row, half=0.5):
    total, matches, extra, missed = row
    weight = matches + half * (extra + missed)
    return total / weight, total / max(1, matches), matches / weight


def _mean(rows, half=0.5):
    values = [_qualities(row, half) for row in rows if sum(row[1:])]
    if not values:
        return dict(pq=math.nan, sq=math.nan, rq=math.nan)
    pq, sq, rq = (sum(column) / len(values) for column in zip(*values, strict=True))
    return dict(pq=pq, sq=sq, rq=rq)


def matches_at_one_half(prediction, target, num_classes):
    """You match segments whose IoU is exactly one half. It must be larger: only then is the match unique (section
    13.8)."""
    return _mean(_rows(prediction, target, num_classes, match=lambda both, union: 2 * both >= union))


def matches_any_overlap(prediction, target, num_classes):
    """You match segments that merely touch. A match needs an IoU of more than 0.5 (section 13.8)."""
    return _mean(_rows(prediction, target, num_classes, match=lambda both, union: True))


def numbers_compared(prediction, target, num_classes):
    """You match segments with equal instance numbers. The numbers are names without meaning: compare pixels (section
    13.8)."""
    return _mean(_rows(prediction, target, num_classes, numbers=True))


def classes_mixed(prediction, target, num_classes):
    """You match segments of different classes. A match has the same class, too (section 13.8)."""
    return _mean(_rows(prediction, target, num_classes, classes_mix=True))


def void_in_the_union(prediction, target, num_classes):
    """The target's void pixels enlarge your unions. Take them out of the predicted segments first: what lies there,
    nobody knows (section 13.8)."""
    return _mean(_rows(prediction, target, num_classes, cut_void=False))


def false_positives_in_void(prediction, target, num_classes):
    """A predicted segment that lies mostly in void counts as a false positive in your answer. It may be right: leave it
    out (section 13.8)."""
    return _mean(_rows(prediction, target, num_classes, forgive=False))


def forgives_at_one_half(prediction, target, num_classes):
    """You forgive a predicted segment of which exactly half lies in void. It must be *more* than half (section
    13.8)."""
    return _mean(_rows(prediction, target, num_classes, at_half=True))


def void_not_looked_at(prediction, target, num_classes):
    """Void changes nothing in your answer but that it is no class. Take it out of predicted segments, and forgive those
    that lie mostly in it (section 13.8)."""
    return _mean(_rows(prediction, target, num_classes, cut_void=False, forgive=False))


def halves_missing(prediction, target, num_classes):
    """You count false positives and misses in full. Each counts one half: TP + FP / 2 + FN / 2 (section 13.8)."""
    return _mean(_rows(prediction, target, num_classes), half=1.0)


def misses_left_out(prediction, target, num_classes):
    """You do not count the target's unmatched segments. Each adds one half below the line (section 13.8)."""
    rows = _rows(prediction, target, num_classes)
    return _mean([(total, matches, extra, 0) for total, matches, extra, _ in rows])


def extras_left_out(prediction, target, num_classes):
    """You do not count unmatched predicted segments. Each adds one half below the line (section 13.8)."""
    rows = _rows(prediction, target, num_classes)
    return _mean([(total, matches, 0, missed) for total, matches, _, missed in rows])


def sq_over_all_segments(prediction, target, num_classes):
    """Your SQ divides by all segments. It is the mean IoU of the matched ones; RQ takes care of the others (section
    13.8)."""
    rows = [row for row in _rows(prediction, target, num_classes) if sum(row[1:])]
    result = _mean(rows)
    if rows:
        result["sq"] = sum(row[0] / (row[1] + row[3] or 1) for row in rows) / len(rows)
    return result


def sq_of_classes_with_a_match(prediction, target, num_classes):
    """Your SQ is the mean over the classes that have a match. A class with misses or false alarms only counts too: its
    SQ is 0 (section 13.8)."""
    rows = _rows(prediction, target, num_classes)
    return dict(_mean(rows), sq=_mean([row for row in rows if row[1]])["sq"])


def product_of_the_means(prediction, target, num_classes):
    """Your PQ is the product of the means of SQ and RQ. Multiply class by class, then take the mean (section 13.8)."""
    result = _mean(_rows(prediction, target, num_classes))
    return dict(result, pq=result["sq"] * result["rq"])


def absent_classes_as_0(prediction, target, num_classes):
    """Classes without a segment count as 0 in your means. Leave them out (section 13.8)."""
    rows = _rows(prediction, target, num_classes)
    present, result = sum(bool(sum(row[1:])) for row in rows), _mean(rows)
    return {key: value * present / num_classes if present else value for key, value in result.items()}


def classes_of_the_target_only(prediction, target, num_classes):
    """You average over the classes of the target only. A class with nothing but false positives counts, as 0 (section
    13.8)."""
    there = {key[0] for key in _segments(target)}
    return _mean([row for c, row in enumerate(_rows(prediction, target, num_classes)) if c in there])


def class_0_left_out(prediction, target, num_classes):
    """You leave out class 0. It is a class like the others here; what belongs to no class is 255 (section 13.8)."""
    return _mean(_rows(prediction, target, num_classes)[1:])


def instance_0_left_out(prediction, target, num_classes):
    """You leave out segments whose instance is 0. That is a number like others: only class 255 is void (section
    13.8)."""
    prediction, target = (torch.stack([m[0].where(m[1] != 0, -1), m[1]]) for m in (prediction, target))
    return _mean(_rows(prediction, target, num_classes))


def pooled_over_classes(prediction, target, num_classes):
    """You put the segments of all classes together. PQ is computed for each class, then averaged (section 13.8)."""
    rows = _rows(prediction, target, num_classes)
    return _mean([tuple(map(sum, zip(*rows, strict=True)))])


def zero_for_nothing(prediction, target, num_classes):
    """Where no class has a segment you return 0. There is nothing to score: NaN (section 13.8)."""
    return {key: 0.0 if value != value else value for key, value in
            _mean(_rows(prediction, target, num_classes)).items()}  # fmt: skip
