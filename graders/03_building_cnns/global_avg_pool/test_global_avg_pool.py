"""global_avg_pool: the mean of each map. x (N, C, H, W), result (N, C)."""

import torch

from course.grading import agree, agree_gradients, leaves_inputs, points

bans = ("pooling",)


def reference(x):
    return x.mean((2, 3))


def any_call(r):
    return dict(x=r.tensor(*(r.randint(1, high) for high in (3, 4, 6, 6)), dtype=torch.float32))


def any_view(r):
    """Numbers in float64 that do not lie one after the other in memory."""
    x = any_call(r)["x"].double() / 3
    return dict(x=x.transpose(1, 3).contiguous().transpose(1, 3) if r.randint(0, 1) else x[:, :, :, :1].expand_as(x))


@points(0.5)
def test_any_size(student):
    """For any number of pictures, channels, rows and columns, the result is the mean of each map, of shape (N, C)."""
    agree(student.global_avg_pool, reference, any_call, cases=16)


@points(0.25)
def test_input(student):
    """x may be a view, float64 stays float64, and x is not changed."""
    agree(student.global_avg_pool, reference, any_view, cases=6)
    leaves_inputs(student.global_avg_pool, any_call, cases=2)


@points(0.25)
def test_gradient(student):
    """The gradient is spread evenly over the pixels of each map."""
    agree_gradients(student.global_avg_pool, reference, any_call, cases=4)
