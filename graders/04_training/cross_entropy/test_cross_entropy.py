"""cross_entropy: the mean over the batch of minus the log of the right class's probability. logits (N, K), targets
(N,)."""

import torch
import torch.nn.functional as F

from course.grading import agree, agree_gradients, leaves_inputs, points, same

bans = ("cross_entropy",)


def reference(logits, targets):
    return F.cross_entropy(logits, targets)


def batch(r, dtype=torch.float64, classes=2):
    n, k = r.randint(1, 6), r.randint(classes, 5)
    return dict(logits=3 * r.tensor(n, k, dtype=dtype), targets=r.ints(n, high=k - 1))


def single(r):
    return batch(r, torch.float32)


def one_class(r):
    n = r.randint(1, 4)
    return dict(logits=r.tensor(n, 1), targets=torch.zeros(n, dtype=torch.int64))


def large(r):
    """Logits near ±10 000; in every other batch no row is confident and wrong."""
    n, k = r.randint(1, 4), r.randint(2, 4)
    logits = 1e4 * (2.0 * r.ints(n, k, high=1) - 1) + r.ints(n, k, low=-2, high=2)
    return dict(logits=logits.to(r.choice([torch.float32, torch.float64])), targets=r.ints(n, high=k - 1))


@points(1)
def test_values(student):
    """For any batch, the loss is minus the log of the softmax at the right class, averaged over the pictures."""
    agree(student.cross_entropy, reference, batch, tolerance=1e-9)


@points(0.25)
def test_single_precision(student):
    """In float32 the loss is right to five digits, and float32 too."""
    agree(student.cross_entropy, reference, single, cases=8, tolerance=1e-5)


@points(0.75)
def test_large_logits(student):
    """Logits of 10 000 and -10 000 give a finite loss, the right one, and a finite gradient."""
    agree(student.cross_entropy, reference, large, cases=16, tolerance=1e-3)
    agree_gradients(student.cross_entropy, reference, large, tolerance=1e-3)


@points(0.75)
def test_gradient(student):
    """The gradient reaches the logits: (softmax - 1 at the right class) / N."""
    agree_gradients(student.cross_entropy, reference, batch, tolerance=1e-9)


@points(0.25)
def test_edges(student):
    """With a single class the loss is 0; the result has no axes; the logits are not changed."""
    agree(student.cross_entropy, reference, one_class, cases=4)
    leaves_inputs(student.cross_entropy, batch)
    found = student.cross_entropy(torch.zeros(2, 4), torch.tensor([0, 3]))
    same(list(found.shape) if isinstance(found, torch.Tensor) else found, [], "the shape of the loss")
