"""Right answers of vgg_features of other kinds."""

from collections import OrderedDict

import torch
from torch import nn


def appended(config, batch_norm=False):
    """Layers appended to a Sequential one by one, in-place ReLU."""
    net, channels = nn.Sequential(), 3
    for entry in config:
        if isinstance(entry, str):
            net.append(nn.MaxPool2d(kernel_size=2, stride=2))
        else:
            net.append(nn.Conv2d(channels, entry, kernel_size=3, stride=1, padding=1))
            if batch_norm:
                net.append(nn.BatchNorm2d(entry))
            net.append(nn.ReLU(inplace=True))
            channels = entry
    return net


def from_a_dict(config, batch_norm=False):
    """Numbered by hand; the channels before each entry are found by looking back."""
    layers = OrderedDict()

    def add(layer):
        layers[str(len(layers))] = layer

    for i, entry in enumerate(config):
        before = [width for width in config[:i] if width != "M"]
        if entry == "M":
            add(nn.MaxPool2d((2, 2)))
            continue
        add(nn.Conv2d(before[-1] if before else 3, entry, (3, 3), padding="same"))
        if batch_norm:
            add(nn.BatchNorm2d(entry))
        add(nn.ReLU())
    return nn.Sequential(layers)


class subclass(nn.Sequential):
    """A class of its own; its pooling is adaptive to half of the size, which is the same as windows of 2 × 2."""

    def __init__(self, config, batch_norm=False):
        widths = iter([3] + [width for width in config if width != "M"])
        before, layers = next(widths), []
        for entry in config:
            layers += [_Halve()] if entry == "M" else _convolution(before, entry, batch_norm)
            before = before if entry == "M" else next(widths)
        super().__init__(*layers)


def _convolution(before, width, batch_norm):
    norm = [nn.BatchNorm2d(width)] if batch_norm else []
    return [nn.Conv2d(before, width, 3, 1, 1), *norm, _Positive()]


class _Positive(nn.Module):
    def forward(self, x):
        return x.clamp(min=0)


class _Halve(nn.Module):
    def forward(self, x):
        h, w = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2
        rows = torch.maximum(x[:, :, 0:h:2], x[:, :, 1:h:2])
        return torch.maximum(rows[..., 0:w:2], rows[..., 1:w:2])


def one_relu(config, batch_norm=False):
    """One ReLU and one pooling layer, which stand at many places: neither has weights."""
    relu, pool, layers, channels = nn.ReLU(), nn.MaxPool2d(2, 2), [], 3
    for entry in config:
        if entry == "M":
            layers.append(pool)
        else:
            convolution = nn.Conv2d(channels, entry, 3, padding=1)
            layers.extend([convolution, nn.BatchNorm2d(entry), relu] if batch_norm else [convolution, relu])
            channels = entry
    return nn.Sequential(*layers)


def the_first_and_the_rest(config, batch_norm=False, channels=3):
    """Recursion over the list; two Sequentials are joined."""
    if not config:
        return nn.Sequential()
    first, *rest = config
    if first == "M":
        head, after = [nn.MaxPool2d(2, 2)], channels
    else:
        head, after = [nn.Conv2d(channels, first, 3, padding=1)], first
        head += [nn.BatchNorm2d(first)] * batch_norm + [nn.ReLU()]
    return nn.Sequential(*head, *the_first_and_the_rest(rest, batch_norm, after))


def numbered_by_hand(config, batch_norm=False):
    """add_module with a counter of its own; the channels are read off the layer before."""
    net, number, last = nn.Sequential(), 0, None
    for entry in list(config):
        if entry == "M":
            new = [nn.MaxPool2d(kernel_size=2)]
        else:
            last = nn.Conv2d(3 if last is None else last.out_channels, entry, (3, 3), padding=(1, 1), bias=True)
            new = [last, nn.BatchNorm2d(entry), nn.ReLU(True)] if batch_norm else [last, nn.ReLU(True)]
        for layer in new:
            net.add_module(f"{number}", layer)
            number += 1
    return net
