"""correlate1d: slide a kernel over a signal without turning it. x (N,), w (K,), result (N - K + 1,)."""

import torch

from course.grading import agree, points, refuses, same

bans = ("convolution", "unfold")


def reference(x, w):
    return x.unfold(0, len(w), 1) @ w


def call(r, k, n):
    dtype = r.choice([torch.float64, torch.float32])
    return dict(x=r.tensor(n, dtype=dtype), w=r.tensor(k, dtype=dtype))


def any_call(r):
    k = r.randint(1, 4)
    return call(r, k, 2 * k + r.randint(0, 5))


def shortest_and_longest(r):
    n = r.randint(1, 6)
    return call(r, r.choice([1, n, max(1, n - 1)]), n)


@points(0.5)
def test_worked_example(student):
    """[1, 2, 3, 4, 5] with [1, 0, -1] gives [-2, -2, -2]."""
    x, w = torch.tensor([1.0, 2, 3, 4, 5]), torch.tensor([1.0, 0, -1])
    same(student.correlate1d(x, w), torch.tensor([-2.0, -2, -2]), "correlate1d([1, 2, 3, 4, 5], [1, 0, -1])")


@points(0.5)
def test_any_call(student):
    """There are N - K + 1 outputs, of the dtype of the signal."""
    agree(student.correlate1d, reference, any_call)


@points(0.5)
def test_shortest_and_longest(student):
    """K = 1 scales the signal, K = N leaves one window."""
    agree(student.correlate1d, reference, shortest_and_longest)


@points(0.5)
def test_refuses_a_kernel_longer_than_the_signal(student):
    """A kernel longer than the signal raises a ValueError that names one of the two lengths."""
    for n, k in [(3, 5), (6, 7)]:
        with refuses(ValueError, mentions=(n, k)):
            student.correlate1d(torch.ones(n), torch.ones(k))
