import math


def _iou(a, b):
    return (a & b).sum().item() / (a | b).sum().item()


def _box_iou(a, b):
    def box(mask):
        rows, columns = mask.any(1).nonzero().flatten(), mask.any(0).nonzero().flatten()
        return rows[0].item(), columns[0].item(), rows[-1].item() + 1, columns[-1].item() + 1

    (top, left, bottom, right), (t, u, v, w) = box(a), box(b)
    inter = max(0, min(bottom, v) - max(top, t)) * max(0, min(right, w) - max(left, u))
    return inter / ((bottom - top) * (right - left) + (v - t) * (w - u) - inter)


def _ranked(predictions):
    found = []
    for picture, (masks, scores) in enumerate(predictions):
        found += [(score, picture, mask) for mask, score in zip(masks, scores.tolist(), strict=True)]
    return sorted(found, key=lambda row: -row[0])


def _hits(predictions, targets, threshold, iou=_iou, ranked=_ranked, again=False, free=True, above=False):
    taken, hits = [set() for _ in targets], []
    for _, picture, mask in ranked(predictions):
        ious = [-1.0 if free and not again and t in taken[picture] else iou(mask, m) for t, m in
                enumerate(targets[picture])]  # fmt: skip
        best = max(range(len(ious)), key=ious.__getitem__) if ious else -1
        hit = best >= 0 and (ious[best] > threshold if above else ious[best] >= threshold)
        hit = hit and (again or best not in taken[picture])
        hits.append(hit)
        if hit:
            taken[picture].add(best)
    return hits


def _curve(hits, total):
    right, precision, recall = 0, [], []
    for number, hit in enumerate(hits, 1):
        right += hit
        precision.append(right / number)
        recall.append(right / total)
    return precision, recall


def _area(hits, total):
    precision, recall = _curve(hits, total)
    steps = [b - a for a, b in zip([0.0, *recall], recall, strict=False)]
    return float(sum(step * max(precision[i:]) for i, step in enumerate(steps)))


def _total(targets):
    return sum(len(masks) for masks in targets)


def a_target_twice(predictions, targets, threshold=0.5):
    """A target is matched more than once in your answer, so duplicates count as hits. Each target is taken once; what
    comes later for it is a false positive (section 13.7)."""
    total = _total(targets)
    return _area(_hits(predictions, targets, threshold, again=True), total) if total else math.nan


def taken_target_blocks(predictions, targets, threshold=0.5):
    """A prediction whose best target is taken is a false positive in your answer, even if another target fits. Look for
    the largest IoU among the targets that are still free (section 13.7)."""
    total = _total(targets)
    return _area(_hits(predictions, targets, threshold, free=False), total) if total else math.nan


def one_list_of_taken_targets(predictions, targets, threshold=0.5):
    """You remember the numbers of the taken targets in one list for all pictures, so that target 0 of one picture is
    taken in the others too. Each picture has its own list (section 13.7)."""
    total, taken, hits = _total(targets), set(), []
    if not total:
        return math.nan
    for _, picture, mask in _ranked(predictions):
        ious = [-1.0 if t in taken else _iou(mask, m) for t, m in enumerate(targets[picture])]
        best = max(range(len(ious)), key=ious.__getitem__) if ious else -1
        hits.append(best >= 0 and ious[best] >= threshold)
        if hits[-1]:
            taken.add(best)
    return _area(hits, total)


def first_target_that_fits(predictions, targets, threshold=0.5):
    """A prediction takes the first free target that reaches the threshold. It takes the one with the largest IoU
    (section 13.7)."""
    total = _total(targets)
    first = lambda a, b: float(_iou(a, b) >= threshold)
    return _area(_hits(predictions, targets, threshold, iou=first), total) if total else math.nan


def best_iou_first(predictions, targets, threshold=0.5):
    """You match the pair with the largest IoU first. Predictions choose in the order of their scores (section 13.7)."""
    total, matched = _total(targets), set()
    if not total:
        return math.nan
    for picture, ((masks, _), there) in enumerate(zip(predictions, targets, strict=True)):
        pairs = [(_iou(m, t), i, j) for i, m in enumerate(masks) for j, t in enumerate(there)]
        used = set()
        for value, i, j in sorted(pairs, reverse=True):
            if value >= threshold and (picture, i) not in matched and j not in used:
                matched.add((picture, i))
                used.add(j)
    rows = [(s, (p, i)) for p, (_, scores) in enumerate(predictions) for i, s in enumerate(scores.tolist())]
    return _area([key in matched for _, key in sorted(rows, reverse=True)], total)


def mean_over_pictures(predictions, targets, threshold=0.5):
    """You average over pictures. All predictions are ranked together, and give one curve (section 13.7)."""
    values = [_area(_hits([p], [t], threshold), len(t)) for p, t in zip(predictions, targets, strict=True) if len(t)]
    return sum(values) / len(values) if values else math.nan


def picture_after_picture(predictions, targets, threshold=0.5):
    """You rank the predictions within each picture and put the pictures one after the other. Rank all of them together
    by score (section 13.7)."""

    def ranked(predictions):
        return [(s, picture, m) for picture, p in enumerate(predictions) for s, _, m in _ranked([p])]

    total = _total(targets)
    return _area(_hits(predictions, targets, threshold, ranked=ranked), total) if total else math.nan


def lowest_score_first(predictions, targets, threshold=0.5):
    """You begin with the lowest score. The surest prediction comes first (section 13.7)."""
    total = _total(targets)
    ranked = lambda predictions: _ranked(predictions)[::-1]
    return _area(_hits(predictions, targets, threshold, ranked=ranked), total) if total else math.nan


def eleven_points(predictions, targets, threshold=0.5):
    """You average the precision at 11 recalls, 0, 0.1 … 1, as PASCAL VOC did until 2009. Here every step of the curve
    counts with its width (section 13.7)."""
    total = _total(targets)
    if not total:
        return math.nan
    precision, recall = _curve(_hits(predictions, targets, threshold), total)
    best = lambda least: max((p for p, r in zip(precision, recall, strict=True) if r >= least - 1e-9), default=0.0)
    return sum(best(i / 10) for i in range(11)) / 11


def hundred_and_one_points(predictions, targets, threshold=0.5):
    """You average the precision at 101 recalls, 0, 0.01 … 1, as COCO does. Here every step of the curve counts with its
    width (section 13.7)."""
    total = _total(targets)
    if not total:
        return math.nan
    precision, recall = _curve(_hits(predictions, targets, threshold), total)
    best = lambda least: max((p for p, r in zip(precision, recall, strict=True) if r >= least - 1e-9), default=0.0)
    return sum(best(i / 100) for i in range(101)) / 101


def not_interpolated(predictions, targets, threshold=0.5):
    """You use the precision as it is. Interpolated precision at a recall is the best precision at that recall *or a
    higher one*, so that the curve never rises (section 13.7)."""
    total = _total(targets)
    if not total:
        return math.nan
    precision, recall = _curve(_hits(predictions, targets, threshold), total)
    steps = [b - a for a, b in zip([0.0, *recall], recall, strict=False)]
    return float(sum(step * p for step, p in zip(steps, precision, strict=True)))


def best_precision_so_far(predictions, targets, threshold=0.5):
    """You take the best precision from the beginning of the list to each place. Interpolated precision looks the other
    way: the best from that place to the end (section 13.7)."""
    total = _total(targets)
    if not total:
        return math.nan
    precision, recall = _curve(_hits(predictions, targets, threshold), total)
    steps = [b - a for a, b in zip([0.0, *recall], recall, strict=False)]
    return float(sum(step * max(precision[: i + 1]) for i, step in enumerate(steps)))


def box_iou(predictions, targets, threshold=0.5):
    """You compare the boxes around the masks. Count the masks' pixels (section 13.7)."""
    total = _total(targets)
    return _area(_hits(predictions, targets, threshold, iou=_box_iou), total) if total else math.nan


def dice_for_iou(predictions, targets, threshold=0.5):
    """You compare masks with Dice, 2 · intersection / (sum of both). IoU is intersection / union (section 13.7)."""
    dice = lambda a, b: 2 * (a & b).sum().item() / (a.sum() + b.sum()).item()
    total = _total(targets)
    return _area(_hits(predictions, targets, threshold, iou=dice), total) if total else math.nan


def misses_left_out(predictions, targets, threshold=0.5):
    """You divide by the targets that were found. Recall divides by all of them: a miss costs (section 13.7)."""
    total, hits = _total(targets), _hits(predictions, targets, threshold)
    return (_area(hits, sum(hits)) if any(hits) else 0.0) if total else math.nan


def empty_pictures_left_out(predictions, targets, threshold=0.5):
    """You leave out pictures without targets. What is predicted there is a false positive (section 13.7)."""
    kept = [(p, t) for p, t in zip(predictions, targets, strict=True) if len(t)]
    if not kept:
        return math.nan
    predictions, targets = zip(*kept, strict=True)
    return _area(_hits(predictions, targets, threshold), _total(targets))


def above_the_threshold_only(predictions, targets, threshold=0.5):
    """An IoU equal to the threshold is enough: `>=`, not `>` (section 13.7)."""
    total = _total(targets)
    return _area(_hits(predictions, targets, threshold, above=True), total) if total else math.nan


def precision_only(predictions, targets, threshold=0.5):
    """You return the share of hits among the predictions. Average precision also looks at their order, and at what was
    missed (section 13.7)."""
    total, hits = _total(targets), _hits(predictions, targets, threshold)
    return (sum(hits) / len(hits) if hits else 0.0) if total else math.nan


def zero_without_targets(predictions, targets, threshold=0.5):
    """Without any target you return 0. There is nothing to find, so the result is NaN (section 13.7)."""
    total = _total(targets)
    return _area(_hits(predictions, targets, threshold), total) if total else 0.0


def nan_without_predictions(predictions, targets, threshold=0.5):
    """Without predictions you return NaN. Nothing was found of what is there: 0 (section 13.7)."""
    total, hits = _total(targets), _hits(predictions, targets, threshold)
    return _area(hits, total) if total and hits else math.nan
