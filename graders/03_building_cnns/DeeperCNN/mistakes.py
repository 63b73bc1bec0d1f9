"""Known wrong answers of DeeperCNN. Each changes a part of a right one."""

import torch
import torch.nn.functional as F
from torch import nn


class _Net(nn.Module):
    widths = (1, 8, 16, 16, 24, 24)
    bias = False

    def __init__(self, num_classes=10):
        super().__init__()
        pairs = list(zip(self.widths[:-1], self.widths[1:], strict=True))
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1, bias=self.bias) for a, b in pairs)
        self.norms = nn.ModuleList(self.norm(b) for _, b in pairs)
        self.fc = nn.Linear(self.features(), num_classes)

    def norm(self, width):
        return nn.BatchNorm2d(width)

    def features(self):
        return self.widths[-1]

    def forward(self, x):
        for number, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            x = self.block(number, convolution, norm, x)
            if number in (0, 2):
                x = F.max_pool2d(x, 2)
        return self.head(self.pool(x))

    def block(self, number, convolution, norm, x):
        return F.relu(norm(convolution(x)))

    def pool(self, x):
        return x.mean((2, 3))

    def head(self, x):
        return self.fc(x)


class flattens_instead_of_averaging(_Net):
    """Your linear layer gets the flattened maps. It gets the mean of each map, so that the size of the picture does not
    matter (section 3.6)."""

    def features(self):
        return self.widths[-1] * 49

    def pool(self, x):
        return x.flatten(1)


class fixed_window(_Net):
    """You average a window of 7 × 7, which is the whole map for pictures of 28 × 28 only. Average over all places,
    however many there are (section 3.6)."""

    def pool(self, x):
        return F.avg_pool2d(x, 7)[:, :, 0, 0]


class global_maximum(_Net):
    """Your linear layer gets the largest number of each map. Global *average* pooling takes the mean (section 3.6)."""

    def pool(self, x):
        return x.amax((2, 3))


class norm_after_relu_in_the_last_block(_Net):
    """In your last block batch norm comes after ReLU. It comes directly after the convolution, in every block
    (section 3.6)."""

    def block(self, number, convolution, norm, x):
        return norm(F.relu(convolution(x))) if number == 4 else F.relu(norm(convolution(x)))


class norm_after_relu(_Net):
    """Your batch norm comes after ReLU. The order is convolution, batch norm, ReLU (section 3.6)."""

    def block(self, number, convolution, norm, x):
        return norm(F.relu(convolution(x)))


class no_relu_in_the_last_block(_Net):
    """Your last block has no ReLU. Every batch norm is followed by one (section 3.6)."""

    def block(self, number, convolution, norm, x):
        x = norm(convolution(x))
        return x if number == 4 else F.relu(x)


class no_relu_where_it_pools(_Net):
    """The blocks before your poolings have no ReLU. A maximum of negative numbers is negative: every batch norm is
    followed by ReLU (section 3.6)."""

    def block(self, number, convolution, norm, x):
        x = norm(convolution(x))
        return x if number in (0, 2) else F.relu(x)


class no_relu(_Net):
    """Your network has no ReLU. Every batch norm is followed by one; without them, five convolutions are hardly more
    than one (section 3.6)."""

    def block(self, number, convolution, norm, x):
        return norm(convolution(x))


class another_nonlinearity(_Net):
    """Negative numbers come out of your blocks a little: leaky ReLU, GELU or the like. The blocks of this network end
    with ReLU (section 3.6)."""

    def block(self, number, convolution, norm, x):
        return F.leaky_relu(norm(convolution(x)))


class norms_missing_in_some_blocks(_Net):
    """Some of your blocks have no batch norm. There is one after each of the five convolutions (section 3.6)."""

    def norm(self, width):
        return nn.BatchNorm2d(width) if width == 16 else nn.Identity()


class no_norms(_Net):
    """Your network has no batch norm. There is one after each of the five convolutions (section 3.6)."""

    def norm(self, width):
        return nn.Identity()


class one_norm_used_twice(_Net):
    """Your network uses one batch norm for two convolutions. Each convolution has one of its own: two maps share
    neither mean nor γ (section 3.6)."""

    def __init__(self, num_classes=10):
        super().__init__(num_classes)
        self.norms[2] = self.norms[1]


class norm_of_my_own(_Net):
    """Your norms are not torch's nn.BatchNorm2d. Use that here, not the class of 3.4 (section 3.6)."""

    def norm(self, width):
        return _OwnNorm(width)


class _OwnNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))
        self.register_buffer("running_mean", torch.zeros(width))
        self.register_buffer("running_var", torch.ones(width))

    def forward(self, x):
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, self.training)


class four_convolutions(_Net):
    """Your network has four convolutions. There are five blocks (section 3.6)."""

    widths = (1, 8, 16, 24, 24)


class two_linear_layers(_Net):
    """Your head has two linear layers. After the mean there is one, straight to the logits (section 3.6)."""

    def __init__(self, num_classes=10):
        super().__init__(num_classes)
        self.hidden = nn.Linear(self.widths[-1], self.widths[-1])

    def head(self, x):
        return self.fc(F.relu(self.hidden(x)))


class too_wide(_Net):
    """Your network has more parameters than SimpleCNN. Fewer channels are enough: from 128 to 128 a convolution has
    147584 parameters, from 32 to 32 it has 9248 (section 3.6)."""

    widths = (1, 64, 128, 128, 128, 128)


class softmax_at_the_end(_Net):
    """Your network ends with a softmax. It returns logits; cross-entropy has the softmax inside (section 3.6)."""

    def head(self, x):
        return super().head(x).softmax(1)


class relu_at_the_end(_Net):
    """A ReLU follows your linear layer. Logits may be negative: nothing comes after it (section 3.6)."""

    def head(self, x):
        return super().head(x).relu()


class bias_only_head(_Net):
    """The logits are the same for every picture: the weight of your linear layer meets nothing but zeros, and only its
    bias comes through (section 3.6)."""

    def pool(self, x):
        return super().pool(x) * 0


class convolutions_detached(_Net):
    """No gradient reaches your convolutions: `.detach()`, numpy or `torch.no_grad()` cuts it off (section 3.6)."""

    def pool(self, x):
        return super().pool(x).detach()


class all_detached(_Net):
    """No gradient reaches your network: `.detach()`, numpy or `torch.no_grad()` cuts it off (section 3.6)."""

    def head(self, x):
        return super().head(x).detach()


class num_classes_ignored(_Net):
    """num_classes changes nothing: your network always has ten logits (section 3.6)."""

    def __init__(self, num_classes=10):
        super().__init__()


class one_picture_without_axis(_Net):
    """For one picture your logits lose the axis of the pictures (`squeeze`). The result is (N, num_classes), also for
    N = 1 (section 3.6)."""

    def head(self, x):
        return super().head(x).squeeze()


class three_channels(_Net):
    """Your first convolution takes three channels. The pictures have one (section 3.6)."""

    widths = (3, 8, 16, 16, 24, 24)


class over_the_batch(_Net):
    """You average over the pictures, too. Each picture has features of its own: average over rows and columns
    (section 3.6)."""

    def pool(self, x):
        return x.mean((0, 2, 3))[None].expand(len(x), -1)
