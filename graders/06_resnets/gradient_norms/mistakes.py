"""Known wrong answers of gradient_norms."""

import contextlib

import torch
import torch.nn.functional as F
from torch import nn


def _weights(model, kinds=(nn.Conv2d,)):
    return {f"{name}.weight": module.weight for name, module in model.named_modules() if isinstance(module, kinds)}


@contextlib.contextmanager
def _untouched(model):
    """Puts running statistics and random state back."""
    buffers, random_state = [b.clone() for b in model.buffers()], torch.get_rng_state()
    yield
    torch.set_rng_state(random_state)
    with torch.no_grad():
        for buffer, before in zip(model.buffers(), buffers, strict=True):
            buffer.copy_(before)


def _gradients(model, x, y, weights, loss=F.cross_entropy):
    with _untouched(model):
        found = torch.autograd.grad(loss(model(x), y), list(weights.values()))
    return dict(zip(weights, found, strict=True))


def _norms(model, x, y, loss=F.cross_entropy):
    return {name: g.norm().item() for name, g in _gradients(model, x, y, _weights(model), loss).items()}


def _backward(model, x, y):
    with _untouched(model):
        F.cross_entropy(model(x), y).backward()
    return {name: weight.grad.norm().item() for name, weight in _weights(model).items()}


def accumulates(model, x, y):
    """You call backward on top of what lies in `.grad`, and measure the sum. Start from no gradients, or use
    torch.autograd.grad, which leaves `.grad` alone (section 6.4)."""
    norms = _backward(model, x, y)
    model.zero_grad()
    return norms


def leaves_gradients(model, x, y):
    """Your gradients stay in `.grad`, where the next backward pass adds to them. Clear them, or use
    torch.autograd.grad, which leaves `.grad` alone (section 6.4)."""
    model.zero_grad()
    return _backward(model, x, y)


def leaves_zeros(model, x, y):
    """You leave gradients of zeros where there were none. An optimiser takes zeros as gradients; leave None, as
    `zero_grad()` does (section 6.4)."""
    norms = leaves_gradients(model, x, y)
    model.zero_grad(set_to_none=False)
    return norms


def includes_batch_norm(model, x, y):
    """You list the gammas of the batch norms too. Only weights of convolutions are asked for (section 6.4)."""
    weights = _weights(model, (nn.Conv2d, nn.BatchNorm2d))
    return {name: g.norm().item() for name, g in _gradients(model, x, y, weights).items()}


def includes_the_head(model, x, y):
    """You list the weight of the linear layer too. Only weights of convolutions are asked for (section 6.4)."""
    weights = _weights(model, (nn.Conv2d, nn.Linear))
    return {name: g.norm().item() for name, g in _gradients(model, x, y, weights).items()}


def includes_every_weight(model, x, y):
    """You list every parameter that is called weight. Only weights of convolutions are asked for (section 6.4)."""
    weights = {name: p for name, p in model.named_parameters() if name.endswith("weight")}
    return {name: g.norm().item() for name, g in _gradients(model, x, y, weights).items()}


def includes_every_parameter(model, x, y):
    """You list every parameter. Only weights of convolutions are asked for (section 6.4)."""
    weights = dict(model.named_parameters())
    return {name: g.norm().item() for name, g in _gradients(model, x, y, weights).items()}


def looks_for_conv_in_names(model, x, y):
    """You look for "conv" in the parameters' names. A convolution may have any name (`downsample.0.weight` is one
    too): look at the modules, which are `nn.Conv2d` (section 6.4)."""
    weights = {name: p for name, p in model.named_parameters() if "conv" in name and name.endswith("weight")}
    return {name: g.norm().item() for name, g in _gradients(model, x, y, weights).items()} if weights else {}


def includes_biases(model, x, y):
    """You list the biases of the convolutions too. Only their weights are asked for (section 6.4)."""
    convolutions = {name: m for name, m in model.named_modules() if isinstance(m, nn.Conv2d)}
    parameters = {f"{name}.{part}": p for name, m in convolutions.items() for part, p in m.named_parameters()}
    return {name: g.norm().item() for name, g in _gradients(model, x, y, parameters).items()}


def squared_norms(model, x, y):
    """You give the sum of squares. A norm is its square root (section 6.4)."""
    return {name: g.square().sum().item() for name, g in _gradients(model, x, y, _weights(model)).items()}


def root_mean_square(model, x, y):
    """You divide by the number of values: that is the root mean square. The norm is the root of the sum of squares
    (section 6.4)."""
    return {name: g.square().mean().sqrt().item() for name, g in _gradients(model, x, y, _weights(model)).items()}


def mean_absolute(model, x, y):
    """You give the mean absolute value. The norm is the root of the sum of squares (section 6.4)."""
    return {name: g.abs().mean().item() for name, g in _gradients(model, x, y, _weights(model)).items()}


def sum_of_absolutes(model, x, y):
    """You give the sum of absolute values, the 1-norm. Asked for is the 2-norm, the root of the sum of squares
    (section 6.4)."""
    return {name: g.abs().sum().item() for name, g in _gradients(model, x, y, _weights(model)).items()}


def largest_value(model, x, y):
    """You give the largest absolute value. The norm is the root of the sum of squares (section 6.4)."""
    return {name: g.abs().max().item() for name, g in _gradients(model, x, y, _weights(model)).items()}


def spectral_norms(model, x, y):
    """You give matrix norms, kernel by kernel or otherwise. The norm here is that of all values of the gradient as
    one vector (section 6.4)."""
    return {
        name: torch.linalg.matrix_norm(g.flatten(1), ord=2).item()
        for name, g in _gradients(model, x, y, _weights(model)).items()
    }


def norms_of_the_weights(model, x, y):
    """You give the norms of the weights themselves. Asked for are those of their gradients (section 6.4)."""
    return {name: weight.norm().item() for name, weight in _weights(model).items()}


def keys_are_module_names(model, x, y):
    """Your keys are names of modules (`layer1.0.conv1`). They are names of parameters: `layer1.0.conv1.weight`
    (section 6.4)."""
    return {name.removesuffix(".weight"): norm for name, norm in _norms(model, x, y).items()}


def values_are_tensors(model, x, y):
    """Your values are tensors. They are Python floats: `.item()` (section 6.4)."""
    return {name: g.norm() for name, g in _gradients(model, x, y, _weights(model)).items()}


def summed_loss(model, x, y):
    """Your loss is the sum over the batch. It is the mean cross entropy, or the norms grow with the batch
    (section 6.4)."""
    return _norms(model, x, y, lambda logits, y: F.cross_entropy(logits, y, reduction="sum"))


def gradient_of_the_logits(model, x, y):
    """You take the gradient of the summed logits. It is the gradient of the mean cross entropy (section 6.4)."""
    return _norms(model, x, y, lambda logits, y: logits.sum())


def softmax_before_the_loss(model, x, y):
    """You apply softmax before cross entropy, which has a softmax of its own: pass the logits (section 6.4)."""
    return _norms(model, x, y, lambda logits, y: F.cross_entropy(logits.softmax(dim=1), y))


def measures_in_eval_mode(model, x, y):
    """You measure in eval mode always. Use the mode that the model is in: a model that is being trained is measured
    with its batches' statistics (section 6.4)."""
    before = {m: m.training for m in model.modules()}
    model.eval()
    norms = _norms(model, x, y)
    for module, mode in before.items():
        module.training = mode
    return norms


def measures_in_train_mode(model, x, y):
    """You measure in train mode always. Use the mode that the model is in (section 6.4)."""
    before = {m: m.training for m in model.modules()}
    model.train()
    norms = _norms(model, x, y)
    for module, mode in before.items():
        module.training = mode
    return norms


def ends_in_eval_mode(model, x, y):
    """You leave the model in eval mode. Each submodule keeps the mode that it was in (section 6.4)."""
    norms = _norms(model, x, y)
    model.eval()
    return norms


def ends_in_train_mode(model, x, y):
    """You leave the model in train mode. Each submodule keeps the mode that it was in (section 6.4)."""
    norms = _norms(model, x, y)
    model.train()
    return norms


def ends_in_one_mode(model, x, y):
    """You put all of the model into the mode that its outermost module was in. Submodules may differ, such as a
    frozen batch norm in a net that trains: each keeps the mode that it was in (section 6.4)."""
    norms = _norms(model, x, y)
    model.train(model.training)
    return norms


def moves_running_statistics(model, x, y):
    """Your forward pass in train mode moves the running statistics, and they stay moved. Keep a copy of the buffers
    and put it back (section 6.4)."""
    random_state = torch.get_rng_state()
    weights = _weights(model)
    found = torch.autograd.grad(F.cross_entropy(model(x), y), list(weights.values()))
    torch.set_rng_state(random_state)
    return {name: gradient.norm().item() for name, gradient in zip(weights, found, strict=True)}


def counts_the_batch(model, x, y):
    """You put running means and variances back, and not `num_batches_tracked`, which has moved too. Put all buffers
    back (section 6.4)."""
    counted = [b.clone() + 1 for b in model.buffers() if b.dim() == 0]
    norms = _norms(model, x, y)
    if model.training:
        for buffer, value in zip((b for b in model.buffers() if b.dim() == 0), counted, strict=True):
            buffer.copy_(value)
    return norms


def moves_the_random_state(model, x, y):
    """Your forward pass draws from the global random state (dropout does), and it stays moved. Put it back, or fork
    it: `torch.random.fork_rng()` (section 6.4)."""
    buffers = [b.clone() for b in model.buffers()]
    weights = _weights(model)
    found = torch.autograd.grad(F.cross_entropy(model(x), y), list(weights.values()))
    with torch.no_grad():
        for buffer, before in zip(model.buffers(), buffers, strict=True):
            buffer.copy_(before)
    return {name: gradient.norm().item() for name, gradient in zip(weights, found, strict=True)}


def seeds_the_generator(model, x, y):
    """You seed the global generator. Measuring must not change what is drawn next: put the state back
    (section 6.4)."""
    norms = _norms(model, x, y)
    torch.manual_seed(0)
    return norms


def takes_a_step(model, x, y):
    """You let an optimiser take a step. Measuring leaves the weights as they are (section 6.4)."""
    norms = _norms(model, x, y)
    with torch.no_grad():
        for weight in _weights(model).values():
            weight -= 0.01 * weight.sign()
    return norms


def freezes_the_others(model, x, y):
    """You switch off the gradients of all other parameters, and leave them off. Put `requires_grad` back, or do not
    touch it (section 6.4)."""
    weights = list(_weights(model).values())
    for parameter in model.parameters():
        parameter.requires_grad_(any(parameter is weight for weight in weights))
    return _norms(model, x, y)
