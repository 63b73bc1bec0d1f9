"""Scaffolding of lesson 13 for the student's kernel: readers of modules, and runs of a training.

The tests use the same file on their side. Nothing here is secret.
"""

from zlib import crc32

import torch
from torch import nn


def layout(module):
    """Shape of each entry of the state dict ("64 × 3 × 7 × 7"), by name, in alphabetical order."""
    return {name: _size(tensor) for name, tensor in sorted(module.state_dict().items())}


def shapes(module):
    """The shapes of the parameters as sorted text."""
    return sorted(_size(parameter) for parameter in module.parameters())


def _size(tensor):
    return " × ".join(map(str, tensor.shape)) or "one number"


def frozen(module):
    """How many parameters require no gradient."""
    return sum(not parameter.requires_grad for parameter in module.parameters())


def fill(module, seed, kernels=True):
    """Give every weight and statistic values that depend on its shape, its name and the seed only.

    kernels=False leaves weights with a kernel larger than 1 × 1 as they are.
    """
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if not tensor.is_floating_point() or (not kernels and tensor.dim() == 4 and tensor.shape[-1] > 1):
                continue
            key = f"{seed} {name}" if kernels else f"{seed} {tuple(tensor.shape)}"
            tensor.copy_(_drawn(name, tensor.shape, key))
    return module


def _drawn(name, shape, key):
    generator = torch.Generator().manual_seed(crc32(key.encode()))
    values = torch.randn(shape, generator=generator, dtype=torch.float64)
    if len(shape) > 1:
        return values * (2 / shape[1:].numel()) ** 0.5
    if name.endswith("running_var"):
        return 1 + 0.5 * values.tanh()
    if name.endswith("weight"):
        return values.sign() * (1 + 0.5 * values.tanh())
    return 0.3 * values


def fill_kernels(module, seed):
    """Give the weights with a kernel larger than 1 × 1 drawn values, positive ones; return them."""
    found = []
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.dim() == 4 and parameter.shape[-1] > 1:
                generator = torch.Generator().manual_seed(seed)
                parameter.copy_(torch.rand(parameter.shape, generator=generator, dtype=torch.float64))
                found.append(parameter.detach().clone())
    return found


def statistics(module):
    """The buffers by name, in alphabetical order."""
    return dict(sorted(module.named_buffers()))


def gradient(function, x, *rest):
    """The gradient of x in function(x, ...) for a cotangent, the last argument; None where none reaches it."""
    *rest, cotangent = rest
    x = x.detach().requires_grad_()
    y = function(x, *rest)
    return torch.autograd.grad(y, x, cotangent)[0] if y.requires_grad else None


def run(function, *args):
    """Call it for what it leaves behind."""
    function(*args)


def train(train_segmenter, images, masks, num_classes, seed, budget):
    return train_segmenter(images, masks, num_classes, seed=seed, budget=budget, device="cpu")


class Started(BaseException):
    """Stops a training at its first forward pass. No Exception, so that no answer catches it by the way."""


def first_weights(train_segmenter, images, masks, num_classes, seed):
    """Sum and sum of squares of each weight of the first module with weights that is called, just before its call."""
    found = {}

    def look(module, inputs):
        weights = dict(module.named_parameters())
        if weights and not any(nn.parameter.is_lazy(weight) for weight in weights.values()):
            for name, weight in weights.items():
                values = weight.detach().double()
                found[name] = [values.sum().item(), values.square().sum().item()]
            raise Started

    hook = nn.modules.module.register_module_forward_pre_hook(look)
    try:
        train(train_segmenter, images, masks, num_classes, seed, budget=5.0)
    except Started:
        pass
    finally:
        hook.remove()
    return found
