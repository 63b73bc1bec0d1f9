"""Reference answers to 04_training. The notebook's setup cell goes before them: math, os, time, Callable, Iterable,
Path, torch, nn, F, Tensor."""


# %% normalise
def normalise(images: Tensor) -> Tensor:
    if images.dtype == torch.uint8:
        images = images.float() / 255
    return images * 2 - 1


# %% cross_entropy
def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    shifted = logits - logits.amax(1, keepdim=True).detach()  # the largest is 0, so that exp never overflows
    log_probabilities = shifted - shifted.exp().sum(1, keepdim=True).log()
    return -log_probabilities.gather(1, targets[:, None]).mean()


# %% accuracy
def accuracy(logits: Tensor, targets: Tensor) -> float:
    return int((logits.argmax(1) == targets).sum()) / len(targets)


# %% train_epoch
def train_epoch(model: nn.Module, loader: Iterable, optimizer: torch.optim.Optimizer, loss_fn: Callable) -> float:
    model.train()
    total, seen = 0.0, 0
    for x, y in loader:
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(y)
        seen += len(y)
    return total / seen


# %% evaluate
def evaluate(model: nn.Module, loader: Iterable) -> tuple[float, float]:
    modes = {module: module.training for module in model.modules()}
    model.eval()
    loss, right, seen = 0.0, 0, 0
    try:
        with torch.no_grad():
            for x, y in loader:
                logits = model(x)
                loss += F.cross_entropy(logits, y, reduction="sum").item()
                right += int((logits.argmax(1) == y).sum())
                seen += len(y)
    finally:
        for module, mode in modes.items():
            module.training = mode
    return loss / seen, right / seen


# %% predict
def predict(model: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    modes = {module: module.training for module in model.modules()}
    model.eval()
    device = next((parameter.device for parameter in model.parameters()), images.device)
    classes = torch.empty(len(images), dtype=torch.int64)
    try:
        with torch.no_grad():
            for start in range(0, len(images), batch_size):
                batch = slice(start, start + batch_size)
                classes[batch] = model(images[batch].to(device)).argmax(1).cpu()
    finally:
        for module, mode in modes.items():
            module.training = mode
    return classes


# %% BestCheckpoint
class BestCheckpoint:
    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.best: float | None = None

    def update(self, model: nn.Module, score: float) -> bool:
        if math.isnan(score) or (self.best is not None and score <= self.best):
            return False
        unfinished = self.path.with_name(self.path.name + ".part")
        try:
            torch.save(model.state_dict(), unfinished)
            os.replace(unfinished, self.path)  # at once: whoever reads finds the old file or the new one
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        self.best = float(score)
        return True

    def restore(self, model: nn.Module) -> float:
        if self.best is None:
            raise ValueError(f"nothing to restore from {self.path}: no call of update has kept a model yet")
        model.load_state_dict(torch.load(self.path, weights_only=True))
        return self.best


# %% pick_device
def pick_device(available: set[str], wanted: str | None = None) -> str:
    if wanted is None:
        return next((kind for kind in ("mps", "cuda") if kind in available), "cpu")
    device = wanted.lower()
    if device.split(":")[0] not in {*available, "cpu"}:
        raise ValueError(f"{wanted} is wanted, but there is only {', '.join(sorted({*available, 'cpu'}))}")
    return device


# %% FashionCNN
class FashionCNN(nn.Module):
    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(64)
        self.fc1 = nn.Linear(64 * 7 * 7, 128)
        self.fc2 = nn.Linear(128, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.bn1(F.relu(self.conv1(x))), 2)  # N 32 14 14
        x = F.max_pool2d(self.bn2(F.relu(self.conv2(x))), 2)  # N 64 7 7
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc2(F.dropout(x, 0.5, training=self.training))


# %% controlled_comparison
def controlled_comparison(
    builders: dict[str, Callable[[], nn.Module]],
    train: tuple[Tensor, Tensor],
    test: tuple[Tensor, Tensor],
    *,
    seed: int,
    epochs: int,
) -> dict[str, float]:
    return {name: one_run(build, train, test, seed, epochs) for name, build in builders.items()}


def one_run(build: Callable[[], nn.Module], train, test, seed: int, epochs: int) -> float:
    torch.manual_seed(seed)
    model = build()
    torch.manual_seed(seed)  # building draws as many numbers as the model has weights; dropout starts afresh here
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.001)
    order = torch.Generator().manual_seed(seed)  # of its own, so that dropout does not move it
    images, labels = train
    model.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(images), generator=order).split(64):
            loss = F.cross_entropy(model(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        answers = torch.cat([model(x).argmax(1) for x in test[0].split(256)])
    return (answers == test[1]).double().mean().item()


# %% train_cnn
def train_cnn(images: Tensor, labels: Tensor, *, seed: int, budget: float, device: str) -> nn.Module:
    start = time.process_time()
    torch.manual_seed(seed)
    model = small_cnn(images.shape[1], int(labels.max()) + 1).to(device, memory_format=torch.channels_last)
    images = images.to(device, memory_format=torch.channels_last)  # about twice as fast on a CPU
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


def small_cnn(in_channels: int, num_classes: int) -> nn.Module:
    """Four convolutions with batch norm, the first with a stride; the mean over all places; one linear layer."""

    def block(before: int, after: int, kernel_size: int = 3, stride: int = 1) -> list[nn.Module]:
        convolution = nn.Conv2d(before, after, kernel_size, stride, kernel_size // 2, bias=False)
        return [convolution, nn.BatchNorm2d(after), nn.ReLU()]

    return nn.Sequential(
        *block(in_channels, 16, kernel_size=5, stride=2), *block(16, 32), nn.MaxPool2d(2), *block(32, 64),
        *block(64, 128), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, num_classes),
    )  # fmt: skip
