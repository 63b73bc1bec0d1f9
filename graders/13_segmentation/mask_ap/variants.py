import numpy as np
import torch


def numpy_envelope(predictions, targets, threshold=0.5):
    """Cumulative sums and numpy's running maximum."""
    total = int(sum(m.shape[0] for m in targets))
    if total == 0:
        return float("nan")
    rows = [(float(s), i, j) for i, (_, scores) in enumerate(predictions) for j, s in enumerate(scores)]
    rows.sort(reverse=True)
    used = [np.zeros(len(t), dtype=bool) for t in targets]
    tp = np.zeros(len(rows))
    for k, (_, i, j) in enumerate(rows):
        mask, there = predictions[i][0][j].numpy(), targets[i].numpy()
        if len(there) == 0:
            continue
        inter = (there & mask).reshape(len(there), -1).sum(1)
        union = (there | mask).reshape(len(there), -1).sum(1)
        iou = np.where(used[i], -1.0, inter / union)
        if iou.max() >= threshold:
            used[i][iou.argmax()], tp[k] = True, 1
    recall = np.concatenate([[0], np.cumsum(tp) / total, [1]])
    precision = np.concatenate([[1], np.cumsum(tp) / np.arange(1, len(rows) + 1), [0]])
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum((recall[1:] - recall[:-1]) * precision[1:]))


def picture_by_picture(predictions, targets, threshold=0.5):
    """Matching goes picture by picture, since targets never compete across pictures; ranking comes after."""
    scores, hits, total = [], [], 0
    for (masks, s), there in zip(predictions, targets, strict=True):
        total += len(there)
        flat, known = masks.flatten(1).float(), there.flatten(1).float()
        inter = flat @ known.T if len(masks) and len(there) else torch.zeros(len(masks), len(there))
        union = flat.sum(1)[:, None] + known.sum(1)[None] - inter
        iou = inter / union
        for i in torch.argsort(s, descending=True):
            hit = bool(len(there)) and iou[i].max().item() >= threshold
            if hit:
                iou[:, iou[i].argmax()] = -1
            scores.append(s[i].item())
            hits.append(hit)
    if total == 0:
        return float("nan")
    if not hits:
        return 0.0
    hits = torch.tensor(hits)[torch.tensor(scores, dtype=torch.float64).argsort(descending=True)].double()
    precision = hits.cumsum(0) / torch.arange(1, len(hits) + 1)
    best = precision.flip(0).cummax(0).values.flip(0)
    return ((hits * best).sum() / total).item()


def one_step_a_hit(predictions, targets, threshold=0.5):
    """AP is the mean over the targets of the best precision from each hit on; missed ones give 0."""
    free = [dict(enumerate(t)) for t in targets]
    total = sum(map(len, free))
    ranking = sorted(
        ((s.item(), i, m) for i, (masks, scores) in enumerate(predictions) for m, s in zip(masks, scores, strict=True)),
        key=lambda row: row[0], reverse=True,
    )  # fmt: skip
    curve, right = [], 0
    for place, (_, i, mask) in enumerate(ranking, start=1):
        overlap = lambda key, i=i, mask=mask: float((free[i][key] & mask).sum() / (free[i][key] | mask).sum())
        best = max(free[i], key=overlap, default=None)
        hit = best is not None and overlap(best) >= threshold
        if hit:
            del free[i][best]
            right += 1
        curve.append((hit, right / place))
    if not total:
        return np.nan
    tops = [max(p for _, p in curve[k:]) for k, (hit, _) in enumerate(curve) if hit]
    return sum(tops) / total
