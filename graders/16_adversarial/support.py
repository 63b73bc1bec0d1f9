"""Scaffolding of lesson 16 for the student's kernel: models to attack, attacks to call, and what is looked at.

The tests use the same file for the twins on their side. Nothing here is secret.
"""

import torch
from torch import nn

# Models -----------------------------------------------------------------------------------------------------------


def linear(weight, bias=None):
    """Flatten, then a linear layer with these numbers."""
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, dtype=weight.dtype)
    with torch.no_grad():
        layer.weight.copy_(weight)
        if bias is not None:
            layer.bias.copy_(bias)
    return nn.Sequential(nn.Flatten(), layer)


def fill(model, seed):
    """Weights and statistics from a generator of their own; wide enough for the net to bend within a small ball."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if not tensor.is_floating_point():
                continue
            drawn = torch.randn(tensor.shape, generator=generator, dtype=torch.float64)
            if name.endswith("running_var"):
                drawn = 1 + 0.5 * drawn.tanh()
            elif tensor.dim() > 1:
                drawn = drawn * (4 / tensor[0].numel()) ** 0.5
            else:
                drawn = 0.5 * drawn + name.endswith("weight")
            tensor.copy_(drawn)
    return model


def cnn(seed=0, channels=1, classes=3):
    """A small smooth convolutional net for pictures of 5 × 4, in eval mode, float64."""
    layers = [nn.Conv2d(channels, 4, 3, padding=1), nn.Tanh(), nn.Conv2d(4, 4, 3, stride=2, padding=1), nn.Tanh()]
    return fill(nn.Sequential(*layers, nn.Flatten(), nn.Linear(24, classes)).double(), seed).eval()


def batch_norm_cnn(seed=0):
    """The same with batch norm: train and eval mode give different gradients."""
    layers = [nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Tanh(), nn.Flatten(), nn.Linear(80, 3)]
    return fill(nn.Sequential(*layers).double(), seed)


class Constant(nn.Module):
    """Its logits do not depend on the pixels, and yet they can be differentiated."""

    def forward(self, x):
        return 0 * x.flatten(1).sum(1, keepdim=True) + torch.tensor([1.0, 2.0, 3.0], dtype=x.dtype)


def constant():
    return Constant()


def mixed_modes(model):
    """Train mode for the whole, eval mode for the first layer."""
    model.train()
    next(model.children()).eval()
    return model


def three_times(function, *args, **kwargs):
    """Two calls with one generator, and a third with a fresh one of the same seed."""
    generator = torch.Generator().manual_seed(5)
    first, second = (function(*args, generator=generator, **kwargs) for _ in range(2))
    return first, second, function(*args, generator=torch.Generator().manual_seed(5), **kwargs)


# Looking at what is left behind -----------------------------------------------------------------------------------


def traces(kinds, function, model, x, y, *args, **kwargs):
    """One call, and what it changed: of these kinds only, so that one mistake does not hide another."""
    grads = {name: None if p.grad is None else p.grad.clone() for name, p in model.named_parameters()}
    values = {name: p.detach().clone() for name, p in model.named_parameters()}
    frozen = {name: p.requires_grad for name, p in model.named_parameters()}
    before, pictures, labels = modes(model), x.clone(), y.clone()
    result = function(model, x, y, *args, **kwargs)
    now = dict(model.named_parameters())
    found = {
        "grads": sorted(name for name, old in grads.items() if not equal(now[name].grad, old)),
        "weights": sorted(name for name, old in values.items() if not torch.equal(now[name], old)),
        "frozen": sorted(name for name, old in frozen.items() if now[name].requires_grad != old),
        "modes": sorted(name for name, old in modes(model).items() if before[name] != old),
        "x changed": not torch.equal(x, pictures),
        "y changed": not torch.equal(y, labels),
        "x requires grad": x.requires_grad,
        "x grad": x.grad is not None,
        "attached": bool(getattr(result, "requires_grad", False)),
    }
    return {kind: found[kind] for kind in kinds}


class Recorder(nn.Module):
    """Passes on to a model and remembers the pictures that it was called with."""

    def __init__(self, model):
        super().__init__()
        self.model, self.seen = model, Shared()

    def forward(self, x):
        self.seen.append(x.detach().clone())
        return self.model(x)


def recorded(function, model, *args, **kwargs):
    """The result of an attack on the model, and the pictures that the model saw."""
    recorder = Recorder(model)
    recorder.train(model.training)
    result = function(recorder, *args, **kwargs)
    return result, list(recorder.seen)


# For robust_accuracy: a model that reads its answer off a pixel, and an attack that keeps accounts ----------------


class Reader(nn.Module):
    """Answers with the number in the first pixel; in train mode of any part, with the class after it."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Identity(), nn.Identity()
        self.shift = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        training = any(module.training for module in self.modules())
        numbers = (x[:, 0, 0, 0].round().long() + training) % 4
        return nn.functional.one_hot(numbers, 4).to(x.dtype) + 0 * self.shift + 0 * x.flatten(1).sum(1, keepdim=True)


class Account:
    """Writes the second pixel over the first one; keeps account of how it was called."""

    def __init__(self):
        self.calls = []

    def __call__(self, model, x, y):
        self.calls.append({
            "pictures": len(x),
            "labels": len(y),
            "training": any(module.training for module in model.modules()),
            "gradients": torch.is_grad_enabled(),
        })  # fmt: skip
        moved = x.clone()
        moved[:, 0, 0, 0] = x[:, 0, 0, 1]
        return moved


def attacked(what, robust_accuracy, images, labels, *args):
    """The share, the account of the calls, or the modes before and after; parts of the model are in different modes."""
    model, account = mixed_modes(Reader()), Account()
    before = modes(model)
    share = robust_accuracy(model, account, images, labels, *args)
    return {"share": share, "calls": account.calls, "modes": (before, modes(model))}[what]


# For transfer_matrix ----------------------------------------------------------------------------------------------


class Stepper:
    """One step against a linear model along the sign of its gradient; counts its calls."""

    def __init__(self, size):
        self.size, self.calls = size, []

    def __call__(self, model, x, y):
        self.calls.append(len(x))
        weight = model[1].weight.detach()
        others = weight.sum(0, keepdim=True) - weight[y]
        return (x + self.size * (others - weight[y]).sign().view(x.shape)).detach()


def transferred(what, transfer_matrix, weights, size, x, y):
    """The matrix for linear models (float64), how often the attack was called, or the modes before and after."""
    models = {f"net {i}": linear(weight).eval() for i, weight in enumerate(weights)}
    if what == "modes":
        for model in models.values():
            mixed_modes(model)
    attack = Stepper(size)
    before = {name: modes(model) for name, model in models.items()}
    matrix = transfer_matrix(models, attack, x, y)
    if what == "matrix":
        return matrix.detach().double() if getattr(matrix, "is_floating_point", bool)() else matrix
    return attack.calls if what == "calls" else (before, {name: modes(model) for name, model in models.items()})


# For interval_bounds ----------------------------------------------------------------------------------------------


def layer(kind, *args, seed=0, **kwargs):
    """A layer of torch.nn with drawn weights, float64."""
    return fill(getattr(nn, kind)(*args, **kwargs).double(), seed)


def _layers(specifications):
    return [layer(kind, *args, seed=i, **kwargs) for i, (kind, args, kwargs) in enumerate(specifications)]


def bounds(interval_bounds, specifications, lower, upper):
    """The bounds through layers made from (kind, args, kwargs)."""
    low, high = interval_bounds(_layers(specifications), lower, upper)
    return low.detach(), high.detach()


def bounds_untouched(interval_bounds, specifications, lower, upper):
    """Whether weights and given bounds are as before a call."""
    layers, given = _layers(specifications), (lower.clone(), upper.clone())
    before = [p.detach().clone() for each in layers for p in each.parameters()]
    interval_bounds(layers, lower, upper)
    after = [p.detach() for each in layers for p in each.parameters()]
    return {"weights": all(map(torch.equal, before, after)), "bounds": all(map(torch.equal, given, (lower, upper)))}


# For adversarial_train --------------------------------------------------------------------------------------------


def margin_gradient(net, x, y):
    """The gradient, by pixel, of how far the best wrong logit is above the right one; None where there is none.

    Unlike cross-entropy, this does not vanish when logits are large.
    """
    x = x.detach().clone().requires_grad_()
    with torch.enable_grad():
        logits = net(x)
        right = nn.functional.one_hot(y, logits.shape[1]).bool()
        margin = logits.masked_fill(right, -torch.inf).amax(1) - logits[right]
    if not margin.requires_grad:
        return None
    (found,) = torch.autograd.grad(margin.sum(), x, allow_unused=True)
    return found
