"""Scaffolding of lesson 10 for the student's kernel: nets for `count_macs`, looking at them, counting a trained net.

It follows coursebridge/scaffolding.py, whose names it uses. Nothing here is secret.
"""

import torch
import torch.nn.functional as F
from torch import nn

# Reading and filling modules --------------------------------------------------------------------------------------


def outline(build, *args, **kwargs):
    """Layout and number of parameters of the module that `build` gives."""
    module = build(*args, **kwargs)
    names = layout(module)
    return names, sum(parameter.numel() for parameter in module.parameters())


def zero(module, layers):
    """Set all weights and biases of these layers to 0; layers that are not there are passed over."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if name.partition(".")[0] in layers:
                parameter.zero_()


# Looking at a net before and after `count_macs` -------------------------------------------------------------------


def attempt(function, *args):
    """Call it for what it leaves behind; what a `Fails` raises is returned as text."""
    try:
        function(*args)
    except Broken as error:
        return str(error)
    return ""


def mix_modes(net):
    """Put a net into train mode, and every second one of its norms into eval mode, as when they are frozen."""
    net.train()
    for norm in [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)][::2]:
        norm.eval()


def trainable(net):
    """Whether each parameter requires a gradient, and whether it has one."""
    return {name: [p.requires_grad, p.grad is not None] for name, p in sorted(net.named_parameters())}


def hook(net):
    """Put hooks on the first leaf and on the net itself."""
    leaf = next(module for module in net.modules() if not list(module.children()))
    leaf.register_forward_hook(_nothing)
    net.register_forward_hook(_nothing)
    net.register_forward_pre_hook(_nothing_before)


def _nothing(module, inputs, output):
    return None


def _nothing_before(module, inputs):
    return None


def hooks(net):
    """How many hooks each submodule has, those that have none left out; and how many all modules share."""
    module_wide = nn.modules.module
    found = {}
    for name, module in net.named_modules():
        number = len(module._forward_hooks) + len(module._forward_pre_hooks)
        if number:
            found[name or "the net itself"] = number
    shared = len(module_wide._global_forward_hooks) + len(module_wide._global_forward_pre_hooks)
    return found | ({"all modules": shared} if shared else {})


def lists_after(function, depths, widths, resolution, phi):
    """The lists that were passed in, as they are after the call."""
    function(depths, widths, resolution, phi)
    return [depths, widths]


# Nets for `count_macs` --------------------------------------------------------------------------------------------


class Broken(Exception):
    """What a net raises whose forward fails."""


class Own(nn.Conv2d):
    """A convolution with a class of its own."""


class Head(nn.Linear):
    """A dense layer with a class of its own, which adds a ReLU."""

    def forward(self, x):
        return F.relu(super().forward(x))


class Again(nn.Module):
    """A convolution that is called three times, at two sizes, a dense layer called twice, and layers never called."""

    def __init__(self):
        super().__init__()
        self.unused, self.never = nn.Conv2d(3, 50, 5), nn.Linear(7, 9)
        self.first = nn.Conv2d(2, 4, 3, padding=1)
        self.conv, self.pool = nn.Conv2d(4, 4, 3, padding=1), nn.MaxPool2d(2)
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        x = self.pool(self.conv(self.first(x)))
        x = self.conv(F.relu(self.conv(x)))
        return self.fc(F.relu(self.fc(x.mean((2, 3)))))


class Tokens(nn.Module):
    """Dense layers on each of several places: (N, F) becomes (N, 5, 6) and (N, 2, 3, 4)."""

    def __init__(self):
        super().__init__()
        self.each, self.more = nn.Linear(6, 8), nn.Linear(4, 3, bias=False)

    def forward(self, x):
        x = self.each(x.reshape(len(x), 5, 6))
        return self.more(x.reshape(len(x), 2, 5, 4))


class Nested(nn.Module):
    """Layers two levels down, with classes of their own among them, and a norm after global pooling."""

    def __init__(self):
        super().__init__()
        stem = nn.Sequential(Own(3, 6, 3, stride=2), nn.BatchNorm2d(6), nn.ReLU(inplace=True))
        body = nn.ModuleDict({"deep": nn.Sequential(nn.Sequential(nn.Conv2d(6, 8, 1, bias=False)), nn.BatchNorm2d(8))})
        self.parts = nn.ModuleList([stem, body])
        self.pool, self.norm, self.dropout = nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(8), nn.Dropout(0.5)
        self.head = Head(8, 5)

    def forward(self, x):
        stem, body = self.parts
        x = self.norm(self.pool(body["deep"](stem(x))))
        return self.head(self.dropout(x.flatten(1)))


class Fails(nn.Module):
    """A net whose forward stops between two layers."""

    def __init__(self):
        super().__init__()
        self.first, self.norm, self.second = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3)

    def forward(self, x):
        self.norm(self.first(x))
        raise Broken("the second layer does not fit")


def _convolutions():
    """Strides, padding, dilation and groups, kernels that are not square, with biases and without."""
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, stride=2, padding=1),
        nn.BatchNorm2d(6),
        nn.Conv2d(6, 6, 3, padding=2, dilation=2, groups=6, bias=False),
        nn.ReLU(),
        nn.Conv2d(6, 4, (1, 5), padding=(0, 2)),
        nn.Conv2d(4, 8, 2, stride=(1, 2), groups=2),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 3, 1),
    )


def _famous(name):
    """One of torchvision's nets, its weights all 0: only the counts matter, and drawing them takes time."""
    from torchvision import models

    with torch.device("meta"):
        net = getattr(models, name)()
    net = net.to_empty(device="cpu")
    with torch.no_grad():
        for tensor in net.state_dict().values():
            tensor.zero_()
    return net


NETS = {
    "Plain": (lambda: nn.Conv2d(3, 5, 3, padding=1), (3, 7, 6)),
    "Strided": (lambda: nn.Conv2d(2, 3, 3, stride=2), (2, 11, 8)),
    "Grouped": (lambda: nn.Conv2d(8, 12, 3, groups=4, bias=False), (8, 6, 5)),
    "Dilated": (lambda: nn.Conv2d(2, 4, 3, dilation=3), (2, 11, 9)),
    "Oblong": (lambda: nn.Conv2d(2, 3, (1, 4), padding=(2, 1)), (2, 5, 9)),
    "Convolutions": (_convolutions, (3, 20, 17)),
    "Dense": (lambda: nn.Sequential(nn.Linear(12, 7), nn.ReLU(), nn.Linear(7, 3, bias=False)), (12,)),
    "Tokens": (Tokens, (30,)),
    "Again": (Again, (2, 12, 9)),
    "Nested": (Nested, (3, 15, 11)),
    "Empty": (lambda: nn.Sequential(nn.ReLU(), nn.Flatten()), (3, 4, 4)),
    "Fails": (Fails, (3, 9, 9)),
}


def net(kind):
    """One of the nets above, its weights drawn, or one of torchvision's; in train mode."""
    if kind in NETS:
        return fill(NETS[kind][0](), seed=10).train()
    return _famous(kind).train()


class Watched(nn.Module):
    """A net that notes how it is run."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
        self.runs = []

    def forward(self, x):
        self.runs.append([self.training, self.body[1].training, torch.is_grad_enabled()])
        return self.body(x)


def watched():
    return Watched()


def runs(net):
    """[train mode, train mode of a submodule, gradients on] of each run of a `Watched`."""
    return net.runs


# Watching a training ----------------------------------------------------------------------------------------------


def arithmetic(net, images):
    """The multiply-adds for one picture in eval mode: of the first alone, or a batch's mean where that is more."""
    net.eval()
    with torch.no_grad():
        alone, together = multiply_adds(net, images[:1]), multiply_adds(net, images)
    return max(alone, -(-together // len(images)))


def multiply_adds(net, x):
    """What torch dispatches for this call: convolutions, matrix products of every kind, and distances."""
    from torch.utils.flop_counter import FlopCounterMode

    aten = torch.ops.aten
    others = {
        aten.mv: lambda a, v, **kwargs: 2 * a[0] * a[1],
        aten.addmv: lambda b, a, v, **kwargs: 2 * a[0] * a[1],
        aten.dot: lambda u, v, **kwargs: 2 * u[0],
        aten.vdot: lambda u, v, **kwargs: 2 * u[0],
        aten._cdist_forward: lambda a, b, *args, out_shape=None, **kwargs: 2 * a[-1] * torch.Size(out_shape).numel(),
        aten._euclidean_dist: lambda a, b, *args, out_shape=None, **kwargs: 2 * a[-1] * torch.Size(out_shape).numel(),
    }
    with FlopCounterMode(display=False, custom_mapping=others) as counter:
        net(x)
    return counter.get_total_flops() // 2  # torch counts a multiply-add as two operations


def first_weights(train, *args, **kwargs):
    """The sums of the weights of the first module with weights that a training calls, just before that call.

    Calls without gradients do not count: they are made to see what a net costs.
    """

    def weights(module):
        parameters = list(module.parameters())
        if not torch.is_grad_enabled() or any(map(nn.parameter.is_lazy, parameters)):
            return None
        return sums(parameters)

    return at_the_start(weights, train, *args, **kwargs)
