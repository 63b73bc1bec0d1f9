"""Right answers of style_transfer of other kinds."""

import torch
import torch.nn.functional as F
from torch import nn


def _capture(net, x, layers):
    captured = {}
    for name, layer in net.named_children():
        x = layer(x.clone())
        if name in layers:
            captured[name] = x
        if len(captured) == len(set(layers)):
            break
    return captured


def _gram(x):
    return torch.einsum("nchw,ndhw->ncd", x, x) / x[0].numel()


def second_order(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """L-BFGS, as in the paper, with some evaluations of the loss in each step; backward fills the net's gradients,
    which are cleared at the end."""
    with torch.no_grad():
        wanted = _capture(net, content, content_layers)
        grams = {name: _gram(x) for name, x in _capture(net, style, style_layers).items()}
    image = content.detach().clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([image], lr=10 * lr, max_iter=4)

    def closure():
        optimizer.zero_grad()
        found = _capture(net, image, [*content_layers, *style_layers])
        loss = sum(F.mse_loss(found[name], wanted[name]) for name in content_layers)
        loss = loss + style_weight * sum(F.mse_loss(_gram(found[name]), grams[name]) for name in style_layers)
        loss.backward()
        return loss

    for step in range(steps):
        optimizer.step(closure)
        image.data.clamp_(0, 1)
        if callback:
            callback(step, image.detach().clone())
    net.zero_grad()
    return image.detach()


def through_a_sigmoid(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """The picture is the sigmoid of what is moved, so it needs no clamp."""
    with torch.no_grad():
        wanted = _capture(net, content, content_layers)
        grams = {name: _gram(x) for name, x in _capture(net, style, style_layers).items()}
    z = torch.logit(content.detach(), eps=0.01).requires_grad_()
    optimizer = torch.optim.Adam([z], lr=4 * lr)
    for step in range(steps):
        found = _capture(net, torch.sigmoid(z), content_layers + style_layers)
        loss = style_weight * sum(torch.mean((_gram(found[name]) - grams[name]) ** 2) for name in style_layers)
        for name in content_layers:
            loss = loss + torch.mean((found[name] - wanted[name]) ** 2)
        (z.grad,) = torch.autograd.grad(loss, z)
        optimizer.step()
        if callback is not None:
            callback(step + 1, torch.sigmoid(z.detach()))
    return torch.sigmoid(z.detach())


def by_hand(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """No optimiser: steps along the gradient with momentum, each as long as lr in its largest pixel."""
    targets = {name: x.detach() for name, x in _capture(net, content, content_layers).items()}
    grams = {name: _gram(x).detach() for name, x in _capture(net, style, style_layers).items()}
    image, velocity = content.clone(), torch.zeros_like(content)
    for step in range(steps):
        x = image.requires_grad_()
        found = _capture(net, x, [*content_layers, *style_layers])
        loss = sum((found[name] - targets[name]).pow(2).mean() for name in content_layers)
        loss += style_weight * sum((_gram(found[name]) - grams[name]).pow(2).mean() for name in style_layers)
        (gradient,) = torch.autograd.grad(loss, x)
        velocity = 0.8 * velocity + 0.2 * gradient
        scale = velocity.square().mean().sqrt().clamp_min(1e-12)
        image = (x.detach() - lr * (1 - step / steps) * velocity / scale * (gradient.abs().max() > 0)).clamp(0, 1)
        if callback is not None:
            callback(step, image)
    return image


class _Painting(nn.Module):
    """The picture as a parameter."""

    def __init__(self, picture):
        super().__init__()
        self.pixels = nn.Parameter(picture.clone())


def a_frozen_net(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """Freezes the net and puts everything back; runs it in eval mode; RMSprop on a parameter."""
    wants = [parameter.requires_grad for parameter in net.parameters()]
    modes = {layer: layer.training for layer in net.modules()}
    net.requires_grad_(False).eval()
    try:
        wanted = _capture(net, content, content_layers)
        grams = {name: _gram(x) for name, x in _capture(net, style, style_layers).items()}
        painting = _Painting(content)
        optimizer = torch.optim.RMSprop(painting.parameters(), lr=lr / 2, alpha=0.9)
        for i in range(steps):
            found = _capture(net, painting.pixels, [*content_layers, *style_layers])
            content_loss = torch.stack([F.mse_loss(found[name], wanted[name]) for name in content_layers]).sum()
            style_loss = torch.stack([F.mse_loss(_gram(found[name]), grams[name]) for name in style_layers]).sum()
            optimizer.zero_grad()
            (content_loss + style_weight * style_loss).backward()
            optimizer.step()
            with torch.no_grad():
                painting.pixels.copy_(painting.pixels.clip(0, 1))
            if callback is not None:
                callback(i, painting.pixels.detach())
        return painting.pixels.detach().clone()
    finally:
        for parameter, want in zip(net.parameters(), wants, strict=True):
            parameter.requires_grad_(want)
        for layer, mode in modes.items():
            layer.training = mode
