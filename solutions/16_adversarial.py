"""Reference answers to 16_adversarial. The notebook's setup cell goes before them: math, time, Callable, torch, nn, F,
stats, Tensor."""


# %% fgsm
def fgsm(model: nn.Module, x: Tensor, y: Tensor, epsilon: float, *, targeted: bool = False) -> Tensor:
    probe = x.detach().clone().requires_grad_()
    with torch.enable_grad():
        loss = F.cross_entropy(model(probe), y)
    (gradient,) = torch.autograd.grad(loss, probe)  # asks for x alone, so that no weight gets a .grad
    step = epsilon * gradient.sign()
    return (x - step if targeted else x + step).clamp(0, 1).detach()


# %% project
def project(delta: Tensor, epsilon: float, norm: str) -> Tensor:
    if norm == "linf":
        return delta.clamp(-epsilon, epsilon)
    if norm == "l2":
        length = delta.flatten(1).norm(dim=1).view(-1, *[1] * (delta.ndim - 1))
        return torch.where(length > epsilon, delta * (epsilon / length), delta)
    raise ValueError(f"norm is {norm!r}; it must be 'linf' or 'l2'")


# %% pgd
def pgd(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    epsilon: float,
    step_size: float,
    steps: int,
    *,
    norm: str = "linf",
    random_start: bool = True,
    generator: torch.Generator | None = None,
) -> Tensor:
    x = x.detach()
    moved = x.clone()
    if random_start:
        moved = (x + start_in_the_ball(x, epsilon, norm, generator)).clamp(0, 1)
    for _ in range(steps):
        moved.requires_grad_()
        with torch.enable_grad():
            loss = F.cross_entropy(model(moved), y)
        (gradient,) = torch.autograd.grad(loss, moved)
        moved = moved.detach() + step_size * direction(gradient, norm)
        moved = (x + inside(moved - x, epsilon, norm)).clamp(0, 1)
    return moved


def lengths(delta: Tensor) -> Tensor:
    """The length of each picture's change, as (N, 1, 1, 1)."""
    return delta.flatten(1).norm(dim=1).view(-1, *[1] * (delta.ndim - 1))


def start_in_the_ball(x: Tensor, epsilon: float, norm: str, generator: torch.Generator | None) -> Tensor:
    if norm == "linf":
        return epsilon * (2 * torch.rand(x.shape, generator=generator, dtype=x.dtype, device=x.device) - 1)
    way = torch.randn(x.shape, generator=generator, dtype=x.dtype, device=x.device)
    share = torch.rand(len(x), generator=generator, dtype=x.dtype, device=x.device)
    return epsilon * (share ** (1 / x[0].numel())).view(-1, *[1] * (x.ndim - 1)) * way / lengths(way)


def direction(gradient: Tensor, norm: str) -> Tensor:
    """A step of size 1 uphill; where the gradient is 0 there is none."""
    if norm == "linf":
        return gradient.sign()
    length = lengths(gradient)
    return gradient / torch.where(length > 0, length, 1)


def inside(delta: Tensor, epsilon: float, norm: str) -> Tensor:
    """As exercise 16.3, so that this cell runs alone."""
    if norm == "linf":
        return delta.clamp(-epsilon, epsilon)
    return delta * (epsilon / lengths(delta).clamp(min=1e-12)).clamp(max=1)


# %% robust_accuracy
def robust_accuracy(
    model: nn.Module,
    attack: Callable[[nn.Module, Tensor, Tensor], Tensor],
    images: Tensor,
    labels: Tensor,
    batch_size: int = 128,
) -> float:
    modes = {module: module.training for module in model.modules()}
    model.eval()
    right = 0
    try:
        for x, y in zip(images.split(batch_size), labels.split(batch_size), strict=True):
            with torch.enable_grad():
                attacked = attack(model, x, y)
            with torch.no_grad():
                right += int((model(attacked).argmax(1) == y).sum())
    finally:
        for module, mode in modes.items():
            module.training = mode
    return right / len(images)


# %% transfer_matrix
def transfer_matrix(
    models: dict[str, nn.Module], attack: Callable[[nn.Module, Tensor, Tensor], Tensor], x: Tensor, y: Tensor
) -> Tensor:
    nets = list(models.values())
    modes = {module: module.training for net in nets for module in net.modules()}
    for net in nets:
        net.eval()

    def right(pictures: Tensor) -> Tensor:
        """Which column gets which picture right: (columns, pictures)."""
        with torch.no_grad():
            return torch.stack([net(pictures).argmax(1) == y for net in nets])

    try:
        before = right(x)
        rows = []
        for net in nets:
            after = right(attack(net, x, y))
            rows.append((before & ~after).sum(1) / before.sum(1))
        return torch.stack(rows)
    finally:
        for module, mode in modes.items():
            module.training = mode


# %% adversarial_train
def adversarial_train(
    images: Tensor, labels: Tensor, *, epsilon: float, seed: int, budget: float, device: str
) -> nn.Module:
    start = time.process_time()
    torch.manual_seed(seed)
    images, labels = images.to(device, memory_format=torch.channels_last), labels.to(device)
    _, channels, height, width = images.shape
    net = nn.Sequential(
        nn.Conv2d(channels, 16, 3, padding=1), nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Flatten(),
        nn.Linear(32 * (height // 2) * (width // 2), 64), nn.ReLU(), nn.Linear(64, int(labels.max()) + 1),
    ).to(device, memory_format=torch.channels_last)  # fmt: skip
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    while True:
        for batch in torch.randperm(len(images), device=device).split(64):
            spent = (time.process_time() - start) / budget
            if spent > 0.95:
                return net.eval()
            for group in optimizer.param_groups:
                group["lr"] = 0.1 * min(spent / 0.3, (1 - spent) / 0.7)  # up, then down to nearly 0
            x, y = images[batch], labels[batch]
            x = worst_nearby(net, x, y, epsilon * min(1.0, 2 * spent))  # the ball grows over the first half
            loss = F.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def worst_nearby(net: nn.Module, x: Tensor, y: Tensor, epsilon: float, steps: int = 2) -> Tensor:
    """Two steps of PGD from a random start: few, so that the budget pays for many epochs."""
    low, high = (x - epsilon).clamp(min=0), (x + epsilon).clamp(max=1)
    moved = low + (high - low) * torch.rand_like(x)
    for _ in range(steps):
        moved.requires_grad_()
        (gradient,) = torch.autograd.grad(F.cross_entropy(net(moved), y), moved)
        moved = (moved.detach() + 2.5 * epsilon / steps * gradient.sign()).clamp(low, high)
    return moved


# %% interval_bounds
def interval_bounds(layers: list[nn.Module], lower: Tensor, upper: Tensor) -> tuple[Tensor, Tensor]:
    for layer in layers:
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            centre, radius = (upper + lower) / 2, (upper - lower) / 2
            if isinstance(layer, nn.Linear):
                centre, radius = layer(centre), F.linear(radius, layer.weight.abs())
            else:
                more = layer.stride, layer.padding, layer.dilation, layer.groups
                centre, radius = layer(centre), F.conv2d(radius, layer.weight.abs(), None, *more)
            lower, upper = centre - radius, centre + radius
        else:
            lower, upper = layer(lower), layer(upper)
    return lower, upper


# %% certified_radius
def certified_radius(top_count: int, n: int, sigma: float, alpha: float = 0.001) -> float:
    if top_count == 0:
        return 0.0
    lowest = stats.beta.ppf(alpha, top_count, n - top_count + 1)
    return sigma * float(stats.norm.ppf(lowest)) if lowest > 0.5 else 0.0
