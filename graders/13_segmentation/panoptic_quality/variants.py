import math
from collections import Counter, defaultdict

import numpy as np
import torch


def pair_counts(prediction, target, num_classes):
    """As in the official code: areas and overlaps are counted once, by pairs of names."""
    pairs = Counter()
    for pc, pi, tc, ti in torch.cat([prediction, target]).flatten(1).T.tolist():
        pairs[(pc, pi), "void" if tc == 255 else (tc, ti)] += 1
    area_p, area_t, in_void = Counter(), Counter(), Counter()
    for (p, t), n in pairs.items():
        area_p[p] += n
        area_t[t] += n
        in_void[p] += n if t == "void" else 0
    iou, tp, fp, fn = defaultdict(float), Counter(), Counter(), Counter()
    matched = set()
    for (p, t), n in pairs.items():
        if t != "void" and p[0] == t[0]:
            union = area_p[p] - in_void[p] + area_t[t] - n
            if n / union > 0.5:
                iou[p[0]] += n / union
                tp[p[0]] += 1
                matched |= {("p", p), ("t", t)}
    for p in area_p:
        if p[0] != 255 and ("p", p) not in matched and in_void[p] / area_p[p] <= 0.5:
            fp[p[0]] += 1
    for t in area_t:
        if t != "void" and ("t", t) not in matched:
            fn[t[0]] += 1
    pq, sq, rq = [], [], []
    for c in range(num_classes):
        if tp[c] + fp[c] + fn[c]:
            sq.append(iou[c] / tp[c] if tp[c] else 0.0)
            rq.append(tp[c] / (tp[c] + 0.5 * fp[c] + 0.5 * fn[c]))
            pq.append(sq[-1] * rq[-1])
    mean = lambda values: sum(values) / len(values) if values else math.nan
    return {"pq": mean(pq), "sq": mean(sq), "rq": mean(rq)}


def matrix_a_class(prediction, target, num_classes):
    """For each class a matrix of IoUs by a product of masks."""
    void, results = (target[0] == 255).flatten(), []

    def masks(panoptic, c):
        numbers = panoptic[1][panoptic[0] == c].unique()
        return ((panoptic[0] == c) & (panoptic[1] == numbers[:, None, None])).flatten(1)

    for c in range(num_classes):
        found, there = masks(prediction, c), masks(target, c)
        known = found & ~void
        inter = known.float() @ there.float().T
        iou = inter / (known.sum(1)[:, None] + there.sum(1) - inter).clamp(min=1)
        good = iou > 0.5
        tp = good.sum()
        fp = (~good.any(1) & ((found & void).sum(1) <= 0.5 * found.sum(1))).sum()
        fn = (~good.any(0)).sum()
        if tp + fp + fn > 0:
            sq = iou[good].sum() / tp if tp else torch.tensor(0.0)
            rq = tp / (tp + fp / 2 + fn / 2)
            results.append([(sq * rq).item(), sq.item(), rq.item()])
    values = np.mean(results, axis=0) if results else np.full(3, np.nan)
    return {name: float(value) for name, value in zip(("pq", "sq", "rq"), values, strict=True)}


def one_number_a_segment(prediction, target, num_classes):
    """Segments get one number each by torch.unique; a table of overlaps does the rest."""
    names_p, p = (prediction[0] * 10_000 + prediction[1]).flatten().unique(return_inverse=True)
    names_t, t = torch.where(target[0] == 255, -1, target[0] * 10_000 + target[1]).flatten().unique(return_inverse=True)
    table = torch.zeros(len(names_p), len(names_t), dtype=torch.float64)
    table.index_put_((p, t), torch.ones(len(p), dtype=torch.float64), accumulate=True)
    void = table[:, names_t == -1].sum(1)
    rows, columns = table.sum(1), table.sum(0)
    iou = table / (rows[:, None] - void[:, None] + columns - table)
    class_p, class_t = names_p // 10_000, torch.where(names_t < 0, -1, names_t // 10_000)
    good = (iou > 0.5) & (class_p[:, None] == class_t)
    out = {"pq": [], "sq": [], "rq": []}
    for c in range(num_classes):
        hits = good & (class_t == c)
        tp, total = hits.sum().item(), iou[hits].sum().item()
        fp = ((class_p == c) & ~good.any(1) & (2 * void <= rows)).sum().item()
        fn = ((class_t == c) & ~good.any(0)).sum().item()
        if tp + fp + fn == 0:
            continue
        out["pq"].append(total / (tp + (fp + fn) / 2))
        out["sq"].append(total / tp if tp else 0)
        out["rq"].append(tp / (tp + (fp + fn) / 2))
    return {key: sum(v) / len(v) if v else float("nan") for key, v in out.items()}
