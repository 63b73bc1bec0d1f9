"""Reference answers to 02_convolution. The notebook's setup cell goes before them: torch, F, Tensor and `pair`."""


def windows(x: Tensor, kernel_size, stride=1, padding=0, dilation=1) -> Tensor:
    """Every window of the images x (N, C, H, W), as a view (N, C, H', W', KH, KW) of the padded images.

    Raises ValueError when no window fits.
    """
    above, left = pair(padding)
    x = F.pad(x, (left, left, above, above))
    for axis, taps, step, gap in zip((2, 3), pair(kernel_size), pair(stride), pair(dilation), strict=True):
        extent = gap * (taps - 1) + 1
        if extent > x.shape[axis]:
            raise ValueError(f"a kernel that spans {extent} does not fit into {x.shape[axis]} (padding included)")
        x = x.unfold(axis, extent, step)[..., ::gap]  # the windows become the last axis
    return x


# %% correlate1d
def correlate1d(x: Tensor, w: Tensor) -> Tensor:
    if len(w) > len(x):
        raise ValueError(f"a kernel of length {len(w)} does not fit into a signal of length {len(x)}")
    return x.unfold(0, len(w), 1) @ w  # (N - K + 1, K) @ (K,)


# %% edge_kernels
def edge_kernels() -> dict[str, Tensor]:
    vertical = torch.tensor([[1.0, 0.0, -1.0]] * 3)
    return {"vertical": vertical, "horizontal": vertical.T, "blur": torch.full((3, 3), 1 / 9)}


# %% output_size
def output_size(size: int, kernel_size: int, stride: int = 1, padding: int | str = 0, dilation: int = 1) -> int:
    reach = dilation * (kernel_size - 1)  # from the first tap of a window to its last
    if padding == "same" and stride != 1:
        raise ValueError(f'"same" padding needs stride 1, not {stride}')
    named = {"valid": 0, "same": reach, "full": 2 * reach}
    padded = size + (named[padding] if isinstance(padding, str) else 2 * padding)
    if padded <= reach:
        raise ValueError(f"a kernel that spans {reach + 1} does not fit into {padded} (size {size}, padding {padding})")
    return (padded - reach - 1) // stride + 1


# %% conv2d
def conv2d(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride=1, padding=0, dilation=1, groups=1) -> Tensor:
    out_channels, channels_per_group, *kernel_size = weight.shape
    if x.shape[1] != groups * channels_per_group:
        raise ValueError(
            f"x has {x.shape[1]} channels; a weight with {channels_per_group} and {groups} group(s) "
            f"needs {groups * channels_per_group}"
        )
    if out_channels % groups:
        raise ValueError(f"{out_channels} output channels cannot be divided into {groups} groups")

    if padding == "same":
        if pair(stride) != (1, 1):
            raise ValueError(f'"same" padding needs stride 1, not {stride}')
        rows, columns = (gap * (taps - 1) for gap, taps in zip(pair(dilation), kernel_size, strict=True))
        x = F.pad(x, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
    patches = windows(x, kernel_size, stride, 0 if isinstance(padding, str) else padding, dilation)

    patches = patches.unflatten(1, (groups, channels_per_group))  # (N, G, C/G, H', W', KH, KW)
    weight = weight.unflatten(0, (groups, out_channels // groups))  # (G, O/G, C/G, KH, KW)
    y = torch.einsum("ngchwij,gocij->ngohw", patches, weight).flatten(1, 2)
    return y if bias is None else y + bias[:, None, None]


# %% im2col
def im2col(x: Tensor, kernel_size, stride=1, padding=0, dilation=1) -> Tensor:
    patches = windows(x, kernel_size, stride, padding, dilation)
    return patches.permute(0, 1, 4, 5, 2, 3).flatten(4).flatten(1, 3)  # (N, C, KH, KW, H', W') -> (N, C*KH*KW, L)


# %% conv2d_matmul
def conv2d_matmul(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride=1, padding=0) -> Tensor:
    columns = im2col(x, weight.shape[2:], stride, padding)  # (N, C*KH*KW, L)
    y = weight.flatten(1) @ columns  # (O, C*KH*KW) @ (N, C*KH*KW, L) -> (N, O, L)
    if bias is not None:
        y = y + bias[:, None]
    height = output_size(x.shape[2], weight.shape[2], pair(stride)[0], pair(padding)[0])
    return y.unflatten(2, (height, -1))


# %% conv2d_backward
def conv2d_backward(
    grad_output: Tensor, x: Tensor, weight: Tensor, stride=1, padding=0
) -> tuple[Tensor, Tensor, Tensor]:
    (n, _, height, width), (out_channels, _, *kernel_size) = x.shape, weight.shape
    above, left = pair(padding)

    grad_bias = grad_output.sum((0, 2, 3))
    grad_weight = torch.einsum("nohw,nchwij->ocij", grad_output, windows(x, kernel_size, stride, padding))

    # Put every gradient where its window stood at stride 1; positions that the stride passed over stay 0.
    rows, columns = height + 2 * above - kernel_size[0] + 1, width + 2 * left - kernel_size[1] + 1
    spread = grad_output.new_zeros(n, out_channels, rows, columns)
    spread[:, :, :: pair(stride)[0], :: pair(stride)[1]] = grad_output

    # Each pixel collects from all windows that saw it: a "full" correlation with the kernel turned by 180 degrees.
    full = windows(spread, kernel_size, padding=[taps - 1 for taps in kernel_size])
    grad_padded = torch.einsum("nohwij,ocij->nchw", full, weight.flip(2, 3))
    return grad_padded[:, :, above : above + height, left : left + width], grad_weight, grad_bias


# %% convolution_matrix
def convolution_matrix(weight: Tensor, height: int, width: int) -> Tensor:
    kernel_height, kernel_width = weight.shape
    rows, columns = height - kernel_height + 1, width - kernel_width + 1
    if rows < 1 or columns < 1:
        raise ValueError(f"a kernel of {kernel_height} x {kernel_width} does not fit into {height} x {width}")
    matrix = weight.new_zeros(rows, columns, height, width)
    for i in range(rows):
        for j in range(columns):
            matrix[i, j, i : i + kernel_height, j : j + kernel_width] = weight
    return matrix.reshape(rows * columns, height * width)
