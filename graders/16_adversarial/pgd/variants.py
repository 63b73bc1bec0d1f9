"""Right answers of pgd of other kinds."""

import copy

import numpy as np
import torch
from torch import nn


def a_change_that_is_trained(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """Keeps the change instead of the picture, clamps to the range before it projects, and puts old .grad back."""
    shape = (-1, *[1] * (x.dim() - 1))
    delta = torch.zeros_like(x)
    if random_start:
        delta = torch.empty_like(x).uniform_(-epsilon, epsilon, generator=generator)
    kept = [p.grad for p in model.parameters()]

    def into_the_ball(d):
        d = (x + d).clamp(0, 1) - x
        if norm == "linf":
            return torch.clamp(d, -epsilon, epsilon)
        return d * (epsilon / d.flatten(1).norm(dim=1).clamp(min=epsilon)).view(shape)

    delta = into_the_ball(delta)
    for _ in range(steps):
        delta = delta.detach().requires_grad_()
        for p in model.parameters():
            p.grad = None
        nn.CrossEntropyLoss(reduction="sum")(model(x + delta), y).backward()
        g = delta.grad
        g = g.sign() if norm == "linf" else g / (g.flatten(1).norm(dim=1).view(shape) + 1e-10)
        delta = into_the_ball(delta.detach() + step_size * g)
    for p, old in zip(model.parameters(), kept, strict=True):
        p.grad = old
    return (x + delta).clamp(0, 1).detach()


def between_two_bounds(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """l∞ as a box between two pictures; l2 by torch.renorm; the loss by hand; starts on the surface of the l2 ball."""
    low, high = torch.clamp(x - epsilon, min=0), torch.clamp(x + epsilon, max=1)
    moved = x.clone()
    if random_start and norm == "linf":
        moved = torch.lerp(low, high, torch.rand(x.size(), generator=generator).to(x))
    elif random_start:
        noise = torch.randn(*x.size(), generator=generator).to(x)
        moved = (x + torch.renorm(noise * 1e3, 2, 0, epsilon)).clamp(0, 1)
    for _ in range(steps):
        with torch.enable_grad():
            probe = moved.detach().requires_grad_(True)
            logits = model(probe)
            loss = -(logits.log_softmax(-1) * nn.functional.one_hot(y, logits.shape[-1])).sum()
            g = torch.autograd.grad(loss, [probe])[0]
        if norm == "linf":
            moved = torch.max(torch.min(moved + step_size * torch.sign(g), high), low)
        else:
            length = g.pow(2).sum(dim=(1, 2, 3), keepdim=True).sqrt()
            moved = moved + torch.nan_to_num(step_size * g / length, 0.0, 0.0, 0.0)
            moved = torch.clamp(x + torch.renorm(moved - x, 2, 0, epsilon), 0, 1)
    return moved


def on_a_copy_in_numpy(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """A deep copy of the model, the pictures in numpy, one at a time where they are measured."""
    twin, middle = copy.deepcopy(model), x.numpy()
    now = middle.copy()

    def project(d):
        if norm == "linf":
            return np.clip(d, -epsilon, epsilon)
        return np.stack([p * min(1.0, epsilon / max(np.sqrt((p**2).sum()), 1e-12)) for p in d])

    if random_start:
        draw = torch.rand(x.shape, generator=generator, dtype=x.dtype).numpy() * 2 - 1
        now = np.clip(middle + project(epsilon * draw), 0, 1)
    for _ in range(steps):
        probe = torch.tensor(now, requires_grad=True)
        torch.nn.functional.cross_entropy(twin(probe), y).backward()
        g = probe.grad.numpy()
        if norm == "linf":
            step = np.sign(g)
        else:
            step = np.stack([p / np.linalg.norm(p) if p.any() else p for p in g])
        now = np.clip(middle + project(now + step_size * step - middle), 0, 1)
    return torch.from_numpy(now.astype(middle.dtype))
