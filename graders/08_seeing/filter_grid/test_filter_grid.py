"""filter_grid: all filters of a layer in one picture. weight (O, C, k, k), result (C, H, W)."""

import torch

from course.grading import agree, batch, fail, keeps_random_state, leaves_inputs, observe, points, same
from course.grading.describe import what_it_is
from course.student import StudentError

TOLERANCE = 1e-4  # a small number added to a divisor is right


def reference(weight, columns=8, pad=1):
    o, c, k, _ = weight.shape
    columns = min(columns, o)
    rows = -(-o // columns)
    grid = torch.full((c, rows * (k + pad) + pad, columns * (k + pad) + pad), 0.5, dtype=weight.dtype)
    for number, one in enumerate(weight):
        row, column = divmod(number, columns)
        top, left = pad + row * (k + pad), pad + column * (k + pad)
        grid[:, top : top + k, left : left + k] = (one - one.min()) / (one.max() - one.min())
    return grid


def filters(r, o, c, k, dtype=torch.float32):
    """Filters of different sizes and middles; none is constant, also while a failing call is made smaller."""
    weight = r.tensor(o, c, k, k, dtype=torch.float64) * torch.linspace(0.5, 3, o, dtype=torch.float64).view(o, 1, 1, 1)
    weight[:, 0, 0, 0] += 4 + torch.arange(o) % 3
    weight[:, :, -1, -1] -= 2
    return weight.to(dtype)


@points(1)
def test_worked_example(student):
    """The three filters of section 8.1, in two columns."""
    weight = torch.tensor([[[-1.0, 0], [1, 3]], [[2, 2], [4, 2]], [[0, -4], [0, 4]]])[:, None]
    got = student.filter_grid(weight, columns=2)
    expected = torch.tensor([
        [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
        [0.5, 0.0, 0.25, 0.5, 0.0, 0.0, 0.5],
        [0.5, 0.5, 1.0, 0.5, 1.0, 0.0, 0.5],
        [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
        [0.5, 0.5, 0.0, 0.5, 0.5, 0.5, 0.5],
        [0.5, 0.5, 1.0, 0.5, 0.5, 0.5, 0.5],
        [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
    ])[None]  # fmt: skip
    same(got, expected, "the grid of the three filters of section 8.1", TOLERANCE)


@points(1)
def test_any_filters(student):
    """For any number of filters, channels, columns and pixels of padding, every filter is in its place and scale."""

    def call(r):
        o, c, k = r.randint(1, 11), r.choice([1, 3, 2]), r.randint(2, 5)
        return dict(weight=filters(r, o, c, k), columns=r.randint(1, 9), pad=r.randint(0, 3))

    agree(student.filter_grid, reference, call, tolerance=TOLERANCE)


@points(0.25)
def test_defaults(student):
    """Without being told, there are 8 filters a row, fewer if there are fewer, and 1 pixel of padding."""

    def call(r):
        return dict(weight=filters(r, r.randint(1, 19), r.choice([1, 3]), 3))

    agree(student.filter_grid, reference, call, cases=8, tolerance=TOLERANCE)


@points(0.5)
def test_constant_filters(student):
    """A filter whose numbers are all the same becomes one grey value from 0 to 1, and never NaN."""
    weight = torch.tensor([0.0, 7.0, -0.3])[:, None, None, None].expand(3, 3, 2, 2).clone()
    for pad, grid in zip(
        (1, 0), batch(student.filter_grid, [dict(weight=weight, pad=pad) for pad in (1, 0)]), strict=True
    ):
        if isinstance(grid, StudentError):
            raise grid
        if not isinstance(grid, torch.Tensor) or grid.shape != (3, 2 + 2 * pad, 6 + 4 * pad):
            it = what_it_is(grid)
            fail(f"the grid of three constant filters of 2 × 2 with pad={pad} is {it}; its shape must be "
                 f"{(3, 2 + 2 * pad, 6 + 4 * pad)}.")  # fmt: skip
        if grid.isnan().any():
            fail("the grid holds NaN where a filter is constant: 0 / 0.")
        for number, value in enumerate((0.0, 7.0, -0.3)):
            left = pad + number * (2 + pad)
            cell = grid[:, pad : pad + 2, left : left + 2]
            low, high = cell.min().item(), cell.max().item()
            if not (0 <= low <= high <= 1 and high - low <= 1e-6):
                fail(f"the filter whose numbers are all {value:g} becomes numbers from {low:.4g} to {high:.4g}; it "
                     "must become one number in [0, 1].")  # fmt: skip


@points(0.25)
def test_detached(student):
    """The picture is in the dtype of the filters and detached from them, and the filters are as before."""

    def call(r):
        return dict(weight=filters(r, r.randint(1, 5), 1, 3, torch.float64), columns=2)

    leaves_inputs(student.filter_grid, call)
    keeps_random_state(student.filter_grid, call)
    grid = observe(student.filter_grid, torch.arange(18.0, dtype=torch.float64).view(2, 1, 3, 3).requires_grad_()).value
    same(getattr(grid, "dtype", None), torch.float64, "the dtype of the grid of float64 filters")
    if grid.requires_grad:
        fail("the grid requires gradients: detach the weights first.")
