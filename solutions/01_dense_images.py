"""Reference answers to 01_dense_images. The notebook's setup cell goes before them: time, torch, nn, F, Tensor."""


# %% flatten
def flatten(x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    return x.reshape(n, c * h * w)  # not -1: with no pictures at all there would be nothing to find it from


# %% dense_parameters
def dense_parameters(sizes: list[int], bias: bool = True) -> int:
    if not sizes or min(sizes) < 1:
        raise ValueError(f"sizes must be one or more numbers from 1 on, not {sizes}")
    return sum((inputs + bias) * outputs for inputs, outputs in zip(sizes, sizes[1:], strict=False))


# %% dense_forward
def dense_forward(x: Tensor, layers: list[tuple[Tensor, Tensor]]) -> Tensor:
    for number, (weight, bias) in enumerate(layers):
        x = x if number == 0 else x.relu()
        x = x @ weight.T + bias
    return x


# %% dense_backward
def dense_backward(x: Tensor, layers: list[tuple[Tensor, Tensor]], grad_output: Tensor) -> list[tuple[Tensor, Tensor]]:
    inputs = [x]  # what each layer was given
    for weight, bias in layers[:-1]:
        inputs.append((inputs[-1] @ weight.T + bias).relu())
    gradients, grad = [], grad_output
    for (weight, _), given in zip(reversed(layers), reversed(inputs), strict=True):
        gradients.append((grad.T @ given, grad.sum(0)))
        grad = (grad @ weight) * (given > 0)  # for the layer before; of no use after the last turn
    return gradients[::-1]


# %% train_dense
def train_dense(images: Tensor, labels: Tensor, *, seed: int, budget: float, device: str) -> nn.Module:
    start = time.process_time()
    torch.manual_seed(seed)
    layers = [nn.Linear(images[0].numel(), 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU()]
    model = nn.Sequential(nn.Flatten(), *layers, nn.Linear(128, int(labels.max()) + 1)).to(device)
    images, labels = images.to(device), labels.to(device)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.1)
    while True:
        for batch in torch.randperm(len(images)).split(64):
            spent = (time.process_time() - start) / budget
            if spent > 0.9:
                return model.eval()
            for group in optimizer.param_groups:
                group["lr"] = 0.001 * min(spent / 0.2, (0.95 - spent) / 0.75)  # up, then down to nearly 0
            loss = F.cross_entropy(model(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


# %% shift_images
def shift_images(images: Tensor, dy: int, dx: int) -> Tensor:
    height, width = images.shape[-2:]
    result = torch.zeros_like(images)
    rows, columns = max(0, height - abs(dy)), max(0, width - abs(dx))  # how much is still in the picture
    top, left = max(dy, 0), max(dx, 0)
    result[..., top : top + rows, left : left + columns] = images[
        ..., top - dy : top - dy + rows, left - dx : left - dx + columns
    ]
    return result


# %% accuracy_under_shift
def accuracy_under_shift(
    model: nn.Module, images: Tensor, labels: Tensor, shifts: list[tuple[int, int]]
) -> dict[tuple[int, int], float]:
    modes = {module: module.training for module in model.modules()}
    model.eval()
    right = {}
    with torch.no_grad():
        for dy, dx in shifts:
            answers = model(shift_images(images, dy, dx)).argmax(1)
            right[dy, dx] = (answers == labels).double().mean().item()
    for module, training in modes.items():
        module.training = training
    return right


# %% permute_pixels
def permute_pixels(images: Tensor, permutation: Tensor) -> Tensor:
    return images.flatten(2)[:, :, permutation].reshape(images.shape)
