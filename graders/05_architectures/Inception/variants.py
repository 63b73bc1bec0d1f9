"""Right answers of Inception of other kinds."""

import torch
import torch.nn.functional as F
from torch import nn


class _ConvNormRelu(nn.Module):
    def __init__(self, in_channels, out_channels, **options):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, bias=False, **options)
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)), inplace=True)


class like_torchvision(nn.Module):
    """As torchvision writes it, with the kernel mended."""

    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        super().__init__()
        self.branch1 = _ConvNormRelu(in_channels, ch1x1, kernel_size=1)
        self.branch2 = nn.Sequential(
            _ConvNormRelu(in_channels, ch3x3red, kernel_size=1),
            _ConvNormRelu(ch3x3red, ch3x3, kernel_size=3, padding=1),
        )
        self.branch3 = nn.Sequential(
            _ConvNormRelu(in_channels, ch5x5red, kernel_size=1),
            _ConvNormRelu(ch5x5red, ch5x5, kernel_size=5, padding=2),
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(kernel_size=3, stride=1, padding=1, ceil_mode=True),
            _ConvNormRelu(in_channels, pool_proj, kernel_size=1),
        )

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], dim=1)


class named_layers(nn.Module):
    """Each layer is a Sequential with names; extra keyword arguments; the result is written into one tensor."""

    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj, momentum=0.1):
        super().__init__()

        def layer(before, after, size=1):
            net = nn.Sequential()
            net.add_module("conv", nn.Conv2d(before, after, (size, size), padding="same", bias=False))
            net.add_module("bn", nn.BatchNorm2d(after, eps=1e-3, momentum=momentum))
            net.add_module("relu", nn.ReLU(inplace=True))
            return net

        self.branch4 = nn.ModuleList([nn.Identity(), layer(in_channels, pool_proj)])
        self.branch3 = nn.ModuleList([layer(in_channels, ch5x5red), layer(ch5x5red, ch5x5, 5)])
        self.branch2 = nn.ModuleList([layer(in_channels, ch3x3red), layer(ch3x3red, ch3x3, 3)])
        self.branch1 = layer(in_channels, ch1x1)

    def forward(self, x):
        pooled = F.max_pool2d(x, 3, stride=1, padding=1)
        parts = [self.branch1(x)]
        for first, second in (self.branch2, self.branch3):
            parts.append(second(first(x)))
        parts.append(self.branch4[1](pooled))
        return torch.hstack(parts)


class by_dict(nn.Module):
    """Convolutions and norms called as functions; the 5 × 5 as a sum over shifted 1 × 1 products."""

    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        super().__init__()
        self.branch1 = self.pair(in_channels, ch1x1, 1)
        self.branch2 = nn.ModuleDict({"0": self.pair(in_channels, ch3x3red, 1), "1": self.pair(ch3x3red, ch3x3, 3)})
        self.branch3 = nn.ModuleDict({"0": self.pair(in_channels, ch5x5red, 1), "1": self.pair(ch5x5red, ch5x5, 5)})
        self.branch4 = nn.ModuleDict({"1": self.pair(in_channels, pool_proj, 1)})

    @staticmethod
    def pair(before, after, size):
        conv = nn.Conv2d(before, after, size, bias=False)
        return nn.ModuleDict({"conv": conv, "bn": nn.BatchNorm2d(after, eps=0.001)})

    @staticmethod
    def run(pair, x):
        weight = pair["conv"].weight
        size = weight.shape[-1]
        padded = F.pad(x, (size // 2,) * 4)
        h, w = x.shape[2:]
        y = sum(
            torch.einsum("nchw,oc->nohw", padded[:, :, i : i + h, j : j + w], weight[:, :, i, j])
            for i in range(size)
            for j in range(size)
        )
        return pair["bn"](y).clamp_min(0)

    def forward(self, x):
        padded = F.pad(x, (1, 1, 1, 1), value=-torch.inf)
        strongest = padded.unfold(2, 3, 1).unfold(3, 3, 1).amax((4, 5))
        second = self.run(self.branch2["1"], self.run(self.branch2["0"], x))
        third = self.run(self.branch3["1"], self.run(self.branch3["0"], x))
        return torch.cat((self.run(self.branch1, x), second, third, self.run(self.branch4["1"], strongest)), -3)


class _Pool(nn.Module):
    """Max pooling from a stack of nine shifted copies."""

    def forward(self, x):
        h, w = x.shape[2:]
        padded = F.pad(x, (1, 1, 1, 1), value=float("-inf"))
        return torch.stack([padded[..., i : i + h, j : j + w] for i in range(3) for j in range(3)]).max(0).values


class in_a_loop(nn.Module):
    """Branches from a table, made with setattr; the concatenation grows branch by branch."""

    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        super().__init__()
        c = in_channels
        self.branch1 = _ConvNormRelu(c, ch1x1, kernel_size=1)
        table = {
            "branch2": [(c, ch3x3red, 1), (ch3x3red, ch3x3, 3)],
            "branch3": [(c, ch5x5red, 1), (ch5x5red, ch5x5, 5)],
        }
        for name, rows in table.items():
            layers = [_ConvNormRelu(a, b, kernel_size=k, padding=(k - 1) // 2) for a, b, k in rows]
            setattr(self, name, nn.Sequential(*layers))
        self.branch4 = nn.Sequential(_Pool(), _ConvNormRelu(c, pool_proj, kernel_size=1))

    def forward(self, x):
        maps = x[:, :0]
        for branch in self.children():
            maps = torch.cat([maps, branch(x)], dim=1)
        return maps
