"""normalise: pictures as bytes, or as floats in [0, 1], become floats in [-1, 1]."""

import torch

from course.grading import agree, fail, leaves_inputs, points, same


def reference(images):
    return (images.float() / 255 if images.dtype == torch.uint8 else images) * 2 - 1


def as_bytes(r):
    shape = r.randint(1, 3), r.randint(1, 3), r.randint(1, 4), r.randint(1, 4)
    return dict(images=r.ints(*shape, high=r.choice([255, 255, 100, 1])).to(torch.uint8))


def as_floats(r):
    shape = r.randint(1, 3), r.randint(1, 3), r.randint(1, 4), r.randint(1, 4)
    return dict(images=r.ints(*shape, high=r.choice([8, 8, 3])).to(r.choice([torch.float32, torch.float64])) / 8)


@points(0.4)
def test_bytes(student):
    """Pictures of dtype uint8, 0 to 255, become float32: 0 is -1, 255 is 1, and what lies between keeps its place."""
    agree(student.normalise, reference, as_bytes, tolerance=1e-6)


@points(0.35)
def test_floats(student):
    """Float pictures are taken to be in [0, 1] whatever their values, and keep their dtype."""
    agree(student.normalise, reference, as_floats, tolerance=1e-6)


@points(0.25)
def test_input(student):
    """The pictures that are given stay as they are, and the ends of the range are -1 and 1."""
    leaves_inputs(student.normalise, as_bytes)
    leaves_inputs(student.normalise, as_floats)
    for ends in (torch.tensor([0, 255], dtype=torch.uint8), torch.tensor([0.0, 1.0])):
        found = student.normalise(ends[None, None, None])
        if not isinstance(found, torch.Tensor) or not found.is_floating_point():
            fail("normalise must give a tensor of floats.")
        same(found.flatten().tolist(), [-1.0, 1.0], f"normalise of {ends.tolist()}", 1e-6)
