"""Reference answers to 06_resnets. The notebook's setup cell goes before them: time, torch, nn, F, Tensor."""


def projection(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """What the shortcut needs so that the addition fits: nothing, or a strided 1 × 1 convolution and batch norm."""
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
        nn.BatchNorm2d(out_channels),
    )


# %% BasicBlock
class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample = projection(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        branch = F.relu(self.bn1(self.conv1(x)))
        branch = self.bn2(self.conv2(branch))
        return F.relu(branch + self.downsample(x))


# %% cifar_resnet
class CifarBlock(nn.Module):
    """Two 3 × 3 convolutions; the shortcut, where there is one, has no weights."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, residual: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.stride, self.new_channels, self.residual = stride, out_channels - in_channels, residual

    def forward(self, x: Tensor) -> Tensor:
        branch = F.relu(self.bn1(self.conv1(x)))
        branch = self.bn2(self.conv2(branch))
        return F.relu(branch + self.shortcut(x) if self.residual else branch)

    def shortcut(self, x: Tensor) -> Tensor:
        kept = x[:, :, :: self.stride, :: self.stride]
        return F.pad(kept, (0, 0, 0, 0, 0, self.new_channels))  # from the last axis: width, height, channels


def cifar_resnet(n: int, residual: bool = True) -> nn.Module:
    layers = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    in_channels = 16
    for channels in (16, 32, 64):
        for _ in range(n):
            stride = 1 if channels == in_channels else 2
            layers.append(CifarBlock(in_channels, channels, stride, residual))
            in_channels = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


# %% gradient_norms
def gradient_norms(model: nn.Module, x: Tensor, y: Tensor) -> dict[str, float]:
    # The model runs on copies of its weights and statistics, so there is nothing to put back.
    weights = {
        f"{name}.weight".lstrip("."): module.weight.detach().clone().requires_grad_()
        for name, module in model.named_modules()
        if isinstance(module, nn.modules.conv._ConvNd)
    }
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    with torch.enable_grad(), torch.random.fork_rng(devices=[x.device] if x.is_cuda else []):
        logits = torch.func.functional_call(model, (weights, buffers), (x,))
        gradients = torch.autograd.grad(F.cross_entropy(logits, y), list(weights.values()), materialize_grads=True)
    return {name: gradient.norm().item() for name, gradient in zip(weights, gradients, strict=True)}


# %% zero_init_residual
def zero_init_residual(model: nn.Module) -> None:
    for module in model.modules():
        for last in ("bn3", "bn2"):  # a bottleneck ends with bn3, a basic block with bn2
            if hasattr(module, last):
                nn.init.zeros_(getattr(module, last).weight)
                break


# %% Bottleneck
class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        out_channels = channels * self.expansion
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample = projection(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        branch = F.relu(self.bn1(self.conv1(x)))
        branch = F.relu(self.bn2(self.conv2(branch)))
        branch = self.bn3(self.conv3(branch))
        return F.relu(branch + self.downsample(x))


# %% ResNet
class ResNet(nn.Module):
    def __init__(self, block: type[nn.Module], layers: list[int], num_classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        widths = [64, *(channels * block.expansion for channels in (64, 128, 256, 512))]
        self.layer1 = stage(block, widths[0], 64, layers[0], stride=1)
        self.layer2 = stage(block, widths[1], 128, layers[1], stride=2)
        self.layer3 = stage(block, widths[2], 256, layers[2], stride=2)
        self.layer4 = stage(block, widths[3], 512, layers[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(widths[4], num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(F.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


def stage(block: type[nn.Module], in_channels: int, channels: int, blocks: int, stride: int) -> nn.Sequential:
    """``blocks`` blocks of which only the first changes the width and the size."""
    first = block(in_channels, channels, stride)
    return nn.Sequential(first, *(block(channels * block.expansion, channels, 1) for _ in range(blocks - 1)))


def resnet18(num_classes: int = 1000) -> nn.Module:
    return ResNet(BasicBlock, [2, 2, 2, 2], num_classes)


def resnet34(num_classes: int = 1000) -> nn.Module:
    return ResNet(BasicBlock, [3, 4, 6, 3], num_classes)


def resnet50(num_classes: int = 1000) -> nn.Module:
    return ResNet(Bottleneck, [3, 4, 6, 3], num_classes)


# %% train_resnet
def train_resnet(images: Tensor, labels: Tensor, *, seed: int, budget: float, device: str) -> nn.Module:
    start = time.process_time()
    torch.manual_seed(seed)
    model = small_resnet(images.shape[1], int(labels.max()) + 1).to(device, memory_format=torch.channels_last)
    images = images.to(device, memory_format=torch.channels_last)  # twice as fast on a CPU
    labels = labels.to(device)
    optimizer = torch.optim.AdamW(model.parameters())
    while True:
        for batch in torch.randperm(len(images)).split(64):
            spent = (time.process_time() - start) / budget
            if spent > 0.95:
                return model.eval()
            for group in optimizer.param_groups:
                group["lr"] = 0.008 * min(spent / 0.3, (1 - spent) / 0.7)  # up, then down to nearly 0
            loss = F.cross_entropy(model(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def small_resnet(in_channels: int, num_classes: int) -> nn.Module:
    """One block a stage: 78 042 parameters for three channels and ten classes."""
    return nn.Sequential(
        nn.Conv2d(in_channels, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        BasicBlock(16, 16), BasicBlock(16, 32, stride=2), BasicBlock(32, 64, stride=2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, num_classes),
    )  # fmt: skip
