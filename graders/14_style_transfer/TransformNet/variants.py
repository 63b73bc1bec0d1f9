"""Right answers of TransformNet of other kinds."""

import torch
import torch.nn.functional as F
from torch import nn


class _Unit(nn.Module):
    """Reflected border, convolution, instance norm written out, ReLU."""

    def __init__(self, before, after, size=3, stride=1, relu=True):
        super().__init__()
        self.conv = nn.Conv2d(before, after, size, stride, padding=size // 2, padding_mode="reflect", bias=False)
        self.scale, self.shift = nn.Parameter(torch.ones(after, 1, 1)), nn.Parameter(torch.zeros(after, 1, 1))
        self.relu = relu

    def forward(self, x):
        x = self.conv(x)
        mean, variance = x.mean((2, 3), keepdim=True), x.var((2, 3), keepdim=True, correction=0)
        x = (x - mean) / (variance + 1e-5).sqrt() * self.scale + self.shift
        return F.relu(x) if self.relu else x


class johnson(nn.Module):
    """The layout of Johnson et al. with resize-convolutions: 9 × 9 at both ends, five blocks, tanh moved to [0, 1]."""

    def __init__(self, width=32):
        super().__init__()
        w = width
        self.layers = nn.ModuleList([_Unit(3, w, 9), _Unit(w, 2 * w, 3, 2), _Unit(2 * w, 4 * w, 3, 2)])
        self.first = nn.ModuleList(_Unit(4 * w, 4 * w) for _ in range(5))
        self.second = nn.ModuleList(_Unit(4 * w, 4 * w, relu=False) for _ in range(5))
        self.up = nn.ModuleList([_Unit(4 * w, 2 * w), _Unit(2 * w, w)])
        self.last = nn.Conv2d(w, 3, 9, padding=4, padding_mode="reflect")

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        for first, second in zip(self.first, self.second, strict=True):
            x = second(first(x)).add_(x)
        for layer in self.up:
            x = layer(F.interpolate(x, scale_factor=2, mode="nearest"))
        return (torch.tanh(self.last(x)) + 1) / 2


class transposed(nn.Module):
    """Transposed convolutions on the way up, group norm with one channel a group, and a clamp."""

    def __init__(self, width: int = 32):
        super().__init__()
        w = width
        self.one = nn.Sequential(nn.Conv2d(3, w, 5, 1, 2), nn.GroupNorm(w, w), nn.ELU())
        self.two = nn.Sequential(nn.Conv2d(w, 2 * w, 4, 2, 1), nn.GroupNorm(2 * w, 2 * w), nn.ELU())
        self.three = nn.Sequential(nn.Conv2d(2 * w, 2 * w, 4, 2, 1), nn.GroupNorm(2 * w, 2 * w), nn.ELU())
        self.block = nn.Sequential(
            nn.Conv2d(2 * w, 2 * w, 3, padding=1), nn.InstanceNorm2d(2 * w, affine=True), nn.ELU(),
            nn.Conv2d(2 * w, 2 * w, 3, padding=1),
        )  # fmt: skip
        self.four = nn.Sequential(nn.ConvTranspose2d(2 * w, w, 4, 2, 1), nn.GroupNorm(w, w), nn.ELU())
        self.five = nn.ConvTranspose2d(w, 3, 4, 2, 1)

    def forward(self, x):
        x = self.three(self.two(self.one(x)))
        x = torch.add(x, self.block(x))
        return torch.clamp(self.five(self.four(x)) + 0.5, 0, 1)


class paints_a_change(nn.Module):
    """The picture itself is the shortcut: the net paints what is added to it; one norm keeps running statistics."""

    def __init__(self, width=32):
        super().__init__()
        self.scale = 4
        self.encode = nn.Sequential(
            nn.Conv2d(3, width, 7, stride=2, padding=3), nn.InstanceNorm2d(width, track_running_stats=True), nn.ReLU(),
            nn.Conv2d(width, width, 3, stride=2, padding=1), nn.InstanceNorm2d(width, affine=True), nn.ReLU(),
        )  # fmt: skip
        self.paint = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, x):
        change = F.interpolate(self.encode(x), size=x.shape[2:], mode="bilinear", align_corners=False)
        return torch.sigmoid(4 * (x - 0.5) + self.paint(change))
