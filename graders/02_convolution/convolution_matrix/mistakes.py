import torch
import torch.nn.functional as F


def _matrix(weight, height, width, padding=(0, 0)):
    """The right answer: each column is what the kernel makes of a picture with a single 1."""
    if weight.shape[0] > height + 2 * padding[0] or weight.shape[1] > width + 2 * padding[1]:
        raise ValueError(f"a kernel of {tuple(weight.shape)} does not fit into {height} x {width}")
    pixels = torch.eye(height * width, dtype=weight.dtype).reshape(-1, 1, height, width)
    return F.conv2d(pixels, weight[None, None], padding=padding).flatten(1).T


def transposed(weight, height, width):
    """Your matrix is transposed. Each output has a row and each pixel a column: (H'W', HW), so that M @ x.flatten()
    works (section 2.7)."""
    return _matrix(weight, height, width).T


def flipped(weight, height, width):
    """Your kernel is turned by 180 degrees. The first weight meets the first pixel of the window (section 2.1)."""
    return _matrix(weight.flip(0, 1), height, width)


def kernel_transposed(weight, height, width):
    """Rows and columns of the kernel are exchanged. weight[i, j] belongs to the pixel i rows down and j columns right
    (section 2.2)."""
    if weight.shape[0] > width or weight.shape[1] > height:
        raise ValueError(f"a kernel of {tuple(weight.shape)} does not fit into {height} x {width}")
    return _matrix(weight.T, height, width)


def row_and_column_swapped(weight, height, width):
    """You count pixels column by column. `flatten` goes row by row: pixel (i, j) has the number i * width + j (section
    2.7)."""
    return _matrix(weight, height, width).unflatten(1, (height, width)).transpose(1, 2).flatten(1)


def columns_first_throughout(weight, height, width):
    """You count pixels and outputs column by column. Both are counted row by row, as `flatten` does (section 2.7)."""
    h, w = height - weight.shape[0] + 1, width - weight.shape[1] + 1
    return _matrix(weight, height, width).reshape(h, w, height, width).permute(1, 0, 3, 2).reshape(h * w, -1)


def pixels_counted_by_height(weight, height, width):
    """You give pixel (i, j) the number i * height + j. A row has `width` pixels: i * width + j (section 2.7)."""
    (kh, kw), (h, w) = weight.shape, (height - weight.shape[0] + 1, width - weight.shape[1] + 1)
    _matrix(weight, height, width)
    matrix = weight.new_zeros(h * w, height * width)
    for i in range(h):
        for j in range(w):
            for a in range(kh):
                for b in range(kw):
                    matrix[i * w + j, (i + a) * height + j + b] = weight[a, b]
    return matrix


def outputs_column_by_column(weight, height, width):
    """Your rows go down the picture first. The outputs are counted row by row: the next row of the matrix is the
    window to the right (section 2.7)."""
    h, w = height - weight.shape[0] + 1, width - weight.shape[1] + 1
    return _matrix(weight, height, width).unflatten(0, (h, w)).transpose(0, 1).flatten(0, 1)


def wraps_at_the_end_of_a_row(weight, height, width):
    """Each row of your matrix is the one before moved by one pixel. At the end of a picture's row the window would run
    into the next row: skip KW - 1 positions there (section 2.7)."""
    matrix = _matrix(weight, height, width)
    return torch.stack([matrix[0].roll(i) for i in range(len(matrix))])


def circular_at_every_pixel(weight, height, width):
    """You place the kernel at every pixel and let it run around the borders. Only windows that lie wholly inside the
    picture count: H' * W' rows (section 2.7)."""
    first = _matrix(weight, height, width)[0]
    return torch.stack([first.roll(i) for i in range(height * width)])


def wraps_around_both_borders(weight, height, width):
    """You place the kernel at every pixel and let it come back on the other side of the picture. Only windows that lie
    wholly inside the picture count: H' * W' rows (section 2.7)."""
    first = _matrix(weight, height, width)[0].reshape(height, width)
    return torch.stack([first.roll((i, j), (0, 1)).flatten() for i in range(height) for j in range(width)])


def a_row_for_every_shift(weight, height, width):
    """You move the first row by one pixel until the kernel reaches the end. The rows in which the window runs over the
    end of a picture's row and into the next one do not belong there (section 2.7)."""
    first, last = _matrix(weight, height, width)[0], (height - weight.shape[0]) * width + width - weight.shape[1]
    return torch.stack([first.roll(i) for i in range(last + 1)])


def kernel_without_gaps(weight, height, width):
    """The weights of your rows stand one after the other. The next row of the kernel belongs `width` pixels further
    (section 2.7)."""
    (kh, kw), starts = weight.shape, (_matrix(torch.ones_like(weight), height, width) != 0).int().argmax(1)
    matrix = weight.new_zeros(len(starts), height * width)
    for row, start in enumerate(starts):
        matrix[row, start : start + kh * kw] = weight.flatten()[: height * width - start]
    return matrix


def same_size(weight, height, width):
    """Your matrix gives an output as large as the picture, with zeros around it. Without padding there are (H - KH +
    1) * (W - KW + 1) outputs (section 2.7)."""
    _matrix(weight, height, width)
    odd = F.pad(weight, (1 - weight.shape[1] % 2, 0, 1 - weight.shape[0] % 2, 0))
    return _matrix(odd, height, width, padding=(odd.shape[0] // 2, odd.shape[1] // 2))


def same_size_cut_off(weight, height, width):
    """Your matrix has a row for each pixel, also where the window runs over the right or lower border. Only windows
    that lie wholly inside the picture count: (H - KH + 1) * (W - KW + 1) rows (section 2.7)."""
    (kh, kw), _ = weight.shape, _matrix(weight, height, width)
    taller = F.pad(weight, (kw - 1, 0, kh - 1, 0))
    return _matrix(taller, height, width, padding=(kh - 1, kw - 1))


def one_row_copied(weight, height, width):
    """All rows of your matrix are the same. Each output has its window at another place (section 2.7)."""
    matrix = _matrix(weight, height, width)
    return matrix[:1].expand_as(matrix)


def one_row_only(weight, height, width):
    """Your matrix has one row, that of the first window. Each of the H' * W' outputs needs a row (section 2.7)."""
    return _matrix(weight, height, width)[:1]


def last_row_missing(weight, height, width):
    """The last row of your matrix is missing: H' * W' outputs have H' * W' rows (section 2.7)."""
    return _matrix(weight, height, width)[:-1]


def last_windows_zero(weight, height, width):
    """The windows at the lower and right border are never written and stay 0. They start at 0, 1, ..., H - KH:
    `range(H - KH)` leaves the last one out (section 2.7)."""
    h, w = height - weight.shape[0] + 1, width - weight.shape[1] + 1
    matrix = _matrix(weight, height, width).unflatten(0, (h, w)).clone()
    matrix[-1], matrix[:, -1] = 0, 0
    return matrix.flatten(0, 1)


def kernel_everywhere(weight, height, width):
    """You fill a dense matrix with the weights, also where a pixel is outside of the window. There the entry is 0
    (section 2.7)."""
    shape = _matrix(weight, height, width).shape
    return weight.flatten().repeat(shape.numel())[: shape.numel()].reshape(shape)


def output_rows_not_flattened(weight, height, width):
    """Your result has an axis for rows and one for columns of the output. Flatten them to one (section 2.7)."""
    h, w = height - weight.shape[0] + 1, width - weight.shape[1] + 1
    return _matrix(weight, height, width).unflatten(0, (h, w))


def float32_result(weight, height, width):
    """Your matrix is float32 whatever the kernel is. `torch.zeros(...)` is float32; `weight.new_zeros(...)` has the
    dtype of the kernel (section 2.7)."""
    return _matrix(weight, height, width).float()


def never_refuses(weight, height, width):
    """You return an empty matrix where the kernel is larger than the picture. Raise a ValueError that names the sizes
    (section 2.7)."""
    h, w = height - weight.shape[0] + 1, width - weight.shape[1] + 1
    if h < 1 or w < 1:
        return weight.new_zeros(max(h, 0) * max(w, 0), height * width)
    return _matrix(weight, height, width)


def only_height_compared(weight, height, width):
    """You compare the heights only. A kernel has to fit in both directions: KH <= H and KW <= W (section 2.7)."""
    if weight.shape[0] <= height and weight.shape[1] > width:
        return weight.new_zeros(0, height * width)
    return _matrix(weight, height, width)


def area_compared(weight, height, width):
    """You compare the number of pixels. A kernel has to fit in both directions: KH <= H and KW <= W (section 2.7)."""
    if weight.numel() <= height * width and (weight.shape[0] > height or weight.shape[1] > width):
        return weight.new_zeros(0, height * width)
    return _matrix(weight, height, width)
