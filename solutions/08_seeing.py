"""Reference answers to 08_seeing. The notebook's setup cell goes before them: torch, nn, F, Tensor, kit."""


# %% filter_grid
def filter_grid(weight: Tensor, columns: int = 8, pad: int = 1) -> Tensor:
    weight = weight.detach()
    o, c, k, _ = weight.shape
    low, high = weight.amin((1, 2, 3), keepdim=True), weight.amax((1, 2, 3), keepdim=True)
    span = high - low
    scaled = (weight - low) / torch.where(span > 0, span, 1)  # a constant filter becomes 0
    columns = min(columns, o)
    rows = -(-o // columns)
    grid = weight.new_full((c, rows * (k + pad) + pad, columns * (k + pad) + pad), 0.5)
    for i in range(o):
        top, left = pad + i // columns * (k + pad), pad + i % columns * (k + pad)
        grid[:, top : top + k, left : left + k] = scaled[i]
    return grid


# %% activations
def activations(model: nn.Module, x: Tensor, names: list[str]) -> dict[str, Tensor]:
    layers = dict(model.named_modules())
    for name in names:
        if name not in layers:
            raise ValueError(f"the model has no module {name!r}")
    caught = {}

    def catch(name: str):
        def hook(module, inputs, output):
            caught[name] = output.detach().clone()  # a copy: a later layer may write into this tensor

        return hook

    handles = []
    try:
        for name in names:
            handles.append(layers[name].register_forward_hook(catch(name)))
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    for name in names:
        if name not in caught:
            raise ValueError(f"the module {name!r} was not called")
    return {name: caught[name] for name in names}


# %% saliency
def saliency(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    probe = x.detach().clone().requires_grad_()
    with kit.train.mode(model, training=False):  # afterwards each submodule is in its own mode again
        scores = model(probe).gather(1, y[:, None])
    (gradient,) = torch.autograd.grad(scores.sum(), probe)  # asks for x alone, so that no weight gets a .grad
    return gradient.abs().amax(1)


# %% smooth_grad
def smooth_grad(model: nn.Module, x: Tensor, y: Tensor, sigma: float, n: int, generator: torch.Generator) -> Tensor:
    total = torch.zeros_like(x[:, 0])
    for _ in range(n):
        noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)
        probe = (x.detach() + sigma * noise).requires_grad_()
        with kit.train.mode(model, training=False):
            scores = model(probe).gather(1, y[:, None])
        (gradient,) = torch.autograd.grad(scores.sum(), probe)
        total += gradient.abs().amax(1)
    return total / n


# %% grad_cam
def grad_cam(model: nn.Module, x: Tensor, layer: str, y: Tensor | None = None) -> Tensor:
    kept = []

    def keep(module, inputs, output):
        kept.append(output)
        return output.clone()  # what comes later may write into the copy

    handle = model.get_submodule(layer).register_forward_hook(keep)
    try:
        with kit.train.mode(model, training=False):
            logits = model(x.detach().clone().requires_grad_())  # so that there is a graph if all weights are frozen
    finally:
        handle.remove()
    if y is None:
        y = logits.argmax(1)
    maps = kept[-1]
    (gradient,) = torch.autograd.grad(logits.gather(1, y[:, None]).sum(), maps)
    weights = gradient.mean((2, 3), keepdim=True)
    cam = (weights * maps.detach()).sum(1, keepdim=True).relu()
    cam = F.interpolate(cam, size=x.shape[-2:], mode="bilinear", align_corners=False)[:, 0]
    largest = cam.amax((1, 2), keepdim=True)
    return cam / torch.where(largest > 0, largest, 1)


# %% occlusion
def occlusion(model: nn.Module, x: Tensor, y: Tensor, size: int, stride: int, value: float = 0.0) -> Tensor:
    height, width = x.shape[-2:]
    tops = range(0, max(0, -(-(height - size) // stride)) * stride + 1, stride)
    lefts = range(0, max(0, -(-(width - size) // stride)) * stride + 1, stride)
    fall = x.new_empty(len(x), len(tops), len(lefts))
    with kit.train.mode(model, training=False), torch.no_grad():
        before = model(x).gather(1, y[:, None])[:, 0]
        for i, top in enumerate(tops):
            for j, left in enumerate(lefts):
                covered = x.clone()
                covered[:, :, top : top + size, left : left + size] = value
                fall[:, i, j] = before - model(covered).gather(1, y[:, None])[:, 0]
    return fall


# %% maximise
def maximise(
    model: nn.Module,
    unit: int,
    shape: tuple[int, int, int],
    *,
    steps: int,
    lr: float,
    decay: float,
    generator: torch.Generator,
) -> Tensor:
    picture = torch.rand(1, *shape, generator=generator)
    with kit.train.mode(model, training=False):
        for _ in range(steps):
            picture.requires_grad_()
            (gradient,) = torch.autograd.grad(model(picture)[0, unit], picture)
            climbed = picture.detach() + lr * gradient / gradient.norm().clamp(min=1e-12)
            picture = (climbed * max(0.0, 1 - lr * decay)).clamp(0, 1)
    return picture[0]


# %% pointing_game
def pointing_game(maps: Tensor, masks: Tensor) -> float:
    maps, masks = maps.flatten(1), masks.flatten(1)
    there = masks.any(1)  # pictures with an object
    if not there.any():
        return float("nan")
    strongest = maps.argmax(1, keepdim=True)  # the first one, at a tie
    return masks.gather(1, strongest)[there].double().mean().item()
