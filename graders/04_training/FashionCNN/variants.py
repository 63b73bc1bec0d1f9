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


class of_functions(nn.Module):
    """The children hold weights only; functions do the work, dropout through Bernoulli's dice."""

    def __init__(self, num_classes: int = 10):
        super().__init__()
        sizes = {"conv1": (1, 32), "conv2": (32, 64), "fc1": (64 * 49, 128), "fc2": (128, num_classes)}
        for name, (before, after) in sizes.items():
            is_dense = name.startswith("fc")
            setattr(self, name, nn.Linear(before, after) if is_dense else nn.Conv2d(before, after, 3, padding=1))
            if not is_dense:
                setattr(self, name.replace("conv", "bn"), nn.BatchNorm2d(after))

    def block(self, x, i):
        conv, bn = getattr(self, f"conv{i}"), getattr(self, f"bn{i}")
        x = F.conv2d(F.pad(x, (1, 1, 1, 1)), conv.weight, conv.bias).relu()
        x = F.batch_norm(x, bn.running_mean, bn.running_var, bn.weight, bn.bias, self.training, bn.momentum, bn.eps)
        return F.unfold(x.flatten(0, 1)[:, None], 2, stride=2).amax(1).view(*x.shape[:2], x.size(2) // 2, -1)

    def forward(self, x):
        x = self.block(self.block(x, 1), 2).view(-1, 3136)
        x = torch.einsum("ni,oi->no", x, self.fc1.weight).add(self.fc1.bias).clamp_min(0)
        if self.training:
            x = x * torch.bernoulli(torch.full_like(x, 0.5)).mul(2)
        return torch.addmm(self.fc2.bias, x, self.fc2.weight.T)


class two_halves(nn.Module):
    """The work is done by Sequentials that share the named children and register nothing twice."""

    def __init__(self, num_classes: int = 10):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32)
        self.conv2, self.bn2 = nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64)
        self.fc1, self.fc2, self.drop = nn.Linear(3136, 128), nn.Linear(128, num_classes), nn.Dropout()

    def steps(self):
        yield from (self.conv1, F.relu_, self.bn1, nn.AdaptiveMaxPool2d(14))
        yield from (self.conv2, F.relu_, self.bn2, nn.AdaptiveMaxPool2d(7))
        yield from (nn.Flatten(), self.fc1, F.relu, self.drop, self.fc2)

    def forward(self, x):
        for step in self.steps():
            x = step(x)
        return x
