"""random_resized_crop: a random window of each picture, resized. images (N, C, H, W) in [0, 1].

The windows are read off the result: the first channel of a test picture rises from left to right, the second from
top to bottom, the third is 1 everywhere. The draws themselves are left to the answer.
"""

import torch

from course.grading import fail, leaves_inputs, observe, points, same

ROWS, COLUMNS = 60, 80


def ramps(n, rows=ROWS, columns=COLUMNS, dtype=torch.float64):
    """Pictures whose pixels say where they are: (column + 0.5) / columns, (row + 0.5) / rows, and 1."""
    x = ((torch.arange(columns, dtype=torch.float64) + 0.5) / columns).expand(rows, columns)
    y = ((torch.arange(rows, dtype=torch.float64) + 0.5) / rows)[:, None].expand(rows, columns)
    return torch.stack([x, y, torch.ones_like(x)]).to(dtype).expand(n, 3, rows, columns).clone()


def crop(student, images, size, seed=1, **kwargs):
    return student.support.seeded(student.random_resized_crop.handle(), images, seed, size=size, **kwargs)


def windows(student, n, size=24, rows=ROWS, columns=COLUMNS, seed=1, **kwargs):
    """Width, height and centre (pixels of the picture) of the windows of n pictures, and the result."""
    result = crop(student, ramps(n, rows, columns), size, seed, **kwargs)
    height, width = (size, size) if isinstance(size, int) else size
    same(list(result.shape) if isinstance(result, torch.Tensor) else type(result).__name__, [n, 3, height, width],
         f"the shape for {n} pictures and size={size}")  # fmt: skip
    result = result.double()
    outside = (result[:, 2] < 0.98).flatten(1).any(1).sum().item()
    if outside:
        fail(
            f"of {n} windows, {outside} reach beyond the picture: there are pixels that are not from it.",
            "crop_outside",
        )
    across, down = result[:, 0].mean(1), result[:, 1].mean(2)  # (n, width), (n, height)
    return _extent(across, columns), _extent(down, rows), _middle(across, columns), _middle(down, rows), result


def _extent(line, pixels):
    """How many pixels a line of outputs spans, from its slope in the middle half."""
    n = line.shape[1]
    low, high = n // 4, n - 1 - n // 4
    return (line[:, high] - line[:, low]).abs() / (high - low) * n * pixels


def _middle(line, pixels):
    n = line.shape[1]
    return (line[:, (n - 1) // 2] + line[:, n // 2]) / 2 * pixels


@points(0.5)
def test_size(student):
    """The result has the size asked for, an int or (height, width), one picture a picture, and the dtype."""
    for size, shape in ((7, (7, 7)), ((6, 9), (6, 9)), ((32, 20), (32, 20))):
        for dtype in (torch.float32, torch.float64):
            result = crop(student, ramps(3, 16, 20, dtype), size)
            same(list(result.shape), [3, 3, *shape], f"the shape for 3 pictures of 16 × 20 and size={size}")
            same(str(result.dtype), str(dtype), f"the dtype for {dtype} pictures")
    same(list(crop(student, torch.rand(2, 1, 8, 8), 5).shape), [2, 1, 5, 5], "the shape for 2 pictures with 1 channel")


@points(0.25)
def test_whole_picture(student):
    """With scale=(1, 1) and the picture's own ratio, the window is the whole picture: nothing changes."""
    images = torch.rand(3, 3, 12, 12, generator=torch.Generator().manual_seed(3))
    same(crop(student, images, 12, scale=(1.0, 1.0), ratio=(1.0, 1.0)), images,
         "pictures of 12 × 12 with size=12, scale=(1, 1), ratio=(1, 1)", 1e-4)  # fmt: skip


@points(0.5)
def test_area(student):
    """The window's share of the picture's area lies in scale, and all of scale occurs."""
    for low, high in ((0.2, 0.4), (0.5, 0.7)):
        width, height, *_ = windows(student, 150, scale=(low, high), ratio=(1.0, 1.6))
        share = width * height / (ROWS * COLUMNS)
        slack = 3 * (width + height).mean().item() / (ROWS * COLUMNS)  # a pixel and a half each side
        if share.min() < low - slack or share.max() > high + slack:
            of_the_side = low**2 - slack < share.min() and share.max() < high**2 + slack
            name = "scale_of_the_side" if of_the_side else None
            fail(f"with scale=({low}, {high}), windows have {share.min():.2f} to {share.max():.2f} of the picture's "
                 "area.", name)  # fmt: skip
        if share.min() > low + 0.05 or share.max() < high - 0.05:
            fail(f"with scale=({low}, {high}), the windows of 150 pictures have {share.min():.2f} to {share.max():.2f} "
                 "of the area only.")  # fmt: skip


@points(0.5)
def test_ratio(student):
    """Width divided by height of the window, in pixels, lies in ratio, and all of ratio occurs."""
    for low, high in ((1.4, 1.8), (0.5, 0.7)):
        width, height, *_ = windows(student, 150, scale=(0.2, 0.3), ratio=(low, high))
        ratio = width / height
        slack = 2.2 * high / max(height.min().item(), 1) + 0.02
        if ratio.min() < low - slack or ratio.max() > high + slack:
            turned = ratio.min() > 1 / high - slack and ratio.max() < 1 / low + slack
            shape = COLUMNS / ROWS
            of_the_picture = ratio.min() > low * shape - slack and ratio.max() < high * shape + slack
            name = "ratio_turned" if turned else "ratio_of_the_picture" if of_the_picture else None
            fail(f"with ratio=({low}, {high}), windows of a picture of {ROWS} × {COLUMNS} are {ratio.min():.2f} to "
                 f"{ratio.max():.2f} times as wide as high.", name)  # fmt: skip
        if ratio.max() - ratio.min() < 0.5 * (high - low):
            fail(f"with ratio=({low}, {high}), the windows of 150 pictures are {ratio.min():.2f} to {ratio.max():.2f} "
                 "times as wide as high only.")  # fmt: skip


@points(0.5)
def test_place(student):
    """The window lies inside the picture, anywhere in it."""
    width, height, x, y, _ = windows(student, 150, scale=(0.2, 0.3), ratio=(0.9, 1.1))
    starts = []
    for name, middle, extent, pixels in (("left", x, width, COLUMNS), ("top", y, height, ROWS)):
        start = (middle - extent / 2) / (pixels - extent)  # 0 at one border, 1 at the other
        if start.max() - start.min() < 0.05:
            centred = abs(start.mean().item() - 0.5) < 0.1 and extent.max() - extent.min() > 0.5  # no single window
            fail(f"all windows lie at the same place from {name} to the opposite side.",
                 "always_in_the_middle" if centred else None)  # fmt: skip
        if start.min() < -0.15 or start.max() > 1.15:
            fail(f"windows lie outside of the picture at the {name} or the opposite side.")
        if start.min() > 0.1 or start.max() < 0.9:
            fail(f"of 150 windows none comes near the border at the {name} or at the opposite side.")
        starts.append(start)
    if torch.corrcoef(torch.stack(starts))[0, 1].abs() > 0.7:
        fail("the farther right a window lies, the lower it lies: row and column are one draw.",
             "same_place_in_both_directions")  # fmt: skip


@points(0.25)
def test_each_picture(student):
    """Each picture of a batch has a window of its own: place, area and ratio."""
    width, height, x, y, _ = windows(student, 12, scale=(0.2, 0.6))
    for name, values in (("width", width), ("height", height), ("place from left to right", x), ("place", y)):
        if values.max() - values.min() < 0.5:
            spread = max((v.max() - v.min()).item() for v in (width, height, x, y))
            fail(f"all 12 pictures of a batch have windows of the same {name}.",
                 "one_window_for_the_batch" if spread < 0.5 else None)  # fmt: skip


@points(0.25)
def test_bilinear(student):
    """Pixels in between are interpolated: an enlarged window has no steps."""
    *_, result = windows(student, 6, size=64, rows=24, columns=24, scale=(0.25, 0.4), ratio=(0.9, 1.1))
    for line in (result[:, 0].mean(1), result[:, 1].mean(2)):
        steps = line[:, 17:48].diff(dim=1).abs()
        if (steps.amax(1) > 2 * steps.mean(1) + 1e-6).any():
            fail("an enlarged ramp has steps in it: pixels are repeated instead of interpolated.", "nearest")


@points(0.25)
def test_generator(student):
    """The generator decides: the same seed gives the same, a second call goes on; nothing else is touched."""
    function = student.random_resized_crop.handle()
    first, second, again = student.support.three_times(function, ramps(4), size=8)
    same(again, first, "the result with a fresh generator of the same seed")
    if torch.equal(second, first):
        fail("a second call with the same generator gives the same result: the generator is not advanced.")
    reply = observe(student.support.seeded, function, ramps(4), 1, size=8)
    assert not reply.random_state_changed, "The call draws from the global random state; draw from the generator."
    draw = lambda r: dict(function=function, images=ramps(3), seed=r.randint(1, 9), size=8)
    leaves_inputs(student.support.seeded, draw, 1)
