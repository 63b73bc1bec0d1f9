"""Scaffolding of lesson 13 for the student's kernel: readers of modules, and runs of a training.

The tests use the same file on their side. Nothing here is secret.
"""


import torch


def shapes(module):
    """The shapes of the parameters as sorted text."""
    return sorted(size(parameter) for parameter in module.parameters())


def frozen(module):
    """How many parameters require no gradient."""
    return sum(not parameter.requires_grad for parameter in module.parameters())


def fill_by_shape(module, seed):
    """Like ``fill``, whatever the names are, and weights with a kernel larger than 1 × 1 stay as they are."""
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if tensor.is_floating_point() and not (tensor.dim() == 4 and tensor.shape[-1] > 1):
                tensor.copy_(drawn(name, tensor.shape, f"{seed} {tuple(tensor.shape)}"))
    return module


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


def gradient(function, x, *rest):
    """The gradient of x in function(x, ...) for a cotangent, the last argument; None where none reaches it."""
    *rest, cotangent = rest
    x = x.detach().requires_grad_()
    y = function(x, *rest)
    return torch.autograd.grad(y, x, cotangent)[0] if y.requires_grad else None
