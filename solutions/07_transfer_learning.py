"""Reference answers to 07_transfer_learning. The notebook's setup cell goes before them: time, torch, nn, F, Tensor."""


# %% replace_head
def replace_head(model: nn.Module, num_classes: int) -> nn.Module:
    names = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    if not names:
        raise ValueError("the model has no Linear layer to replace")
    old = model.get_submodule(names[-1])
    new = nn.Linear(
        old.in_features, num_classes, bias=old.bias is not None, device=old.weight.device, dtype=old.weight.dtype
    )
    parent, _, child = names[-1].rpartition(".")
    setattr(model.get_submodule(parent), child, new)
    return model


# %% FrozenBackbone
class FrozenBackbone(nn.Module):
    def __init__(self, backbone: nn.Module, features: int, num_classes: int) -> None:
        super().__init__()
        self.backbone = backbone.requires_grad_(False).eval()
        self.head = nn.Linear(features, num_classes)

    def train(self, mode: bool = True) -> "FrozenBackbone":
        super().train(mode)
        self.backbone.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            features = self.backbone(x)
        return self.head(features)


# %% parameter_groups
def parameter_groups(model: nn.Sequential, lr: float, factor: float) -> list[dict]:
    groups, seen = [], set()
    for i, child in enumerate(model):
        mine = [p for p in child.parameters() if p.requires_grad and p not in seen]
        seen.update(mine)
        if mine:
            groups.append({"params": mine, "lr": lr * factor ** (len(model) - 1 - i)})
    return groups


# %% unfreeze_from
def unfreeze_from(model: nn.Module, name: str) -> None:
    children = dict(model.named_children())
    if name not in children:
        raise ValueError(f"there is no child {name!r}; the children are {', '.join(children)}")
    for child in list(children)[list(children).index(name) :]:
        children[child].requires_grad_(True)


# %% cache_features
def cache_features(backbone: nn.Module, images: Tensor, batch_size: int = 128) -> Tensor:
    modes = {module: module.training for module in backbone.modules()}
    backbone.eval()
    try:
        with torch.no_grad():
            return torch.cat([backbone(batch) for batch in images.split(batch_size)])
    finally:
        for module, training in modes.items():
            module.training = training


# %% random_flip
def random_flip(images: Tensor, p: float = 0.5, *, generator: torch.Generator) -> Tensor:
    chosen = torch.rand(len(images), 1, 1, 1, generator=generator) < p
    return torch.where(chosen, images.flip(3), images)


# %% random_resized_crop
def random_resized_crop(
    images: Tensor,
    size: int | tuple[int, int],
    scale: tuple[float, float] = (0.25, 1.0),
    ratio: tuple[float, float] = (0.75, 1.3333),
    *,
    generator: torch.Generator,
) -> Tensor:
    def draw(low: float, high: float) -> float:
        return low + (high - low) * torch.rand((), generator=generator).item()

    size = (size, size) if isinstance(size, int) else tuple(size)
    rows, columns = images.shape[2:]
    crops = []
    for image in images:
        area, shape = draw(*scale) * rows * columns, draw(*ratio)
        width = min(columns, max(1, round((area * shape) ** 0.5)))
        height = min(rows, max(1, round((area / shape) ** 0.5)))
        top = torch.randint(0, rows - height + 1, (), generator=generator).item()
        left = torch.randint(0, columns - width + 1, (), generator=generator).item()
        crop = image[None, :, top : top + height, left : left + width]
        crops.append(F.interpolate(crop, size=size, mode="bilinear", align_corners=False))
    return torch.cat(crops)


# %% color_jitter
def color_jitter(
    images: Tensor, brightness: float = 0.2, contrast: float = 0.2, *, generator: torch.Generator
) -> Tensor:
    def factors(strength: float) -> Tensor:
        low, high = max(0.0, 1 - strength), 1 + strength
        return low + (high - low) * torch.rand(len(images), 1, 1, 1, generator=generator, dtype=images.dtype)

    images = images * factors(brightness)
    mean = images.mean((1, 2, 3), keepdim=True)
    return (mean + factors(contrast) * (images - mean)).clamp(0, 1)


# %% resize_schedule
def resize_schedule(sizes: list[int], epochs: int) -> list[int]:
    each, rest = divmod(epochs, len(sizes))
    if each == 0:
        raise ValueError(f"{epochs} epochs are too few for {len(sizes)} sizes")
    late = len(sizes) - rest
    return [size for i, size in enumerate(sizes) for _ in range(each + (i >= late))]


# %% strategy
def strategy(images: int, similar: bool) -> str:
    if images <= 10_000:
        return "head" if similar else "last_layers"
    return "all" if similar else "scratch"


# %% fine_tune
def fine_tune(
    backbone: nn.Module, images: Tensor, labels: Tensor, *, seed: int, budget: float, device: str
) -> nn.Module:
    start = time.process_time()
    torch.manual_seed(seed)
    images, labels, backbone = images.to(device), labels.to(device), backbone.to(device)
    classes = int(labels.max()) + 1
    backbone.eval()
    with torch.no_grad():
        features = backbone(images[:2]).shape[1]
    head = nn.Linear(features, classes).to(device)
    net = nn.Sequential(backbone, head).train()  # the statistics of batch norm follow the new pictures
    rates = (0.03, 0.1)
    groups = [{"params": list(part.parameters())} for part in (backbone, head)]
    step = torch.optim.SGD(groups, lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    while True:
        for batch in torch.randperm(len(images)).to(device).split(32):
            progress = (time.process_time() - start) / (0.9 * budget)
            if progress >= 1:
                return net.eval()
            for group, rate in zip(step.param_groups, rates, strict=True):
                group["lr"] = rate * min(progress / 0.2, (1 - progress) / 0.8)
            loss = F.cross_entropy(net(images[batch]), labels[batch])
            step.zero_grad()
            loss.backward()
            step.step()
