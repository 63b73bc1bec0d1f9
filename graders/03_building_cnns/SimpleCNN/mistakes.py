"""Known wrong answers of SimpleCNN. Each changes a part of a right one."""

import torch.nn.functional as F
from torch import nn


class _Net(nn.Module):
    bias, kernel, padding, flat = True, 3, 1, 64 * 7 * 7

    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, self.kernel, padding=self.padding, bias=self.bias)
        self.conv2 = nn.Conv2d(32, 64, self.kernel, padding=self.padding, bias=self.bias)
        self.fc1 = nn.Linear(self.flat, 128)
        self.fc2 = nn.Linear(128, num_classes)

    def forward(self, x):
        return self.head(self.flatten(self.body(x)))

    def body(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        return self.pool(F.relu(self.conv2(x)))

    def pool(self, x):
        return F.max_pool2d(x, 2)

    def flatten(self, x):
        return x.flatten(1)

    def head(self, x):
        return self.fc2(F.relu(self.fc1(x)))


class softmax_at_the_end(_Net):
    """Your network ends with a softmax. It returns logits; cross-entropy has the softmax inside (section 3.5)."""

    def head(self, x):
        return super().head(x).softmax(1)


class log_softmax_at_the_end(_Net):
    """Your network ends with a log-softmax. It returns logits; cross-entropy has it inside (section 3.5)."""

    def head(self, x):
        return super().head(x).log_softmax(1)


class relu_at_the_end(_Net):
    """A ReLU follows fc2. Logits may be negative: nothing comes after fc2 (section 3.5)."""

    def head(self, x):
        return super().head(x).relu()


class no_relu_between_the_dense_layers(_Net):
    """There is no ReLU between fc1 and fc2: the two are then no more than one dense layer (section 3.5)."""

    def head(self, x):
        return self.fc2(self.fc1(x))


class no_relu_after_the_convolutions(_Net):
    """There is no ReLU after the convolutions. Max pooling hides it from the accuracy, but negative answers pass
    (section 3.5)."""

    def body(self, x):
        return self.pool(self.conv2(self.pool(self.conv1(x))))


class no_relu_after_conv1(_Net):
    """There is no ReLU after conv1. Each convolution is followed by ReLU, then by pooling (section 3.5)."""

    def body(self, x):
        return self.pool(F.relu(self.conv2(self.pool(self.conv1(x)))))


class no_relu_after_conv2(_Net):
    """There is no ReLU after conv2. Each convolution is followed by ReLU, then by pooling (section 3.5)."""

    def body(self, x):
        return self.pool(self.conv2(self.pool(F.relu(self.conv1(x)))))


class no_relu_at_all(_Net):
    """There is no ReLU in your network. One follows conv1, conv2 and fc1 (section 3.5)."""

    def body(self, x):
        return self.pool(self.conv2(self.pool(self.conv1(x))))

    def head(self, x):
        return self.fc2(self.fc1(x))


class average_pooling(_Net):
    """Your network averages. The table has max pooling (section 3.5)."""

    def pool(self, x):
        return F.avg_pool2d(x, 2)


class channels_last_flatten(_Net):
    """Your flatten goes through the channels of one place first. It goes map by map, row by row, as the numbers of
    N C H W lie in memory: `flatten(1)` without a permute (section 3.5)."""

    def flatten(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


class columns_first_flatten(_Net):
    """Height and width are exchanged before your flatten. It goes map by map, row by row (section 3.5)."""

    def flatten(self, x):
        return x.transpose(2, 3).flatten(1)


class pictures_mixed_by_flatten(_Net):
    """Your flatten moves the axis of the pictures, so that the rows of the result hold numbers of several pictures. It
    keeps the first axis: `flatten(1)` (section 3.5)."""

    def flatten(self, x):
        return x.transpose(0, 1).reshape(len(x), -1)


class flattens_the_batch(_Net):
    """You flatten the whole batch into one row. The axis of the pictures stays: `flatten(1)` (section 3.5)."""

    def flatten(self, x):
        return x.flatten()


class hard_coded_batch(_Net):
    """Your forward pass works for one number of pictures only. Take it from x: `flatten(1)`, or `x.shape[0]`
    (section 3.5)."""

    def flatten(self, x):
        return x.reshape(3, -1)[:, : self.flat]


class one_picture_only(_Net):
    """Your forward pass returns the logits of the first picture only. One row a picture (section 3.5)."""

    def head(self, x):
        return super().head(x)[:1]


class one_picture_without_axis(_Net):
    """For one picture your logits lose the axis of the pictures (`squeeze`). The result is (N, num_classes), also for
    N = 1 (section 3.5)."""

    def head(self, x):
        return super().head(x).squeeze()


class no_biases(_Net):
    """Your convolutions have no biases. All four layers have them: 421642 parameters (section 3.5)."""

    bias = False


class no_padding(_Net):
    """Your convolutions have no padding, so the maps shrink to 5 × 5. With padding 1 they keep their size
    (section 3.5)."""

    padding, flat = 0, 64 * 5 * 5


class pools_once(_Net):
    """Your network pools once. There is a pooling after each of the two convolutions: 28, 14, 7 (section 3.5)."""

    flat = 64 * 14 * 14

    def body(self, x):
        return F.relu(self.conv2(self.pool(F.relu(self.conv1(x)))))


class five_by_five(_Net):
    """Your kernels are 5 × 5. The table has 3 × 3 (section 3.5)."""

    kernel, padding = 5, 2


class dropout(_Net):
    """There is a dropout in your network: in train mode its logits are random. This network has none (section 3.5)."""

    def head(self, x):
        return self.fc2(F.dropout(F.relu(self.fc1(x)), 0.5, self.training))


class other_names(_Net):
    """Your layers have other names. The children are conv1, conv2, fc1 and fc2, so that weights can be loaded
    (section 3.5)."""

    def __init__(self, num_classes=10):
        super().__init__(num_classes)
        self.features = nn.ModuleList([self.conv1, self.conv2])
        self.classifier = nn.ModuleList([self.fc1, self.fc2])
        del self.conv1, self.conv2, self.fc1, self.fc2

    def body(self, x):
        for convolution in self.features:
            x = self.pool(F.relu(convolution(x)))
        return x

    def head(self, x):
        return self.classifier[1](F.relu(self.classifier[0](x)))


class num_classes_ignored(_Net):
    """num_classes changes nothing: your network always has ten logits (section 3.5)."""

    def __init__(self, num_classes=10):
        super().__init__()


class batch_norm_added(_Net):
    """Your network has batch norm. This one has none; DeeperCNN will (section 3.5)."""

    def __init__(self, num_classes=10):
        super().__init__(num_classes)
        self.bn1 = nn.BatchNorm2d(32)

    def body(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        return self.pool(F.relu(self.conv2(x)))


class global_average(_Net):
    """Your network averages each map before fc1. That comes in section 3.6; here all 64 · 7 · 7 numbers go into fc1
    (section 3.5)."""

    flat = 64

    def flatten(self, x):
        return x.mean((2, 3))


class detached(_Net):
    """The logits are right, but no gradient flows back to the convolutions: `.detach()`, numpy or `torch.no_grad()`
    cuts it off (section 3.5)."""

    def flatten(self, x):
        return super().flatten(x.detach())


class changes_x(_Net):
    """Your forward pass writes into the pictures. Make new tensors (section 3.5)."""

    def body(self, x):
        maps = super().body(x.clone())
        x.data *= 0.5
        return maps
