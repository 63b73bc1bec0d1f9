"""Known wrong answers of LeNet5. Each changes a part of a right one."""

import torch
import torch.nn.functional as F
from torch import nn


class _Net(nn.Module):
    channels, kernel, padding, flat, bias = 1, 5, 0, 400, True

    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(self.channels, 6, self.kernel, padding=self.padding, bias=self.bias)
        self.conv2 = nn.Conv2d(6, 16, self.kernel, bias=self.bias)
        self.fc1 = nn.Linear(self.flat, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, x):
        return self.head(self.flatten(self.body(x)))

    def body(self, x):
        x = self.pool(self.act(self.conv1(x)))
        return self.pool(self.act(self.conv2(x)))

    def act(self, x):
        return torch.sigmoid(x)

    def pool(self, x):
        return F.avg_pool2d(x, 2)

    def flatten(self, x):
        return x.flatten(1)

    def head(self, x):
        return self.fc3(self.act(self.fc2(self.act(self.fc1(x)))))


class relu_instead(_Net):
    """Your network uses ReLU. That is AlexNet's repair; LeNet-5 has a sigmoid after conv1, conv2, fc1 and fc2
    (section 5.1)."""

    def act(self, x):
        return F.relu(x)


class tanh_instead(_Net):
    """Your network uses tanh, as the paper of 1998 does (scaled). This lesson's LeNet-5 has the sigmoid (section
    5.1)."""

    def act(self, x):
        return torch.tanh(x)


class relu_in_the_dense_layers(_Net):
    """Your dense layers use ReLU. A sigmoid follows fc1 and fc2, as it follows the convolutions (section 5.1)."""

    def head(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class max_pooling(_Net):
    """Your network keeps the maximum of each window. LeNet-5 takes the mean (section 5.1)."""

    def pool(self, x):
        return F.max_pool2d(x, 2)


class pools_before_the_sigmoid(_Net):
    """You pool first and apply the sigmoid to the means. The sigmoid comes first, then the mean: the two do not commute
    (section 5.1)."""

    def body(self, x):
        x = self.act(self.pool(self.conv1(x)))
        return self.act(self.pool(self.conv2(x)))


class no_sigmoid_after_the_convolutions(_Net):
    """There is no sigmoid after your convolutions. Two convolutions with means between them are one linear map
    (section 5.1)."""

    def body(self, x):
        return self.pool(self.conv2(self.pool(self.conv1(x))))


class no_sigmoid_after_conv1(_Net):
    """There is no sigmoid after conv1. One follows conv1, conv2, fc1 and fc2 (section 5.1)."""

    def body(self, x):
        return self.pool(self.act(self.conv2(self.pool(self.conv1(x)))))


class no_sigmoid_in_the_dense_layers(_Net):
    """There is no sigmoid after fc1 and fc2: your three dense layers are then no more than one (section 5.1)."""

    def head(self, x):
        return self.fc3(self.fc2(self.fc1(x)))


class no_sigmoid_after_fc2(_Net):
    """There is no sigmoid after fc2: fc2 and fc3 are then no more than one layer (section 5.1)."""

    def head(self, x):
        return self.fc3(self.fc2(self.act(self.fc1(x))))


class sigmoid_at_the_end(_Net):
    """A sigmoid follows fc3. Logits may be any numbers: nothing comes after fc3 (section 5.1)."""

    def head(self, x):
        return self.act(super().head(x))


class softmax_at_the_end(_Net):
    """Your network ends with a softmax. It returns logits; cross-entropy has the softmax inside (section 5.1)."""

    def head(self, x):
        return super().head(x).softmax(1)


class padding_2(_Net):
    """Your first convolution has padding 2. That is for pictures of 28 × 28; these have 32 × 32, and nothing is padded:
    28, 14, 10, 5 (section 5.1)."""

    padding, flat = 2, 16 * 6 * 6


class flatten_for_28_pixels(_Net):
    """Your fc1 has 16 · 4 · 4 inputs, as for pictures of 28 × 28. From 32 × 32 the maps have 5 × 5 numbers: 400 inputs
    (section 5.1)."""

    flat = 16 * 4 * 4


class three_channels(_Net):
    """Your first convolution reads three channels. The digits have one (section 5.1)."""

    channels = 3


class three_by_three(_Net):
    """Your kernels are 3 × 3. LeNet-5 has 5 × 5: 156 and 2416 parameters (section 5.1)."""

    kernel, flat = 3, 16 * 6 * 6


class no_biases(_Net):
    """Your convolutions have no biases. All five layers have them: 61706 parameters (section 5.1)."""

    bias = False


class num_classes_ignored(_Net):
    """num_classes changes nothing: your network always has ten logits (section 5.1)."""

    def __init__(self, num_classes=10):
        super().__init__()


class channels_last_flatten(_Net):
    """Your flatten goes through the channels of one place first. It goes map by map, row by row, as the numbers of
    N C H W lie in memory: `flatten(1)` without a permute (section 5.1)."""

    def flatten(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


class flattens_the_batch(_Net):
    """You flatten the whole batch into one row. The axis of the pictures stays: `flatten(1)` (section 5.1)."""

    def flatten(self, x):
        return x.flatten()


class one_picture_without_axis(_Net):
    """For one picture your logits lose the axis of the pictures (`squeeze`). The result is (N, num_classes), also for
    N = 1 (section 5.1)."""

    def head(self, x):
        return super().head(x).squeeze()


class dropout(_Net):
    """There is a dropout in your network: in train mode its logits are random. Dropout came with AlexNet
    (section 5.1)."""

    def head(self, x):
        return self.fc3(F.dropout(self.act(self.fc2(self.act(self.fc1(x)))), 0.5, self.training))


class other_names(_Net):
    """Your layers have other names. The children are conv1, conv2, fc1, fc2 and fc3, so that weights can be loaded
    (section 5.1)."""

    def __init__(self, num_classes=10):
        super().__init__(num_classes)
        self.features = nn.ModuleList([self.conv1, self.conv2])
        self.classifier = nn.ModuleList([self.fc1, self.fc2, self.fc3])
        del self.conv1, self.conv2, self.fc1, self.fc2, self.fc3

    def body(self, x):
        for convolution in self.features:
            x = self.pool(self.act(convolution(x)))
        return x

    def head(self, x):
        first, second, third = self.classifier
        return third(self.act(second(self.act(first(x)))))


class third_convolution(_Net):
    """Your fc1 is a convolution of 5 × 5, as the paper's C5 is. The arithmetic is the same, but the child fc1 is an
    nn.Linear(400, 120) here, so that its weight has the shape (120, 400) (section 5.1)."""

    def __init__(self, num_classes=10):
        super().__init__(num_classes)
        self.fc1 = nn.Conv2d(16, 120, 5)

    def flatten(self, x):
        return x

    def head(self, x):
        return self.fc3(self.act(self.fc2(self.act(self.fc1(x)).flatten(1))))


class detached(_Net):
    """The logits are right, but no gradient flows back to the convolutions: `.detach()`, numpy or `torch.no_grad()`
    cuts it off (section 5.1)."""

    def flatten(self, x):
        return super().flatten(x.detach())


class changes_x(_Net):
    """Your forward pass writes into the pictures. Make new tensors (section 5.1)."""

    def body(self, x):
        maps = super().body(x.clone())
        x.data *= 0.5
        return maps


class padding_2_in_front_of_400(_Net):
    """Your first convolution has padding 2, so the maps are 6 × 6 in the end and 576 numbers meet an fc1 that expects
    400. These pictures have 32 × 32 pixels: nothing is padded (section 5.1)."""

    padding = 2


class padding_2_viewed_as_400(_Net):
    """Your first convolution has padding 2, so the maps are 6 × 6 in the end: 576 numbers a picture, and no 400 for
    `view`. These pictures have 32 × 32 pixels: nothing is padded (section 5.1)."""

    padding = 2

    def flatten(self, x):
        return x.view(-1, 400)
