"""Right answers of CBAM of other kinds."""

import torch
import torch.nn.functional as F
from torch import nn


class two_parts(nn.Module):
    """A method for each part, pooling modules, both squeezed tensors in one batch for the shared layers."""

    def __init__(self, channels, reduction=16, kernel_size=7):
        super().__init__()
        width = channels // reduction or 1
        self.mean, self.maximum = nn.AdaptiveAvgPool2d(1), nn.AdaptiveMaxPool2d(1)
        self.fc1, self.fc2 = nn.Conv2d(channels, width, 1), nn.Conv2d(width, channels, 1)
        self.act = nn.ReLU(inplace=True)
        self.spatial = nn.Conv2d(2, 1, kernel_size, padding="same", bias=False)

    def channels(self, x):
        both = torch.cat([self.mean(x), self.maximum(x)])
        first, second = self.fc2(self.act(self.fc1(both))).chunk(2)
        return (first + second).sigmoid()

    def places(self, x):
        return self.spatial(torch.stack([x.mean(1), x.max(1).values], 1)).sigmoid()

    def forward(self, x):
        y = self.channels(x) * x
        return self.places(y) * y


class matrices(nn.Module):
    """The shared layers as matrices; the spatial convolution as two, one a map."""

    def __init__(self, channels, reduction=16, kernel_size=7):
        super().__init__()
        hidden = max(channels // reduction, 1)
        self.spatial = nn.Conv2d(2, 1, (kernel_size, kernel_size), bias=False)
        self.fc2 = nn.Conv2d(hidden, channels, 1)
        self.fc1 = nn.Conv2d(channels, hidden, 1)
        self.padding = kernel_size // 2

    def dense(self, x):
        hidden = F.linear(x, self.fc1.weight.squeeze(-1).squeeze(-1), self.fc1.bias)
        return F.linear(hidden.relu(), self.fc2.weight.squeeze(-1).squeeze(-1), self.fc2.bias)

    def forward(self, x):
        flat = x.flatten(2)
        scores = self.dense(flat.mean(2)) + self.dense(flat.max(2)[0])
        x = x * torch.sigmoid(scores).view(*scores.shape, 1, 1)
        kernel = self.spatial.weight
        mean = F.conv2d(x.mean(1, True), kernel[:, :1], padding=self.padding)
        maximum = F.conv2d(x.max(1, True)[0], kernel[:, 1:], padding=self.padding)
        return x * torch.sigmoid(mean + maximum)


class _Shared(nn.Module):
    def __init__(self, owner):
        super().__init__()
        self.run = lambda x: owner.fc2(F.relu(owner.fc1(x)))

    def forward(self, x):
        return self.run(x)


class helpers(nn.Module):
    """Pooling functions; a quotient in the place of the sigmoid."""

    def __init__(self, channels, reduction=16, kernel_size=7):
        super().__init__()
        hidden = max(1, int(channels / reduction))
        for label, layer in (("fc1", nn.Conv2d(channels, hidden, 1)), ("fc2", nn.Conv2d(hidden, channels, 1))):
            setattr(self, label, layer)
        self.spatial = nn.Conv2d(2, 1, kernel_size, 1, (kernel_size - 1) // 2, bias=False)
        self.shared = _Shared(self)

    def forward(self, x):
        size = x.shape[2:]
        scores = self.shared(F.avg_pool2d(x, size)) + self.shared(F.max_pool2d(x, size))
        x = x / (1 + torch.exp(-scores))
        maps = torch.cat((x.mean(dim=1).unsqueeze(1), torch.max(x, dim=1)[0].unsqueeze(1)), dim=1)
        return x / (1 + torch.exp(-self.spatial(maps)))
