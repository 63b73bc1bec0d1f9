"""Right answers of SimpleCNN of other kinds."""

import torch
import torch.nn.functional as F
from torch import nn


class with_modules(nn.Module):
    """Pooling and ReLU as modules, pooling before ReLU, view."""

    def __init__(self, num_classes=10):
        super().__init__()
        self.fc2 = nn.Linear(128, num_classes)
        self.fc1 = nn.Linear(3136, 128)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=(3, 3), padding="same")
        self.conv1 = nn.Conv2d(1, 32, kernel_size=(3, 3), padding="same")
        self.pool = nn.MaxPool2d(kernel_size=2, stride=2)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        x = self.relu(self.pool(self.conv1(x)))
        x = self.relu(self.pool(self.conv2(x)))
        x = x.view(-1, 64 * 7 * 7)
        return self.fc2(self.relu(self.fc1(x)))


class a_sequential(nn.Sequential):
    """Everything in order, with names where they are asked for."""

    def __init__(self, num_classes: int = 10):
        super().__init__()
        layers = {
            "conv1": nn.Conv2d(1, 32, 3, 1, 1), "relu1": nn.ReLU(), "pool1": nn.MaxPool2d(2),
            "conv2": nn.Conv2d(32, 64, 3, 1, 1), "relu2": nn.ReLU(), "pool2": nn.MaxPool2d(2),
            "flatten": nn.Flatten(), "fc1": nn.Linear(3136, 128), "relu3": nn.ReLU(),
            "fc2": nn.Linear(128, num_classes),
        }  # fmt: skip
        for name, layer in layers.items():
            self.add_module(name, layer)


class by_hand(nn.Module):
    """Lazy layers that have seen a picture, maxima by reshaping, clamp, and fc1 as a convolution over the whole map."""

    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1, self.conv2 = nn.LazyConv2d(32, 3, padding=1), nn.LazyConv2d(64, 3, padding=1)
        self.fc1, self.fc2 = nn.LazyLinear(128), nn.LazyLinear(num_classes)
        maps = self.maps(torch.zeros(1, 1, 28, 28))
        self.fc2(self.fc1(maps.reshape(1, -1)))

    def maps(self, x):
        for convolution in (self.conv1, self.conv2):
            x = convolution(x).clamp(min=0)
            n, c, h, w = x.shape
            x = x.reshape(n, c, h // 2, 2, w // 2, 2).amax((3, 5))
        return x

    def forward(self, x):
        x = F.conv2d(self.maps(x), self.fc1.weight.reshape(128, 64, 7, 7), self.fc1.bias)[:, :, 0, 0]
        return F.linear(torch.maximum(x, torch.zeros_like(x)), self.fc2.weight, self.fc2.bias)
