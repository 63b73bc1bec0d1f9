import math

import numpy as np
import torch


def sets_of_pixels(prediction, target, num_classes, ignore_index=255):
    """One class after the other, with boolean masks."""
    known, values = target != ignore_index, []
    for c in range(num_classes):
        p, t = (prediction == c) & known, (target == c) & known
        if union := (p | t).sum().item():
            values.append((p & t).sum().item() / union)
    return sum(values) / len(values) if values else float("nan")


def nanmean(prediction, target, num_classes, ignore_index=255):
    """0 / 0 is NaN, which nanmean leaves out; float32."""
    known = (target != ignore_index).flatten()
    classes = torch.arange(num_classes)[:, None]
    p, t = prediction.flatten()[known] == classes, target.flatten()[known] == classes
    return float(torch.nanmean((p & t).sum(1) / (p | t).sum(1)))


def numpy_histograms(prediction, target, num_classes, ignore_index=255):
    """numpy's bincount of pairs; a numpy float."""
    p, t = prediction.numpy().ravel(), target.numpy().ravel()
    p, t = p[t != ignore_index], t[t != ignore_index]
    counts = np.bincount(num_classes * t + p, minlength=num_classes**2).reshape(num_classes, num_classes)
    hit, union = np.diag(counts), counts.sum(0) + counts.sum(1) - np.diag(counts)
    return np.mean(hit[union > 0] / union[union > 0]) if union.any() else np.float64("nan")


def dictionary(prediction, target, num_classes, ignore_index=255):
    """Counters in plain Python."""
    hits, union = {}, {}
    for p, t in zip(prediction.flatten().tolist(), target.flatten().tolist(), strict=True):
        if t == ignore_index:
            continue
        for c in {p, t}:
            union[c] = union.get(c, 0) + 1
        if p == t:
            hits[t] = hits.get(t, 0) + 1
    return math.fsum(hits.get(c, 0) / n for c, n in union.items()) / len(union) if union else math.nan
