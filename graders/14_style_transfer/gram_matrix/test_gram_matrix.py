"""gram_matrix: which channels fire together, summed over places and divided by C·H·W. features (N, C, H, W).

Several pictures in a batch are test_any_call's matter alone, so that dividing by N does not cost every point.
"""

import torch

from course.grading import agree, agree_gradients, batch, leaves_inputs, points, same

A = torch.tensor([[1.0, 2], [0, 1]])
B = torch.tensor([[1.0, 0], [3, 1]])


def reference(features):
    n, c, h, w = features.shape
    return torch.einsum("nchw,ndhw->ncd", features, features) / (c * h * w)


def features(r, transposed=False, smallest=1):
    dtype = r.choice([torch.float64, torch.float32])
    n, c, h, w = r.randint(1, 3), r.randint(smallest, 4), r.randint(1, 4), r.randint(1, 5)
    return r.tensor(n, c, w, h, dtype=dtype).transpose(2, 3) if transposed else r.tensor(n, c, h, w, dtype=dtype)


def any_call(r):
    return dict(features=features(r))


def view_call(r):
    return dict(features=features(r, transposed=True)[:1])


def gradient_call(r):
    return dict(features=r.tensor(1, r.randint(1, 3), r.randint(1, 3), r.randint(1, 3)))


@points(0.5)
def test_worked_example(student):
    """The example of section 14.2 gives 0.75, 0.25, 1.375."""
    expected = torch.tensor([[[0.75, 0.25], [0.25, 1.375]]])
    same(student.gram_matrix(torch.stack([A, B])[None]), expected, "the Gram matrix of figure 2")


@points(1.5)
def test_any_call(student):
    """For any number of pictures, channels, rows and columns, each picture gets its own matrix, divided by C·H·W."""
    agree(student.gram_matrix, reference, any_call, cases=12)


@points(0.5)
def test_views(student):
    """Features whose numbers do not lie side by side in memory (a transposed picture) are read rightly."""
    agree(student.gram_matrix, reference, view_call, cases=4)


@points(0.5)
def test_places(student):
    """Moving the pixels to other places, all channels alike, changes nothing."""
    x = torch.randn(1, 3, 4, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    moved = x.flatten(2)[..., torch.randperm(20, generator=torch.Generator().manual_seed(2))].reshape(x.shape)
    first, second = batch(student.gram_matrix, [dict(features=x), dict(features=moved)])
    for result in (first, second):
        if isinstance(result, Exception):
            raise result
    same(first, reference(x), "the result before the pixels are moved")
    same(second, first, "the result after the pixels have been moved")


@points(0.75)
def test_gradients(student):
    """Gradients reach the features."""
    agree_gradients(student.gram_matrix, reference, gradient_call, cases=6)


@points(0.25)
def test_leaves_inputs(student):
    """The features are not changed."""
    leaves_inputs(student.gram_matrix, gradient_call, cases=2)
