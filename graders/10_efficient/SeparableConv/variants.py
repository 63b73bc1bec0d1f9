"""Right answers of SeparableConv of other kinds."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn


class named_sequential(nn.Sequential):
    """A Sequential with names, in-place ReLUs."""

    def __init__(self, in_channels, out_channels, stride=1):
        depthwise = nn.Conv2d(in_channels, in_channels, (3, 3), (stride, stride), 1, 1, in_channels, bias=False)
        super().__init__(OrderedDict(
            depthwise=depthwise, bn1=nn.BatchNorm2d(in_channels), relu1=nn.ReLU(inplace=True),
            pointwise=nn.Conv2d(in_channels, out_channels, 1, bias=False), bn2=nn.BatchNorm2d(out_channels),
            relu2=nn.ReLU(inplace=True),
        ))  # fmt: skip


class shifted_products(nn.Module):
    """The depthwise step as a sum of shifted pictures, the pointwise step as a product of matrices."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.bn2, self.bn1 = nn.BatchNorm2d(out_channels), nn.BatchNorm2d(in_channels)
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.depthwise = nn.Conv2d(in_channels, in_channels, 3, groups=in_channels, bias=False)

    def forward(self, x):
        height, width = ((n - 1) // self.stride + 1 for n in x.shape[2:])
        padded, weight, s = F.pad(x, (1, 1, 1, 1)), self.depthwise.weight, self.stride
        y = 0
        for i in range(3):
            for j in range(3):
                tap = padded[:, :, i : i + (height - 1) * s + 1 : s, j : j + (width - 1) * s + 1 : s]
                y = y + tap * weight[:, 0, i, j].reshape(-1, 1, 1)
        y = self.bn1(y).clamp(min=0)
        y = torch.einsum("nchw,oc->nohw", y, self.pointwise.weight.flatten(1))
        return self.bn2(y).clamp(min=0)


class one_channel_at_a_time(nn.Module):
    """The channels go into the batch for one functional call each; norms by hand from their statistics."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.options = dict(stride=stride, padding=1)
        self.add_module("depthwise", nn.Conv2d(in_channels, in_channels, 3, groups=in_channels, bias=False))
        self.add_module("bn1", nn.BatchNorm2d(in_channels))
        self.add_module("pointwise", nn.Conv2d(in_channels, out_channels, 1, bias=False))
        self.add_module("bn2", nn.BatchNorm2d(out_channels))
        self.act = nn.ReLU()

    def forward(self, x):
        kernels = self.depthwise.weight
        parts = [F.conv2d(x[:, c : c + 1], kernels[c : c + 1], **self.options) for c in range(x.shape[1])]
        y = torch.relu(self.bn1(torch.cat(parts, 1)))
        return self.act(self.bn2(F.conv2d(y, self.pointwise.weight)))
