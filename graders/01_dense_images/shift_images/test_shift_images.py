"""shift_images: the content of pictures (N, C, H, W) moved down by dy and to the right by dx; zeros come in."""

import torch

from course.grading import agree, leaves_inputs, points


def reference(images, dy, dx):
    n, c, height, width = images.shape
    rows, columns = torch.arange(height) - dy, torch.arange(width) - dx
    there = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
    moved = images[:, :, rows.clamp(0, height - 1)][:, :, :, columns.clamp(0, width - 1)]
    return torch.where(there, moved, torch.zeros((), dtype=images.dtype))


def call(r, dy=(-2, 2), dx=(-2, 2), least=3):
    images = r.tensor(r.randint(1, 3), r.randint(1, 3), r.randint(least, 5), r.randint(least, 5), dtype=torch.float32)
    return dict(images=images, dy=r.randint(*dy), dx=r.randint(*dx))


def vertical(r):
    return call(r, dx=(0, 0))


def horizontal(r):
    return call(r, dy=(0, 0))


def diagonal(r):
    """Both ways by different steps."""
    case = call(r, dy=(1, 2), dx=(1, 2))
    return {**case, "dy": case["dy"] * r.choice([1, -1]), "dx": case["dx"] * r.choice([1, -1])}


def far(r):
    """As far as the picture is large, or farther."""
    case = call(r, least=1)
    beyond = [size + r.randint(0, 2) for size in case["images"].shape[2:]]
    beyond = [steps * r.choice([1, -1]) for steps in beyond]
    keep = r.randint(0, 2)
    return {**case, "dy": case["dy"] if keep == 1 else beyond[0], "dx": case["dx"] if keep == 2 else beyond[1]}


def other_dtypes(r):
    case = diagonal(r)
    pictures = (case["images"].abs() * 50).clamp(1, 255)
    dtype = r.choice([torch.float64, torch.uint8, torch.int64, torch.bool])
    return {**case, "images": pictures.to(dtype)}


def any_view(r):
    """Numbers that do not lie one after the other in memory."""
    case = diagonal(r)
    return {**case, "images": case["images"].transpose(2, 3).contiguous().transpose(2, 3)}


@points(0.5)
def test_down_and_up(student):
    """dy > 0 moves the content down, dy < 0 up; dy = 0 leaves it."""
    agree(student.shift_images, reference, vertical, cases=12)


@points(0.5)
def test_right_and_left(student):
    """dx > 0 moves the content to the right, dx < 0 to the left; dx = 0 leaves it."""
    agree(student.shift_images, reference, horizontal, cases=12)


@points(0.5)
def test_both(student):
    """Both ways at once, all pictures and channels alike."""
    agree(student.shift_images, reference, diagonal, cases=12)


@points(0.25)
def test_far(student):
    """A shift as large as the picture, or larger, leaves zeros only."""
    agree(student.shift_images, reference, far, cases=12)


@points(0.25)
def test_dtype_and_input(student):
    """The dtype is kept (bytes, ints, booleans, float64); images may be a view and are not changed."""
    agree(student.shift_images, reference, other_dtypes, cases=8)
    agree(student.shift_images, reference, any_view, cases=4)
    leaves_inputs(student.shift_images, diagonal, cases=4)
    leaves_inputs(student.shift_images, far, cases=3)
