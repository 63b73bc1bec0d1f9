import torch
import torch.nn.functional as F
from torch import nn


def _branch(in_channels, out_channels, rate):
    kernel, padding = (1, 0) if rate == 0 else (3, rate)
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, padding=padding, dilation=max(rate, 1), bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    )


class _Pooling(nn.Sequential):
    pool = nn.AdaptiveAvgPool2d
    relu = nn.ReLU

    def __init__(self, in_channels, out_channels):
        super().__init__(self.pool(1), nn.Conv2d(in_channels, out_channels, 1, bias=False),
                         nn.BatchNorm2d(out_channels), self.relu())  # fmt: skip

    def forward(self, x):
        return super().forward(x).expand(-1, -1, *x.shape[2:])


class _ASPP(nn.Module):
    pooling = _Pooling
    drop = 0.5

    def __init__(self, in_channels, atrous_rates, out_channels=256):
        super().__init__()
        branches = [_branch(in_channels, out_channels, rate) for rate in self.rates(atrous_rates)]
        self.convs = nn.ModuleList([*branches, self.pooling(in_channels, out_channels)])
        self.project = nn.Sequential(
            nn.Conv2d(len(self.convs) * out_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels),
            nn.ReLU(), nn.Dropout(self.drop),
        )  # fmt: skip

    def rates(self, rates):
        return [0, *rates]

    def forward(self, x):
        return self.project(torch.cat([conv(x) for conv in self.convs], dim=1))


class rates_ignored(_ASPP):
    """Your dilated branches are ordinary 3 × 3 convolutions: `dilation` stays 1. Give each its rate, as dilation and as
    padding (section 13.3)."""

    def __init__(self, in_channels, atrous_rates, out_channels=256):
        super().__init__(in_channels, atrous_rates, out_channels)
        for branch in self.convs[1:-1]:
            branch[0].dilation = branch[0].padding = (1, 1)


class branches_of_different_sizes(_ASPP):
    """Your branches give maps of different sizes. A 3 × 3 convolution with dilation r keeps the size with padding r, a
    1 × 1 convolution with padding 0; and the mean is one pixel, which is brought back to H × W (section 13.3)."""

    def __init__(self, in_channels, atrous_rates, out_channels=256):
        super().__init__(in_channels, atrous_rates, out_channels)
        for branch in self.convs[1:-1]:
            branch[0].padding = (1, 1)


class rates_reversed(_ASPP):
    """Your rates come in the reverse order, so the weights of one rate are used with another (section 13.3)."""

    def rates(self, rates):
        return [0, *reversed(rates)]


class no_pooling_branch(_ASPP):
    """Your ASPP has no image-pooling branch: the mean over the whole map, which is the only branch that sees all of it
    (section 13.3)."""

    def __init__(self, in_channels, atrous_rates, out_channels=256):
        super().__init__(in_channels, atrous_rates, out_channels)
        self.convs = self.convs[:-1]
        self.project[0] = nn.Conv2d(len(self.convs) * out_channels, out_channels, 1, bias=False)


class no_1x1_branch(_ASPP):
    """Your ASPP has no 1 × 1 branch. It comes first, before the dilated ones (section 13.3)."""

    def rates(self, rates):
        return list(rates)


class pooling_first(nn.Module):
    """Your pooling branch stands first. The order is: 1 × 1, the rates, pooling; the projection's weights rely on it
    (section 13.3)."""

    def __init__(self, in_channels, atrous_rates, out_channels=256):
        super().__init__()
        branches = [_branch(in_channels, out_channels, rate) for rate in [0, *atrous_rates]]
        self.convs = nn.ModuleList([_Pooling(in_channels, out_channels), *branches])
        self.project = nn.Sequential(
            nn.Conv2d(len(self.convs) * out_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels),
            nn.ReLU(), nn.Dropout(0.5),
        )  # fmt: skip

    def forward(self, x):
        return self.project(torch.cat([conv(x) for conv in self.convs], dim=1))


class sums_the_branches(_ASPP):
    """You add the branches up. They are concatenated along the channels, and the projection weighs them (section
    13.3)."""

    def __init__(self, in_channels, atrous_rates, out_channels=256):
        super().__init__(in_channels, atrous_rates, out_channels)
        self.project[0] = nn.Conv2d(out_channels, out_channels, 1, bias=False)

    def forward(self, x):
        return self.project(sum(conv(x) for conv in self.convs))


class _MaxPooling(_Pooling):
    pool = nn.AdaptiveMaxPool2d


class max_pooling_branch(_ASPP):
    """Your image-pooling branch takes the maximum. It takes the mean over the map (section 13.3)."""

    pooling = _MaxPooling


class _LinearPooling(_Pooling):
    relu = nn.Identity


class no_relu_in_the_pooling_branch(_ASPP):
    """Your pooling branch has no ReLU. Each branch ends with batch norm and ReLU (section 13.3)."""

    pooling = _LinearPooling


class _NarrowPooling(_Pooling):
    def forward(self, x):
        mean = nn.Sequential.forward(self, x)
        return F.pad(mean, (0, x.shape[3] - 1, 0, x.shape[2] - 1))


class pooling_in_one_corner(_ASPP):
    """The mean of your pooling branch stands in the top left pixel only. Bring it back to the size of the map, so that
    each place gets it (section 13.3)."""

    pooling = _NarrowPooling


class no_batch_norm(_ASPP):
    """Your branches have no batch norm. One follows each convolution, also in the projection (section 13.3)."""

    def __init__(self, in_channels, atrous_rates, out_channels=256):
        super().__init__(in_channels, atrous_rates, out_channels)
        for branch in self.convs:
            branch[-2] = nn.Identity()
        self.project[1] = nn.Identity()


class biased_convolutions(_ASPP):
    """Your convolutions have biases, which the batch norms take away again: use `bias=False` (section 13.3)."""

    def __init__(self, in_channels, atrous_rates, out_channels=256):
        super().__init__(in_channels, atrous_rates, out_channels)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                module.bias = nn.Parameter(torch.zeros(out_channels))


class no_relu_at_the_end(_ASPP):
    """Your projection ends with batch norm. A ReLU follows, and dropout (section 13.3)."""

    def __init__(self, in_channels, atrous_rates, out_channels=256):
        super().__init__(in_channels, atrous_rates, out_channels)
        self.project[2] = nn.Identity()


class no_dropout(_ASPP):
    """Your projection has no dropout, or it is off in train mode (section 13.3)."""

    drop = 0.0


class _Always(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5, training=True)


class dropout_always(_ASPP):
    """Your dropout also works in eval mode. `F.dropout` needs `training=self.training`; `nn.Dropout` does that by
    itself (section 13.3)."""

    def __init__(self, in_channels, atrous_rates, out_channels=256):
        super().__init__(in_channels, atrous_rates, out_channels)
        self.project[3] = _Always()
