"""Right answers of ResNet of other kinds; resnet18, resnet34 and resnet50 are made of the one that is run."""

from collections import OrderedDict
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

ResNet = None  # bound to one of the classes below when it is run


def resnet18(num_classes: int = 1000) -> nn.Module:
    return ResNet(BasicBlock, [2, 2, 2, 2], num_classes)


def resnet34(num_classes: int = 1000) -> nn.Module:
    return ResNet(BasicBlock, [3, 4, 6, 3], num_classes=num_classes)


def resnet50(num_classes: int = 1000) -> nn.Module:
    return ResNet(layers=[3, 4, 6, 3], block=Bottleneck, num_classes=num_classes)


class _Residual(nn.Module):
    """`kernels` are the kernel sizes of the branch; the last convolution widens by `expansion`."""

    expansion, kernels, strided = 1, (), 0

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.depth, width = len(self.kernels), in_channels
        for i, kernel_size in enumerate(self.kernels):
            out = channels * (self.expansion if i == self.depth - 1 else 1)
            step = stride if i == self.strided else 1
            setattr(self, f"conv{i + 1}", nn.Conv2d(width, out, kernel_size, step, kernel_size // 2, bias=False))
            setattr(self, f"bn{i + 1}", nn.BatchNorm2d(out))
            width = out
        if stride != 1 or in_channels != width:
            self.downsample = nn.Sequential(nn.Conv2d(in_channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))
        else:
            self.downsample = nn.Identity()

    def forward(self, x):
        out = x
        for i in range(1, self.depth + 1):
            out = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(out))
            out = F.relu(out if i < self.depth else out + self.downsample(x))
        return out


class BasicBlock(_Residual):
    kernels = (3, 3)


class Bottleneck(_Residual):
    expansion, kernels, strided = 4, (1, 3, 1), 1


class as_published(nn.Module):
    """A method makes the stages; weights start as He et al. have them, residual branches at zero."""

    def __init__(self, block, layers, num_classes=1000):
        super().__init__()
        self.inplanes = 64
        self.conv1 = nn.Conv2d(3, self.inplanes, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(self.inplanes)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, 64, layers[0])
        self.layer2 = self._make_layer(block, 128, layers[1], stride=2)
        self.layer3 = self._make_layer(block, 256, layers[2], stride=2)
        self.layer4 = self._make_layer(block, 512, layers[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            if isinstance(m, (BasicBlock, Bottleneck)):
                nn.init.zeros_((m.bn2 if isinstance(m, BasicBlock) else m.bn3).weight)

    def _make_layer(self, block, planes, blocks, stride=1):
        layers = [block(self.inplanes, planes, stride)]
        self.inplanes = planes * block.expansion
        for _ in range(1, blocks):
            layers.append(block(self.inplanes, planes))
        return nn.Sequential(*layers)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class one_sequential(nn.Sequential):
    """The whole net is a Sequential with names; parameterless layers lie between the named ones."""

    def __init__(self, block, layers, num_classes=1000):
        parts = OrderedDict(
            conv1=nn.Conv2d(3, 64, 7, 2, 3, bias=False),
            bn1=nn.BatchNorm2d(64),
            relu=nn.ReLU(),
            pool=nn.MaxPool2d(3, 2, 1),
        )
        width = 64
        for i, count in enumerate(layers):
            channels, stage = 64 << i, []
            while len(stage) < count:
                stage += [block(width, channels, stride=1 if stage or i == 0 else 2)]
                width = channels * block.expansion
            parts[f"layer{i + 1}"] = nn.Sequential(*stage)
        parts |= dict(mean=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), fc=nn.Linear(width, num_classes))
        super().__init__(parts)


class functions_and_lists(nn.Module):
    """Stages are ModuleLists, and everything without weights is a function; the maximum is taken on padded pictures."""

    def __init__(self, block, layers, num_classes: int = 1000):
        super().__init__()
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        self.conv1 = nn.Conv2d(3, 64, 7, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        make = partial(self.stage, block)
        self.layer1 = make(64, 64, layers[0], 1)
        self.layer2 = make(64 * block.expansion, 128, layers[1], 2)
        self.layer3 = make(128 * block.expansion, 256, layers[2], 2)
        self.layer4 = make(256 * block.expansion, 512, layers[3], 2)

    @staticmethod
    def stage(block, in_channels, channels, count, stride):
        rest = (block(channels * block.expansion, channels, 1) for _ in range(count - 1))
        return nn.ModuleList([block(in_channels, channels, stride), *rest])

    def forward(self, x):
        x = F.conv2d(x, self.conv1.weight, stride=2, padding=3)
        x = F.pad(self.bn1(x).relu(), (1, 1, 1, 1))  # zeros cannot win after the ReLU
        x = F.max_pool2d(x, 3, 2)
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            for block in stage:
                x = block(x)
        return F.linear(x.flatten(2).mean(-1), self.fc.weight, self.fc.bias)
