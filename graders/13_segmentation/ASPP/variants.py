import torch
import torch.nn.functional as F
from torch import nn


class _Pooled(nn.Sequential):
    """Image pooling with interpolation, as in torchvision."""

    def forward(self, x):
        size = x.shape[-2:]
        for layer in self:
            x = layer(x)
        return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


class as_in_torchvision(nn.Module):
    """Sequentials, interpolate for the pooled map."""

    def __init__(self, in_channels, atrous_rates, out_channels=256):
        super().__init__()
        conv_bn = lambda *a, **k: [nn.Conv2d(*a, **k, bias=False), nn.BatchNorm2d(out_channels), nn.ReLU()]
        self.convs = nn.ModuleList()
        self.convs.append(nn.Sequential(*conv_bn(in_channels, out_channels, 1)))
        for r in atrous_rates:
            layers = conv_bn(in_channels, out_channels, 3, padding=r, dilation=r)
            self.convs.append(nn.Sequential(*layers))
        self.convs.append(_Pooled(nn.AdaptiveAvgPool2d(1), *conv_bn(in_channels, out_channels, 1)))
        width = out_channels * len(self.convs)
        self.project = nn.Sequential(*conv_bn(width, out_channels, 1), nn.Dropout(0.5))

    def forward(self, x):
        return self.project(torch.cat([conv(x) for conv in self.convs], 1))


class mean_and_nearest(nn.Module):
    """A mean for the pool, nearest resize (of one pixel it is the same), ReLU in place, functional dropout."""

    def __init__(self, in_channels, atrous_rates, out_channels=256):
        super().__init__()

        def layers(inputs, kernel, rate, first=()):
            convolution = nn.Conv2d(inputs, out_channels, kernel, 1, "same", rate, bias=False)
            return nn.Sequential(*first, convolution, nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True))

        self.convs = nn.ModuleList([layers(in_channels, 1, 1)])
        self.convs.extend(layers(in_channels, 3, rate) for rate in atrous_rates)
        self.convs.append(layers(in_channels, 1, 1, first=[nn.Identity()]))
        self.project = layers(out_channels * (len(atrous_rates) + 2), 1, 1)

    def forward(self, x):
        maps = [conv(x) for conv in self.convs[:-1]]
        pooled = self.convs[-1](x.mean((2, 3), keepdim=True))
        maps.append(F.interpolate(pooled, x.shape[2:], mode="nearest"))
        return F.dropout(self.project(torch.cat(maps, 1)), 0.5, self.training)


class functional(nn.Module):
    """The layers hold weights; the dilated convolutions are functional calls with their rates in a list."""

    def __init__(self, in_channels, atrous_rates, out_channels=256):
        super().__init__()
        self.rates = [None, *atrous_rates]
        kernels = [1] + [3] * len(atrous_rates)
        self.convs = nn.ModuleList(
            nn.ModuleList([nn.Conv2d(in_channels, out_channels, k, bias=False), nn.BatchNorm2d(out_channels)])
            for k in kernels
        )
        pooled = nn.ModuleDict({"1": nn.Conv2d(in_channels, out_channels, 1, bias=False)})
        pooled["2"] = nn.BatchNorm2d(out_channels)
        self.convs.append(pooled)
        self.project = nn.Sequential(
            nn.Conv2d(out_channels * len(self.convs), out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)
        )
        self.dropout = nn.Dropout()

    def forward(self, x):
        out = []
        for rate, (conv, bn) in zip(self.rates, list(self.convs)[:-1], strict=True):
            args = {} if rate is None else {"padding": rate, "dilation": rate}
            out.append(torch.relu(bn(F.conv2d(x, conv.weight, **args))))
        pooled = F.adaptive_avg_pool2d(x, 1)
        pooled = torch.relu(self.convs[-1]["2"](self.convs[-1]["1"](pooled)))
        out.append(pooled.expand_as(out[0]))
        return self.dropout(torch.relu(self.project(torch.cat(out, dim=1))))
