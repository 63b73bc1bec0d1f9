"""Right answers of FashionCNN of other kinds."""

import torch
import torch.nn.functional as F
from torch import nn


class with_modules(nn.Module):
    """Everything as modules, dropout before the ReLU (the same thing), view."""

    def __init__(self, num_classes=10):
        super().__init__()
        self.fc2, self.fc1 = nn.Linear(128, num_classes), nn.Linear(3136, 128)
        self.bn2, self.bn1 = nn.BatchNorm2d(64), nn.BatchNorm2d(32)
        self.conv2, self.conv1 = nn.Conv2d(32, 64, 3, padding="same"), nn.Conv2d(1, 32, 3, padding="same")
        self.pool, self.relu, self.drop = nn.MaxPool2d(2), nn.ReLU(inplace=True), nn.Dropout(p=0.5)

    def forward(self, x):
        x = self.pool(self.bn1(self.relu(self.conv1(x))))
        x = self.pool(self.bn2(self.relu(self.conv2(x))))
        x = x.view(x.size(0), -1)
        return self.fc2(self.relu(self.drop(self.fc1(x))))


class a_sequential(nn.Sequential):
    """Everything in order, with names where they are asked for."""

    def __init__(self, num_classes: int = 10):
        super().__init__()
        layers = {
            "conv1": nn.Conv2d(1, 32, 3, 1, 1), "relu1": nn.ReLU(), "bn1": nn.BatchNorm2d(32), "pool1": nn.MaxPool2d(2),
            "conv2": nn.Conv2d(32, 64, 3, 1, 1), "relu2": nn.ReLU(), "bn2": nn.BatchNorm2d(64),
            "pool2": nn.MaxPool2d(2), "flatten": nn.Flatten(), "fc1": nn.Linear(3136, 128), "relu3": nn.ReLU(),
            "drop": nn.Dropout(), "fc2": nn.Linear(128, num_classes),
        }  # fmt: skip
        for name, layer in layers.items():
            self.add_module(name, layer)


class dice_by_hand(nn.Module):
    """Dropout from random numbers, maxima by reshaping, He's start for the weights."""

    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, 32, (3, 3), padding=(1, 1)), nn.BatchNorm2d(32)
        self.conv2, self.bn2 = nn.Conv2d(32, 64, (3, 3), padding=(1, 1)), nn.BatchNorm2d(64)
        self.fc1, self.fc2 = nn.Linear(3136, 128), nn.Linear(128, num_classes)
        for layer in (self.conv1, self.conv2, self.fc1):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")

    def forward(self, x):
        for convolution, norm in ((self.conv1, self.bn1), (self.conv2, self.bn2)):
            x = norm(convolution(x).clamp(min=0))
            n, c, h, w = x.shape
            x = x.reshape(n, c, h // 2, 2, w // 2, 2).amax((3, 5))
        x = torch.relu(F.linear(x.reshape(len(x), -1), self.fc1.weight, self.fc1.bias))
        if self.training:
            x = x * (torch.rand(x.shape, device=x.device) >= 0.5) / 0.5
        return self.fc2(x)
