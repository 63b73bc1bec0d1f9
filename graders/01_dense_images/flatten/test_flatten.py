"""flatten: each picture as one row of numbers. x (N, C, H, W), result (N, C * H * W)."""

import torch

from course.grading import agree, agree_gradients, batch, fail, leaves_inputs, points, same


def reference(x):
    return x.flatten(1)


def pictures(r, least=1):
    return r.tensor(r.randint(least, 3), r.randint(1, 3), r.randint(1, 4), r.randint(1, 4), dtype=torch.float32)


def call(r):
    return dict(x=pictures(r))


def larger(r):
    """Every axis longer than 1, and no two axes exchangeable unseen."""
    return dict(x=r.tensor(r.randint(2, 3), r.randint(2, 3), r.randint(2, 4), r.randint(2, 4), dtype=torch.float32))


def any_view(r):
    """Numbers that do not lie one after the other in memory."""
    x = larger(r)["x"]
    turn = r.randint(0, 3)
    if turn == 3:
        return dict(x=torch.stack([x, -x], -1).flatten(-2)[..., ::2])
    axes = ((0, 1, 3, 2), (0, 3, 1, 2), (1, 0, 2, 3))[turn]
    return dict(x=x.permute(axes))


def one(r):
    return dict(x=r.tensor(1, r.randint(1, 3), r.randint(1, 3), r.randint(1, 3), dtype=torch.float32))


@points(0.5)
def test_rows(student):
    """One row a picture: channel after channel, row after row; also for a single picture."""
    agree(student.flatten, reference, call, cases=12)
    agree(student.flatten, reference, larger, cases=6)
    agree(student.flatten, reference, one, cases=4)


@points(0.25)
def test_views_and_gradient(student):
    """x may be a view whose numbers lie in another order in memory; the gradient reaches x."""
    agree(student.flatten, reference, any_view, cases=8)
    agree_gradients(student.flatten, reference, larger, cases=3)
    leaves_inputs(student.flatten, larger, cases=2)


@points(0.25)
def test_empty_batch_and_dtypes(student):
    """No pictures give no rows, each of C * H * W numbers; the dtype is kept, bytes and booleans too."""
    empty = torch.zeros(0, 2, 3, 4)
    kinds = [torch.ones(2, 1, 2, 2, dtype=dtype) for dtype in (torch.uint8, torch.bool, torch.int64, torch.float64)]
    answers = batch(student.flatten, [((x,), {}) for x in (empty, *kinds)])
    for x, answer in zip((empty, *kinds), answers, strict=True):
        what = f"flatten of {str(x.dtype).removeprefix('torch.')} pictures of shape {tuple(x.shape)}"
        if isinstance(answer, Exception):
            fail(f"{what} raises {answer}.", call=what)
        same(answer, x.flatten(1), what)
