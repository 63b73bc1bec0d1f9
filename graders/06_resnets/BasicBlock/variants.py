"""Right answers of BasicBlock of other kinds."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn


class in_place_relu(nn.Module):
    """One ReLU module, in place, for both; the sum in place too: neither touches x."""

    expansion: int = 1

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )
        else:
            self.downsample = None

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class empty_sequential(nn.Module):
    """The shortcut is always a Sequential, empty where x may pass; it is computed first, and the ReLU is a clamp."""

    expansion = 1

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.downsample = nn.Sequential()
        if (in_channels, 1) != (out_channels, stride):
            self.downsample.append(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))
            self.downsample.append(nn.BatchNorm2d(out_channels))
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding="same", bias=False)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=(1, 1), bias=False)

    def forward(self, x):
        total = self.downsample(x)
        total = total + self.bn2(self.conv2(self.bn1(self.conv1(x)).clamp(min=0)))
        return total.clamp(min=0)


class named_sequential(nn.Sequential):
    """A Sequential with names, walked by hand."""

    expansion = 1

    def __init__(self, in_channels, out_channels, stride=1):
        layers = OrderedDict(
            conv1=nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False),
            bn1=nn.BatchNorm2d(out_channels),
            relu=nn.ReLU(),
            conv2=nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False),
            bn2=nn.BatchNorm2d(out_channels),
        )
        super().__init__(layers)
        projects = stride != 1 or in_channels != out_channels
        projection = [nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)]
        self.downsample = nn.Sequential(*projection) if projects else nn.Identity()

    def forward(self, x):
        out = x
        for name, layer in self.named_children():
            if name != "downsample":
                out = layer(out)
        return torch.relu(torch.add(out, self.downsample(x)))


class functional(nn.Module):
    """The layers hold the weights; functions do the work, and the projection sees every stride-th pixel."""

    expansion = 1

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        if stride > 1 or in_channels != out_channels:
            self.downsample = nn.ModuleList(
                [nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)]
            )

    def forward(self, x):
        out = F.conv2d(F.pad(x, (1, 1, 1, 1)), self.conv1.weight, stride=self.stride)
        out = F.relu(self.normalise(self.bn1, out))
        out = self.normalise(self.bn2, F.conv2d(out, self.conv2.weight, padding=1))
        return F.relu(out + self.shortcut(x))

    def shortcut(self, x):
        if not hasattr(self, "downsample"):
            return x
        convolution, bn = self.downsample
        return self.normalise(bn, F.conv2d(x[:, :, :: self.stride, :: self.stride], convolution.weight))

    def normalise(self, bn, x):
        if self.training:
            bn.num_batches_tracked += 1
        return F.batch_norm(
            x, bn.running_mean, bn.running_var, bn.weight, bn.bias, self.training, momentum=bn.momentum, eps=bn.eps
        )


class _ConvBN:
    """A convolution and its batch norm, both registered on the block under their own names."""

    def __init__(self, block, number, *args, **kwargs):
        convolution = nn.Conv2d(*args, **kwargs, bias=False)
        block.add_module(f"conv{number}", convolution)
        block.add_module(f"bn{number}", nn.BatchNorm2d(convolution.out_channels))
        self.run = lambda x: getattr(block, f"bn{number}")(getattr(block, f"conv{number}")(x))


class helper_class(nn.Module):
    """Layers in a list of helpers, and a ReLU that multiplies by a mask."""

    expansion = 1

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.branch = [_ConvBN(self, 1, in_channels, out_channels, 3, stride=stride, padding=1),
                       _ConvBN(self, 2, out_channels, out_channels, 3, padding=1)]  # fmt: skip
        if stride == 1 and in_channels == out_channels:
            self.downsample = lambda x: x
        else:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x):
        first, second = self.branch
        return self.relu(second.run(self.relu(first.run(x))) + self.downsample(x))

    @staticmethod
    def relu(x):
        return x * (x > 0)
