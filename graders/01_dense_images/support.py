"""Scaffolding of lesson 01 for the student's kernel: a model to measure, lists to look at, and what a training does.

The tests use the same file for the model on their side. Nothing here is secret.
"""

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

# For dense_forward and dense_backward ------------------------------------------------------------------------------


def list_afterwards(function, x, layers, *rest):
    """Whether the list of layers still holds the same pairs after a call."""
    before = list(layers)
    function(x, layers, *rest)
    return len(layers) == len(before) and all(now is then for now, then in zip(layers, before, strict=True))


def part(function, number, *args, **kwargs):
    """The weights' (0) or the biases' (1) gradients of a list of pairs; what is no such list comes back as it is."""
    found = function(*args, **kwargs)
    if not isinstance(found, (list, tuple)):
        return found
    return [p[number] if isinstance(p, (list, tuple)) and len(p) == 2 else p for p in found]


# For accuracy_under_shift ------------------------------------------------------------------------------------------


class Reader(nn.Module):
    """Its logits are a row of the picture; in train mode of any part, turned by one class. Keeps account of calls."""

    def __init__(self, row=1):
        super().__init__()
        self.first, self.second, self.row, self.calls = nn.Dropout(0.5), nn.Sequential(nn.Identity()), row, []
        self.weight = nn.Parameter(torch.ones(3))

    def forward(self, x):
        training = any(module.training for module in self.modules())
        self.calls.append({"training": training, "gradients": torch.is_grad_enabled()})
        logits = x[:, 0, self.row] * self.weight[0] + torch.tensor([0.4, 0.1, 0.3, 0.2])  # no two are the same
        return logits.roll(1, 1) if training else logits


def mixed_modes(model):
    """Train mode for the whole, eval mode for one part."""
    model.train()
    model.second.eval()
    return model


def measured(what, accuracy_under_shift, images, labels, shifts):
    """The shares for a Reader with parts in different modes (tensors as floats, or as they are), or what the call did
    to it: the account of its calls, the modes before and after, what changed in its weight and in the pictures."""
    model = mixed_modes(Reader())
    model.weight.grad = torch.tensor([1.0, 2.0, 3.0])
    before, pictures = modes(model), images.clone()
    found = accuracy_under_shift(model, images, labels, shifts)
    if what == "as they are":
        return found
    if what == "shares":
        single = lambda value: value.item() if isinstance(value, torch.Tensor) and value.numel() == 1 else value
        return {key: single(value) for key, value in found.items()} if isinstance(found, dict) else found
    if what == "calls":
        return model.calls
    if what == "modes":
        return before, modes(model)
    weight, grad = model.weight, model.weight.grad
    return {
        "images": not torch.equal(images, pictures),
        "weight": not torch.equal(weight.detach(), torch.ones(3)),
        ".grad": grad is None or not torch.equal(grad, torch.tensor([1.0, 2.0, 3.0])),
        "requires_grad": not weight.requires_grad,
    }


# For train_dense ---------------------------------------------------------------------------------------------------


class _Names(TorchDispatchMode):
    """Collects the names of the operators that are dispatched."""

    def __init__(self):
        super().__init__()
        self.found = set()

    @classmethod
    def _should_skip_dynamo(cls):
        return False  # else torch imports its compiler at the first operation, which takes seconds

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.found.add(str(func.name()).partition("::")[2].partition(".")[0])
        return func(*args, **(kwargs or {}))


def operators(net, x):
    """The names of the operators that a forward pass in eval mode dispatches."""
    net.eval()
    with torch.no_grad(), _Names() as names:
        net(x)
    return sorted(names.found)


def shapes_of_weights(net):
    """The shapes of all floating-point entries of the state dict and of all parameters."""
    tensors = [t for t in net.state_dict().values() if isinstance(t, torch.Tensor)] + list(net.parameters())
    return [list(t.shape) for t in tensors if t.is_floating_point()]
