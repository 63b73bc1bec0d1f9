"""accuracy: the share of pictures whose largest logit is that of the right class. logits (N, K), targets (N,)."""

import torch

from course.grading import agree, points


def reference(logits, targets):
    return (logits.argmax(1) == targets).double().mean().item()


def spread(r, n, k):
    """Logits of which no two in a row are equal, also when a case is shown with whole numbers."""
    return r.tensor(n, k, dtype=r.choice([torch.float32, torch.float64])) + 0.01 * torch.arange(k)


def guessed(r):
    n, k = r.randint(1, 9), r.randint(2, 5)
    return dict(logits=spread(r, n, k), targets=r.ints(n, high=k - 1))


def mostly_right(r):
    """Most pictures right, as after training; the number of pictures is odd."""
    n, k = 2 * r.randint(1, 6) + 1, r.randint(2, 4)
    logits = spread(r, n, k)
    targets = logits.argmax(1)
    targets[: r.randint(0, 2)] = r.randint(0, k - 1)
    return dict(logits=logits, targets=targets)


def one_class(r):
    n, k = r.randint(1, 7), r.randint(1, 3)
    return dict(logits=spread(r, n, k), targets=torch.full((n,), r.randint(0, k - 1)))


@points(0.5)
def test_share(student):
    """The number of right answers over the number of pictures, as a float between 0 and 1."""
    agree(student.accuracy, reference, guessed, tolerance=1e-6)


@points(0.25)
def test_mostly_right(student):
    """Also for an odd number of pictures most of which are right."""
    agree(student.accuracy, reference, mostly_right, cases=8, tolerance=1e-6)


@points(0.25)
def test_one_class(student):
    """Also when all targets are the same class, and when there is only one class."""
    agree(student.accuracy, reference, one_class, cases=8, tolerance=1e-6)
