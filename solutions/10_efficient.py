"""Reference answers to 10_efficient. The notebook's setup cell goes before them: math, time, torch, nn, F, Tensor."""


# %% depthwise_conv2d
def depthwise_conv2d(
    x: Tensor, weight: Tensor, stride: int | tuple[int, int] = 1, padding: int | tuple[int, int] = 0
) -> Tensor:
    if weight.shape[0] != x.shape[1] or weight.shape[1] != 1:
        raise ValueError(f"{x.shape[1]} channels need a weight of ({x.shape[1]}, 1, K, K), not {tuple(weight.shape)}")
    (sh, sw), (ph, pw) = ((v, v) if isinstance(v, int) else v for v in (stride, padding))
    x = F.pad(x, (pw, pw, ph, ph))
    kernel = weight.shape[2]
    h, w = (x.shape[2] - kernel) // sh + 1, (x.shape[3] - kernel) // sw + 1
    taps = [(i, j) for i in range(kernel) for j in range(kernel)]
    return sum(  # one shifted picture a tap, each channel times its own number
        x[:, :, i : i + (h - 1) * sh + 1 : sh, j : j + (w - 1) * sw + 1 : sw] * weight[:, 0, i, j, None, None]
        for i, j in taps
    )


# %% pointwise_conv2d
def pointwise_conv2d(x: Tensor, weight: Tensor) -> Tensor:
    return torch.einsum("nchw,oc->nohw", x, weight)


# %% separable_ratio
def separable_ratio(kernel_size: int, out_channels: int) -> float:
    return 1 / out_channels + 1 / kernel_size**2


# %% count_macs
def count_macs(net: nn.Module, input_shape: tuple[int, ...]) -> int:
    total = 0

    def count(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += output.numel() * layer.weight[0].numel()  # in_channels / groups * KH * KW products each
        else:
            total += output.numel() * layer.in_features

    modes = {module: module.training for module in net.modules()}
    hooks = [m.register_forward_hook(count) for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    like = next(net.parameters(), torch.zeros(()))
    try:
        net.eval()
        with torch.no_grad():
            net(torch.zeros(1, *input_shape, dtype=like.dtype, device=like.device))
    finally:
        for hook in hooks:
            hook.remove()
        for module, training in modes.items():
            module.training = training
    return total


# %% SeparableConv
class SeparableConv(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(in_channels, in_channels, 3, stride, padding=1, groups=in_channels, bias=False)
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.depthwise(x)))
        return F.relu(self.bn2(self.pointwise(x)))


# %% InvertedResidual
class InvertedResidual(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int, expand_ratio: int) -> None:
        super().__init__()
        hidden = in_channels * expand_ratio
        layers = [] if expand_ratio == 1 else [conv_bn_relu6(in_channels, hidden, 1)]
        layers.append(conv_bn_relu6(hidden, hidden, 3, stride, groups=hidden))
        layers += [nn.Conv2d(hidden, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)]  # linear: no ReLU6
        self.conv = nn.Sequential(*layers)
        self.has_shortcut = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.has_shortcut else self.conv(x)


def conv_bn_relu6(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, groups: int = 1) -> nn.Module:
    conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, kernel_size // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels), nn.ReLU6())


# %% SqueezeExcitation
class SqueezeExcitation(nn.Module):
    def __init__(self, channels: int, squeeze_channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeeze_channels, 1)
        self.fc2 = nn.Conv2d(squeeze_channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        scale = x.mean(dim=(2, 3), keepdim=True)
        return x * torch.sigmoid(self.fc2(F.relu(self.fc1(scale))))


# %% CBAM
class CBAM(nn.Module):
    def __init__(self, channels: int, reduction: int = 16, kernel_size: int = 7) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.fc1 = nn.Conv2d(channels, hidden, 1)
        self.fc2 = nn.Conv2d(hidden, channels, 1)
        self.spatial = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        mean, maximum = x.mean(dim=(2, 3), keepdim=True), x.amax(dim=(2, 3), keepdim=True)
        x = x * torch.sigmoid(self.mlp(mean) + self.mlp(maximum))
        mean, maximum = x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)
        return x * torch.sigmoid(self.spatial(torch.cat([mean, maximum], dim=1)))

    def mlp(self, x: Tensor) -> Tensor:
        return self.fc2(F.relu(self.fc1(x)))


# %% compound_scale
def compound_scale(
    depths: list[int],
    widths: list[int],
    resolution: int,
    phi: int,
    alpha: float = 1.2,
    beta: float = 1.1,
    gamma: float = 1.15,
) -> tuple[list[int], list[int], int]:
    return (
        [math.ceil(depth * alpha**phi) for depth in depths],
        [to_multiple_of_8(width * beta**phi) for width in widths],
        round(resolution * gamma**phi),
    )


def to_multiple_of_8(width: float) -> int:
    """The nearest multiple of 8, or the next one where that would be less than 90 % of the width."""
    rounded = max(8, int(width + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * width else rounded + 8


# %% train_efficient
def train_efficient(
    images: Tensor, labels: Tensor, *, max_macs: int, seed: int, budget: float, device: str
) -> nn.Module:
    start = time.process_time()
    torch.manual_seed(seed)
    model = widest_net(tuple(images.shape[1:]), int(labels.max()) + 1, max_macs)
    model = model.to(device, memory_format=torch.channels_last)
    images = images.to(device, memory_format=torch.channels_last)
    labels = labels.to(device)
    optimizer = torch.optim.AdamW(model.parameters())
    while True:
        for batch in torch.randperm(len(images)).split(64):
            spent = (time.process_time() - start) / budget
            if spent > 0.95:
                return model.eval()
            for group in optimizer.param_groups:
                group["lr"] = 0.01 * min(spent / 0.3, (1 - spent) / 0.7)
            loss = F.cross_entropy(model(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def widest_net(shape: tuple[int, ...], num_classes: int, max_macs: int) -> nn.Module:
    """The widest of a family of separable nets that the arithmetic pays for."""
    for width in range(48, 0, -4):
        model = separable_net(shape[0], num_classes, width)
        if count_macs(model, shape) <= max_macs:
            break
    return model


def separable_net(in_channels: int, num_classes: int, width: int) -> nn.Sequential:
    """A dense stem of stride 2, then separable convolutions: 16 × 16 pixels become 8 × 8 and then 4 × 4 places."""
    return nn.Sequential(
        nn.Conv2d(in_channels, width, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
        SeparableConv(width, 2 * width), SeparableConv(2 * width, 2 * width),
        SeparableConv(2 * width, 4 * width, stride=2), SeparableConv(4 * width, 4 * width),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, num_classes),
    )  # fmt: skip
