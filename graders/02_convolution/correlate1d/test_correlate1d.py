"""correlate1d: slide a kernel over a signal without turning it. x (N,), w (K,), result (N - K + 1,)."""

import torch

from course.grading import agree, points, refuses, same

bans = ("convolution", "unfold")


def reference(x, w):
    return x.unfold(0, len(w), 1) @ w


def any_call(r):
    n = r.randint(1, 8)
    k = r.choice([1, n, r.randint(1, n)])
    dtype = r.choice([torch.float64, torch.float32])
    return dict(x=r.tensor(n, dtype=dtype), w=r.tensor(k, dtype=dtype))


@points(0.5)
def test_worked_example(student):
    """[1, 2, 3, 4, 5] with [1, 0, -1] gives [-2, -2, -2]."""
    x, w = torch.tensor([1.0, 2, 3, 4, 5]), torch.tensor([1.0, 0, -1])
    same(student.correlate1d(x, w), torch.tensor([-2.0, -2, -2]), "the result for [1, 2, 3, 4, 5] and [1, 0, -1]")


@points(1)
def test_any_call(student):
    """For any N and K, also K = 1 and K = N, there are N - K + 1 outputs of the input's dtype."""
    agree(student.correlate1d, reference, any_call)


@points(0.5)
def test_refuses_a_kernel_longer_than_the_signal(student):
    """A kernel longer than the signal raises a ValueError that names one of the two lengths."""
    with refuses(ValueError, mentions=(3, 5)):
        student.correlate1d(torch.ones(3), torch.ones(5))
    with refuses(ValueError, mentions=(6, 7)):
        student.correlate1d(torch.ones(6), torch.ones(7))
