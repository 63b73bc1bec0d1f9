"""convolution_matrix: the dense layer that does what a kernel does. weight (KH, KW), result (H' * W', H * W)."""

import torch

from course.grading import agree, points, refuses, same

bans = ("convolution", "unfold")


def reference(weight, height, width):
    (kh, kw), rows = weight.shape, []
    for i in range(height - kh + 1):
        for j in range(width - kw + 1):
            row = weight.new_zeros(height, width)
            row[i : i + kh, j : j + kw] = weight
            rows.append(row.flatten())
    return torch.stack(rows)


def square(r):
    k = r.choice([1, 3])
    return dict(weight=r.tensor(k, k), height=k + r.randint(0, 3), width=k + r.randint(0, 3))


def any_call(r):
    dtype, kernel = r.choice([torch.float64, torch.float32]), (r.randint(1, 3), r.randint(1, 3))
    height, width = (max(kernel) + r.randint(0, 4) for _ in kernel)
    return dict(weight=r.tensor(*kernel, dtype=dtype), height=height, width=width)


def just_fits(r):
    kernel = r.randint(1, 3), r.randint(1, 3)
    height, width = r.choice([(0, 0), (r.randint(0, 2), 0), (0, r.randint(0, 2))])
    return dict(weight=r.tensor(*kernel), height=kernel[0] + height, width=kernel[1] + width)


@points(0.5)
def test_worked_example(student):
    """[[1, 2], [3, 4]] on a 2 x 4 picture gives three rows, the first of them [1, 2, 0, 0, 3, 4, 0, 0]."""
    expected = torch.tensor([[1.0, 2, 0, 0, 3, 4, 0, 0], [0, 1, 2, 0, 0, 3, 4, 0], [0, 0, 1, 2, 0, 0, 3, 4]])
    same(student.convolution_matrix(torch.tensor([[1.0, 2], [3, 4]]), 2, 4), expected, "the matrix for a 2 x 4 picture")


@points(1)
def test_any_call(student):
    """For any kernel and picture, M @ x.flatten() is the convolution of x, so M is determined."""
    agree(student.convolution_matrix, reference, square, cases=12)
    agree(student.convolution_matrix, reference, any_call)


@points(0.5)
def test_just_fits(student):
    """A kernel may be as high or as wide as the picture."""
    agree(student.convolution_matrix, reference, just_fits, cases=12)


@points(0.5)
def test_non_zeros(student):
    """A 3 x 3 kernel on 6 x 7 pixels gives 20 rows with 9 numbers other than zero each."""
    matrix = student.convolution_matrix(torch.ones(3, 3), 6, 7)
    same((matrix != 0).sum(1) if isinstance(matrix, torch.Tensor) else matrix, torch.full((20,), 9),
         "the count of non-zeros in each row for a 3 x 3 kernel on 6 x 7 pixels")  # fmt: skip


@points(0.5)
def test_refuses(student):
    """A kernel that is higher or wider than the picture raises a ValueError that names one of the sizes."""
    for kernel, height, width in [((5, 5), 4, 4), ((4, 2), 3, 8), ((2, 4), 8, 3)]:
        with refuses(ValueError, mentions=(*kernel, height, width)):
            student.convolution_matrix(torch.ones(kernel), height, width)
