"""Right answers of maximise of other kinds."""

import copy

import numpy as np
import torch


def weight_decay_as_a_loss(model, unit, shape, *, steps, lr, decay, generator):
    """Descends −logit + decay · ‖picture‖² / 2, the plain gradient of both."""
    before = [(module, module.training) for module in model.modules()]
    model.eval()
    picture = torch.rand(shape, generator=generator)
    for _ in range(steps):
        probe = picture.clone().requires_grad_()
        loss = decay * probe.square().sum() / 2 - model(probe[None])[0, unit]
        picture = (picture - lr * torch.autograd.grad(loss, probe)[0]).clamp(0, 1)
    for module, was in before:
        module.training = was
    return picture


def sgd_on_a_copy(model, unit, shape, *, steps, lr, decay, generator):
    """torch's own SGD with weight decay, on a copy of the model; starts near grey."""
    twin = copy.deepcopy(model).eval().requires_grad_(False)
    picture = (0.5 + 0.1 * torch.randn(1, *shape, generator=generator)).clamp_(0, 1).requires_grad_()
    optimizer = torch.optim.SGD([picture], lr=lr, weight_decay=decay, maximize=False)
    for _ in range(steps):
        optimizer.zero_grad()
        (-twin(picture)[:, unit].sum()).backward()
        optimizer.step()
        with torch.no_grad():
            picture.clamp_(0, 1)
    return picture.detach().squeeze(0)


def adam_with_decoupled_decay(model, unit, shape, *, steps, lr, decay, generator):
    """AdamW: steps of about lr a pixel, then times 1 − lr · decay, not below 0."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    picture = torch.empty(1, *shape).uniform_(generator=generator).requires_grad_()
    optimizer = torch.optim.Adam([picture], lr=lr, betas=(0.5, 0.9))
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(-model(picture)[0][unit], picture)
        picture.grad = gradient
        optimizer.step()
        picture.data.mul_(max(0.0, 1.0 - lr * decay)).clamp_(0.0, 1.0)
    for module, was in modes.items():
        module.training = was
    return picture.detach()[0]


def sign_steps(model, unit, shape, *, steps, lr, decay, generator):
    """Steps of lr along the sign, weights' gradients put back; the picture lives in numpy between steps."""
    modes = {module: module.training for module in model.modules()}
    kept = [(parameter, parameter.grad) for parameter in model.parameters()]
    for parameter, _ in kept:
        parameter.grad = None
    for module in modes:
        module.training = False
    pixels = torch.rand(*shape, generator=generator, dtype=torch.float64).numpy().astype(np.float32)
    for _ in range(steps):
        probe = torch.tensor(pixels[None], requires_grad=True)
        model(probe)[0, unit].backward()
        pixels = pixels + lr * np.sign(probe.grad[0].numpy())
        pixels = np.clip(pixels * max(0.0, 1 - lr * decay), 0, 1).astype(np.float32)
    for parameter, grad in kept:
        parameter.grad = grad
    for module, was in modes.items():
        module.training = was
    return torch.from_numpy(pixels)
