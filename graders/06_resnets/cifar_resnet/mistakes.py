"""Known wrong answers of cifar_resnet."""

import torch
import torch.nn.functional as F
from torch import nn


class _Block(nn.Module):
    """A right block; mistakes change one of its methods."""

    bias = False

    def __init__(self, in_channels, out_channels, stride, residual):
        super().__init__()
        self.stride, self.new_channels, self.residual = stride, out_channels - in_channels, residual
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=self.bias)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=self.bias)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def branch(self, x):
        return self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))

    def subsample(self, x):
        return x[:, :, :: self.stride, :: self.stride]

    def shortcut(self, x):
        return F.pad(self.subsample(x), (0, 0, 0, 0, 0, self.new_channels))

    def forward(self, x):
        out = self.branch(x)
        return F.relu(out + self.shortcut(x) if self.residual else out)


class _Net(nn.Module):
    """A right net; mistakes change one of its methods."""

    widths, strides = (16, 32, 64), (1, 2, 2)

    def __init__(self, n, residual, block=_Block):
        super().__init__()
        self.conv = nn.Conv2d(3, self.widths[0], 3, padding=1, bias=block.bias)
        self.bn = nn.BatchNorm2d(self.widths[0])
        width, stages = self.widths[0], []
        for channels, stride in zip(self.widths, self.strides, strict=True):
            stages.append(self.stage(n, block, width, channels, stride, residual))
            width = channels
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(width, 10)

    def stage(self, n, block, in_channels, channels, stride, residual):
        first = block(in_channels, channels, stride, residual)
        return nn.Sequential(first, *(block(channels, channels, 1, residual) for _ in range(n - 1)))

    def stem(self, x):
        return F.relu(self.bn(self.conv(x)))

    def pool(self, x):
        return x.mean(dim=(2, 3))

    def forward(self, x):
        return self.fc(self.pool(self.stages(self.stem(x))))


class _Projecting(_Block):
    def __init__(self, in_channels, out_channels, stride, residual):
        super().__init__(in_channels, out_channels, stride, residual)
        self.projection = nn.Identity()
        if self.new_channels and residual:
            self.projection = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def shortcut(self, x):
        return self.projection(x)


def projects(n, residual=True):
    """Your shortcuts have 1 × 1 projections with weights. Here they have no parameters: every second pixel, and zeros
    for the new channels; only so does the plain twin have as many weights (section 6.3)."""
    return _Net(n, residual, _Projecting)


class _ProjectingWithoutNorm(_Projecting):
    def __init__(self, in_channels, out_channels, stride, residual):
        super().__init__(in_channels, out_channels, stride, residual)
        if self.new_channels and residual:
            self.projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)


def projects_without_bn(n, residual=True):
    """Your shortcuts have 1 × 1 convolutions with weights. Here they have no parameters: every second pixel, and
    zeros for the new channels (section 6.3)."""
    return _Net(n, residual, _ProjectingWithoutNorm)


class _Repeating(_Block):
    def shortcut(self, x):
        x = self.subsample(x)
        return torch.cat([x, x], dim=1) if self.new_channels else x


def repeats_channels(n, residual=True):
    """Your shortcut fills the new channels with the old ones once more. They are filled with zeros: nothing is added
    to them (section 6.3)."""
    return _Net(n, residual, _Repeating)


class _Averaging(_Block):
    def subsample(self, x):
        return F.avg_pool2d(x, self.stride)


def averages_pixels(n, residual=True):
    """Your shortcut averages 2 × 2 pixels. It takes every second pixel, as a convolution with stride 2 does
    (section 6.3)."""
    return _Net(n, residual, _Averaging)


class _Pooling(_Block):
    def subsample(self, x):
        return F.max_pool2d(x, self.stride)


def pools_pixels(n, residual=True):
    """Your shortcut takes the maximum of 2 × 2 pixels. It takes every second pixel, as a convolution with stride 2
    does (section 6.3)."""
    return _Net(n, residual, _Pooling)


class _Cropping(_Block):
    def subsample(self, x):
        return x[:, :, : x.shape[2] // self.stride, : x.shape[3] // self.stride]


def crops_a_corner(n, residual=True):
    """Your shortcut crops the picture to its top left quarter. It takes every second pixel of the whole picture:
    `x[:, :, ::2, ::2]` (section 6.3)."""
    return _Net(n, residual, _Cropping)


class _IdentityOnly(_Block):
    def forward(self, x):
        out = self.branch(x)
        return F.relu(out + x if self.residual and not self.new_channels else out)


def no_shortcut_at_new_widths(n, residual=True):
    """Where size and width change, your block has no shortcut. It has one there too: every second pixel, and zeros
    for the new channels (section 6.3)."""
    return _Net(n, residual, _IdentityOnly)


def never_residual(n, residual=True):
    """Your net has no shortcuts at all, also for residual=True. Each block adds its input before its last ReLU
    (section 6.3)."""
    return _Net(n, False)


def always_residual(n, residual=True):
    """Your plain twin has shortcuts. With residual=False nothing is added; all else stays the same (section 6.3)."""
    return _Net(n, True)


def residual_the_other_way(n, residual=True):
    """Your net has shortcuts for residual=False and none for residual=True. It is the other way round
    (section 6.3)."""
    return _Net(n, not residual)


def one_block_less(n, residual=True):
    """Your stages have one block less than n, so the net has depth 6n − 4. Each of the three stages has n blocks of
    two convolutions: 6n + 2 layers with the stem and the head (section 6.3)."""
    return _Net(max(1, n - 1), residual)


def one_block_more(n, residual=True):
    """Your stages have one block more than n, so the net has depth 6n + 8. Each of the three stages has n blocks of
    two convolutions: 6n + 2 layers with the stem and the head (section 6.3)."""
    return _Net(n + 1, residual)


def twice_as_many_blocks(n, residual=True):
    """Your stages have 2n blocks. Each has n blocks of two convolutions, 2n convolutions in all (section 6.3)."""
    return _Net(2 * n, residual)


class _Sharing(_Net):
    def stage(self, n, block, in_channels, channels, stride, residual):
        again = [block(channels, channels, 1, residual)] * (n - 1)
        return nn.Sequential(block(in_channels, channels, stride, residual), *again)


def blocks_shared(n, residual=True):
    """The later blocks of your stages are one and the same module, used again and again: `[block] * n` copies the
    reference and not the weights. Make a new block for each place (section 6.3)."""
    return _Sharing(n, residual)


class _ThreeStrides(_Net):
    strides = (2, 2, 2)


def three_strides(n, residual=True):
    """All three of your stages halve the picture. The first one keeps it at 32 × 32; only the second and third have
    stride 2 (section 6.3)."""
    return _ThreeStrides(n, residual)


class _OneStride(_Net):
    strides = (1, 1, 2)


def second_stage_not_strided(n, residual=True):
    """Your second stage keeps the size. The second and the third stage halve it: 32, 16, 8 (section 6.3)."""
    return _OneStride(n, residual)


class _NoStrides(_Net):
    strides = (1, 1, 1)


def no_strides(n, residual=True):
    """None of your stages halves the picture. The second and the third do: 32, 16, 8 (section 6.3)."""
    return _NoStrides(n, residual)


class _Wide(_Net):
    widths = (64, 128, 256)


def imagenet_widths(n, residual=True):
    """Your stages have 64, 128 and 256 channels. They have 16, 32 and 64: 0.27 M parameters at n = 3
    (section 6.3)."""
    return _Wide(n, residual)


class _Biased(_Block):
    bias = True


def biased_convolutions(n, residual=True):
    """Your convolutions have biases. A batch norm follows each of them and takes the mean away, bias included: use
    `bias=False` (section 6.3)."""
    return _Net(n, residual, _Biased)


class _PoolingStem(_Net):
    def stem(self, x):
        return F.max_pool2d(super().stem(x), 3, 2, padding=1)


def max_pool_in_the_stem(n, residual=True):
    """Your stem pools, as for photographs. Pictures of 32 × 32 are small already: the stem is convolution, batch
    norm, ReLU (section 6.3)."""
    return _PoolingStem(n, residual)


class _LinearStem(_Net):
    def stem(self, x):
        return self.bn(self.conv(x))


def stem_without_relu(n, residual=True):
    """Your stem has no ReLU. It is convolution, batch norm, ReLU (section 6.3)."""
    return _LinearStem(n, residual)


class _Flattening(_Net):
    def __init__(self, n, residual):
        super().__init__(n, residual)
        self.fc = nn.Linear(64 * 8 * 8, 10)

    def pool(self, x):
        return x.flatten(1)


def flatten_head(n, residual=True):
    """Your head flattens the last map. Global average pooling comes first, so that the linear layer has 64 inputs
    (section 6.3)."""
    return _Flattening(n, residual)


class _Softmax(_Net):
    def forward(self, x):
        return super().forward(x).softmax(dim=1)


def softmax_at_the_end(n, residual=True):
    """Your net ends with a softmax. It returns logits; cross entropy has the softmax inside (section 6.3)."""
    return _Softmax(n, residual)


class _ReluFirst(_Block):
    def forward(self, x):
        out = F.relu(self.branch(x))
        return out + self.shortcut(x) if self.residual else out


def relu_before_addition(n, residual=True):
    """Your blocks apply the second ReLU to the branch and then add the shortcut. The ReLU comes after the sum
    (section 6.3)."""
    return _Net(n, residual, _ReluFirst)


class _NoLastRelu(_Block):
    def forward(self, x):
        out = self.branch(x)
        return out + self.shortcut(x) if self.residual else F.relu(out)


def no_relu_after_addition(n, residual=True):
    """Your residual blocks return the sum as it is. A ReLU follows the addition (section 6.3)."""
    return _Net(n, residual, _NoLastRelu)


class _NoNorm(_Block):
    def __init__(self, in_channels, out_channels, stride, residual):
        super().__init__(in_channels, out_channels, stride, residual)
        self.bn1, self.bn2 = nn.Identity(), nn.Identity()


def blocks_without_bn(n, residual=True):
    """Your blocks have no batch norm. One follows each convolution (section 6.3)."""
    return _Net(n, residual, _NoNorm)


class _OneNorm(_Block):
    def branch(self, x):
        return self.bn1(self.conv2(F.relu(self.bn1(self.conv1(x)))))


class _Frozen(_Block):
    def branch(self, x):
        frozen = lambda bn, x: F.batch_norm(x, bn.running_mean, bn.running_var, bn.weight, bn.bias)
        return frozen(self.bn2, self.conv2(F.relu(frozen(self.bn1, self.conv1(x)))))


def running_statistics_always(n, residual=True):
    """Right in eval mode, wrong in train mode: the batch norms of your blocks use the running statistics always. In
    train mode they use the batch's own and move the running ones: leave `eval()` to the caller (section 6.3)."""
    return _Net(n, residual, _Frozen)


def first_bn_used_twice(n, residual=True):
    """Your blocks use one batch norm after both convolutions, and have another that does nothing. Each convolution
    has a batch norm of its own (section 6.3)."""
    return _Net(n, residual, _OneNorm)
