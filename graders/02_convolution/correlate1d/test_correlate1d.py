"""correlate1d: slide a kernel over a signal without turning it. x (N,), w (K,), result (N - K + 1,)."""

import torch

from course.grading import agree, points, refuses

bans = ("convolution", "unfold")
DIGITS = 1e-6  # whether float64 is computed in float32 is one test's question, not that of all


def reference(x, w):
    return x.unfold(0, len(w), 1) @ w


def any_call(r):
    k = r.randint(1, 4)
    return dict(x=r.tensor(2 * k + r.randint(0, 5)), w=r.tensor(k))


def shortest_and_longest(r):
    n = r.randint(1, 6)
    return dict(x=r.tensor(n), w=r.tensor(r.choice([1, n, max(1, n - 1)])))


def either_dtype(r):
    dtype = r.choice([torch.float64, torch.float32])
    return dict(x=r.tensor(7, dtype=dtype), w=r.tensor(3, dtype=dtype))


@points(0.5)
def test_any_call(student):
    """Each of the N - K + 1 windows gives the sum of its products."""
    agree(student.correlate1d, reference, any_call, tolerance=DIGITS)


@points(0.5)
def test_shortest_and_longest(student):
    """K = 1 scales the signal, K = N leaves one window."""
    agree(student.correlate1d, reference, shortest_and_longest, tolerance=DIGITS)


@points(0.5)
def test_dtype(student):
    """float32 gives float32, and float64 gives float64 with all its digits."""
    agree(student.correlate1d, reference, either_dtype)


@points(0.5)
def test_refuses_a_kernel_longer_than_the_signal(student):
    """A kernel longer than the signal raises a ValueError that names one of the two lengths."""
    for n, k in [(3, 5), (6, 7)]:
        with refuses(ValueError, mentions=(n, k)):
            student.correlate1d(torch.ones(n), torch.ones(k))
