"""Known wrong answers of flatten."""

import torch


def merges_the_batch(x):
    """You make one row of the whole batch. Each picture is a row of its own: the first axis stays (section 1.1)."""
    return x.reshape(-1)


def one_row_for_all(x):
    """You make one row of the whole batch, with an axis of length 1 before it. Each picture is a row of its own: the
    first axis keeps its length N (section 1.1)."""
    return x.reshape(1, -1)


def channel_last(x):
    """Your rows hold the channels of one pixel next to each other. First comes the whole of channel 0, then the whole
    of channel 1 (section 1.1)."""
    return x.permute(0, 2, 3, 1).flatten(1)


def column_major(x):
    """You go down the columns. In a picture the next number is the right neighbour: row after row (section 1.1)."""
    return x.transpose(2, 3).flatten(1)


def channels_apart(x):
    """You join rows and columns and leave the channels apart. All C * H * W numbers of a picture go into one row
    (section 1.1)."""
    return x.flatten(2)


def first_axes_joined(x):
    """You join pictures and channels. The first axis stays as it is; channels, rows and columns become one (section
    1.1)."""
    return x.flatten(0, 1).flatten(1)


def batch_and_pixels_exchanged(x):
    """Your result has pixels as rows and pictures as columns. One row is one picture: (N, C * H * W) (section 1.1)."""
    return x.flatten(1).T


def squeezes(x):
    """A single picture loses its axis: (C * H * W,) instead of (1, C * H * W). A batch of one is a batch (section
    1.1)."""
    return x.flatten(1).squeeze(0)


def view_on_non_contiguous(x):
    """`view` fails when the numbers of a tensor do not lie one after the other in memory, as after a transpose or a
    slice. `reshape` copies where it must (section 1.1)."""
    return x.view(len(x), x[0].numel() if len(x) else x.shape[1:].numel())


def in_memory_order(x):
    """You read the numbers in the order in which they lie in memory. After a transpose that is not the order of
    channels, rows and columns (section 1.1)."""
    x = x.clone(memory_format=torch.preserve_format)
    return torch.as_strided(x, (x.shape[0], x.shape[1:].numel()), (x.shape[1:].numel(), 1))


def detached(x):
    """The numbers are right, but no gradient flows back: `.detach()`, numpy, `torch.tensor(...)` or `torch.no_grad()`
    cuts it off (section 1.1)."""
    return x.detach().flatten(1)


def rows_from_the_first_picture(x):
    """With no pictures at all, your function looks for the first one and fails. C, H and W stand in `x.shape` (section
    1.1)."""
    return x.reshape(len(x), x[0].numel())


def minus_one_for_no_pictures(x):
    """`reshape(N, -1)` cannot tell how long a row is when there are no rows. Write C * H * W instead of -1 (section
    1.1)."""
    return x.reshape(len(x), -1)


def always_float(x):
    """Your result is float32 whatever goes in. The dtype of x is kept, bytes and float64 too (section 1.1)."""
    return x.float().flatten(1)
