"""Known wrong answers of BasicBlock."""

import torch
import torch.nn.functional as F
from torch import nn


class _WithoutExpansion(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample = None
        if stride != 1 or in_channels != out_channels:
            self.downsample = _projection(in_channels, out_channels, stride)

    def residual(self, x):
        return self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))

    def skip(self, x):
        return x if self.downsample is None else self.downsample(x)

    def forward(self, x):
        return F.relu(self.residual(x) + self.skip(x))


class _Block(_WithoutExpansion):
    """A right block; each mistake changes one of its methods."""

    expansion = 1


def _projection(in_channels, out_channels, stride, kernel_size=1, bias=False):
    convolution = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding=kernel_size // 2, bias=bias)
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels))


class relu_before_addition(_Block):
    """Your block applies the second ReLU to the branch and then adds the shortcut. The ReLU comes after the sum:
    applied before it, the branch can only ever add and never take away (section 6.2)."""

    def forward(self, x):
        return F.relu(self.residual(x)) + self.skip(x)


class relu_before_and_after(_Block):
    """Your branch ends in a ReLU before the addition, and another follows. The branch ends with its batch norm, so
    that it can take away as well as add; the only ReLU there comes after the sum (section 6.2)."""

    def forward(self, x):
        return F.relu(F.relu(self.residual(x)) + self.skip(x))


class no_relu_after_addition(_Block):
    """Your block returns the sum as it is. The block ends with a ReLU of the sum of branch and shortcut
    (section 6.2)."""

    def forward(self, x):
        return self.residual(x) + self.skip(x)


class no_relu_between(_Block):
    """Your block has no ReLU between its two convolutions, so that they are one linear map. A ReLU follows the first
    batch norm (section 6.2)."""

    def residual(self, x):
        return self.bn2(self.conv2(self.bn1(self.conv1(x))))


class shortcut_missing(_Block):
    """Your block returns its branch alone: nothing is added. Without the shortcut it is a plain block, which has to
    learn the identity instead of starting from it (section 6.2)."""

    def forward(self, x):
        return F.relu(self.residual(x))


class shortcut_after_first_convolution(_Block):
    """Your shortcut starts behind the first convolution. It starts at the block's input x, around both convolutions,
    and the projection acts on x too (section 6.2)."""

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)) + self.skip(x))


class identity_from_first_output(_Block):
    """Where there is no projection, your shortcut adds the output of the first convolution. It adds the block's input
    x, untouched (section 6.2)."""

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        shortcut = out if self.downsample is None else self.downsample(x)
        return F.relu(self.bn2(self.conv2(out)) + shortcut)


class identity_from_first_bn(_Block):
    """Where there is no projection, your shortcut adds the output of bn1. It adds the block's input x, untouched
    (section 6.2)."""

    def forward(self, x):
        out = self.bn1(self.conv1(x))
        shortcut = out if self.downsample is None else self.downsample(x)
        return F.relu(self.bn2(self.conv2(F.relu(out))) + shortcut)


class identity_from_first_convolution(_Block):
    """Where there is no projection, your shortcut adds what conv1 gives. It adds the block's input x, untouched
    (section 6.2)."""

    def forward(self, x):
        out = self.conv1(x)
        shortcut = out if self.downsample is None else self.downsample(x)
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(out)))) + shortcut)


class shortcut_through_relu(_Block):
    """Your shortcut passes a ReLU before it is added. Nothing lies on the shortcut but the projection, where one is
    needed: x is added as it came (section 6.2)."""

    def skip(self, x):
        return F.relu(super().skip(x))


class relu_on_the_projection(_Block):
    """Your projection ends in a ReLU. It is a 1 × 1 convolution and a batch norm, and the ReLU comes after the sum
    (section 6.2)."""

    def skip(self, x):
        return x if self.downsample is None else F.relu(self.downsample(x))


class shortcut_detached(_Block):
    """Your shortcut is detached, so that no gradient flows back through it. The way back is what the shortcut is for:
    add x itself (section 6.2)."""

    def skip(self, x):
        return super().skip(x.detach())


class projection_without_bn(_Block):
    """Your projection is a convolution without batch norm. `downsample` holds two layers: `0`, the 1 × 1 convolution,
    and `1`, its batch norm (section 6.2)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        if self.downsample is not None:
            self.downsample = nn.Sequential(self.downsample[0])


class projection_is_a_bare_convolution(_Block):
    """Your `downsample` is a convolution alone. It is a Sequential of two layers: `0`, the 1 × 1 convolution, and
    `1`, its batch norm, without which branch and shortcut are not on the same scale (section 6.2)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        if self.downsample is not None:
            self.downsample = self.downsample[0]


class projection_3x3(_Block):
    """Your projection has a 3 × 3 kernel. It is 1 × 1: it only changes the number of channels and the size, and
    leaves looking around to the branch (section 6.2)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        if self.downsample is not None:
            self.downsample = _projection(in_channels, out_channels, stride, kernel_size=3)


class projection_named_shortcut(_Block):
    """Your projection is right, but it is called `shortcut`. Call it `downsample`, as torchvision does, so that
    published weights find their place (section 6.2)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        projection = self.downsample
        del self.downsample
        self.shortcut = nn.Identity() if projection is None else projection

    def skip(self, x):
        return self.shortcut(x)


class always_projects(_Block):
    """Your block projects its shortcut always. Where stride is 1 and the width stays, the shortcut is x itself, with
    no parameters: that is how the block can be the identity (section 6.2)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.downsample = _projection(in_channels, out_channels, stride)


class projects_for_stride_only(_Block):
    """Your block projects only where the stride is not 1. A new number of channels needs the projection too: x could
    not be added otherwise (section 6.2)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        if stride == 1:
            self.downsample = None


class projects_for_width_only(_Block):
    """Your block projects only where the number of channels changes. A stride of 2 needs the projection too: x is
    twice as high and wide as the branch otherwise (section 6.2)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        if in_channels == out_channels:
            self.downsample = None


class projection_without_stride(_Block):
    """Your projection has stride 1 always. It has the block's stride, so that shortcut and branch have the same
    height and width (section 6.2)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        if self.downsample is not None:
            self.downsample = _projection(in_channels, out_channels, 1)


class stride_in_both(_Block):
    """Both of your 3 × 3 convolutions have the stride, so the branch is smaller than the shortcut. Only the first one
    has it (section 6.2)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride, padding=1, bias=False)


class stride_in_second(_Block):
    """Your second convolution has the stride. The first one has it, and the second works on the small picture
    (section 6.2)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride, padding=1, bias=False)


class stride_ignored(_Block):
    """Your block does not use its stride. The first 3 × 3 convolution and the projection have it (section 6.2)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels)
        if stride != 1 and self.downsample is None:
            self.downsample = _projection(in_channels, out_channels, 1)


class biased_convolutions(_Block):
    """Your convolutions have biases. A batch norm follows each of them and takes the mean away, bias included: use
    `bias=False` in all of them (section 6.2)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        if self.downsample is not None:
            self.downsample = _projection(in_channels, out_channels, stride, bias=True)


class biased_branch(_Block):
    """The convolutions of your branch have biases. A batch norm follows each of them and takes the mean away, bias
    included: use `bias=False` in `conv1` and `conv2`, as in the projection (section 6.2)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)


class biased_projection(_Block):
    """The convolution of your projection has a bias. A batch norm follows it and takes the mean away, bias included:
    use `bias=False` there too (section 6.2)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        if self.downsample is not None:
            self.downsample = _projection(in_channels, out_channels, stride, bias=True)


class changes_x(_Block):
    """Your block adds the branch to x in place, so that x is another tensor afterwards, for whoever still needs it,
    the backward pass included. Add the shortcut to the branch instead: `out + x`, or `out += x` (section 6.2)."""

    def forward(self, x):
        shortcut = self.skip(x)
        shortcut += self.residual(x)
        return F.relu(shortcut)


class relu_before_bn(_Block):
    """Your branch has convolution, ReLU, batch norm. The batch norm comes right after the convolution and the ReLU
    after it (section 6.2)."""

    def residual(self, x):
        return self.bn2(self.conv2(self.bn1(F.relu(self.conv1(x)))))


class first_bn_used_twice(_Block):
    """Your block uses `bn1` after both convolutions. Each convolution has a batch norm of its own, since each has its
    own mean and variance (section 6.2)."""

    def residual(self, x):
        return self.bn1(self.conv2(F.relu(self.bn1(self.conv1(x)))))


class second_bn_skipped(_Block):
    """Your block adds the second convolution's output without its batch norm. `bn2` comes before the addition
    (section 6.2)."""

    def residual(self, x):
        return self.conv2(F.relu(self.bn1(self.conv1(x))))


class preactivation(_Block):
    """Your branch has batch norm and ReLU before each convolution: that is the second version of the paper (2016).
    Here each convolution comes first: convolution, batch norm, ReLU (section 6.2)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.bn1 = nn.BatchNorm2d(in_channels)

    def forward(self, x):
        out = self.conv1(F.relu(self.bn1(x)))
        return self.conv2(F.relu(self.bn2(out))) + self.skip(x)


class addition_on_channels(_Block):
    """Your block joins branch and shortcut along the channels. They are added, element by element, so both have
    out_channels channels (section 6.2)."""

    def forward(self, x):
        return F.relu(torch.cat([self.residual(x), self.skip(x)], dim=1))


class padding_missing(_Block):
    """Your 3 × 3 convolutions have no padding, so that the branch loses a border that the shortcut keeps. Padding 1
    keeps the size (section 6.2)."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.conv1.padding = self.conv2.padding = (0, 0)


class running_statistics_always(_Block):
    """Right in eval mode, wrong in train mode: your batch norms use the running statistics always. In train mode they
    use the batch's own and move the running ones: call the modules, and leave `eval()` to the caller (section
    6.2)."""

    def residual(self, x):
        out = F.relu(_frozen(self.bn1, self.conv1(x)))
        return _frozen(self.bn2, self.conv2(out))

    def skip(self, x):
        return x if self.downsample is None else _frozen(self.downsample[1], self.downsample[0](x))


def _frozen(bn, x):
    return F.batch_norm(x, bn.running_mean, bn.running_var, bn.weight, bn.bias)


class last_bn_frozen(_Block):
    """Right in eval mode, wrong in train mode: `bn2` uses its running statistics always. In train mode it uses the
    batch's own and moves the running ones: call it as a module, without `eval()` (section 6.2)."""

    def residual(self, x):
        return _frozen(self.bn2, self.conv2(F.relu(self.bn1(self.conv1(x)))))


class projection_bn_frozen(_Block):
    """Right in eval mode, wrong in train mode: the norm of your projection uses its running statistics always. In
    train mode it uses the batch's own and moves the running ones: call `downsample` as a module (section 6.2)."""

    def skip(self, x):
        return x if self.downsample is None else _frozen(self.downsample[1], self.downsample[0](x))


class batch_statistics_always(_Block):
    """Your batch norms use the batch's statistics in eval mode too. In eval mode they use the running ones: leave the
    module's own mode alone (section 6.2)."""

    def forward(self, x):
        self.train()
        return super().forward(x)


class branch_runs_twice(_Block):
    """Your forward runs the branch twice and uses one of the results, so that the running statistics move twice a
    step. Compute it once and keep it in a variable (section 6.2)."""

    def forward(self, x):
        if self.residual(x).shape != self.skip(x).shape:
            raise ValueError("branch and shortcut differ in shape")
        return super().forward(x)


class expansion_missing(_WithoutExpansion):
    """Your block has no class attribute `expansion`. ResNet reads it to know how many channels leave the block: 1
    times its width here (section 6.2)."""
