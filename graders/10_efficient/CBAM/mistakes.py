"""Known wrong answers of CBAM. `_Cbam` is right; each mistake changes a part of it."""

import torch
import torch.nn.functional as F
from torch import nn


class _Cbam(nn.Module):
    def __init__(self, channels, reduction=16, kernel_size=7):
        super().__init__()
        hidden = self.hidden(channels, reduction)
        self.fc1, self.fc2 = nn.Conv2d(channels, hidden, 1), nn.Conv2d(hidden, channels, 1)
        self.spatial = self.convolution(kernel_size)

    def hidden(self, channels, reduction):
        return max(1, channels // reduction)

    def convolution(self, kernel_size):
        return nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def mlp(self, x):
        return self.fc2(F.relu(self.fc1(x)))

    def squeezed(self, x):
        return x.mean((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)

    def channel_gate(self, x):
        mean, maximum = self.squeezed(x)
        return torch.sigmoid(self.mlp(mean) + self.mlp(maximum))

    def two_maps(self, x):
        return x.mean(1, keepdim=True), x.amax(1, keepdim=True)

    def spatial_gate(self, x):
        return torch.sigmoid(self.spatial(torch.cat(self.two_maps(x), 1)))

    def forward(self, x):
        x = x * self.channel_gate(x)
        return x * self.spatial_gate(x)


class spatial_first(_Cbam):
    """Your spatial part comes first. Channels come first, then places (section 10.6)."""

    def forward(self, x):
        x = x * self.spatial_gate(x)
        return x * self.channel_gate(x)


class side_by_side(_Cbam):
    """Both of your parts read x. The second reads what the first gives (section 10.6)."""

    def forward(self, x):
        return x * self.channel_gate(x) * self.spatial_gate(x)


class channel_part_only(_Cbam):
    """Your spatial part has no effect: the result is that of the channel part (section 10.6)."""

    def forward(self, x):
        return x * self.channel_gate(x)


class spatial_part_only(_Cbam):
    """Your channel part has no effect: the result is that of the spatial part (section 10.6)."""

    def forward(self, x):
        return x * self.spatial_gate(x)


class two_mlps(_Cbam):
    """Your means and maxima have layers of their own. One pair, fc1 and fc2, serves both (section 10.6)."""

    def __init__(self, channels, reduction=16, kernel_size=7):
        super().__init__(channels, reduction, kernel_size)
        hidden = self.hidden(channels, reduction)
        self.fc3, self.fc4 = nn.Conv2d(channels, hidden, 1), nn.Conv2d(hidden, channels, 1)

    def channel_gate(self, x):
        mean, maximum = self.squeezed(x)
        return torch.sigmoid(self.mlp(mean) + self.fc4(F.relu(self.fc3(maximum))))


class only_means_of_channels(_Cbam):
    """Your channel part has means only. The maxima go through the same two layers, and both results are added
    (section 10.6)."""

    def channel_gate(self, x):
        return torch.sigmoid(self.mlp(self.squeezed(x)[0]))


class only_maxima_of_channels(_Cbam):
    """Your channel part has maxima only. The means go through the same two layers, and both results are added
    (section 10.6)."""

    def channel_gate(self, x):
        return torch.sigmoid(self.mlp(self.squeezed(x)[1]))


class sum_before_mlp(_Cbam):
    """You add means and maxima before the two layers. Each goes through them alone, and the results are added: because
    of the ReLU that is not the same (section 10.6)."""

    def channel_gate(self, x):
        mean, maximum = self.squeezed(x)
        return torch.sigmoid(self.mlp(mean + maximum))


class sigmoid_twice(_Cbam):
    """You take the sigmoid of each and add, so that a factor can reach 2. The two results are added first, then comes
    one sigmoid (section 10.6)."""

    def channel_gate(self, x):
        mean, maximum = self.squeezed(x)
        return torch.sigmoid(self.mlp(mean)) + torch.sigmoid(self.mlp(maximum))


class sigmoid_of_sigmoids(_Cbam):
    """You take the sigmoid of each, add, and take it again. Add the two results, then take one sigmoid
    (section 10.6)."""

    def channel_gate(self, x):
        mean, maximum = self.squeezed(x)
        return torch.sigmoid(torch.sigmoid(self.mlp(mean)) + torch.sigmoid(self.mlp(maximum)))


class two_factors(_Cbam):
    """You multiply by two factors a channel, one from the means and one from the maxima. There is one: the sigmoid of
    the sum (section 10.6)."""

    def channel_gate(self, x):
        mean, maximum = self.squeezed(x)
        return torch.sigmoid(self.mlp(mean)) * torch.sigmoid(self.mlp(maximum))


class mean_of_both(_Cbam):
    """You halve the sum of the two results. It is the sum (section 10.6)."""

    def channel_gate(self, x):
        mean, maximum = self.squeezed(x)
        return torch.sigmoid((self.mlp(mean) + self.mlp(maximum)) / 2)


class no_relu(_Cbam):
    """There is no ReLU between fc1 and fc2 (section 10.6)."""

    def mlp(self, x):
        return self.fc2(self.fc1(x))


class concatenated_channels(_Cbam):
    """You concatenate means and maxima in the channel part, so that fc1 reads 2 C numbers. There they share the layers
    and are added; it is the spatial part that concatenates (section 10.6)."""

    def __init__(self, channels, reduction=16, kernel_size=7):
        super().__init__(channels, reduction, kernel_size)
        self.fc1 = nn.Conv2d(2 * channels, self.hidden(channels, reduction), 1)

    def channel_gate(self, x):
        return torch.sigmoid(self.mlp(torch.cat(self.squeezed(x), 1)))


class no_channel_sigmoid(_Cbam):
    """Your channel part has no sigmoid (section 10.6)."""

    def channel_gate(self, x):
        mean, maximum = self.squeezed(x)
        return self.mlp(mean) + self.mlp(maximum)


class no_spatial_sigmoid(_Cbam):
    """Your spatial part has no sigmoid (section 10.6)."""

    def spatial_gate(self, x):
        return self.spatial(torch.cat(self.two_maps(x), 1))


class maxima_first(_Cbam):
    """Your two maps are in the order maximum, mean. The mean comes first (section 10.6)."""

    def two_maps(self, x):
        return super().two_maps(x)[::-1]


class only_means_of_places(_Cbam):
    """Both of your two maps are means. The second is the maximum over the channels (section 10.6)."""

    def two_maps(self, x):
        mean, _ = super().two_maps(x)
        return mean, mean


class sum_over_channels(_Cbam):
    """Your first map is the sum over the channels. It is the mean (section 10.6)."""

    def two_maps(self, x):
        return x.sum(1, keepdim=True), x.amax(1, keepdim=True)


class factors_added(_Cbam):
    """You add the two factors and multiply x by the sum. The channel part comes first, and the spatial part multiplies
    what it gives (section 10.6)."""

    def forward(self, x):
        return x * (self.channel_gate(x) + self.spatial_gate(x))


class adds(_Cbam):
    """You add the factors. Channels and places are multiplied by them (section 10.6)."""

    def forward(self, x):
        x = x + self.channel_gate(x)
        return x + self.spatial_gate(x)


class with_shortcut(_Cbam):
    """You add the input at the end. That is the work of the block around this module (section 10.6)."""

    def forward(self, x):
        return x + super().forward(x)


class spatial_bias(_Cbam):
    """Your spatial convolution has a bias. It has none (section 10.6)."""

    def convolution(self, kernel_size):
        return nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2)


class channel_biases_missing(_Cbam):
    """Your fc1 and fc2 have no bias. Both have one (section 10.6)."""

    def __init__(self, channels, reduction=16, kernel_size=7):
        super().__init__(channels, reduction, kernel_size)
        self.fc1.bias = self.fc2.bias = None


class always_7(_Cbam):
    """Your spatial kernel is 7 × 7 whatever kernel_size says (section 10.6)."""

    def convolution(self, kernel_size):
        return super().convolution(7)


class no_padding(_Cbam):
    """Your spatial convolution does not pad, so that its map is smaller than x (section 10.6)."""

    def convolution(self, kernel_size):
        return nn.Conv2d(2, 1, kernel_size, bias=False)


class hidden_can_be_0(_Cbam):
    """Your middle is channels // reduction wide, which can be 0. It is at least 1 (section 10.6)."""

    def __init__(self, channels, reduction=16, kernel_size=7):
        if channels // reduction == 0:
            raise ValueError("out_channels must be positive, got 0")
        super().__init__(channels, reduction, kernel_size)


class reduction_is_the_width(_Cbam):
    """You use reduction as the width of the middle. The middle is max(1, channels // reduction) wide (section 10.6)."""

    def hidden(self, channels, reduction):
        return reduction


class detached_gates(_Cbam):
    """No gradient flows through your factors: `.detach()` or `torch.no_grad()` cuts it off, and the layers learn
    nothing (section 10.6)."""

    def forward(self, x):
        x = x * self.channel_gate(x).detach()
        return x * self.spatial_gate(x).detach()


class changes_x(_Cbam):
    """Your module changes its input: `x *= …` writes into the tensor that the caller still needs (section 10.6)."""

    def forward(self, x):
        y = super().forward(x)
        with torch.no_grad():
            x.mul_(self.channel_gate(x))
        return y
