"""Known wrong answers of random_resized_crop."""

import torch
import torch.nn.functional as F


def _size(size):
    return (size, size) if isinstance(size, int) else tuple(size)


def _draw(low, high, generator):
    return low + (high - low) * torch.rand((), generator=generator).item()


def _window(rows, columns, scale, ratio, generator):
    """Top, left, height, width."""
    area, shape = _draw(*scale, generator) * rows * columns, _draw(*ratio, generator)
    width = min(columns, max(1, round((area * shape) ** 0.5)))
    height = min(rows, max(1, round((area / shape) ** 0.5)))
    return (*_place(rows, columns, height, width, generator), height, width)


def _place(rows, columns, height, width, generator):
    return (
        torch.randint(0, rows - height + 1, (), generator=generator).item(),
        torch.randint(0, columns - width + 1, (), generator=generator).item(),
    )


def _resize(image, size, mode="bilinear"):
    return F.interpolate(image[None], size=size, mode=mode)


def _crop(images, size, scale, ratio, generator, window=_window, resize=_resize):
    out = []
    for image in images:
        top, left, height, width = window(*image.shape[1:], scale, ratio, generator)
        out.append(resize(image[:, top : top + height, left : left + width], _size(size)))
    return torch.cat(out)


def one_window_for_the_batch(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """You draw one window for the whole batch. Each picture gets its own (section 7.5)."""
    window = _window(*images.shape[2:], scale, ratio, generator)
    return _crop(images, size, scale, ratio, generator, window=lambda *_: window)


def one_shape_for_the_batch(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """You draw area and ratio once for the batch, and only the place for each picture. All four numbers belong to a
    picture (section 7.5)."""
    _, _, height, width = _window(*images.shape[2:], scale, ratio, generator)
    window = lambda rows, columns, *_: (*_place(rows, columns, height, width, generator), height, width)
    return _crop(images, size, scale, ratio, generator, window=window)


def crop_outside(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """Your windows reach beyond the picture, and what is missing is filled with zeros. The first row can be at most
    H − height (section 7.5)."""
    rows, columns = images.shape[2:]

    def window(rows, columns, scale, ratio, generator):
        _, _, height, width = _window(rows, columns, scale, ratio, generator)
        return (*_place(2 * rows, 2 * columns, rows, columns, generator), height, width)

    padded = F.pad(images, (0, columns, 0, rows))
    out = []
    for image in padded:
        top, left, height, width = window(rows, columns, scale, ratio, generator)
        out.append(_resize(image[:, top : top + height, left : left + width], _size(size)))
    return torch.cat(out)


def always_in_the_middle(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """Your windows all lie in the middle of the picture. Draw the place too (section 7.5)."""

    def window(rows, columns, scale, ratio, generator):
        _, _, height, width = _window(rows, columns, scale, ratio, generator)
        return (rows - height) // 2, (columns - width) // 2, height, width

    return _crop(images, size, scale, ratio, generator, window)


def always_in_the_corner(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """Your windows all begin at the upper left corner. Draw the place too (section 7.5)."""
    window = lambda *arguments: (0, 0, *_window(*arguments)[2:])
    return _crop(images, size, scale, ratio, generator, window)


def same_place_in_both_directions(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """You use one draw for row and column, so windows lie on the diagonal (section 7.5)."""

    def window(rows, columns, scale, ratio, generator):
        _, _, height, width = _window(rows, columns, scale, ratio, generator)
        at = torch.rand((), generator=generator).item()
        return round(at * (rows - height)), round(at * (columns - width)), height, width

    return _crop(images, size, scale, ratio, generator, window)


def scale_of_the_side(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """You take scale as the share of a side, so a window at 0.5 has a quarter of the area. It is the share of the area:
    take the root for a side (section 7.5)."""

    def window(rows, columns, scale, ratio, generator):
        share, shape = _draw(*scale, generator), _draw(*ratio, generator)
        side = share * (rows * columns) ** 0.5
        width = min(columns, max(1, round(side * shape**0.5)))
        height = min(rows, max(1, round(side / shape**0.5)))
        return (*_place(rows, columns, height, width, generator), height, width)

    return _crop(images, size, scale, ratio, generator, window)


def ratio_turned(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """Your windows are ratio times as high as wide. The ratio is width divided by height (section 7.5)."""

    def window(rows, columns, scale, ratio, generator):
        area, shape = _draw(*scale, generator) * rows * columns, _draw(*ratio, generator)
        height = min(rows, max(1, round((area * shape) ** 0.5)))
        width = min(columns, max(1, round((area / shape) ** 0.5)))
        return (*_place(rows, columns, height, width, generator), height, width)

    return _crop(images, size, scale, ratio, generator, window)


def ratio_ignored(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """Your windows are squares whatever ratio is (section 7.5)."""
    return _crop(images, size, scale, (1.0, 1.0), generator)


def ratio_of_the_picture(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """You measure width and height of the window as shares of the picture's. The ratio is one of pixels: in a picture
    that is wider than high, yours comes out too large (section 7.5)."""

    def window(rows, columns, scale, ratio, generator):
        share, shape = _draw(*scale, generator), _draw(*ratio, generator)
        width = min(columns, max(1, round(columns * (share * shape) ** 0.5)))
        height = min(rows, max(1, round(rows * (share / shape) ** 0.5)))
        return (*_place(rows, columns, height, width, generator), height, width)

    return _crop(images, size, scale, ratio, generator, window)


def ratio_without_root(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """You stretch the width by the whole ratio and leave the height, so the area is wrong. Width and height share it:
    one times its root, the other divided by it (section 7.5)."""

    def window(rows, columns, scale, ratio, generator):
        area, shape = _draw(*scale, generator) * rows * columns, _draw(*ratio, generator)
        height = min(rows, max(1, round(area**0.5)))
        width = min(columns, max(1, round(area**0.5 * shape)))
        return (*_place(rows, columns, height, width, generator), height, width)

    return _crop(images, size, scale, ratio, generator, window)


def nearest(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """You repeat the nearest pixel, which is the default of F.interpolate. Ask for mode="bilinear" (section 7.5)."""
    return _crop(images, size, scale, ratio, generator, resize=lambda x, s: _resize(x, s, "nearest"))


def size_turned(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """You take size as (width, height). It is (height, width), like the last two axes (section 7.5)."""
    return _crop(images, _size(size)[::-1], scale, ratio, generator)


def global_random_state(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """You draw from torch's global random state and not from the generator that was given (section 7.5)."""
    return _crop(images, size, scale, ratio, None)


def copies_the_generator(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """You draw from a copy of the generator, so the one that was given never moves on, and each epoch sees the same
    windows (section 7.5)."""
    copy = torch.Generator()
    copy.set_state(generator.get_state())
    return _crop(images, size, scale, ratio, copy)


def float32_result(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """Your result is float32 whatever comes in: keep the dtype of the pictures (section 7.5)."""
    return _crop(images, size, scale, ratio, generator).float()
