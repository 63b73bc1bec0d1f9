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


def nobody_is_larger(logits, targets):
    """A picture is right if no logit is above that of its class."""
    own = logits.gather(1, targets.unsqueeze(1))
    return 1 - (logits > own).any(1).sum().item() / targets.numel()


def on_the_diagonal(logits, targets):
    """A table of answers against targets, in numpy; the share on its diagonal."""
    table = np.zeros((logits.size(1), logits.size(1)), dtype=int)
    np.add.at(table, (targets.numpy(), logits.topk(1).indices[:, 0].numpy()), 1)
    return float(table.trace() / table.sum())
