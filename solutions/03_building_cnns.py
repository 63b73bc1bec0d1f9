"""Reference answers to 03_building_cnns. The notebook's setup cell goes before them: torch, nn, F, Tensor, `pair`."""


def windows(x: Tensor, kernel_size, stride, padding, value: float) -> Tensor:
    """Every window of the pictures x (N, C, H, W), as a view (N, C, H', W', KH, KW) of x padded with ``value``."""
    above, left = pair(padding)
    x = F.pad(x, (left, left, above, above), value=value)
    for axis, size, step in zip((2, 3), pair(kernel_size), pair(stride), strict=True):
        x = x.unfold(axis, size, step)  # the windows become the last axis
    return x


# %% max_pool2d
def max_pool2d(x: Tensor, kernel_size, stride=None, padding=0) -> Tensor:
    for pixels, size in zip(pair(padding), pair(kernel_size), strict=True):
        if 2 * pixels > size:
            raise ValueError(f"a padding of {pixels} is more than half of a kernel of {size}")
    stride = kernel_size if stride is None else stride
    return windows(x, kernel_size, stride, padding, value=-torch.inf).amax((-2, -1))


# %% avg_pool2d
def avg_pool2d(x: Tensor, kernel_size, stride=None, padding=0, count_include_pad=True) -> Tensor:
    stride = kernel_size if stride is None else stride
    ones = torch.ones_like(x[:1, :1])
    counted = windows(ones, kernel_size, stride, padding, value=float(count_include_pad)).sum((-2, -1))
    return windows(x, kernel_size, stride, padding, value=0.0).sum((-2, -1)) / counted


# %% receptive_field
def receptive_field(layers: list[tuple[int, int, int]]) -> list[int]:
    field, jump, fields = 1, 1, []
    for kernel_size, stride, dilation in layers:
        field += (kernel_size - 1) * dilation * jump
        jump *= stride  # the pixels between two neighbours, from here on
        fields.append(field)
    return fields


# %% empirical_receptive_field
import copy


def empirical_receptive_field(net: nn.Module, input_shape: tuple[int, int, int]) -> tuple[int, int]:
    # In a copy, nothing hides: convolutions that add everything up, averages for maxima, and a positive picture.
    net = copy.deepcopy(net)
    for module in list(net.modules()):
        if isinstance(module, nn.Conv2d):
            nn.init.ones_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        for name, child in module.named_children():
            if isinstance(child, nn.MaxPool2d):
                setattr(module, name, nn.AvgPool2d(child.kernel_size, child.stride, child.padding))
    picture = torch.ones(1, *input_shape, dtype=next(net.parameters()).dtype, requires_grad=True)
    output = net(picture)
    middle = output[0, :, output.shape[2] // 2, output.shape[3] // 2].sum()
    reached = torch.autograd.grad(middle, picture)[0][0].sum(0) > 0  # (H, W)
    rows, columns = reached.nonzero().unbind(1)
    return (rows.max() - rows.min() + 1).item(), (columns.max() - columns.min() + 1).item()


# %% BatchNorm2d
class BatchNorm2d(nn.Module):
    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x: Tensor) -> Tensor:
        mean, variance = self.running_mean, self.running_var
        if self.training:
            mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
            self.remember(x)
        mean, variance, weight, bias = (v[:, None, None] for v in (mean, variance, self.weight, self.bias))  # (C, 1, 1)
        return weight * (x - mean) / (variance + self.eps).sqrt() + bias

    @torch.no_grad()
    def remember(self, x: Tensor) -> None:
        """Move the running statistics towards those of the batch."""
        self.running_mean.lerp_(x.mean((0, 2, 3)), self.momentum)
        self.running_var.lerp_(x.var((0, 2, 3), unbiased=True), self.momentum)
        self.num_batches_tracked += 1


# %% conv_parameters
def conv_parameters(in_channels: int, out_channels: int, kernel_size, bias: bool = True, groups: int = 1) -> int:
    height, width = pair(kernel_size)
    return out_channels * (in_channels // groups * height * width + bool(bias))


# %% SimpleCNN
class SimpleCNN(nn.Module):
    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.fc1 = nn.Linear(64 * 7 * 7, 128)
        self.fc2 = nn.Linear(128, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)  # (N, 32, 14, 14)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)  # (N, 64, 7, 7)
        x = F.relu(self.fc1(x.flatten(1)))  # (N, 128)
        return self.fc2(x)


# %% global_avg_pool
def global_avg_pool(x: Tensor) -> Tensor:
    return x.mean((2, 3))


# %% DeeperCNN
class DeeperCNN(nn.Module):
    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        widths = [1, 16, 32, 32, 64, 64]
        strides = [1, 2, 1, 2, 1]  # 28, 14, 14, 7, 7
        self.blocks = nn.Sequential(
            *(block(*sizes) for sizes in zip(widths[:-1], widths[1:], strides, strict=True)),
        )
        self.fc = nn.Linear(widths[-1], num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.blocks(x).mean((2, 3)))


def block(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels), nn.ReLU())
