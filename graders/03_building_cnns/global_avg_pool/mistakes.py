"""Known wrong answers of global_avg_pool."""


def over_the_batch(x):
    """You average over the pictures of the batch. Average over rows and columns, each picture alone (section 3.6)."""
    return x.mean(0)


def over_channels(x):
    """You average over the channels as well. Each map has a mean of its own: the result is (N, C) (section 3.6)."""
    return x.mean((1, 2, 3))


def over_channels_only(x):
    """You average over the channels and keep the places. It is the other way round: rows and columns go, channels stay
    (section 3.6)."""
    return x.mean(1)


def keeps_height_and_width(x):
    """Your result still has height and width, of length 1. It has two axes, (N, C) (section 3.6)."""
    return x.mean((2, 3), keepdim=True)


def squeezes_everything(x):
    """You take all axes of length 1 away, so that the axis of the pictures goes for N = 1, and that of the channels for
    C = 1. Take away height and width only (section 3.6)."""
    return x.mean((2, 3), keepdim=True).squeeze()


def flattens(x):
    """You flatten the maps instead of averaging them. Each map becomes one number (section 3.6)."""
    return x.flatten(1)


def maximum_instead(x):
    """You take the largest number of each map. Asked for is the mean (section 3.6)."""
    return x.amax((2, 3))


def sum_instead(x):
    """You return the sum of each map. Divide by the number of its places (section 3.6)."""
    return x.sum((2, 3))


def divides_by_49(x):
    """You divide by 49 whatever the size of the maps. Divide by H · W (section 3.6)."""
    return x.sum((2, 3)) / 49


def divides_by_height_squared(x):
    """You divide by H · H. Maps need not be square: divide by H · W (section 3.6)."""
    return x.sum((2, 3)) / x.shape[2] ** 2


def one_number_for_all(x):
    """You average everything into one number. Each map of each picture has a mean of its own (section 3.6)."""
    return x.mean()


def over_rows_only(x):
    """You average over one of the two directions only. The result has two axes, (N, C) (section 3.6)."""
    return x.mean(2)


def batch_and_channels_swapped(x):
    """Your result is (C, N). It is (N, C), one row a picture (section 3.6)."""
    return x.mean((2, 3)).T


def detached(x):
    """The numbers are right, but no gradient flows back: `.detach()`, `.item()`, numpy or `torch.no_grad()` cuts it off
    (section 3.6)."""
    return x.mean((2, 3)).detach()


def view_on_non_contiguous(x):
    """`view` fails when the numbers of a tensor do not lie one after the other in memory, as after a transpose.
    `reshape` or `flatten` copy where they must (section 3.6)."""
    return x.view(x.shape[0], x.shape[1], -1).mean(2)


def float32_result(x):
    """Your result is float32 whatever goes in. It keeps the dtype of x (section 3.6)."""
    return x.mean((2, 3)).float()
