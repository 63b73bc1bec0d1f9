"""Right answers of SqueezeExcitation of other kinds."""

import torch
import torch.nn.functional as F
from torch import nn


class like_torchvision(nn.Module):
    """Modules for every step."""

    def __init__(self, input_channels, squeeze_channels):
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(input_channels, squeeze_channels, kernel_size=1)
        self.fc2 = nn.Conv2d(squeeze_channels, input_channels, kernel_size=1)
        self.activation, self.scale_activation = nn.ReLU(inplace=True), nn.Sigmoid()

    def forward(self, x):
        return self.scale_activation(self.fc2(self.activation(self.fc1(self.avgpool(x))))) * x


class matrices(nn.Module):
    """The weights as matrices on the means."""

    def __init__(self, channels, squeeze_channels):
        super().__init__()
        self.fc2 = nn.Conv2d(squeeze_channels, channels, 1)
        self.fc1 = nn.Conv2d(channels, squeeze_channels, 1)

    def forward(self, x):
        squeezed = x.flatten(2).mean(-1)
        hidden = F.linear(squeezed, self.fc1.weight.flatten(1), self.fc1.bias).clamp_min(0)
        scores = F.linear(hidden, self.fc2.weight.flatten(1), self.fc2.bias)
        return torch.einsum("nchw,nc->nchw", x, 1 / (1 + torch.exp(-scores)))


class picture_by_picture(nn.Module):
    """One picture after the other; the mean by a pooling function."""

    def __init__(self, channels, squeeze_channels):
        super().__init__()
        self.add_module("fc1", nn.Conv2d(channels, squeeze_channels, (1, 1)))
        self.add_module("fc2", nn.Conv2d(squeeze_channels, channels, (1, 1)))

    def forward(self, x):
        results = []
        for picture in x.split(1):
            factors = self.fc2(torch.relu(self.fc1(F.avg_pool2d(picture, picture.shape[2:])))).sigmoid()
            results.append(picture.mul(factors.expand_as(picture)))
        return torch.cat(results)
