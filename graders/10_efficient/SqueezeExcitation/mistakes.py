"""Known wrong answers of SqueezeExcitation. `_Attention` is right; each mistake changes a part of it."""

import torch
import torch.nn.functional as F
from torch import nn


class _Attention(nn.Module):
    bias = True

    def __init__(self, channels, squeeze_channels):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeeze_channels, 1, bias=self.bias)
        self.fc2 = nn.Conv2d(squeeze_channels, channels, 1, bias=self.bias)

    def squeeze(self, x):
        return x.mean((2, 3), keepdim=True)

    def gate(self, x):
        return torch.sigmoid(self.fc2(F.relu(self.fc1(self.squeeze(x)))))

    def forward(self, x):
        return x * self.gate(x)


class no_sigmoid(_Attention):
    """Your factors are not squeezed into 0 to 1: the sigmoid is missing (section 10.6)."""

    def gate(self, x):
        return self.fc2(F.relu(self.fc1(self.squeeze(x))))


class relu_at_the_end(_Attention):
    """Your factors come from a ReLU. It is a sigmoid: each channel is weakened, none switched off for good
    (section 10.6)."""

    def gate(self, x):
        return F.relu(self.fc2(F.relu(self.fc1(self.squeeze(x)))))


class hard_sigmoid(_Attention):
    """Your factors come from a hard sigmoid, as in MobileNetV3. Here it is the ordinary one (section 10.6)."""

    def gate(self, x):
        return F.hardsigmoid(self.fc2(F.relu(self.fc1(self.squeeze(x)))))


class softmax_over_channels(_Attention):
    """Your factors come from a softmax, so the channels compete and the factors sum to 1. Each channel has its own
    sigmoid (section 10.6)."""

    def gate(self, x):
        return self.fc2(F.relu(self.fc1(self.squeeze(x)))).softmax(1)


class no_relu(_Attention):
    """There is no ReLU between your two layers, so they are one (section 10.6)."""

    def gate(self, x):
        return torch.sigmoid(self.fc2(self.fc1(self.squeeze(x))))


class sigmoid_in_the_middle(_Attention):
    """Between your two layers stands a sigmoid. It is a ReLU; the sigmoid comes at the end (section 10.6)."""

    def gate(self, x):
        return torch.sigmoid(self.fc2(torch.sigmoid(self.fc1(self.squeeze(x)))))


class max_pool(_Attention):
    """You squeeze with the maximum. It is the mean over all places (section 10.6)."""

    def squeeze(self, x):
        return x.amax((2, 3), keepdim=True)


class sum_pool(_Attention):
    """You squeeze with the sum, which grows with the picture. It is the mean over all places (section 10.6)."""

    def squeeze(self, x):
        return x.sum((2, 3), keepdim=True)


class over_the_batch(_Attention):
    """Your means go over the batch, too, so that one picture's factors depend on the others (section 10.6)."""

    def squeeze(self, x):
        return x.mean((0, 2, 3), keepdim=True).expand(len(x), -1, 1, 1)


class at_each_place(_Attention):
    """You do not squeeze: each place gets factors of its own. The mean over all places comes first (section 10.6)."""

    def squeeze(self, x):
        return x


class over_space(_Attention):
    """Your factors are one a place: you take means over the channels. They are one a channel, from means over all
    places (section 10.6)."""

    def squeeze(self, x):
        return x.mean(1, keepdim=True).expand_as(x)


class added(_Attention):
    """You add the factors to x. Each channel is multiplied by its factor (section 10.6)."""

    def forward(self, x):
        return x + self.gate(x)


class with_shortcut(_Attention):
    """You add x to the result. The module gives x times its factors, no more (section 10.6)."""

    def forward(self, x):
        return x + x * self.gate(x)


class gate_only(_Attention):
    """You return the factors. The module gives x times its factors (section 10.6)."""

    def forward(self, x):
        return self.gate(x)


class mean_scaled(_Attention):
    """You multiply the means by the factors. It is x itself that is multiplied (section 10.6)."""

    def forward(self, x):
        return self.squeeze(x) * self.gate(x)


class no_bias(_Attention):
    """Your layers have no bias. No batch norm follows here, so both have one (section 10.6)."""

    bias = False


class _Linear(_Attention):
    def __init__(self, channels, squeeze_channels):
        super().__init__(channels, squeeze_channels)
        self.fc1, self.fc2 = nn.Linear(channels, squeeze_channels), nn.Linear(squeeze_channels, channels)

    def gate(self, x):
        return torch.sigmoid(self.fc2(F.relu(self.fc1(x.mean((2, 3))))))[:, :, None, None]


class dense_layers(_Linear):
    """Your fc1 and fc2 are dense layers, with weights S C. torchvision's are 1 × 1 convolutions: S C 1 1
    (section 10.6)."""


class reduction_instead_of_width(_Attention):
    """You divide the channels by the second argument. It is the number of squeezed channels itself (section 10.6)."""

    def __init__(self, channels, squeeze_channels):
        super().__init__(channels, max(1, channels // squeeze_channels))


class one_layer(_Attention):
    """You have one layer from channels to channels. There are two, with a narrow middle (section 10.6)."""

    def __init__(self, channels, squeeze_channels):
        super().__init__(channels, channels)
        del self.fc2

    def gate(self, x):
        return torch.sigmoid(self.fc1(self.squeeze(x)))


class detached_gate(_Attention):
    """No gradient flows through your factors: `.detach()` or `torch.no_grad()` cuts it off, and the two layers learn
    nothing (section 10.6)."""

    def gate(self, x):
        return super().gate(x).detach()


class changes_x(_Attention):
    """Your module changes its input: `x *= …` writes into the tensor that the caller still needs (section 10.6)."""

    def forward(self, x):
        y = super().forward(x)
        with torch.no_grad():
            x.copy_(y)
        return y
