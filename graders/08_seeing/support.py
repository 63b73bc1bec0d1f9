"""Scaffolding of lesson 08 for the student's kernel: nets to look into, and a look at what a call leaves behind.

The tests use the same file for the twins on their side. Nothing here is secret.
"""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

# Nets -----------------------------------------------------------------------------------------------------------------


def fill(model, seed):
    """Weights and statistics from a generator of their own."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if not tensor.is_floating_point():
                continue
            drawn = torch.randn(tensor.shape, generator=generator, dtype=torch.float64)
            if name.endswith("running_var"):
                drawn = 1 + 0.5 * drawn.tanh()
            elif tensor.dim() > 1:
                drawn = drawn * (2 / tensor[0].numel()) ** 0.5
            else:
                drawn = 0.5 * drawn + name.endswith("weight")
            tensor.copy_(drawn)
    return model


def _named(**layers):
    return nn.Sequential(OrderedDict(layers))


class Pooled(nn.Module):
    """The mean over the places, or their maximum."""

    def __init__(self, kind="mean"):
        super().__init__()
        self.kind = kind

    def forward(self, x):
        return x.mean((2, 3)) if self.kind == "mean" else x.amax((2, 3))


class Residual(nn.Module):
    """x + relu(conv(x)), with functional ReLU."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return x + F.relu(self.conv(x))


def smooth_net(channels=2):
    """A small net without kinks; any size of picture."""
    return _named(
        first=nn.Conv2d(channels, 4, 3, padding=1), bend=nn.Tanh(), second=nn.Conv2d(4, 5, 3, padding=1), mean=Pooled(),
        head=nn.Linear(5, 3),
    )  # fmt: skip


def norm_net(channels=2):
    """The same with batch norm."""
    return _named(
        first=nn.Conv2d(channels, 4, 3, padding=1), norm=nn.BatchNorm2d(4), bend=nn.Tanh(), flat=nn.Flatten(),
        head=nn.Linear(80, 3),
    )  # fmt: skip


def plain_net(channels=3):
    """Convolutions and ReLU, pooling in the middle, a mean and a linear layer at the end."""
    return _named(
        conv1=nn.Conv2d(channels, 4, 3, padding=1), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(4, 6, 3, padding=1), relu2=nn.ReLU(), mean=Pooled(), head=nn.Linear(6, 4),
    )  # fmt: skip


def nested_net(channels=3):
    """Layers within layers, and a dense head that knows places; pictures of 8 × 8."""
    return _named(
        body=_named(
            stage1=_named(conv=nn.Conv2d(channels, 4, 3, padding=1), relu=nn.ReLU()),
            stage2=_named(down=nn.Conv2d(4, 5, 3, stride=2, padding=1), norm=nn.BatchNorm2d(5), relu=nn.ReLU()),
            stage3=Residual(5),
        ),
        flat=nn.Flatten(), hidden=nn.Linear(80, 7), bend=nn.ReLU(), head=nn.Linear(7, 4),
    )  # fmt: skip


def in_place_net(channels=3):
    """Every ReLU writes into its input; the first layer is none."""
    return _named(
        conv1=nn.Conv2d(channels, 4, 3, padding=1), relu1=nn.ReLU(inplace=True),
        conv2=nn.Conv2d(4, 6, 3, stride=2, padding=1), norm2=nn.BatchNorm2d(6), relu2=nn.ReLU(inplace=True),
        pool=Pooled("max"), head=nn.Linear(6, 4),
    )  # fmt: skip


class Twice(nn.Module):
    """Calls its only convolution twice."""

    def __init__(self, channels=3):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.bend = nn.Tanh()
        self.idle = nn.ReLU()  # never called
        self.head = nn.Linear(channels, 4)

    def forward(self, x):
        return self.head(self.conv(self.bend(self.conv(x))).mean((2, 3)))


class Trap(nn.Module):
    """Passes on, or fails."""

    def forward(self, x):
        raise RuntimeError("this layer fails on purpose")


def trapped_net(channels=3):
    return _named(conv1=nn.Conv2d(channels, 4, 3, padding=1), relu1=nn.ReLU(), trap=Trap(), relu2=nn.ReLU())


class Squares(nn.Module):
    """score[k] = scale[k] · Σ x², so that the gradient is 2 · scale · x; a parameter, so that it is a model."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor([0.5, 1.5, -1.0]))

    def forward(self, x):
        return x.square().flatten(1).sum(1, keepdim=True) * self.scale.to(x.dtype)


class Straight(nn.Module):
    """score[k] = Σ w[k] · x for pictures of one size, given by rows of weights."""

    def __init__(self, weight):
        super().__init__()
        self.weight = nn.Parameter(weight)

    def forward(self, x):
        return x.flatten(1) @ self.weight.to(x.dtype).T


class Places(nn.Module):
    """Every pixel counts differently, for pictures of any size."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.tensor([1.0, -0.5, 2.0]))

    def forward(self, x):
        n, c, h, w = x.shape
        at = torch.arange(c).view(c, 1, 1) * 1.7 + torch.arange(h).view(h, 1) * 1.1 + torch.arange(w) * 2.3
        pattern = torch.cos(at[None] + torch.arange(3).view(3, 1, 1, 1)).to(x.dtype)
        straight = torch.einsum("nchw,kchw->nk", x, pattern)
        return (straight + 0.3 * straight.sin()) * self.gain.to(x.dtype)


class Signs(nn.Module):
    """A layer whose channels are ± the picture, so that a class can have nothing that speaks for it."""

    def __init__(self):
        super().__init__()
        self.spread = nn.Conv2d(1, 2, 1, bias=False)
        self.relu = nn.ReLU()
        self.head = nn.Linear(2, 3, bias=False)
        with torch.no_grad():
            self.spread.weight.copy_(torch.tensor([1.0, 2.0]).view(2, 1, 1, 1))
            self.head.weight.copy_(torch.tensor([[1.0, 0.5], [-1.0, -0.25], [-2.0, 0.5]]))

    def forward(self, x):
        return self.head(self.relu(self.spread(x)).mean((2, 3)))


def make(kind, seed=0, dtype="float32", train=False, frozen=False):
    """One of the nets above, in eval mode unless ``train``."""
    with torch.random.fork_rng(devices=[]):
        net = globals()[kind]()
    own = ("Squares", "Places", "Signs")
    net = net if kind in own else fill(net, seed)
    return net.to(getattr(torch, dtype)).train(train).requires_grad_(not frozen)


def straight(weight):
    return Straight(weight)


# Looking at what is left behind ---------------------------------------------------------------------------------------


def mixed_modes(model):
    """Train mode for the whole, eval mode for the first layer."""
    model.train()
    next(model.children()).eval()
    return model


def partly_frozen(model):
    """The last layer asks for no gradients, the others do."""
    list(model.children())[-1].requires_grad_(False)
    return model


KINDS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def hooks(model):
    """How many hooks each layer has, for those that have some."""
    counts = {
        name or "the model": sum(len(getattr(m, kind, ())) for kind in KINDS) for name, m in model.named_modules()
    }
    return {name: count for name, count in counts.items() if count}


def hooked(model, name):
    """A hook of the teacher's own on a layer, that was there before."""
    model.get_submodule(name).register_forward_hook(lambda module, inputs, output: None)
    return model


def after_failure(function, *args):
    """Call it although it will raise; what hooks are left."""
    raised = "nothing"
    try:
        function(*args)
    except Exception as error:
        raised = type(error).__name__
    return {"raised": raised, "hooks": hooks(args[0])}


class Count(nn.Module):
    """Passes on to a model and counts the calls."""

    def __init__(self, model):
        super().__init__()
        self.model, self.calls = model, Shared()

    def forward(self, x):
        self.calls.append(tuple(x.shape))
        return self.model(x)


def counting(model):
    return Count(model)


def calls_after(function, counter, *args):
    """How often the model was called, whatever else came of it."""
    try:
        function(counter, *args)
    except Exception:
        pass
    return len(counter.calls)


def runs(function, model, *args):
    """How often a call runs the model, told by a hook of the teacher's own."""
    calls = Shared()
    hook = model.register_forward_pre_hook(lambda module, inputs: calls.append(1))
    try:
        function(model, *args)
    finally:
        hook.remove()
    return len(calls)


class Recorder(nn.Module):
    """Passes on to a model and remembers the smallest and the largest pixel of each call."""

    def __init__(self, model):
        super().__init__()
        self.model, self.seen = model, Shared()

    def forward(self, x):
        self.seen.append([x.min().item(), x.max().item()])
        return self.model(x)


def recorded(function, model, *args, **kwargs):
    """The result of ``maximise`` on the model, and the range of pixels of each picture that the model saw."""
    recorder = Recorder(model)
    recorder.train(model.training)
    result = function(recorder, *args, **kwargs)
    return result, [list(pair) for pair in recorder.seen]


def traces(kinds, earlier, function, model, *args, **kwargs):
    """One call, and what it changed: of these kinds only, so that one mistake does not hide another.

    earlier: put a gradient on every parameter before.
    """
    if earlier:
        for parameter in model.parameters():
            parameter.grad = 10 * parameter.detach()
    grads = {name: None if p.grad is None else p.grad.clone() for name, p in model.named_parameters()}
    values = {name: t.detach().clone() for name, t in model.state_dict().items()}
    wants = {name: p.requires_grad for name, p in model.named_parameters()}
    before, given = modes(model), [a.clone() for a in args if isinstance(a, torch.Tensor)]
    result = function(model, *args, **kwargs)
    now, tensors = dict(model.named_parameters()), [a for a in args if isinstance(a, torch.Tensor)]
    found = {
        "grads": sorted(name for name, old in grads.items() if not equal(now[name].grad, old)),
        "weights": sorted(name for name, old in values.items() if not torch.equal(model.state_dict()[name], old)),
        "frozen": sorted(name for name, old in wants.items() if now[name].requires_grad != old),
        "modes": sorted(name for name, old in modes(model).items() if before[name] != old),
        "hooks": sorted(hooks(model)),
        "arguments changed": not all(map(torch.equal, given, tensors)),
        "x requires grad": any(a.requires_grad for a in tensors),
        "x grad": any(a.grad is not None for a in tensors),
        "attached": bool(getattr(result, "requires_grad", False)),
    }
    return {kind: found[kind] for kind in kinds}


def twice(function, *args, **kwargs):
    """Two calls with one generator, and a third with a fresh one of the same seed."""
    generator = torch.Generator().manual_seed(5)
    first, second = (function(*args, generator=generator, **kwargs) for _ in range(2))
    return first, second, function(*args, generator=torch.Generator().manual_seed(5), **kwargs)


# The net of section 8.5 -----------------------------------------------------------------------------------------------


class HandMade(nn.Module):
    """A picture with two channels is its own two maps; class 0 is 2 · mean of the first − mean of the second, class 1
    the other way round."""

    def __init__(self):
        super().__init__()
        self.maps = nn.Conv2d(2, 2, 1, bias=False)
        self.head = nn.Linear(2, 2, bias=False)
        with torch.no_grad():
            self.maps.weight.copy_(torch.eye(2).view(2, 2, 1, 1))
            self.head.weight.copy_(torch.tensor([[8.0, -4.0], [-8.0, 4.0]]))

    def forward(self, x):
        return self.head(self.maps(x).mean((2, 3)))


def hand_made():
    with torch.random.fork_rng(devices=[]):
        return HandMade().eval()
