"""Known wrong answers of Bottleneck."""

import torch.nn.functional as F
from torch import nn


class _WithoutExpansion(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * channels)
        self.downsample = None
        if stride != 1 or in_channels != 4 * channels:
            self.downsample = _projection(in_channels, 4 * channels, stride)

    def residual(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        return self.bn3(self.conv3(out))

    def skip(self, x):
        return x if self.downsample is None else self.downsample(x)

    def forward(self, x):
        return F.relu(self.residual(x) + self.skip(x))


class _Block(_WithoutExpansion):
    """A right block; each mistake changes one of its methods."""

    expansion = 4


def _projection(in_channels, out_channels, stride, kernel_size=1, bias=False):
    convolution = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding=kernel_size // 2, bias=bias)
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels))


class stride_in_1x1(_Block):
    """Your first 1 × 1 convolution has the stride, as in the paper of 2015: it throws three of four pixels away
    unseen. Here, as in torchvision, the 3 × 3 convolution has it (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.conv1 = nn.Conv2d(in_channels, channels, 1, stride, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)


class stride_in_last_1x1(_Block):
    """Your last 1 × 1 convolution has the stride. The 3 × 3 convolution has it, which still sees every pixel
    (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1, stride, bias=False)


class stride_twice(_Block):
    """Two convolutions of your branch have the stride, so the branch is smaller than the shortcut. Only the 3 × 3
    convolution has it (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.conv1 = nn.Conv2d(in_channels, channels, 1, stride, bias=False)


class stride_ignored(_Block):
    """Your block does not use its stride. The 3 × 3 convolution and the projection have it (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels)
        if stride != 1 and self.downsample is None:
            self.downsample = _projection(in_channels, 4 * channels, 1)


class no_expansion(_Block):
    """`channels` leave your block. The last 1 × 1 convolution widens to 4 · channels, and so do `bn3` and the
    projection: the block is narrow only inside (section 6.6)."""

    expansion = 1

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.conv3 = nn.Conv2d(channels, channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels)
        self.downsample = None
        if stride != 1 or in_channels != channels:
            self.downsample = _projection(in_channels, channels, stride)


class channels_taken_as_output(_Block):
    """Your block takes `channels` as the number that leaves it and works inside with a quarter. `channels` is the
    width of the 3 × 3 convolution, and 4 · channels leave the block (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels // 4, stride)
        self.conv3 = nn.Conv2d(channels // 4, channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels)
        self.downsample = None
        if stride != 1 or in_channels != channels:
            self.downsample = _projection(in_channels, channels, stride)


class full_width_3x3(_Block):
    """Your 3 × 3 convolution works on 4 · channels. It works on `channels`: the first 1 × 1 convolution narrows to
    them, so that the expensive convolution is cheap (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        wide = 4 * channels
        self.conv1, self.bn1 = nn.Conv2d(in_channels, wide, 1, bias=False), nn.BatchNorm2d(wide)
        self.conv2, self.bn2 = nn.Conv2d(wide, wide, 3, stride, padding=1, bias=False), nn.BatchNorm2d(wide)
        self.conv3 = nn.Conv2d(wide, wide, 1, bias=False)


class widens_in_3x3(_Block):
    """Your 3 × 3 convolution widens to 4 · channels. It has `channels` inputs and outputs; the last 1 × 1 convolution
    widens, where that is cheap (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        wide = 4 * channels
        self.conv2, self.bn2 = nn.Conv2d(channels, wide, 3, stride, padding=1, bias=False), nn.BatchNorm2d(wide)
        self.conv3 = nn.Conv2d(wide, wide, 1, bias=False)


class kernels_all_3x3(_Block):
    """All three of your convolutions have 3 × 3 kernels. The first and the last are 1 × 1: they change the number of
    channels and nothing else (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.conv1 = nn.Conv2d(in_channels, channels, 3, padding=1, bias=False)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 3, padding=1, bias=False)


class inner_relus_missing(_Block):
    """Your branch has no ReLU inside, so that its three convolutions are one linear map. A ReLU follows the first and
    the second batch norm (section 6.6)."""

    def residual(self, x):
        return self.bn3(self.conv3(self.bn2(self.conv2(self.bn1(self.conv1(x))))))


class first_relu_missing(_Block):
    """Your branch has no ReLU after the first batch norm. A ReLU follows the first and the second batch norm; only
    the third goes to the sum without one (section 6.6)."""

    def residual(self, x):
        out = self.bn1(self.conv1(x))
        return self.bn3(self.conv3(F.relu(self.bn2(self.conv2(out)))))


class second_relu_missing(_Block):
    """Your branch has no ReLU after the second batch norm. A ReLU follows the first and the second batch norm; only
    the third goes to the sum without one (section 6.6)."""

    def residual(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        return self.bn3(self.conv3(self.bn2(self.conv2(out))))


class only_first_relu(_Block):
    """Your block has a ReLU after the first batch norm only. One follows the second batch norm as well, and one the
    sum (section 6.6)."""

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        return self.bn3(self.conv3(self.bn2(self.conv2(out)))) + self.skip(x)


class only_second_relu(_Block):
    """Your block has a ReLU after the second batch norm only. One follows the first batch norm as well, and one the
    sum (section 6.6)."""

    def forward(self, x):
        out = self.bn1(self.conv1(x))
        return self.bn3(self.conv3(F.relu(self.bn2(self.conv2(out))))) + self.skip(x)


class relu_before_addition(_Block):
    """Your block applies the last ReLU to the branch and then adds the shortcut. The ReLU comes after the sum:
    applied before it, the branch can only ever add and never take away (section 6.6)."""

    def forward(self, x):
        return F.relu(self.residual(x)) + self.skip(x)


class relu_before_and_after(_Block):
    """Your branch ends in a ReLU before the addition, and another follows. The branch ends with its batch norm, so
    that it can take away as well as add; the last ReLU comes after the sum (section 6.6)."""

    def forward(self, x):
        return F.relu(F.relu(self.residual(x)) + self.skip(x))


class no_relu_after_addition(_Block):
    """Your block returns the sum as it is. The block ends with a ReLU of the sum of branch and shortcut
    (section 6.6)."""

    def forward(self, x):
        return self.residual(x) + self.skip(x)


class shortcut_missing(_Block):
    """Your block returns its branch alone: nothing is added. The shortcut is x, or its projection where stride or
    width change (section 6.6)."""

    def forward(self, x):
        return F.relu(self.residual(x))


class shortcut_after_first_convolution(_Block):
    """Your shortcut starts behind the first convolution. It starts at the block's input x, around all three
    convolutions, and the projection acts on x too (section 6.6)."""

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(x)))
        return F.relu(self.bn3(self.conv3(out)) + self.skip(x))


class identity_from_first_output(_Block):
    """Where there is no projection, your shortcut adds the output of the first convolution. It adds the block's input
    x, untouched (section 6.6)."""

    def forward(self, x):
        first = F.relu(self.bn1(self.conv1(x)))
        out = self.bn3(self.conv3(F.relu(self.bn2(self.conv2(first)))))
        return F.relu(out + (first if self.downsample is None else self.downsample(x)))


class shortcut_through_relu(_Block):
    """Your shortcut passes a ReLU before it is added. Nothing lies on the shortcut but the projection, where one is
    needed: x is added as it came (section 6.6)."""

    def skip(self, x):
        return F.relu(super().skip(x))


class relu_on_the_projection(_Block):
    """Your projection ends in a ReLU. It is a 1 × 1 convolution and a batch norm, and the ReLU comes after the sum
    (section 6.6)."""

    def skip(self, x):
        return x if self.downsample is None else F.relu(self.downsample(x))


class shortcut_detached(_Block):
    """Your shortcut is detached, so that no gradient flows back through it. The way back is what the shortcut is for:
    add x itself (section 6.6)."""

    def skip(self, x):
        return super().skip(x.detach())


class projection_forgotten_for_new_width(_Block):
    """Your block projects only where the stride is not 1. At stride 1 a new width needs the projection too, as in the
    first block of ResNet-50's first stage, where 64 channels come in and 256 leave (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        if stride == 1:
            self.downsample = None


class projection_forgotten_for_stride(_Block):
    """Your block projects only where the number of channels changes. A stride of 2 needs the projection too: x is
    twice as high and wide as the branch otherwise (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        if in_channels == 4 * channels:
            self.downsample = None


class width_compared_inside(_Block):
    """Your block decides on its projection by comparing in_channels with `channels`. What is added has 4 · channels,
    so compare with those (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        projects = stride != 1 or in_channels != channels
        self.downsample = _projection(in_channels, 4 * channels, stride) if projects else None


class always_projects(_Block):
    """Your block projects its shortcut always. Where stride is 1 and in_channels is 4 · channels, the shortcut is x
    itself, with no parameters (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.downsample = _projection(in_channels, 4 * channels, stride)


class projection_to_inner_width(_Block):
    """Your projection gives `channels` channels. The branch ends with 4 · channels, so the shortcut has as many
    (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        if self.downsample is not None:
            self.downsample = _projection(in_channels, channels, stride)


class projection_without_bn(_Block):
    """Your projection is a convolution without batch norm. `downsample` holds two layers: `0`, the 1 × 1 convolution,
    and `1`, its batch norm (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        if self.downsample is not None:
            self.downsample = nn.Sequential(self.downsample[0])


class projection_is_a_bare_convolution(_Block):
    """Your `downsample` is a convolution alone. It is a Sequential of two layers: `0`, the 1 × 1 convolution, and
    `1`, its batch norm, without which branch and shortcut are not on the same scale (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        if self.downsample is not None:
            self.downsample = self.downsample[0]


class projection_3x3(_Block):
    """Your projection has a 3 × 3 kernel. It is 1 × 1: it only changes the number of channels and the size, and
    leaves looking around to the branch (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        if self.downsample is not None:
            self.downsample = _projection(in_channels, 4 * channels, stride, kernel_size=3)


class projection_named_shortcut(_Block):
    """Your projection is right, but it is called `shortcut`. Call it `downsample`, as torchvision does, so that
    published weights find their place (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        projection = self.downsample
        del self.downsample
        self.shortcut = nn.Identity() if projection is None else projection

    def skip(self, x):
        return self.shortcut(x)


class projection_without_stride(_Block):
    """Your projection has stride 1 always. It has the block's stride, so that shortcut and branch have the same
    height and width (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        if self.downsample is not None:
            self.downsample = _projection(in_channels, 4 * channels, 1)


class biased_convolutions(_Block):
    """Your convolutions have biases. A batch norm follows each of them and takes the mean away, bias included: use
    `bias=False` in all of them (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.conv1 = nn.Conv2d(in_channels, channels, 1)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1)
        if self.downsample is not None:
            self.downsample = _projection(in_channels, 4 * channels, stride, bias=True)


class biased_branch(_Block):
    """The convolutions of your branch have biases. A batch norm follows each of them and takes the mean away, bias
    included: use `bias=False` in all three, as in the projection (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.conv1 = nn.Conv2d(in_channels, channels, 1)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1)


class biased_projection(_Block):
    """The convolution of your projection has a bias. A batch norm follows it and takes the mean away, bias included:
    use `bias=False` there too (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        if self.downsample is not None:
            self.downsample = _projection(in_channels, 4 * channels, stride, bias=True)


class third_bn_skipped(_Block):
    """Your block adds the last convolution's output without its batch norm. `bn3` comes before the addition
    (section 6.6)."""

    def residual(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        return self.conv3(F.relu(self.bn2(self.conv2(out))))


class first_bn_used_twice(_Block):
    """Your block uses `bn1` after the first two convolutions. Each convolution has a batch norm of its own, since
    each has its own mean and variance (section 6.6)."""

    def residual(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        return self.bn3(self.conv3(F.relu(self.bn1(self.conv2(out)))))


class relu_before_bn(_Block):
    """Your branch has convolution, ReLU, batch norm. The batch norm comes right after the convolution and the ReLU
    after it (section 6.6)."""

    def residual(self, x):
        out = self.bn1(F.relu(self.conv1(x)))
        out = self.bn2(F.relu(self.conv2(out)))
        return self.bn3(self.conv3(out))


class changes_x(_Block):
    """Your block adds the branch to x in place, so that x is another tensor afterwards, for whoever still needs it,
    the backward pass included. Add the shortcut to the branch instead: `out + x`, or `out += x` (section 6.6)."""

    def forward(self, x):
        shortcut = self.skip(x)
        shortcut += self.residual(x)
        return F.relu(shortcut)


class padding_missing(_Block):
    """Your 3 × 3 convolution has no padding, so that the branch loses a border that the shortcut keeps. Padding 1
    keeps the size (section 6.6)."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.conv2.padding = (0, 0)


class running_statistics_always(_Block):
    """Right in eval mode, wrong in train mode: your batch norms use the running statistics always. In train mode they
    use the batch's own and move the running ones: call the modules, and leave `eval()` to the caller (section
    6.6)."""

    def residual(self, x):
        out = F.relu(_frozen(self.bn1, self.conv1(x)))
        out = F.relu(_frozen(self.bn2, self.conv2(out)))
        return _frozen(self.bn3, self.conv3(out))

    def skip(self, x):
        return x if self.downsample is None else _frozen(self.downsample[1], self.downsample[0](x))


class last_bn_frozen(_Block):
    """Right in eval mode, wrong in train mode: `bn3` uses its running statistics always. In train mode it uses the
    batch's own and moves the running ones: call it as a module, without `eval()` (section 6.6)."""

    def residual(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        return _frozen(self.bn3, self.conv3(out))


def _frozen(bn, x):
    return F.batch_norm(x, bn.running_mean, bn.running_var, bn.weight, bn.bias)


class batch_statistics_always(_Block):
    """Your batch norms use the batch's statistics in eval mode too. In eval mode they use the running ones: leave the
    module's own mode alone (section 6.6)."""

    def forward(self, x):
        self.train()
        return super().forward(x)


class expansion_missing(_WithoutExpansion):
    """Your block has no class attribute `expansion`. ResNet reads it to know how many channels leave the block: 4
    times its width here (section 6.6)."""
