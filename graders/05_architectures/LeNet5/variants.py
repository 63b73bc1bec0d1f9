"""Right answers of LeNet5 of other kinds."""

import torch
import torch.nn.functional as F
from torch import nn


class with_modules(nn.Module):
    """Sigmoid and pooling as modules, each used several times; view; layers in another order."""

    def __init__(self, num_classes=10):
        super().__init__()
        self.fc3 = nn.Linear(84, num_classes)
        self.fc2 = nn.Linear(120, 84)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=(5, 5))
        self.conv1 = nn.Conv2d(1, 6, kernel_size=(5, 5), stride=1, padding="valid")
        self.act = nn.Sigmoid()
        self.pool = nn.AvgPool2d(kernel_size=2, stride=2)

    def forward(self, x):
        x = self.pool(self.act(self.conv1(x)))
        x = self.pool(self.act(self.conv2(x)))
        x = x.view(x.size(0), -1)
        x = self.act(self.fc2(self.act(self.fc1(x))))
        return self.fc3(x)


class a_sequential(nn.Sequential):
    """Everything in order, with names where they are asked for."""

    def __init__(self, num_classes: int = 10):
        super().__init__()
        layers = {
            "conv1": nn.Conv2d(1, 6, 5), "sigmoid1": nn.Sigmoid(), "pool1": nn.AvgPool2d(2),
            "conv2": nn.Conv2d(6, 16, 5), "sigmoid2": nn.Sigmoid(), "pool2": nn.AvgPool2d(2),
            "flatten": nn.Flatten(), "fc1": nn.Linear(400, 120), "sigmoid3": nn.Sigmoid(),
            "fc2": nn.Linear(120, 84), "sigmoid4": nn.Sigmoid(), "fc3": nn.Linear(84, num_classes),
        }  # fmt: skip
        for name, layer in layers.items():
            self.add_module(name, layer)


class by_hand(nn.Module):
    """The sigmoid through tanh, means by reshaping, the first dense layer as a convolution over the whole map."""

    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, num_classes)

    def forward(self, x):
        for convolution in (self.conv1, self.conv2):
            x = 0.5 * (torch.tanh(convolution(x) / 2) + 1)
            n, c, h, w = x.shape
            x = x.reshape(n, c, h // 2, 2, w // 2, 2).mean((3, 5))
        x = F.conv2d(x, self.fc1.weight.reshape(120, 16, 5, 5), self.fc1.bias)[:, :, 0, 0]
        for layer in (self.fc2, self.fc3):
            x = layer(1 / (1 + (-x).exp()))
        return x


class adaptive(nn.Module):
    """Adaptive pooling to 14 and 5, which are windows of 2 × 2 here; what the children are is kept in a list too."""

    def __init__(self, num_classes=10):
        super().__init__()
        widths = [400, 120, 84, num_classes]
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        for i in range(3):
            setattr(self, f"fc{i + 1}", nn.Linear(widths[i], widths[i + 1]))

    def forward(self, x):
        x = F.adaptive_avg_pool2d(self.conv1(x).sigmoid(), 14)
        x = F.adaptive_avg_pool2d(self.conv2(x).sigmoid(), 5)
        x = torch.flatten(x, start_dim=1)
        return self.fc3(F.sigmoid(self.fc2(F.sigmoid(self.fc1(x)))))


class step_by_step(nn.Module):
    """Functions with the children's weights, pooling as a convolution of each map with quarters, view(-1, 400)."""

    def __init__(self, num_classes: int = 10):
        super().__init__()
        for name, (before, after) in {"conv1": (1, 6), "conv2": (6, 16)}.items():
            self.add_module(name, nn.Conv2d(before, after, 5))
        for i, (before, after) in enumerate([(400, 120), (120, 84), (84, num_classes)], start=1):
            self.add_module(f"fc{i}", nn.Linear(before, after))

    def forward(self, x):
        for conv in (self.conv1, self.conv2):
            x = F.conv2d(x, conv.weight, conv.bias).sigmoid()
            quarters = x.new_full((x.shape[1], 1, 2, 2), 0.25)
            x = F.conv2d(x, quarters, stride=2, groups=x.shape[1])
        *hidden, last = self.fc1, self.fc2, self.fc3
        x = x.view(-1, 400)
        for layer in hidden:
            x = torch.addmm(layer.bias, x, layer.weight.t()).sigmoid()
        return last(x)
