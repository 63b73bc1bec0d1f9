"""total_variation: mean absolute difference of vertical neighbours plus that of horizontal ones. image (N, C, H, W)."""

import torch

from course.grading import agree, agree_gradients, leaves_inputs, points, same


def reference(image):
    return image.diff(dim=2).abs().mean() + image.diff(dim=3).abs().mean()


def any_call(r):
    dtype = r.choice([torch.float64, torch.float32])
    return dict(image=r.tensor(r.randint(1, 2), r.choice([1, 3]), r.randint(2, 5), r.randint(2, 6), dtype=dtype))


def gradient_call(r):
    return dict(image=r.tensor(1, r.choice([1, 3]), r.randint(2, 3), r.randint(2, 4)))


@points(0.5)
def test_known_pictures(student):
    """A flat picture has 0, the example of section 14.5 has 3.5, a checkerboard of 0 and 1 has 2."""
    board = (torch.arange(4)[:, None] + torch.arange(6)) % 2.0
    cases = (("a flat picture", torch.full((1, 3, 4, 6), 0.3), 0.0),
             ("the picture of figure 5", torch.tensor([[[[0.0, 2, 2], [3, 2, 5]]]]), 3.5),
             ("a checkerboard", board.expand(1, 1, 4, 6).contiguous(), 2.0))  # fmt: skip
    for name, picture, expected in cases:
        same(student.total_variation(picture), torch.tensor(expected), f"the total variation of {name}")


@points(1)
def test_any_call(student):
    """For any picture: the mean over vertical pairs plus the mean over horizontal pairs."""
    agree(student.total_variation, reference, any_call, cases=10)


@points(0.5)
def test_gradients(student):
    """Gradients reach the picture, which is not changed."""
    agree_gradients(student.total_variation, reference, gradient_call, cases=6)
    leaves_inputs(student.total_variation, gradient_call, cases=2)
