"""Right answers of accuracy of other kinds."""

import numpy as np


def picture_by_picture(logits, targets):
    """A loop, Python lists."""
    right = 0
    for row, target in zip(logits.tolist(), targets.tolist(), strict=True):
        right += row.index(max(row)) == target
    return right / len(targets)


def in_numpy(logits, targets):
    """numpy's argmax and mean, as a numpy float."""
    return float(np.mean(logits.detach().numpy().argmax(axis=1) == targets.numpy()))


def as_float32(logits, targets):
    """The mean of float32 zeros and ones."""
    _, answers = logits.max(dim=1)
    return answers.eq(targets).float().mean().item()
