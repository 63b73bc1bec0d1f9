"""Reference answers to 14_style_transfer. The notebook's setup cell goes before them."""


# %% capture
def capture(net: nn.Sequential, x: Tensor, layers: list[str]) -> dict[str, Tensor]:
    captured: dict[str, Tensor] = {}
    wanted = set(layers)
    for name, layer in net.named_children():
        x = layer(x.clone())  # a layer that works in place then writes into the copy
        if name in wanted:
            captured[name] = x
        if len(captured) == len(wanted):
            break
    return captured


# %% gram_matrix
def gram_matrix(features: Tensor) -> Tensor:
    flat = features.flatten(2)  # (N, C, H·W)
    return flat @ flat.transpose(1, 2) / features[0].numel()


# %% content_loss
def content_loss(generated: Tensor, content: Tensor) -> Tensor:
    return F.mse_loss(generated, content.detach())


# %% style_loss
def style_loss(generated: dict[str, Tensor], style: dict[str, Tensor], weights: dict[str, float]) -> Tensor:
    losses = [
        weight * F.mse_loss(gram_matrix(generated[name]), gram_matrix(style[name].detach()))
        for name, weight in weights.items()
    ]
    return torch.stack(losses).sum()


# %% total_variation
def total_variation(image: Tensor) -> Tensor:
    return image.diff(dim=-2).abs().mean() + image.diff(dim=-1).abs().mean()


# %% style_transfer
def style_transfer(
    content: Tensor,
    style: Tensor,
    net: nn.Sequential,
    content_layers: list[str],
    style_layers: list[str],
    *,
    style_weight: float,
    steps: int,
    lr: float,
    callback: Callable[[int, Tensor], None] | None = None,
) -> Tensor:
    with torch.no_grad():
        wanted = capture(net, content, content_layers)
        grams = {name: gram_matrix(features) for name, features in capture(net, style, style_layers).items()}
    image = content.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=lr)
    for step in range(1, steps + 1):
        found = capture(net, image, [*content_layers, *style_layers])
        loss = sum(content_loss(found[name], wanted[name]) for name in content_layers)
        loss = loss + style_weight * sum(F.mse_loss(gram_matrix(found[name]), grams[name]) for name in style_layers)
        (image.grad,) = torch.autograd.grad(loss, image)  # the net's weights get no gradient
        optimizer.step()
        with torch.no_grad():
            image.clamp_(0, 1)
        if callback is not None:
            callback(step, image.detach())
    return image.detach()


# %% adain
def adain(content: Tensor, style: Tensor, eps: float = 1e-5) -> Tensor:
    variance, mean = torch.var_mean(content, dim=(2, 3), keepdim=True, correction=0)
    new_variance, new_mean = torch.var_mean(style, dim=(2, 3), keepdim=True, correction=0)
    return (content - mean) / (variance + eps).sqrt() * (new_variance + eps).sqrt() + new_mean


# %% TransformNet
class Residual(nn.Module):
    """Two 3 × 3 convolutions and a shortcut around them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(*unit(channels, channels, 3), *unit(channels, channels, 3)[:-1])

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x)


def unit(before: int, after: int, kernel_size: int, stride: int = 1) -> list[nn.Module]:
    """Convolution, instance norm, ReLU; the picture is mirrored at its border."""
    convolution = nn.Conv2d(before, after, kernel_size, stride, kernel_size // 2, padding_mode="reflect")
    return [convolution, nn.InstanceNorm2d(after, affine=True), nn.ReLU()]


class TransformNet(nn.Module):
    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *unit(3, width, 5),
            *unit(width, 2 * width, 3, stride=2),
            *unit(2 * width, 4 * width, 3, stride=2),
            *(Residual(4 * width) for _ in range(3)),
            nn.Upsample(scale_factor=2),
            *unit(4 * width, 2 * width, 3),
            nn.Upsample(scale_factor=2),
            *unit(2 * width, width, 3),
            nn.Conv2d(width, 3, 5, padding=2, padding_mode="reflect"),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)
