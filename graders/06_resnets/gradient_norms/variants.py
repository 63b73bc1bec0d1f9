"""Right answers of gradient_norms of other kinds."""

import copy

import torch
import torch.nn.functional as F
from torch import nn


def backward_and_restore(model, x, y):
    """Calls backward, reads the gradients, and puts back everything that was there."""
    gradients = [p.grad for p in model.parameters()]
    buffers = [b.clone() for b in model.buffers()]
    with torch.random.fork_rng():
        model.zero_grad(set_to_none=True)
        nn.CrossEntropyLoss()(model(x), y).backward()
    norms = {}
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            norms[f"{name}.weight"] = float(torch.linalg.vector_norm(module.weight.grad))
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        parameter.grad = gradient
    with torch.no_grad():
        for buffer, before in zip(model.buffers(), buffers, strict=True):
            buffer.copy_(before)
    return norms


def on_a_copy(model, x, y):
    """Leaves the model alone and measures a copy of it, which is left without gradients; weights with four axes."""
    twin, state = copy.deepcopy(model), torch.get_rng_state()
    twin.zero_grad()
    F.cross_entropy(twin(x), y, reduction="mean").backward()
    torch.set_rng_state(state)
    return {n: p.grad.pow(2).sum().sqrt().item() for n, p in twin.named_parameters() if p.dim() == 4}


def functional_call(model, x, y):
    """Calls the model with copies of its parameters and buffers."""
    parameters = {k: v.detach().clone().requires_grad_() for k, v in model.named_parameters()}
    buffers = {k: v.clone() for k, v in model.named_buffers()}
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        logits = torch.func.functional_call(model, (parameters, buffers), (x,))
        loss = -torch.log_softmax(logits, dim=1)[torch.arange(len(y)), y].mean()
    names = [f"{n}.weight" for n, m in model.named_modules() if type(m) is nn.Conv2d]
    return {
        n: g.norm().item()
        for n, g in zip(names, torch.autograd.grad(loss, [parameters[n] for n in names]), strict=True)
    }


def leaves_none_at_all(model, x, y):
    """Clears the gradients at the start and at the end, and loads the state dict from before."""
    state = {k: v.clone() for k, v in model.state_dict().items()}
    rng = torch.get_rng_state()
    model.zero_grad()
    F.cross_entropy(model(x), y).backward()
    convolutions = {m.weight for m in model.modules() if isinstance(m, nn.Conv2d)}
    result = {name: p.grad.norm(p=2).item() for name, p in model.named_parameters() if p in convolutions}
    model.zero_grad()
    model.load_state_dict(state)
    torch.set_rng_state(rng)
    return result
