"""Right answers of DeeperCNN of other kinds."""

import torch
import torch.nn.functional as F
from torch import nn


class a_sequential(nn.Sequential):
    """Layers in a row, max pooling between them, in-place ReLU, AdaptiveAvgPool2d."""

    def __init__(self, num_classes=10):
        layers = []
        for a, b, pool in ((1, 32, True), (32, 32, False), (32, 64, True), (64, 64, False), (64, 128, True)):
            layers += [nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(inplace=True)]
            if pool:
                layers.append(nn.MaxPool2d(2))
        super().__init__(*layers, nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(128, num_classes))


class strided(nn.Module):
    """Strides down to one place, ReLU as a function, its mean over one number."""

    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, 8, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(8)
        self.conv2, self.bn2 = nn.Conv2d(8, 16, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(16)
        self.conv3, self.bn3 = nn.Conv2d(16, 32, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(32)
        self.conv4, self.bn4 = nn.Conv2d(32, 32, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(32)
        self.conv5, self.bn5 = nn.Conv2d(32, 32, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(32)
        self.classifier = nn.Linear(32, num_classes)
        nn.init.zeros_(self.classifier.weight)

    def forward(self, x):
        for i in range(1, 6):
            x = torch.relu(getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(x)))
        x = F.adaptive_avg_pool2d(x, 1)
        return self.classifier(torch.flatten(x, 1))


class lazy(nn.Module):
    """Lazy layers, dropout before the head, kernels of other sizes and averages between the blocks."""

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LazyConv2d(width, size, padding=size // 2), nn.LazyBatchNorm2d(), nn.ReLU())
            for width, size in ((12, 5), (24, 3), (24, 1), (48, 3), (48, 3))
        )
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(48, num_classes))

    def forward(self, x):
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number % 2 == 1:
                x = F.avg_pool2d(x, 3, stride=2, padding=1)
        n, c, h, w = x.shape
        return self.head(x.sum((2, 3)) / (h * w))


class pooled_at_the_end(nn.Module):
    """A norm with its own momentum, subclasses of torch's layers, a max pooling even after the last block."""

    class Convolution(nn.Conv2d):
        def __init__(self, a, b):
            super().__init__(a, b, 3, padding=1, bias=False)

    def __init__(self, num_classes=10):
        super().__init__()
        widths = [1, 16, 16, 32, 32, 64]
        self.convs = nn.ModuleList([self.Convolution(a, b) for a, b in zip(widths, widths[1:], strict=False)])
        self.bns = nn.ModuleList([nn.BatchNorm2d(b, momentum=0.2) for b in widths[1:]])
        self.fc = nn.Linear(64, num_classes)

    def forward(self, x):
        for conv, bn in zip(self.convs, self.bns, strict=True):
            x = bn(conv(x)).clamp(min=0)
            if min(x.shape[2:]) > 7:
                x = F.max_pool2d(x, 2)
        x = F.max_pool2d(x, 2)
        return self.fc(x.view(*x.shape[:2], -1).mean(-1))
