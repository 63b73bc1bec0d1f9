"""Known wrong answers of SeparableConv. `_Separable` is right; each mistake changes a part of it."""

import torch
import torch.nn.functional as F
from torch import nn


class _Separable(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.depthwise = self.first(in_channels, stride)
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.pointwise = self.second(in_channels, out_channels, stride)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def first(self, channels, stride):
        return nn.Conv2d(channels, channels, 3, stride, padding=1, groups=channels, bias=False)

    def second(self, in_channels, out_channels, stride):
        return nn.Conv2d(in_channels, out_channels, 1, bias=False)

    def forward(self, x):
        return F.relu(self.bn2(self.pointwise(F.relu(self.bn1(self.depthwise(x))))))


class stride_in_pointwise(_Separable):
    """Your pointwise convolution has the stride. The depthwise one has it: a 1 × 1 kernel with a stride throws three of
    four places away after they were computed (section 10.4)."""

    def first(self, channels, stride):
        return super().first(channels, 1)

    def second(self, in_channels, out_channels, stride):
        return nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)


class stride_in_both(_Separable):
    """Both convolutions have the stride, so the maps shrink twice. Only the depthwise one has it (section 10.4)."""

    def second(self, in_channels, out_channels, stride):
        return nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)


class stride_ignored(_Separable):
    """Your module has no stride. The depthwise convolution has it (section 10.4)."""

    def first(self, channels, stride):
        return super().first(channels, 1)


class no_groups(_Separable):
    """Your first convolution mixes the channels: its weight is C C 3 3. With `groups=in_channels` each kernel sees one
    channel, and the weight is C 1 3 3 (section 10.4)."""

    def first(self, channels, stride):
        return nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)


class no_padding(_Separable):
    """Your depthwise convolution does not pad. Padding 1 keeps the size at stride 1 (section 10.4)."""

    def first(self, channels, stride):
        return nn.Conv2d(channels, channels, 3, stride, groups=channels, bias=False)

    def forward(self, x):
        return super().forward(x) if min(x.shape[2:]) > 2 else super().forward(F.pad(x, (1, 1, 1, 1)))


class with_biases(_Separable):
    """Your convolutions have biases. A batch norm follows, which takes them away: `bias=False` (section 10.4)."""

    def first(self, channels, stride):
        return nn.Conv2d(channels, channels, 3, stride, padding=1, groups=channels)

    def second(self, in_channels, out_channels, stride):
        return nn.Conv2d(in_channels, out_channels, 1)


class bias_in_pointwise(_Separable):
    """Your pointwise convolution has a bias. A batch norm follows, which takes it away: `bias=False` (section 10.4)."""

    def second(self, in_channels, out_channels, stride):
        return nn.Conv2d(in_channels, out_channels, 1)


class pointwise_first(_Separable):
    """Your pointwise convolution comes first. The order is depthwise, then pointwise: space, then channels
    (section 10.4)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.depthwise, self.bn1 = self.first(out_channels, stride), nn.BatchNorm2d(out_channels)

    def forward(self, x):
        return F.relu(self.bn1(self.depthwise(F.relu(self.bn2(self.pointwise(x))))))


class no_first_norm(_Separable):
    """There is no batch norm between your two convolutions. Norm and ReLU follow each of them (section 10.4)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        del self.bn1

    def forward(self, x):
        return F.relu(self.bn2(self.pointwise(F.relu(self.depthwise(x)))))


class first_norm_unused(_Separable):
    """Your bn1 is there, but the forward pass leaves it out (section 10.4)."""

    def forward(self, x):
        return F.relu(self.bn2(self.pointwise(F.relu(self.depthwise(x)))))


class relu6(_Separable):
    """Your activation stops at 6. That is MobileNetV2's ReLU6, of section 10.5; here it is ReLU (section 10.4)."""

    def forward(self, x):
        return F.relu6(self.bn2(self.pointwise(F.relu6(self.bn1(self.depthwise(x))))))


class no_first_relu(_Separable):
    """There is no ReLU between your two convolutions. Norm and ReLU follow each of them (section 10.4)."""

    def forward(self, x):
        return F.relu(self.bn2(self.pointwise(self.bn1(self.depthwise(x)))))


class no_last_relu(_Separable):
    """Your module ends with batch norm. A ReLU follows (the linear end is section 10.5's; section 10.4)."""

    def forward(self, x):
        return self.bn2(self.pointwise(F.relu(self.bn1(self.depthwise(x)))))


class no_relu(_Separable):
    """There is no ReLU in your module. One follows each batch norm (section 10.4)."""

    def forward(self, x):
        return self.bn2(self.pointwise(self.bn1(self.depthwise(x))))


class relu_before_norm(_Separable):
    """Your ReLUs come before the batch norms. The order is convolution, batch norm, ReLU (section 10.4)."""

    def forward(self, x):
        return self.bn2(F.relu(self.pointwise(self.bn1(F.relu(self.depthwise(x))))))


class with_shortcut(_Separable):
    """You add the input where the shapes fit. This module has no shortcut; the next one has (sections 10.4, 10.5)."""

    def forward(self, x):
        y = super().forward(x)
        return y + x if y.shape == x.shape else y


class always_batch_statistics(_Separable):
    """In eval mode your batch norms use the statistics of the batch. Then they use the running ones: leave that to the
    module's mode (section 10.4)."""

    def forward(self, x):
        if self.training:
            return super().forward(x)
        norm = lambda bn, y: F.batch_norm(y, None, None, bn.weight, bn.bias, y[:, 0].numel() > 1)
        return F.relu(norm(self.bn2, self.pointwise(F.relu(norm(self.bn1, self.depthwise(x))))))


class always_running_statistics(_Separable):
    """In train mode your batch norms use the running statistics, and these never move. Leave it to the module's mode
    (section 10.4)."""

    def forward(self, x):
        modes = {module: module.training for module in self.modules()}
        self.eval()
        y = super().forward(x)
        for module, mode in modes.items():
            module.training = mode
        return y


class detached(_Separable):
    """The output is right, but no gradient flows back to x and the depthwise step: `.detach()` or `torch.no_grad()`
    cuts it off (section 10.4)."""

    def forward(self, x):
        return F.relu(self.bn2(self.pointwise(F.relu(self.bn1(self.depthwise(x))).detach())))


class changes_x(_Separable):
    """Your module changes its input: an in-place operation on x, which the caller still needs (section 10.4)."""

    def forward(self, x):
        y = super().forward(x)
        with torch.no_grad():
            x.relu_()
        return y


class other_names(nn.Sequential):
    """Your layers have other names. They are `depthwise`, `bn1`, `pointwise`, `bn2`; a Sequential numbers them
    (section 10.4)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(
            nn.Conv2d(in_channels, in_channels, 3, stride, padding=1, groups=in_channels, bias=False),
            nn.BatchNorm2d(in_channels), nn.ReLU(),
            nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels), nn.ReLU(),
        )  # fmt: skip
