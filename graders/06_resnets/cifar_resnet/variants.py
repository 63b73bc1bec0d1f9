"""Right answers of cifar_resnet of other kinds."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn


class _Lambda(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class _PaddedBlock(nn.Module):
    """Zero channels on both sides, by a module that holds a function."""

    def __init__(self, in_planes, planes, stride, residual):
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_planes != planes:
            side = (planes - in_planes) // 2
            self.shortcut = _Lambda(lambda x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, side, side), "constant", 0))
        self.residual = residual

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.residual:
            out += self.shortcut(x)
        return F.relu(out)


def padded_on_both_sides(n: int, residual: bool = True) -> nn.Module:
    """A class for the net with a method that makes the stages; the average has the size of the map."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.in_planes = 16
            self.conv1 = nn.Conv2d(3, 16, kernel_size=3, stride=1, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(16)
            self.layer1 = self._make_layer(16, 1)
            self.layer2 = self._make_layer(32, 2)
            self.layer3 = self._make_layer(64, 2)
            self.linear = nn.Linear(64, 10)

        def _make_layer(self, planes, stride):
            layers = []
            for s in [stride] + [1] * (n - 1):
                layers.append(_PaddedBlock(self.in_planes, planes, s, residual))
                self.in_planes = planes
            return nn.Sequential(*layers)

        def forward(self, x):
            out = F.relu(self.bn1(self.conv1(x)))
            out = self.layer3(self.layer2(self.layer1(out)))
            out = F.avg_pool2d(out, out.size()[3])
            return self.linear(out.view(out.size(0), -1))

    return Net()


class _Residual(nn.Module):
    """Adds a branch to x, brought to the branch's shape by a 1 × 1 average pooling and zeros in front."""

    def __init__(self, branch):
        super().__init__()
        self.branch = branch

    def forward(self, x):
        out = self.branch(x)
        if out.shape != x.shape:
            x = F.avg_pool2d(x, 1, stride=2)
            x = torch.cat([x.new_zeros(len(x), out.shape[1] - x.shape[1], *x.shape[2:]), x], dim=1)
        return out + x


def one_sequential(n, residual=True):
    """Everything is a Sequential; the plain twin has its branches as they are; a fixed 8 × 8 average."""
    wrap = _Residual if residual else lambda branch: branch
    layers, width = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True)], 16
    for i in range(3 * n):
        out = 16 << i // n
        branch = nn.Sequential(
            nn.Conv2d(width, out, 3, out // width, 1, bias=False),
            nn.BatchNorm2d(out),
            nn.ReLU(inplace=True),
            nn.Conv2d(out, out, 3, 1, 1, bias=False),
            nn.BatchNorm2d(out),
        )
        layers += [wrap(branch), nn.ReLU()]
        width = out
    return nn.Sequential(*layers, nn.AvgPool2d(8), nn.Flatten(), nn.Linear(64, 10))


class _Flat(nn.Module):
    """All convolutions in one list, walked two at a time."""

    def __init__(self, n, residual):
        super().__init__()
        widths = [3, 16] + [16] * 2 * n + [32] * 2 * n + [64] * 2 * n
        self.head = nn.Linear(widths[-1], 10)
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths[1:])
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=2 if b == 2 * a else 1, padding=1, bias=False) for a, b in pairwise(widths)
        )
        self.residual = residual
        nn.init.zeros_(self.head.bias)

    def forward(self, x):
        steps = list(zip(self.convolutions, self.norms, strict=True))
        x = self.run(steps[0], x).relu()
        for i in range(1, len(steps), 2):
            out = self.run(steps[i + 1], self.run(steps[i], x).relu())
            if self.residual:
                shortcut = torch.zeros_like(out)
                stride = x.shape[-1] // out.shape[-1]
                shortcut[:, : x.shape[1]] = x[..., ::stride, ::stride]
                out = out + shortcut
            x = out.relu()
        return self.head(x.mean((-1, -2)))

    @staticmethod
    def run(step, x):
        convolution, norm = step
        return norm(convolution(x))


def one_flat_list(n, residual=True):
    """No block at all."""
    return _Flat(n, residual)
