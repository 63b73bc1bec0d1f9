"""Right answers of resize_schedule of other kinds."""

import torch


def from_the_end(sizes, epochs):
    """Deals epochs round from the last size to the first."""
    n = len(sizes)
    if n > epochs:
        raise ValueError(f"{n} sizes do not fit into {epochs} epochs")
    counts = [0] * n
    for e in range(epochs):
        counts[n - 1 - e % n] += 1
    schedule = []
    for size, count in zip(sizes, counts, strict=True):
        schedule.extend([size] * count)
    return schedule


def by_index(sizes, epochs):
    """One formula for the index of an epoch, counted from the end."""
    n = len(sizes)
    if epochs < n:
        raise ValueError(f"epochs={epochs} is less than the number of sizes, {n}")
    long, rest = epochs // n + 1, epochs % n
    index = lambda k: k // long if k < rest * long else rest + (k - rest * long) // (long - 1)
    return [sizes[n - 1 - index(epochs - 1 - e)] for e in range(epochs)]


def with_torch(sizes, epochs):
    """repeat_interleave."""
    if epochs < len(sizes):
        raise ValueError(epochs)
    counts = torch.full((len(sizes),), epochs // len(sizes))
    if epochs % len(sizes):
        counts[-(epochs % len(sizes)) :] += 1
    return torch.tensor(sizes).repeat_interleave(counts).tolist()
