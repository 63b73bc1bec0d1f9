"""Known wrong answers of permute_pixels."""

import torch


def inverse_applied(images, permutation):
    """You apply the inverse: pixel i goes to place permutation[i]. It is the other way round: pixel i of the result
    comes from place permutation[i] (section 1.7)."""
    return images.flatten(2)[:, :, permutation.argsort()].reshape(images.shape)


def another_one_per_picture(images, permutation):
    """Each picture gets another permutation. It is the same one for all, or else there is nothing to learn (section
    1.7)."""
    rows = images.flatten(2)
    moved = [row[:, permutation.roll(i)] for i, row in enumerate(rows)]
    return torch.stack(moved).reshape(images.shape)


def channels_apart(images, permutation):
    """Each channel gets another permutation. The channels of one pixel stay together (section 1.7)."""
    rows = images.flatten(2)
    moved = [rows[:, c, permutation.roll(c)] for c in range(rows.shape[1])]
    return torch.stack(moved, 1).reshape(images.shape)


def first_channel_only(images, permutation):
    """You permute the first channel and leave the others. All channels are rearranged alike (section 1.7)."""
    result = images.flatten(2).clone()
    result[:, 0] = result[:, 0][:, permutation]
    return result.reshape(images.shape)


def first_picture_only(images, permutation):
    """You permute the first picture and leave the others. All pictures are rearranged alike (section 1.7)."""
    result = images.flatten(2).clone()
    result[0] = result[0][:, permutation]
    return result.reshape(images.shape)


def first_channel_everywhere(images, permutation):
    """All channels of your result hold the pixels of channel 0. Each keeps its own (section 1.7)."""
    return images[:, :1].flatten(2)[:, :, permutation].reshape(len(images), 1, *images.shape[2:]).expand(images.shape)


def over_all_numbers(images, permutation):
    """You flatten the channels as well, so the permutation reaches channel 0 only and the result is cut off. Join rows
    and columns and leave the channels (section 1.7)."""
    return images.flatten(1)[:, permutation].reshape(len(images), 1, *images.shape[2:])


def permutes_the_batch(images, permutation):
    """You rearrange the pictures, not their pixels. The permutation belongs to the axis of the pixels (section 1.7)."""
    return images[permutation % len(images)][: len(images)]


def rows_only(images, permutation):
    """You rearrange whole rows. Every pixel has a place of its own in the permutation (section 1.7)."""
    height, width = images.shape[2:]
    rows = torch.tensor(sorted(range(height), key=lambda i: permutation[i * width].item()))
    return images[:, :, rows]


def rows_by_the_permutation(images, permutation):
    """You index the rows with the permutation, which counts pixels. Join rows and columns into one axis first (section
    1.7)."""
    return images[:, :, permutation]


def down_the_columns(images, permutation):
    """You count the pixels down the columns. They are counted row by row, as in `flatten` (section 1.7)."""
    moved = images.transpose(2, 3).flatten(2)[:, :, permutation]
    return moved.reshape(*images.shape[:2], images.shape[3], images.shape[2]).transpose(2, 3)


def height_and_width_swapped(images, permutation):
    """Your result has height and width exchanged. It has the shape of images (section 1.7)."""
    n, c, height, width = images.shape
    return images.flatten(2)[:, :, permutation].reshape(n, c, width, height)


def left_flat(images, permutation):
    """You leave rows and columns joined: (N, C, H * W). Give the result the shape of images (section 1.7)."""
    return images.flatten(2)[:, :, permutation]


def applied_twice(images, permutation):
    """You apply the permutation twice. Once is enough (section 1.7)."""
    return images.flatten(2)[:, :, permutation][:, :, permutation].reshape(images.shape)


def values_replaced(images, permutation):
    """Your result holds the permutation itself. It says where pixels come from; the values are those of images (section
    1.7)."""
    return permutation.to(images.dtype).reshape(1, 1, *images.shape[2:]).expand(images.shape).clone()


def memory_order(images, permutation):
    """You count pixels in the order in which they lie in memory (`view`, `as_strided`). After a transpose that is not
    row by row; `reshape` copies where it must (section 1.7)."""
    return images.view(*images.shape[:2], -1)[:, :, permutation].view(images.shape)


def float32_result(images, permutation):
    """Your result is float32 whatever goes in. `torch.zeros(...)` is float32; the dtype of images is kept (section
    1.7)."""
    return images.flatten(2)[:, :, permutation].reshape(images.shape).float()


def in_place(images, permutation):
    """Your function writes into the pictures that it was given. Write into a tensor of your own (section 1.7)."""
    return images.copy_(images.flatten(2)[:, :, permutation].reshape(images.shape))
