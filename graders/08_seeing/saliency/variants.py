"""Right answers of saliency of other kinds."""

import copy

import numpy as np
import torch


def backward_on_a_copy(model, x, y):
    """backward() on a deep copy, whose gradients and mode nobody needs; the rest in numpy."""
    twin = copy.deepcopy(model).eval()
    probe = x.clone().requires_grad_(True)
    twin(probe)[torch.arange(len(y)), y].sum().backward()
    return torch.from_numpy(np.abs(probe.grad.numpy()).max(axis=1))


def picture_by_picture(model, x, y):
    """One pass for each picture; modes remembered in a list."""
    training = [module.training for module in model.modules()]
    model.eval()
    maps = []
    for picture, label in zip(x, y, strict=True):
        probe = picture[None].clone().requires_grad_()
        gradient = torch.autograd.grad(model(probe)[0, int(label)], [probe])[0]
        maps.append(gradient[0].abs().max(dim=0).values)
    for module, was in zip(model.modules(), training, strict=True):
        module.training = was
    return torch.stack(maps)


def functional(model, x, y):
    """The gradient of a function, by torch.func."""
    before = {module: module.training for module in model.modules()}
    model.eval()
    try:

        def score(pictures):
            logits = model(pictures)
            return (logits * torch.nn.functional.one_hot(y, logits.shape[1])).sum()

        gradient = torch.func.grad(score)(x)
    finally:
        for module, was in before.items():
            module.training = was
    return torch.maximum(gradient, -gradient).amax(dim=1).detach()


def vector_jacobian(model, x, y):
    """The one-hot row sent back through the graph; weights' gradients remembered and put back."""
    before = {m: m.training for m in model.modules()}
    kept = [(p, p.grad) for p in model.parameters()]
    for p, _ in kept:
        p.grad = None
    for m in before:
        m.training = False
    probe = x.detach().clone()
    probe.requires_grad = True
    logits = model(probe)
    logits.backward(torch.zeros_like(logits).scatter_(1, y.unsqueeze(1), 1.0))
    for p, grad in kept:
        p.grad = grad
    for m, was in before.items():
        m.training = was
    return probe.grad.abs().max(1)[0]


def flags_put_back(model, x, y):
    """x itself asks for a gradient and the weights do not, while it runs; all of it is put back."""
    modes = {module: module.training for module in model.modules()}
    flags = {parameter: parameter.requires_grad for parameter in model.parameters()}
    try:
        model.eval().requires_grad_(False)
        model(x.requires_grad_())[range(len(y)), y].sum().backward()
        return x.grad.abs().amax(1)
    finally:
        x.grad = None
        x.requires_grad_(False)
        for parameter, flag in flags.items():
            parameter.requires_grad_(flag)
        for module, was in modes.items():
            module.training = was
