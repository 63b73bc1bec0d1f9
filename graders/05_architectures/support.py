"""Scaffolding of lesson 05 for the student's kernel: readers of modules, and nets for `describe` to walk through.

The tests use the same file for the twins on their side. Nothing here is secret.
"""


import torch
import torch.nn.functional as F
from torch import nn

# Reading and filling modules --------------------------------------------------------------------------------------


def outline(build, *args, **kwargs):
    """Layout and number of parameters of the net that `build` gives, on the meta device where it allows that."""
    try:
        with torch.device("meta"):
            net = build(*args, **kwargs)
    except Exception:
        net = build(*args, **kwargs)
    names = layout(net)
    return names, sum(parameter.numel() for parameter in net.parameters())


def is_sequential(module):
    return isinstance(module, nn.Sequential)


def length(module):
    """The number of layers of a Sequential; one that stands at several places counts each time."""
    return len(module)


def called_twice(function, config):
    """The length of a list after each of two calls with it, and how many children each result has."""
    first = function(config)
    lengths = [len(config)]
    second = function(config)
    return [*lengths, len(config), length(first), length(second)]


# Looking at a net before and after `describe` ---------------------------------------------------------------------


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


# Nets for `describe` ----------------------------------------------------------------------------------------------


class LeNet(nn.Module):
    """LeNet-5 as it is often written: one pooling layer and one sigmoid, called again and again."""

    def __init__(self):
        super().__init__()
        self.pool, self.act = nn.AvgPool2d(2), nn.Sigmoid()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.flatten = nn.Flatten()
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(self.act(self.conv1(x)))
        x = self.pool(self.act(self.conv2(x)))
        x = self.act(self.fc1(self.flatten(x)))
        return self.fc3(self.act(self.fc2(x)))


class Vgg(nn.Module):
    """VGG-16 with a sixteenth of its channels, batch norm, dropout, and a part that is never called."""

    def __init__(self, batch_norm=True):
        super().__init__()
        self.unused = nn.Linear(3, 3)
        self.classifier = nn.Sequential(nn.Linear(32, 8), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(8, 5))
        layers, before = [], 3
        for width in (4, 4, "M", 8, 8, "M", 16, 16, 16, "M", 32, 32, 32, "M", 32, 32, 32, "M"):
            if width == "M":
                layers.append(nn.MaxPool2d(2))
                continue
            layers.append(nn.Conv2d(before, width, 3, padding=1))
            layers += [nn.BatchNorm2d(width)] * batch_norm
            layers.append(nn.ReLU(inplace=True))
            before = width
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class Strided(nn.Module):
    """Strides before and after windows of several sizes, grouped and without bias."""

    def __init__(self):
        super().__init__()
        self.late = nn.Sequential(nn.AvgPool2d(3, stride=1, padding=1), nn.Conv2d(6, 4, 1, stride=3))
        self.stem = nn.Conv2d(3, 6, 7, stride=2, padding=3, bias=False)
        self.middle = nn.ModuleDict(
            {"pool": nn.MaxPool2d(3, stride=2, padding=1), "conv": nn.Conv2d(6, 6, 4, groups=2), "relu": nn.ReLU()}
        )

    def forward(self, x):
        x = self.middle["pool"](self.stem(x))
        x = self.middle["relu"](self.middle["conv"](x))
        return self.late(x)


class Dilated(nn.Module):
    """Dilated convolutions, one of them behind a stride."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(2, 3, 3, dilation=2),
            nn.BatchNorm2d(3),
            nn.Conv2d(3, 3, 2, stride=2),
            nn.Conv2d(3, 2, 3, padding=4, dilation=4),
        )

    def forward(self, x):
        return self.body(x)


class Again(nn.Module):
    """One convolution that is called three times, one pooling that is called twice, one norm that is called twice."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(2, 4, 3, padding=1)
        self.conv, self.norm, self.pool = nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.MaxPool2d(2)

    def forward(self, x):
        x = self.pool(self.norm(self.conv(self.first(x))))
        x = self.pool(self.conv(x))
        return F.relu(self.norm(self.conv(x)))


NETS = {"LeNet": (LeNet, (1, 32, 32)), "Vgg": (Vgg, (3, 32, 32)), "Strided": (Strided, (3, 43, 37)),
        "Dilated": (Dilated, (2, 20, 17)), "Again": (Again, (2, 12, 9))}  # fmt: skip


def net(kind):
    """One of the nets above, its weights drawn, in train mode."""
    return fill(NETS[kind][0](), seed=5).train()
