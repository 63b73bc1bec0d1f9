"""Right answers of Bottleneck of other kinds."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn


class in_place_relu(nn.Module):
    """One ReLU module, in place, for all three; the sum in place too: neither touches x."""

    expansion: int = 4

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        out_channels = channels * self.expansion
        self.conv1 = nn.Conv2d(in_channels, channels, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, out_channels, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class loop_over_numbers(nn.Module):
    """Layers made and used in a loop; the shortcut is an Identity where x may pass; the ReLU is a clamp."""

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int = 1):
        super().__init__()
        widths = [in_channels, channels, channels, 4 * channels]
        for number, (kernel_size, step) in enumerate([(1, 1), (3, stride), (1, 1)], start=1):
            convolution = nn.Conv2d(widths[number - 1], widths[number], kernel_size, step, kernel_size // 2, bias=False)
            self.add_module(f"conv{number}", convolution)
            self.add_module(f"bn{number}", nn.BatchNorm2d(widths[number]))
        projects = stride > 1 or widths[0] != widths[-1]
        self.downsample = _conv_bn(widths[0], widths[-1], stride) if projects else nn.Identity()

    def forward(self, x):
        out = x
        for number in (1, 2, 3):
            out = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(out))
            if number == 3:
                out = out + self.downsample(x)
            out = out.clamp_min(0)
        return out


def _conv_bn(in_channels, out_channels, stride):
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))


class matrix_products(nn.Module):
    """The 1 × 1 convolutions are matrix products over the channels; the stride of the shortcut is a slice."""

    expansion = 4

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.stride = stride
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * channels)
        if not (stride == 1 and in_channels == 4 * channels):
            self.downsample = nn.ModuleDict({"0": nn.Conv2d(in_channels, 4 * channels, 1, bias=False),
                                             "1": nn.BatchNorm2d(4 * channels)})  # fmt: skip

    def forward(self, x):
        out = torch.relu(self.bn1(self.mix(x, self.conv1)))
        out = F.conv2d(F.pad(out, (1, 1, 1, 1)), self.conv2.weight, stride=self.stride)
        out = self.bn3(self.mix(torch.relu(self.bn2(out)), self.conv3))
        if hasattr(self, "downsample"):
            x = self.downsample["1"](self.mix(x[..., :: self.stride, :: self.stride], self.downsample["0"]))
        return torch.relu(out + x)

    @staticmethod
    def mix(x, convolution):
        return torch.einsum("nchw,oc->nohw", x, convolution.weight[:, :, 0, 0])


class named_sequential(nn.Sequential):
    """A Sequential with names that gives the branch; the shortcut is kept beside it."""

    expansion = 4

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(
            OrderedDict(
                conv1=nn.Conv2d(in_channels, channels, 1, bias=False),
                bn1=nn.BatchNorm2d(channels),
                relu1=nn.ReLU(inplace=True),
                conv2=nn.Conv2d(channels, channels, 3, stride, 1, bias=False),
                bn2=nn.BatchNorm2d(channels),
                relu2=nn.ReLU(inplace=True),
                conv3=nn.Conv2d(channels, channels * 4, 1, bias=False),
                bn3=nn.BatchNorm2d(channels * 4),
            )
        )
        self.depth = len(self)
        identity = stride == 1 and in_channels == channels * 4
        self.downsample = None if identity else _conv_bn(in_channels, channels * 4, stride)

    def forward(self, x):
        out = x
        for layer in list(self.children())[: self.depth]:
            out = layer(out)
        return F.relu(out.add(x if self.downsample is None else self.downsample(x)))
