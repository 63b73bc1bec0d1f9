"""Known wrong answers of total_variation."""

import torch


def _down(image):
    return image[:, :, 1:] - image[:, :, :-1]


def _right(image):
    return image[:, :, :, 1:] - image[:, :, :, :-1]


def squares(image):
    """You square the differences. Here they are absolute: one large step costs as much as many small ones, so edges
    survive (section 14.5)."""
    return _down(image).square().mean() + _right(image).square().mean()


def vertical_only(image):
    """You compare rows with rows only. Horizontal neighbours count as well (section 14.5)."""
    return _down(image).abs().mean()


def horizontal_only(image):
    """You compare columns with columns only. Vertical neighbours count as well (section 14.5)."""
    return _right(image).abs().mean()


def wraps_around(image):
    """You compare the first row with the last one too, and the first column with the last (`roll` does that). These
    are no neighbours (section 14.5)."""
    return (image - image.roll(1, 2)).abs().mean() + (image - image.roll(1, 3)).abs().mean()


def border_with_zeros(image):
    """Your picture is surrounded by zeros, and the step to them counts. Only pairs inside the picture count
    (section 14.5)."""
    padded = torch.nn.functional.pad(image, (0, 1, 0, 1))
    return (padded[:, :, 1:, :-1] - image).abs().mean() + (padded[:, :, :-1, 1:] - image).abs().mean()


def summed(image):
    """You add the differences up. It is their mean, so that a larger picture does not have more of it
    (section 14.5)."""
    return _down(image).abs().sum() + _right(image).abs().sum()


def mean_of_all_pairs(image):
    """You take one mean over the pairs of both directions. Each direction has its own mean, and the two are added
    (section 14.5)."""
    return torch.cat([_down(image).flatten(), _right(image).flatten()]).abs().mean()


def mean_of_the_two(image):
    """You halve the sum. The two means are added (section 14.5)."""
    return (_down(image).abs().mean() + _right(image).abs().mean()) / 2


def divided_by_the_pixels(image):
    """You divide by the number of pixels. There are fewer pairs than pixels: W − 1 in each row, H − 1 in each column
    (section 14.5)."""
    return (_down(image).abs().sum() + _right(image).abs().sum()) / image.numel()


def divided_by_the_batch(image):
    """You divide by the number of pictures only. The mean runs over all pairs, channels included (section 14.5)."""
    return (_down(image).abs().sum() + _right(image).abs().sum()) / len(image)


def channels_added(image):
    """You add the channels before you take the mean, so colour pictures have three times as much. The mean runs over
    channels too (section 14.5)."""
    return _down(image).abs().sum(1).mean() + _right(image).abs().sum(1).mean()


def grey_picture(image):
    """You take the mean of the channels first, where steps of opposite sign cancel. Each channel counts on its own
    (section 14.5)."""
    grey = image.mean(1, keepdim=True)
    return _down(grey).abs().mean() + _right(grey).abs().mean()


def over_the_channels(image):
    """Your axes are off by one: you compare channels with channels. Rows are axis 2, columns axis 3 (section 14.5)."""
    if image.shape[1] == 1:
        return _down(image).abs().mean()
    return (image[:, 1:] - image[:, :-1]).abs().mean() + _down(image).abs().mean()


def length_of_the_step(image):
    """You take the root of the squares of both steps at each pixel, as in physics. Here the two absolute differences
    are averaged apart (section 14.5)."""
    steps = _down(image)[..., :-1].square() + _right(image)[:, :, :-1].square()
    return (steps + 1e-12).sqrt().mean()


def signed(image):
    """You do not take absolute values, so steps up and steps down cancel (section 14.5)."""
    return _down(image).mean() + _right(image).mean()


def one_number_a_picture(image):
    """You give one number a picture. The loss is a single number, the mean over the batch as well (section 14.5)."""
    return _down(image).abs().mean((1, 2, 3)) + _right(image).abs().mean((1, 2, 3))


def a_float(image):
    """You return a Python float, through which no gradient flows. Return the tensor, without `.item()`
    (section 14.5)."""
    return (_down(image).abs().mean() + _right(image).abs().mean()).item()


def one_mean_for_both(image):
    """You take one mean over the pairs of both directions together. There are more pairs in one direction than in the
    other unless the picture is square: take a mean of each, and add the two (section 14.5)."""
    return 2 * torch.cat([_down(image).abs().flatten(), _right(image).abs().flatten()]).mean()
