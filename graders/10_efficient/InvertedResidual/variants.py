"""Right answers of InvertedResidual of other kinds."""

import torch
import torch.nn.functional as F
from torch import nn


class step_by_step(nn.Module):
    """Layers appended one after the other, in-place activations."""

    def __init__(self, in_channels, out_channels, stride, expand_ratio):
        super().__init__()
        width = int(round(in_channels * expand_ratio))
        self.conv = nn.Sequential()
        if expand_ratio > 1:
            self.conv.append(nn.Sequential(
                nn.Conv2d(in_channels, width, kernel_size=1, bias=False), nn.BatchNorm2d(width), nn.ReLU6(inplace=True)
            ))  # fmt: skip
        self.conv.append(nn.Sequential(
            nn.Conv2d(width, width, kernel_size=3, stride=stride, padding=1, groups=width, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU6(inplace=True),
        ))  # fmt: skip
        self.conv.append(nn.Conv2d(width, out_channels, kernel_size=1, bias=False))
        self.conv.append(nn.BatchNorm2d(out_channels))
        self.use_res_connect = (stride, in_channels) == (1, out_channels)

    def forward(self, x):
        if self.use_res_connect:
            return self.conv(x).add_(x)
        return self.conv(x)


class _ConvNorm(nn.Sequential):
    def __init__(self, before, after, **options):
        super().__init__(nn.Conv2d(before, after, bias=False, **options), nn.BatchNorm2d(after))

    def forward(self, x):
        return super().forward(x).clamp(0, 6)


class clamped(nn.Module):
    """ReLU6 as a clamp; the layers in a ModuleList; the shortcut is a number, 0 or 1."""

    def __init__(self, in_channels, out_channels, stride, expand_ratio):
        super().__init__()
        hidden = in_channels * expand_ratio
        layers = [_ConvNorm(hidden, hidden, kernel_size=3, stride=stride, padding=1, groups=hidden)]
        if expand_ratio != 1:
            layers.insert(0, _ConvNorm(in_channels, hidden, kernel_size=1))
        layers += [nn.Conv2d(hidden, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)]
        self.conv = nn.ModuleList(layers)
        self.shortcut = stride == 1 and in_channels == out_channels

    def forward(self, x):
        y = x
        for layer in self.conv:
            y = layer(y)
        return torch.add(y, x) if self.shortcut else y


class functional(nn.Module):
    """The layers hold the weights; functions do the work."""

    def __init__(self, in_channels, out_channels, stride, expand_ratio):
        super().__init__()
        self.expand, self.stride, hidden = expand_ratio != 1, stride, in_channels * expand_ratio
        pair = lambda *sizes: nn.ModuleList([nn.Conv2d(*sizes, bias=False), nn.BatchNorm2d(hidden)])
        steps = [pair(in_channels, hidden, 1)] * self.expand
        steps.append(nn.ModuleList([nn.Conv2d(hidden, hidden, 3, groups=hidden, bias=False), nn.BatchNorm2d(hidden)]))
        steps += [nn.Conv2d(hidden, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)]
        self.conv = nn.ModuleDict({str(i): step for i, step in enumerate(steps)})
        self.adds = in_channels == out_channels and stride == 1

    def forward(self, x):
        *first, depthwise, project, norm = self.conv.values()
        y = x
        for conv, bn in first:
            y = F.hardtanh(bn(F.conv2d(y, conv.weight)), 0.0, 6.0)
        conv, bn = depthwise
        y = F.relu6(bn(F.conv2d(y, conv.weight, None, self.stride, 1, groups=y.shape[1])))
        y = norm(torch.einsum("nchw,oc->nohw", y, project.weight[:, :, 0, 0]))
        return x + y if self.adds else y
