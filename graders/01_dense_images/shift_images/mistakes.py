"""Known wrong answers of shift_images."""

import torch
import torch.nn.functional as F


def _shift(images, dy, dx):
    height, width = images.shape[-2:]
    dy, dx = max(-height, min(height, dy)), max(-width, min(width, dx))
    if images.dtype == torch.bool:
        return _shift(images.byte(), dy, dx).bool()
    return F.pad(images, (dx, -dx, dy, -dy))


def wraps(images, dy, dx):
    """Pixels that leave on one side come back on the other, as `torch.roll` does. Zeros come in (section 1.6)."""
    return images.roll((dy, dx), (2, 3))


def wraps_columns(images, dy, dx):
    """Columns that leave on one side come back on the other. Zeros come in, from the left and the right too (section
    1.6)."""
    return _shift(images, dy, 0).roll(dx, 3)


def wraps_rows(images, dy, dx):
    """Rows that leave on one side come back on the other. Zeros come in, from above and below too (section 1.6)."""
    return _shift(images, 0, dx).roll(dy, 2)


def other_way(images, dy, dx):
    """Your content moves the other way. dy > 0 moves it down and dx > 0 to the right: y[i, j] = x[i - dy, j - dx]
    (section 1.6)."""
    return _shift(images, -dy, -dx)


def up_instead_of_down(images, dy, dx):
    """dy > 0 moves your content up. Rows are counted from the top, so down means larger i (section 1.6)."""
    return _shift(images, -dy, dx)


def left_instead_of_right(images, dy, dx):
    """dx > 0 moves your content to the left. It moves to the right, to larger j (section 1.6)."""
    return _shift(images, dy, -dx)


def axes_swapped(images, dy, dx):
    """dy moves your content sideways and dx up and down. Rows are the axis before the last: dy belongs to them (section
    1.6)."""
    return _shift(images, dx, dy)


def repeats_the_edge(images, dy, dx):
    """You repeat the pixels of the edge. Zeros come in (section 1.6)."""
    n, c, height, width = images.shape
    rows = (torch.arange(height) - dy).clamp(0, height - 1)
    columns = (torch.arange(width) - dx).clamp(0, width - 1)
    return images[:, :, rows][:, :, :, columns]


def shifts_the_batch(images, dy, dx):
    """You shift along the wrong axes: pictures and channels move instead of rows and columns. The axes are N C H W
    (section 1.6)."""
    (n, c), result = images.shape[:2], torch.zeros_like(images)
    for i in range(n):
        for j in range(c):
            if 0 <= i - dy < n and 0 <= j - dx < c:
                result[i, j] = images[i - dy, j - dx]
    return result


def columns_and_channels(images, dy, dx):
    """dx moves your rows, and dy your channels. Count the axes from the end: rows are -2, columns are -1 (section
    1.6)."""
    result = torch.zeros_like(images)
    for j in range(images.shape[1]):
        if 0 <= j - dy < images.shape[1]:
            result[:, j] = images[:, j - dy]
    return _shift(result, dx, 0)


def never_backwards(images, dy, dx):
    """Negative shifts do nothing in your code. They move up and to the left (section 1.6)."""
    return _shift(images, max(dy, 0), max(dx, 0))


def absolute(images, dy, dx):
    """You ignore the signs: a negative shift goes the same way as a positive one. It moves up and to the left (section
    1.6)."""
    return _shift(images, abs(dy), abs(dx))


def columns_only(images, dy, dx):
    """dy changes nothing in your result. It moves the content up or down (section 1.6)."""
    return _shift(images, 0, dx)


def rows_only(images, dy, dx):
    """dx changes nothing in your result. It moves the content sideways (section 1.6)."""
    return _shift(images, dy, 0)


def grows(images, dy, dx):
    """Your pictures grow by the shift. The size is kept, and what leaves the picture is gone (section 1.6)."""
    return F.pad(images, (max(dx, 0), max(-dx, 0), max(dy, 0), max(-dy, 0)))


def zero_means_nothing_left(images, dy, dx):
    """With a shift of 0 your pictures become empty or black: `x[..., :-0]` holds nothing. Write ends as start plus
    length (section 1.6)."""
    return _shift(images, dy, dx) if dy and dx else torch.zeros_like(images)


def not_beyond_the_picture(images, dy, dx):
    """A shift larger than the picture counts from the other end in your code, or is cut to something smaller. It leaves
    zeros only (section 1.6)."""
    height, width = images.shape[-2:]
    return _shift(images, max(1 - height, min(height - 1, dy)), max(1 - width, min(width - 1, dx)))


def modulo_the_size(images, dy, dx):
    """You take the shift modulo the size of the picture, so that a large one becomes a small one. It leaves zeros only
    (section 1.6)."""
    height, width = images.shape[-2:]
    return _shift(images, int(torch.tensor(dy).fmod(height)), int(torch.tensor(dx).fmod(width)))


def float32_result(images, dy, dx):
    """Your result is float32 whatever goes in. `torch.zeros(...)` is float32; `torch.zeros_like(images)` has the dtype
    of images (section 1.6)."""
    return _shift(images, dy, dx).float()


def in_place(images, dy, dx):
    """Your function writes into the pictures that it was given, so the caller's are moved, too. Write into zeros of
    your own (section 1.6)."""
    return images.copy_(_shift(images, dy, dx))
