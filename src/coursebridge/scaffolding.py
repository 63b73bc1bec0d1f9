"""Scaffolding of all lessons for the student's kernel: filling nets with drawn weights, looking at them, and seeing
what a training starts from.

As text it goes before the support.py of each lesson and is run after the student's cells, so that no cell can change
it; tests use both for the twins on their side. Nothing here is secret.
"""

from zlib import crc32

import torch
from torch import nn

_PERIOD = 10_007  # drawn values repeat: 25 million draws would take longer than the net that they are for


def fill(module, seed):
    """Give every weight and statistic values that depend on its name, its shape and the seed only.

    None of them is 0 or 1, and gammas have both signs, so that no step can be left out or moved unseen.
    """
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(drawn(name, tensor.shape, f"{seed} {name}"))
            else:
                tensor.fill_(3)
    return module


def drawn(name, shape, key):
    """Values (float64) for a weight or a statistic of this name and shape; they depend on the key only."""
    generator = torch.Generator().manual_seed(crc32(key.encode()))
    values = torch.randn(max(1, min(shape.numel(), _PERIOD)), generator=generator, dtype=torch.float64)
    if len(shape) > 1:
        values *= (2 / shape[1:].numel()) ** 0.5
    elif name.endswith("running_var"):
        values = 1 + 0.5 * values.tanh()
    elif name.endswith("weight"):
        values = values.sign() * (1 + 0.5 * values.tanh())
    else:
        values *= 0.3
    times = -(-shape.numel() // len(values))
    return values.repeat(times)[: shape.numel()].reshape(shape)


def give_gradients(module):
    """Put a gradient on every parameter: ten times its value."""
    for parameter in module.parameters():
        parameter.grad = 10 * parameter.detach()


# Looking at modules -----------------------------------------------------------------------------------------------


def layout(module):
    """Shape of each entry of the state dict ("64 × 3 × 7 × 7"), by name, in alphabetical order."""
    if not isinstance(module, nn.Module):
        raise TypeError(f"expected a module (nn.Module), got {type(module).__name__}")
    return {name: size(tensor) for name, tensor in sorted(module.state_dict().items())}


def size(tensor):
    return " × ".join(map(str, tensor.shape)) or "one number"


def state(module):
    """All of the state dict, in alphabetical order."""
    entries = sorted(module.state_dict().items())
    return {name: value.clone() if isinstance(value, torch.Tensor) else value for name, value in entries}


def statistics(module):
    """The buffers by name, in alphabetical order."""
    return dict(sorted(module.named_buffers()))


def modes(module):
    """Whether each submodule is in train mode, by name."""
    return {name or "the model": submodule.training for name, submodule in module.named_modules()}


def frozen(module):
    """Names of parameters that require no gradient."""
    return sorted(name for name, parameter in module.named_parameters() if not parameter.requires_grad)


def equal(a, b):
    """Whether two tensors are the same, or both None."""
    return a is b or (a is not None and b is not None and torch.equal(a, b))


class Shared(list):
    """A list of which there is one: a copy of the model that holds it goes on writing into it."""

    def __deepcopy__(self, memo):
        return self


def run(function, *args):
    """Call it for what it leaves behind."""
    function(*args)


# What a training starts from --------------------------------------------------------------------------------------


class Started(BaseException):
    """Stops a training at its first forward pass. No Exception, so that no answer catches it by the way."""


def at_the_start(look, train, *args, **kwargs):
    """Run a training until ``look`` finds something in a module that is about to be called; what it found, or None."""
    found = None

    def stop(module, inputs):
        nonlocal found
        found = look(module)
        if found:
            raise Started

    hook = nn.modules.module.register_module_forward_pre_hook(stop)
    try:
        train(*args, **kwargs)
    except Started:
        pass
    finally:
        hook.remove()
    return found


def sums(parameters):
    """Sum and sum of squares of each."""
    values = [parameter.detach().double() for parameter in parameters]
    return [[value.sum().item(), value.square().sum().item()] for value in values]


def first_weights(train, *args, **kwargs):
    """The sums of the weights of the first module with weights that a training calls, just before that call."""

    def weights(module):
        parameters = list(module.parameters())
        return None if any(map(nn.parameter.is_lazy, parameters)) else sums(parameters)

    return at_the_start(weights, train, *args, **kwargs)
