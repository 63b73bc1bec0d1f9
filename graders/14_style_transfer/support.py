"""Scaffolding of lesson 14 for the student's kernel: small nets with names, a run of style_transfer, a look into a net.

The tests use the same file for the twins on their side. Nothing here is secret.
"""

from collections import OrderedDict
from functools import cache
from zlib import crc32

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

# Nets ---------------------------------------------------------------------------------------------------------------


class Seen(nn.Module):
    """Passes its input on, and remembers the height and width of each."""

    def __init__(self):
        super().__init__()
        self.sizes = []

    def forward(self, x):
        self.sizes.append(list(x.shape[-2:]))
        return x


def _net(**layers):
    """A Sequential with these names; weights depend on the layer's name only."""
    net = nn.Sequential(OrderedDict(layers))
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            g = torch.Generator().manual_seed(crc32(name.encode()))
            scale = (2 / parameter[0].numel()) ** 0.5 if parameter.dim() > 1 else 0.1
            parameter.copy_(scale * torch.randn(parameter.shape, generator=g, dtype=torch.float64))
    return net


def plain():
    return _net(
        conv1=nn.Conv2d(3, 4, 3, padding=1), relu1=nn.ReLU(), pool1=nn.AvgPool2d(2), middle=Seen(),
        conv2=nn.Conv2d(4, 5, 3, padding=1), relu2=nn.ReLU(), end=Seen(),
    ).double()  # fmt: skip


def in_place():
    """Every ReLU works in place, and the first layer is one."""
    return _net(
        relu0=nn.ReLU(inplace=True), conv1=nn.Conv2d(3, 4, 3, padding=1), relu1=nn.ReLU(inplace=True),
        conv2=nn.Conv2d(4, 5, 3), relu2=nn.ReLU(inplace=True), end=Seen(),
    ).double()  # fmt: skip


def numbered():
    """Twelve layers with the names that Sequential gives: "10" stands behind "2"."""
    layers = [layer for _ in range(6) for layer in (nn.Conv2d(3, 3, 1), nn.Tanh())]
    return _net(**{str(i): layer for i, layer in enumerate(layers)}).double()


def painter():
    """The net of the style_transfer tests, in float32. The random state is left alone."""
    with torch.random.fork_rng(devices=[]):
        return _net(
            start=Seen(), conv1=nn.Conv2d(3, 6, 3, padding=1), relu1=nn.ReLU(), pool1=nn.AvgPool2d(2),
            conv2=nn.Conv2d(6, 8, 3, padding=1), relu2=nn.ReLU(), conv3=nn.Conv2d(8, 8, 3, padding=1), relu3=nn.ReLU(),
        )  # fmt: skip


# Reading them -------------------------------------------------------------------------------------------------------


def runs(net):
    """How often each layer that counts was run, by name."""
    return {name: len(layer.sizes) for name, layer in net.named_modules() if isinstance(layer, Seen)}


def hooks(net):
    """Names of layers that have hooks."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return [name for name, layer in net.named_modules() if any(getattr(layer, kind, None) for kind in kinds)]


def mixed_modes(net):
    """Put every second layer into eval mode."""
    for i, layer in enumerate(net):
        layer.train(i % 2 == 0)


def modes(net):
    return {name: layer.training for name, layer in net.named_modules()}


def trainable(net):
    """Whether each parameter requires gradients."""
    return {name: parameter.requires_grad for name, parameter in net.named_parameters()}


# One run of style_transfer ------------------------------------------------------------------------------------------

CONTENT_LAYERS, STYLE_LAYERS = ["relu2"], ["relu1", "relu3"]


def paint(style_transfer, content, style, style_weight, steps, lr, frozen=True, watched=False):
    """The result, what the callback got, and what is left behind. The net's layers are in mixed modes."""
    net = painter()
    net.requires_grad_(not frozen)
    mixed_modes(net)
    weights = {name: parameter.detach().clone() for name, parameter in net.named_parameters()}
    modes_before = modes(net)
    told = []

    def callback(step, image):
        told.append((int(step), image.requires_grad, image.detach().clone()))

    options = dict(style_weight=style_weight, steps=steps, lr=lr)
    if watched:
        options["callback"] = callback
    result = style_transfer(content, style, net, list(CONTENT_LAYERS), list(STYLE_LAYERS), **options)
    return {
        "result": result,
        "steps": [step for step, _, _ in told],
        "with graph": any(graph for _, graph, _ in told),
        "pictures": [picture for _, _, picture in told],
        "weights changed": sorted(n for n, p in net.named_parameters() if not torch.equal(p.detach(), weights[n])),
        "modes changed": sorted(name for name, mode in modes(net).items() if mode != modes_before[name]),
        "requires_grad changed": sorted(n for n, wants in trainable(net).items() if wants == frozen),
        "hooks": hooks(net),
        "inputs require gradients": content.requires_grad or style.requires_grad,
        "runs on the style": sum(size == list(style.shape[-2:]) for size in net.start.sizes),
    }


# A look into a net whose names are free -----------------------------------------------------------------------------


def parameters(net):
    return sum(parameter.numel() for parameter in net.parameters())


def enlarge_weights(net, factor):
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(factor)


def lengths(net, x):
    """How many convolutions lie on the ways from input to output: one number without a shortcut, more with one.

    Counted in autograd's graph, so names, and how things are added, play no part.
    """
    x = x.clone().requires_grad_()
    y = net(x)

    @cache
    def below(node):
        if getattr(node, "variable", None) is x:
            return frozenset([0])
        found = frozenset().union(*(below(other) for other, _ in node.next_functions if other is not None))
        return frozenset(n + 1 for n in found) if "onvolution" in node.name() else found

    return sorted(below(y.grad_fn)) if y.requires_grad else []


class _Operations(TorchDispatchMode):
    """Names of the operations that were dispatched, and the heights of what convolutions gave."""

    def __init__(self):
        super().__init__()
        self.names, self.heights = set(), []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        name = function.name().partition("::")[2].partition(".")[0]
        self.names.add(name)
        if "convolution" in name and isinstance(result, torch.Tensor):
            self.heights.append(result.shape[-2])
        return result


def inside(net, x):
    """Whether anything is normalised (needs a mean or a sum), and the smallest height that a convolution gives."""
    with torch.no_grad(), _Operations() as operations:
        net(x)
    kinds = ("norm", "mean", "var", "std", "sum")
    normalised = any(kind in name for name in operations.names for kind in kinds)
    return {"normalised": normalised, "smallest": min(operations.heights, default=None)}


def step(net, x, y):
    """The mean squared error before a step down the gradient, and the smallest after steps of several lengths."""
    before = (net(x) - y).square().mean()
    parameters = [parameter for parameter in net.parameters() if parameter.requires_grad]
    found = torch.autograd.grad(before, parameters, allow_unused=True)
    start = [parameter.detach().clone() for parameter in parameters]
    after = []
    with torch.no_grad():
        for length in (1.0, 0.1, 0.01, 0.001):
            for parameter, value, gradient in zip(parameters, start, found, strict=True):
                parameter.copy_(value if gradient is None else value - length * gradient)
            after.append((net(x) - y).square().mean().item())
    return [before.item(), min(after)]
