# %% LeNet5
class LeNet5(nn.Module):
    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.avg_pool2d(torch.sigmoid(self.conv1(x)), 2)  # (N, 6, 14, 14)
        x = F.avg_pool2d(torch.sigmoid(self.conv2(x)), 2)  # (N, 16, 5, 5)
        x = torch.sigmoid(self.fc1(x.flatten(1)))  # (N, 120)
        return self.fc3(torch.sigmoid(self.fc2(x)))


# %% alexnet_features
def alexnet_features() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, stride=4, padding=2),  # 224 -> 55
        nn.ReLU(),
        nn.MaxPool2d(3, 2),  # 27
        nn.Conv2d(64, 192, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),  # 13
        nn.Conv2d(192, 384, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),  # 6
    )


# %% stack
def stack(kernel_size: int, depth: int, channels: int) -> dict[str, int]:
    return {
        "receptive_field": depth * (kernel_size - 1) + 1,
        "parameters": depth * kernel_size**2 * channels**2,
    }


# %% vgg_features
def vgg_features(config: list[int | str], batch_norm: bool = False) -> nn.Sequential:
    layers: list[nn.Module] = []
    before = 3
    for entry in config:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
            continue
        layers.append(nn.Conv2d(before, entry, 3, padding=1))
        if batch_norm:
            layers.append(nn.BatchNorm2d(entry))
        layers.append(nn.ReLU())
        before = entry
    return nn.Sequential(*layers)


# %% Inception
class ConvNormRelu(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, kernel_size: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2, bias=False)
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    def __init__(
        self, in_channels: int, ch1x1: int, ch3x3red: int, ch3x3: int, ch5x5red: int, ch5x5: int, pool_proj: int
    ) -> None:
        super().__init__()
        self.branch1 = ConvNormRelu(in_channels, ch1x1, 1)
        self.branch2 = nn.Sequential(ConvNormRelu(in_channels, ch3x3red, 1), ConvNormRelu(ch3x3red, ch3x3, 3))
        self.branch3 = nn.Sequential(ConvNormRelu(in_channels, ch5x5red, 1), ConvNormRelu(ch5x5red, ch5x5, 5))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), ConvNormRelu(in_channels, pool_proj, 1))

    def forward(self, x: Tensor) -> Tensor:
        branches = (self.branch1, self.branch2, self.branch3, self.branch4)
        return torch.cat([branch(x) for branch in branches], dim=1)


# %% DenseBlock
class DenseLayer(nn.Module):
    def __init__(self, in_channels: int, growth_rate: int, bn_size: int) -> None:
        super().__init__()
        width = bn_size * growth_rate
        self.norm1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, growth_rate, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(F.relu(self.norm1(x)))
        return self.conv2(F.relu(self.norm2(x)))


class DenseBlock(nn.Module):
    def __init__(self, num_layers: int, in_channels: int, growth_rate: int = 32, bn_size: int = 4) -> None:
        super().__init__()
        for i in range(num_layers):
            self.add_module(f"denselayer{i + 1}", DenseLayer(in_channels + i * growth_rate, growth_rate, bn_size))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.children():
            x = torch.cat([x, layer(x)], dim=1)
        return x


# %% describe
def side(size: int | tuple[int, int]) -> int:
    """One side of a square window."""
    return size if isinstance(size, int) else size[0]


def describe(net: nn.Module, input_shape: tuple[int, int, int]) -> list[dict]:
    rows: list[dict] = []
    field, jump = 1, 1

    def note(name: str, module: nn.Module, output: Tensor) -> None:
        nonlocal field, jump
        if isinstance(module, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)):
            dilation = side(getattr(module, "dilation", 1))
            field += (side(module.kernel_size) - 1) * dilation * jump
            jump *= side(module.stride)
        parameters = sum(p.numel() for p in module.parameters())
        rows.append(
            {"name": name, "shape": tuple(output.shape[1:]), "parameters": parameters, "receptive_field": field}
        )

    modes = {module: module.training for module in net.modules()}
    hooks = [
        module.register_forward_hook(lambda module, _, output, name=name: note(name, module, output))
        for name, module in net.named_modules()
        if not list(module.children())
    ]
    try:
        net.eval()
        with torch.no_grad():
            net(torch.zeros(1, *input_shape))
    finally:
        for hook in hooks:
            hook.remove()
        for module, mode in modes.items():
            module.training = mode
    return rows
