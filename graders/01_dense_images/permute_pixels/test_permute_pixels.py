"""permute_pixels: pixel i of the result is pixel permutation[i]. images (N, C, H, W), permutation (H * W,)."""

import torch

from course.grading import agree, leaves_inputs, points, same


def reference(images, permutation):
    return images.flatten(2).index_select(2, permutation).reshape(images.shape)


def shuffled(r, count):
    """A permutation that is not its own inverse, where there is one."""
    order = r.sample(range(count), count)
    if count > 2 and all(order[order[i]] == i for i in range(count)):
        order = [*range(1, count), 0]
    return torch.tensor(order)


def call(r, n=(1, 3), c=(1, 3), h=(2, 4), w=(2, 4), dtype=torch.float32):
    height, width = r.randint(*h), r.randint(*w)
    images = r.tensor(r.randint(*n), r.randint(*c), height, width, dtype=dtype)
    return dict(images=images, permutation=shuffled(r, height * width))


def grey(r):
    """One picture, one channel."""
    return call(r, n=(1, 1), c=(1, 1))


def many(r):
    """At least two pictures of at least two channels."""
    return call(r, n=(2, 3), c=(2, 3))


def oblong(r):
    wide = r.randint(0, 1)
    return call(r, h=(1, 2), w=(3, 5)) if wide else call(r, h=(3, 5), w=(1, 2))


def other_dtypes(r):
    case = many(r)
    dtype = r.choice([torch.float64, torch.uint8, torch.int64])
    return {**case, "images": (case["images"].abs() * 50).clamp(1, 255).to(dtype)}


def any_view(r):
    """Numbers that do not lie one after the other in memory."""
    case = many(r)
    axes, back = r.choice([((0, 1, 3, 2), (0, 1, 3, 2)), ((0, 2, 3, 1), (0, 3, 1, 2))])
    return {**case, "images": case["images"].permute(axes).contiguous().permute(back)}


@points(0.75)
def test_one_picture(student):
    """Pixel i of the result, counted row by row, is pixel permutation[i] of the picture."""
    agree(student.permute_pixels, reference, grey, cases=10)
    agree(student.permute_pixels, reference, oblong, cases=8)


@points(0.5)
def test_all_alike(student):
    """All pictures and all channels are rearranged in the same way."""
    agree(student.permute_pixels, reference, many, cases=10)


@points(0.25)
def test_inverse(student):
    """The inverse permutation brings every pixel back; the identity changes nothing."""
    images = torch.arange(36.0).reshape(2, 1, 3, 6) + 1
    order = torch.tensor([3, 7, 0, 17, 1, 2, 16, 4, 5, 9, 15, 6, 8, 14, 10, 13, 11, 12])
    there = student.permute_pixels(images, order)
    same(there, reference(images, order), "the permuted picture")
    same(student.permute_pixels(there, order.argsort()), images, "the picture after the permutation and its inverse")
    same(student.permute_pixels(images, torch.arange(18)), images, "the picture after the permutation 0, 1, 2, ...")


@points(0.5)
def test_dtype_and_input(student):
    """The dtype is kept; images may be a view, and neither argument is changed."""
    agree(student.permute_pixels, reference, other_dtypes, cases=6)
    agree(student.permute_pixels, reference, any_view, cases=8)
    leaves_inputs(student.permute_pixels, many, cases=4)
