"""Right answers of pointing_game of other kinds."""

import numpy as np
import torch


def in_numpy(maps, masks):
    """unravel_index, picture by picture."""
    hits = []
    for one, mask in zip(maps.numpy(), masks.numpy(), strict=True):
        if mask.any():
            hits.append(mask[np.unravel_index(one.argmax(), one.shape)])
    return float(np.mean(hits)) if hits else float("nan")


def first_of_the_largest(maps, masks):
    """Compares with the maximum, and takes the first place by a running count."""
    kept = masks.flatten(1).sum(1) > 0
    flat, inside = maps.flatten(1)[kept], masks.flatten(1)[kept]
    largest = flat == flat.max(1, keepdim=True).values if len(flat) else flat.bool()
    first = largest & (largest.cumsum(1) == 1)
    return ((first & inside).sum() / kept.sum()).item()


def by_sorting(maps, masks):
    """A stable sort, the first of the descending order."""
    n = len(maps)
    order = torch.sort(maps.reshape(n, -1), dim=1, descending=True, stable=True).indices[:, 0]
    hit, tried = 0, 0
    for i in range(n):
        if torch.any(masks[i]):
            tried += 1
            hit += int(masks[i].reshape(-1)[order[i]])
    return float("nan") if tried == 0 else hit / tried
