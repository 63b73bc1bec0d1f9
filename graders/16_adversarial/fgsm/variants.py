"""Right answers of fgsm of other kinds."""

import copy

import numpy as np
import torch
from torch import nn


def backward_and_restore(model, x, y, epsilon, *, targeted=False):
    """backward(), with the old .grad of each weight put back; sum instead of mean; torch.where instead of sign."""
    kept = [p.grad for p in model.parameters()]
    for p in model.parameters():
        p.grad = None
    probe = x.detach().clone()
    probe.requires_grad = True
    nn.CrossEntropyLoss(reduction="sum")(model(probe), y).backward()
    for p, old in zip(model.parameters(), kept, strict=True):
        p.grad = old
    g = probe.grad if not targeted else -probe.grad
    up = torch.where(g > 0, epsilon, torch.where(g < 0, -epsilon, 0.0)).to(x.dtype)
    return torch.clamp(x + up, min=0, max=1)


def on_a_copy(model, x, y, epsilon, *, targeted=False):
    """Attacks a deep copy, the loss by hand, and moves the pixels in numpy."""
    twin, probe = copy.deepcopy(model), x.clone().requires_grad_(True)
    logits = twin(probe)
    loss = (logits.logsumexp(1) - logits[torch.arange(len(y)), y]).mean() * (-1 if targeted else 1)
    loss.backward()
    moved = x.numpy() + np.asarray(epsilon * np.sign(probe.grad.numpy()), dtype=x.numpy().dtype)
    return torch.from_numpy(np.clip(moved, 0, 1))


def as_a_change(model, x, y, epsilon, *, targeted=False):
    """The gradient by a change that starts at 0, with weights frozen meanwhile."""
    trainable = [p for p in model.parameters() if p.requires_grad]
    for p in trainable:
        p.requires_grad_(False)
    delta = torch.zeros_like(x, requires_grad=True)
    loss = torch.nn.functional.nll_loss(model(x + delta).log_softmax(dim=-1), y)
    loss.backward()
    for p in trainable:
        p.requires_grad_(True)
    delta = delta.grad.sign().mul_(-epsilon if targeted else epsilon)
    return torch.min(torch.max(x + delta, torch.zeros_like(x)), torch.ones_like(x))


def vector_jacobian(model, x, y, epsilon, *, targeted=False):
    """The gradient of the logits by hand, sent back to the pixels."""
    probe = x.detach().clone().requires_grad_()
    logits = model(probe)
    back = (logits.softmax(1) - nn.functional.one_hot(y, logits.shape[1])).detach()
    (g,) = torch.autograd.grad(logits, probe, back)
    sign = (g > 0).to(x) - (g < 0).to(x)
    return (x + (-1 if targeted else 1) * epsilon * sign).clip(0.0, 1.0)
