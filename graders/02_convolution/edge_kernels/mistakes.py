import torch


def _kernels(**wrong):
    vertical = torch.tensor([[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]])
    return {"vertical": vertical, "horizontal": vertical.T, "blur": torch.full((3, 3), 1 / 9), **wrong}


def vertical_and_horizontal_swapped():
    """Your two edge kernels are swapped. A vertical edge has dark on its left and bright on its right, so the kernel
    that finds it subtracts columns, not rows (section 2.2)."""
    right = _kernels()
    return _kernels(vertical=right["horizontal"], horizontal=right["vertical"])


def one_direction_twice():
    """Your two edge kernels look for the same edges. `horizontal` is `vertical` with rows and columns exchanged
    (section 2.2)."""
    return _kernels(horizontal=_kernels()["vertical"])


def blur_sums_to_nine():
    """Your blur adds nine pixels up. Divide by 9, so that the weights add up to 1 and brightness stays (section
    2.2)."""
    return _kernels(blur=torch.ones(3, 3))


def blur_does_not_sum_to_one():
    """The weights of your blur do not add up to 1, so it makes every picture brighter or darker. Divide by their sum
    (section 2.2)."""
    return _kernels(blur=torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 9)


def blur_sharpens():
    """Your blur has negative weights: it subtracts neighbours, which sharpens. A blur is a weighted mean, with no
    weight below 0 (section 2.2)."""
    return _kernels(blur=torch.tensor([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]))


def blur_is_the_identity():
    """Your blur copies the centre pixel. A blur mixes the neighbours in, so the centre is below 1 (section 2.2)."""
    return _kernels(blur=torch.tensor([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]]))


def edge_kernel_does_not_sum_to_zero():
    """The weights of an edge kernel do not add up to 0, so it answers where nothing changes. Weights on the bright and
    on the dark side cancel (section 2.2)."""
    vertical = torch.tensor([[-1.0, 0, 2], [-1, 0, 2], [-1, 0, 2]])
    return _kernels(vertical=vertical, horizontal=vertical.T)


def answers_to_every_edge():
    """An edge kernel of yours answers to edges of the other direction too, as one does that compares the centre with
    all neighbours, or one that is turned by 45 degrees. Each row of `vertical` adds up to 0, and each column of
    `horizontal`: along the edge nothing changes (section 2.2)."""
    laplace = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
    return _kernels(vertical=laplace, horizontal=laplace)


def integer_dtype():
    """Your kernels hold integers, and a picture is float: torch refuses to multiply some of these. Write 1.0, or
    `dtype=torch.float32` (section 2.2)."""
    vertical = torch.tensor([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])
    return _kernels(vertical=vertical, horizontal=vertical.T)


def wrong_shape():
    """A kernel here is a tensor of shape (3, 3) with finite numbers; batch and channel axes are added where it is used
    (section 2.2)."""
    return {name: kernel[None, None] for name, kernel in _kernels().items()}
