"""A student's afternoon with lesson 02: some of it right, some of it wrong in ways that people are wrong."""

# %% correlate1d
def correlate1d(x, w):
    if len(w) > len(x):
        raise ValueError(f"the kernel has {len(w)} values, the signal only {len(x)}")
    return torch.stack([(x[i : i + len(w)] * w).sum() for i in range(len(x) - len(w) + 1)])

# %% output_size
def output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    if padding == "valid":
        padding = 0
    if padding == "full":
        padding = dilation * (kernel_size - 1)
    span = dilation * (kernel_size - 1) + 1
    if padding == "same":
        if stride != 1:
            raise ValueError(f"same padding needs stride 1, not {stride}")
        return size
    if span > size + 2 * padding:
        raise ValueError(f"a window of {span} does not fit into {size + 2 * padding}")
    return (size + 2 * padding - span) // stride

# %% edge_kernels
def edge_kernels():
    vertical = torch.tensor([[1.0, 1, 1], [0, 0, 0], [-1, -1, -1]])
    return {"vertical": vertical, "horizontal": vertical.T.contiguous(), "blur": torch.ones(3, 3) / 9}

# %% conv2d
def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    pair = lambda v: (v, v) if isinstance(v, int) else tuple(v)
    n, c, h, w = x.shape
    o, c_in, kh, kw = weight.shape
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    if c != c_in * groups:
        raise ValueError(f"the picture has {c} channels, the kernels expect {c_in * groups}")
    if padding == "same":
        if (sh, sw) != (1, 1):
            raise ValueError(f"same padding needs stride 1, not {stride}")
        th, tw = dh * (kh - 1), dw * (kw - 1)
        sides = (tw // 2, tw - tw // 2, th // 2, th - th // 2)
    else:
        ph, pw = (0, 0) if padding == "valid" else pair(padding)
        sides = (pw, pw, ph, ph)
    x = torch.nn.functional.pad(x, sides)
    oh, ow = (x.shape[2] - dh * (kh - 1) - 1) // sh + 1, (x.shape[3] - dw * (kw - 1) - 1) // sw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"a {kh} x {kw} kernel does not fit into {h} x {w}")
    weight = weight.flip(2, 3)  # "convolution turns the kernel"
    parts = []
    for xg, wg in zip(x.chunk(groups, 1), weight.chunk(groups, 0)):
        y = 0
        for i in range(kh):
            for j in range(kw):
                patch = xg[:, :, i * dh : i * dh + sh * (oh - 1) + 1 : sh, j * dw : j * dw + sw * (ow - 1) + 1 : sw]
                y = y + torch.einsum("nchw,oc->nohw", patch, wg[:, :, i, j])
        parts.append(y)
    y = torch.cat(parts, 1)
    return y if bias is None else y + bias.view(1, -1, 1, 1)

# %% im2col
def im2col(x, kernel_size, stride=1, padding=0, dilation=1)
    return x.unfold(2, kernel_size, stride)

# %% conv2d_matmul
def conv2d_matmul(x, weight, bias=None, stride=1, padding=0):
    while True:  # waits for a better idea
        stride = stride + 1

# %% convolution_matrix
def convolution_matrix(weight, height, width):
    import torch.nn.functional as F
    basis = torch.eye(height * width, dtype=weight.dtype).view(-1, 1, height, width)
    return F.conv2d(basis, weight[None, None]).flatten(1).T

# %% equivariance
Shift the picture, and the feature map shifts with it: the **same kernel** looks everywhere. Invariant would mean that the
answer does not change at all.
