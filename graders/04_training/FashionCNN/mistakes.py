"""Known wrong answers of FashionCNN. Each changes a part of a right one."""

import torch
import torch.nn.functional as F
from torch import nn


class _Net(nn.Module):
    padding, flat, bias, kernel = 1, 64 * 7 * 7, True, 3

    def __init__(self, num_classes=10):
        super().__init__()
        options = {"padding": self.padding, "bias": self.bias}
        self.conv1, self.bn1 = nn.Conv2d(1, 32, self.kernel, **options), nn.BatchNorm2d(32)
        self.conv2, self.bn2 = nn.Conv2d(32, 64, self.kernel, **options), nn.BatchNorm2d(64)
        self.fc1, self.fc2 = nn.Linear(self.flat, 128), nn.Linear(128, num_classes)

    def block(self, x, conv, bn):
        return F.max_pool2d(bn(F.relu(conv(x))), 2)

    def body(self, x):
        return self.block(self.block(x, self.conv1, self.bn1), self.conv2, self.bn2)

    def flatten(self, x):
        return x.flatten(1)

    def drop(self, x):
        return F.dropout(x, 0.5, self.training)

    def head(self, x):
        return self.fc2(self.drop(F.relu(self.fc1(x))))

    def forward(self, x):
        return self.head(self.flatten(self.body(x)))


class norm_before_relu(_Net):
    """Your batch norm stands before the ReLU. In this network it comes after: convolution, ReLU, batch norm, pooling
    (section 4.7)."""

    def block(self, x, conv, bn):
        return F.max_pool2d(F.relu(bn(conv(x))), 2)


class norm_after_pooling(_Net):
    """Your batch norm stands after the pooling. It comes before: convolution, ReLU, batch norm, pooling (section
    4.7)."""

    def block(self, x, conv, bn):
        return bn(F.max_pool2d(F.relu(conv(x)), 2))


class relu_forgotten(_Net):
    """No ReLU follows your convolutions: max pooling hides it from the accuracy, not from this test (section 4.7)."""

    def block(self, x, conv, bn):
        return F.max_pool2d(bn(conv(x)), 2)


class relu_forgotten_after_fc1(_Net):
    """No ReLU follows fc1, so fc1 and fc2 together are one linear layer (section 4.7)."""

    def head(self, x):
        return self.fc2(self.drop(self.fc1(x)))


class norm_forgotten(_Net):
    """Your batch norm layers are built and never called (section 4.7)."""

    def block(self, x, conv, bn):
        return F.max_pool2d(F.relu(conv(x)), 2)


class dropout_in_eval(_Net):
    """You drop in eval mode too: F.dropout does not know the mode of your module. Give it training=self.training, or
    use nn.Dropout (section 4.7)."""

    def drop(self, x):
        return F.dropout(x, 0.5)


class no_dropout(_Net):
    """Nothing is dropped in train mode. Dropout of 0.5 stands between the ReLU after fc1 and fc2 (section 4.7)."""

    def drop(self, x):
        return x


class other_probability(_Net):
    """You drop another share than half (section 4.7)."""

    def drop(self, x):
        return F.dropout(x, 0.2, self.training)


class dropout_on_inputs(_Net):
    """You drop pixels of the picture, or numbers before fc1. Dropout of 0.5 stands between the ReLU after fc1 and fc2
    (section 4.7)."""

    def forward(self, x):
        x = self.flatten(self.body(F.dropout(x, 0.5, self.training)))
        return self.fc2(F.relu(self.fc1(x)))


class dropout_before_fc1(_Net):
    """You drop what fc1 gets. Dropout of 0.5 stands between the ReLU after fc1 and fc2 (section 4.7)."""

    def head(self, x):
        return self.fc2(F.relu(self.fc1(F.dropout(x, 0.5, self.training))))


class dropped_not_doubled(_Net):
    """You set half of the numbers to 0 and leave the others as they are. They are doubled, so that what fc2 gets is as
    large as in eval mode, on average (section 4.7)."""

    def drop(self, x):
        return x * (torch.rand_like(x) < 0.5) if self.training else x


class softmax_at_the_end(_Net):
    """Your network ends in a softmax. The loss takes logits and does that itself (section 4.7)."""

    def head(self, x):
        return super().head(x).softmax(1)


class relu_at_the_end(_Net):
    """A ReLU follows fc2. Logits may be negative (section 4.7)."""

    def head(self, x):
        return F.relu(super().head(x))


class without_padding(_Net):
    """Your convolutions have no padding, so maps shrink to 5 × 5 and fc1 gets 1600 numbers instead of 3136 (section
    4.7)."""

    padding, flat = 0, 64 * 5 * 5


class without_biases(_Net):
    """Your convolutions have no bias. Batch norm does not follow them directly here, so the bias counts (section
    4.7)."""

    bias = False


class kernels_of_five(_Net):
    """Your kernels are 5 × 5. They are 3 × 3 with padding 1 (section 4.7)."""

    kernel, padding = 5, 2


class average_pooling(_Net):
    """You pool by the average. This network takes the maximum (section 4.7)."""

    def block(self, x, conv, bn):
        return F.avg_pool2d(bn(F.relu(conv(x))), 2)


class other_flattening(_Net):
    """You flatten with the channels last. Flatten in the order in which the maps lie in memory: flatten(1) (section
    4.7)."""

    def flatten(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


class num_classes_ignored(_Net):
    """num_classes changes nothing: your network always has ten logits (section 4.7)."""

    def __init__(self, num_classes=10):
        super().__init__()


class running_statistics_off(_Net):
    """Your batch norm keeps no running statistics, so it uses the batch in eval mode, too (section 4.7)."""

    def __init__(self, num_classes=10):
        super().__init__(num_classes)
        self.bn1 = nn.BatchNorm2d(32, track_running_stats=False)
        self.bn2 = nn.BatchNorm2d(64, track_running_stats=False)


class detached(_Net):
    """The logits are right, but no gradient flows back to the convolutions: `.detach()`, numpy or `torch.no_grad()`
    cuts it off (section 4.7)."""

    def flatten(self, x):
        return super().flatten(x.detach())


class changes_x(_Net):
    """Your forward pass writes into the pictures. Make new tensors (section 4.7)."""

    def body(self, x):
        maps = super().body(x.clone())
        x.data *= 0.5
        return maps


class without_padding_in_front_of_3136(_Net):
    """Your convolutions have no padding, so maps shrink to 5 × 5 and 1600 numbers meet an fc1 that expects 3136:
    padding=1 (section 4.7)."""

    padding = 0


class without_padding_viewed_as_3136(_Net):
    """Your convolutions have no padding, so maps shrink to 5 × 5: 1600 numbers a picture, and no 3136 for `view`:
    padding=1 (section 4.7)."""

    padding = 0

    def flatten(self, x):
        return x.view(-1, 3136)


class flattens_the_batch(_Net):
    """You flatten the whole batch into one row. The axis of the pictures stays: `flatten(1)` (section 4.7)."""

    def flatten(self, x):
        return x.flatten()


class one_dice_for_the_batch(_Net):
    """You drop the same numbers for every picture of the batch. Each picture has dice of its own (section 4.7)."""

    def drop(self, x):
        return x * (torch.rand(x.shape[1]) < 0.5) * 2 if self.training else x


class dropped_after_fc2(_Net):
    """You drop logits. Dropout of 0.5 stands between the ReLU after fc1 and fc2 (section 4.7)."""

    def head(self, x):
        return self.drop(self.fc2(F.relu(self.fc1(x))))
