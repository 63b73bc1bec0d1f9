"""Right answers of DenseBlock of other kinds."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn


def _layer(before, growth_rate, bn_size):
    width = bn_size * growth_rate
    return nn.Sequential(
        OrderedDict(
            norm1=nn.BatchNorm2d(before),
            relu1=nn.ReLU(inplace=True),
            conv1=nn.Conv2d(before, width, kernel_size=1, bias=False),
            norm2=nn.BatchNorm2d(width),
            relu2=nn.ReLU(inplace=True),
            conv2=nn.Conv2d(width, growth_rate, kernel_size=3, padding=1, bias=False),
        )
    )


class sequentials(nn.Module):
    """Layers are Sequentials with names; the maps grow by torch.cat after each."""

    def __init__(self, num_layers, in_channels, growth_rate=32, bn_size=4):
        super().__init__()
        for i in range(num_layers):
            self.add_module(f"denselayer{i + 1}", _layer(in_channels + i * growth_rate, growth_rate, bn_size))

    def forward(self, x):
        for layer in self.children():
            x = torch.cat([x, layer(x)], dim=1)
        return x


class module_dict(nn.ModuleDict):
    """A ModuleDict that remembers a list of maps and concatenates it once more at the end, as torchvision does."""

    def __init__(self, num_layers: int, in_channels: int, growth_rate: int = 32, bn_size: int = 4, drop_rate=0.0):
        super().__init__()
        self.drop_rate = drop_rate
        for i in range(num_layers):
            self[f"denselayer{i + 1}"] = _layer(in_channels + i * growth_rate, growth_rate, bn_size)

    def forward(self, x):
        maps = [x]
        for layer in self.values():
            maps.append(layer(torch.cat(maps, 1)))
        return torch.cat(maps, 1)


class _Layer(nn.Module):
    """Reads a concatenation by adding what each part gives: the 1 × 1 convolution is linear."""

    def __init__(self, before, growth_rate, bn_size):
        super().__init__()
        self.conv2 = nn.Conv2d(bn_size * growth_rate, growth_rate, 3, padding="same", bias=False)
        self.norm2 = nn.BatchNorm2d(bn_size * growth_rate)
        self.conv1 = nn.Conv2d(before, bn_size * growth_rate, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(before)

    def forward(self, *maps):
        before = torch.cat(maps, 1)
        hidden = torch.einsum("nchw,oc->nohw", self.norm1(before).clamp(min=0), self.conv1.weight[:, :, 0, 0])
        return self.conv2(F.relu(self.norm2(hidden)))


class written_into_one_tensor(nn.Module):
    """Each layer's maps are written into their place of one tensor."""

    def __init__(self, num_layers, in_channels, growth_rate=32, bn_size=4):
        super().__init__()
        self.in_channels, self.growth_rate = in_channels, growth_rate
        self.names = [f"denselayer{i}" for i in range(1, num_layers + 1)]
        for i, name in enumerate(self.names):
            setattr(self, name, _Layer(in_channels + i * growth_rate, growth_rate, bn_size))

    def forward(self, x):
        n, c, h, w = x.shape
        out = x.new_zeros(n, c + len(self.names) * self.growth_rate, h, w)
        out[:, :c] = x
        for i, name in enumerate(self.names):
            start = c + i * self.growth_rate
            out[:, start : start + self.growth_rate] = getattr(self, name)(out[:, :start].clone())
        return out


class pieces(nn.Module):
    """Layers are called with all earlier maps as arguments; the in-place ReLUs touch only what is their own."""

    def __init__(self, num_layers, in_channels, growth_rate=32, bn_size=4):
        super().__init__()
        layers = [_Layer(in_channels + i * growth_rate, growth_rate, bn_size) for i in range(num_layers)]
        for number, layer in enumerate(layers, start=1):
            self.add_module("denselayer" + str(number), layer)

    def forward(self, x):
        found = (x,)
        for _, layer in self.named_children():
            found = (*found, layer(*found))
        return torch.hstack(found)


class one_layer_and_the_rest(nn.Module):
    """Recursion in the forward pass; the layers are functions of the block that read their modules by name."""

    def __init__(self, num_layers, in_channels, growth_rate=32, bn_size=4):
        super().__init__()
        self.num_layers = num_layers
        for i in range(1, num_layers + 1):
            before, width = in_channels + (i - 1) * growth_rate, bn_size * growth_rate
            children = {"norm1": nn.BatchNorm2d(before), "conv1": nn.Conv2d(before, width, 1, bias=False),
                        "norm2": nn.BatchNorm2d(width),
                        "conv2": nn.Conv2d(width, growth_rate, 3, padding=1, bias=False)}  # fmt: skip
            setattr(self, f"denselayer{i}", nn.ModuleDict(children))

    def new_maps(self, x, i):
        layer = getattr(self, f"denselayer{i}")
        for part in "12":
            x = layer["conv" + part](torch.relu_(layer["norm" + part](x)))
        return x

    def forward(self, x, i=1):
        if i > self.num_layers:
            return x
        return self.forward(torch.concatenate((x, self.new_maps(x, i)), 1), i + 1)
