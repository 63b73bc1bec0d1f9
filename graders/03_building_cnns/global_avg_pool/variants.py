"""Right answers of global_avg_pool of other kinds."""

import torch


def flat_maps(x):
    """Each map as one row."""
    return x.reshape(x.size(0), x.size(1), -1).mean(dim=-1)


def einsum(x):
    """A weighted sum with equal weights."""
    n, c, h, w = x.shape
    return torch.einsum("nchw->nc", x) / (h * w)


def loops(x):
    """One map at a time."""
    return torch.stack([torch.stack([channel.sum() / channel.numel() for channel in picture]) for picture in x])


def twice(x):
    """The mean of the means of the rows, with axes from behind."""
    return x.mean(-1, keepdim=True).mean(-2).squeeze(-1)
