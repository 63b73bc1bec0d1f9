"""Known wrong answers of Inception. `_Inception` is right; each mistake changes a part of it."""

import torch
import torch.nn.functional as F
from torch import nn


class _Layer(nn.Module):
    def __init__(self, before, after, size, padding=None, eps=0.001, bias=False):
        super().__init__()
        padding = size // 2 if padding is None else padding
        self.conv = nn.Conv2d(before, after, size, padding=padding, bias=bias)
        self.bn = nn.BatchNorm2d(after, eps=eps)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class _Inception(nn.Module):
    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        super().__init__()
        layer = self.layer
        self.branch1 = layer(in_channels, ch1x1, 1)
        self.branch2 = nn.Sequential(layer(in_channels, ch3x3red, 1), layer(ch3x3red, ch3x3, 3))
        self.branch3 = nn.Sequential(layer(in_channels, ch5x5red, 1), layer(ch5x5red, ch5x5, 5))
        self.branch4 = nn.Sequential(self.pool(), layer(in_channels, pool_proj, 1))

    def layer(self, before, after, size):
        return _Layer(before, after, size)

    def pool(self):
        return nn.MaxPool2d(3, stride=1, padding=1)

    def branches(self, x):
        return [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)]

    def forward(self, x):
        return torch.cat(self.branches(x), 1)


class added(_Inception):
    """You add the four branches. They are laid side by side: `torch.cat` along the channels (section 5.4)."""

    def forward(self, x):
        widest = max(branch.shape[1] for branch in self.branches(x))
        return sum(F.pad(branch, (0, 0, 0, 0, 0, widest - branch.shape[1])) for branch in self.branches(x))


class concatenated_over_the_batch(_Inception):
    """You concatenate along the axis of the pictures. It is the axis of the channels, 1 (section 5.4)."""

    def forward(self, x):
        widest = max(branch.shape[1] for branch in self.branches(x))
        return torch.cat([F.pad(b, (0, 0, 0, 0, 0, widest - b.shape[1])) for b in self.branches(x)], 0)


class wrong_order(_Inception):
    """Your branches come in another order. It is 1, 2, 3, 4: 1 × 1, 3 × 3, 5 × 5, pooling (section 5.4)."""

    def branches(self, x):
        first, second, third, fourth = super().branches(x)
        return [first, third, second, fourth]


class reversed_order(_Inception):
    """Your branches come in reverse. The order is 1, 2, 3, 4 (section 5.4)."""

    def branches(self, x):
        return super().branches(x)[::-1]


class pooling_first(_Inception):
    """Your pooling branch comes first. It is the last: 1, 2, 3, 4 (section 5.4)."""

    def branches(self, x):
        first, second, third, fourth = super().branches(x)
        return [fourth, first, second, third]


class one_after_the_other(_Inception):
    """Your branches read each other's results. All four read x (section 5.4)."""

    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        super().__init__(in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj)
        self.branch2[0] = self.layer(ch1x1, ch3x3red, 1)
        self.branch3[0] = self.layer(ch3x3, ch5x5red, 1)
        self.branch4[1] = self.layer(ch5x5, pool_proj, 1)

    def branches(self, x):
        found = []
        for branch in (self.branch1, self.branch2, self.branch3, self.branch4):
            x = branch(x)
            found.append(x)
        return found


class pool_with_stride(_Inception):
    """Your pooling has a stride (its default is the window's size), so branch 4 gives smaller maps. Stride 1 and
    padding 1 keep their size (section 5.4)."""

    def pool(self):
        return nn.MaxPool2d(3, stride=2, padding=1)

    def branches(self, x):
        *others, last = super().branches(x)
        return [*others, F.interpolate(last, size=x.shape[2:])]


class pool_default_stride(_Inception):
    """Your pooling has no stride given, so it is 3, the window's size, and branch 4 does not fit to the others.
    Stride 1 and padding 1 keep the size (section 5.4)."""

    def pool(self):
        return nn.MaxPool2d(3, padding=1)


class average_pool(_Inception):
    """Your pooling branch takes means. It takes maxima (section 5.4)."""

    def pool(self):
        return nn.AvgPool2d(3, stride=1, padding=1)


class pool_missing(_Inception):
    """Your branch 4 does not pool. Maxima of 3 × 3 come first, then the 1 × 1 convolution (section 5.4)."""

    def pool(self):
        return nn.Identity()


class pools_after_projecting(_Inception):
    """Your branch 4 pools after its 1 × 1 convolution. The pooling comes first (section 5.4)."""

    def branches(self, x):
        return [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4[0](self.branch4[1](x))]


class no_reduction(_Inception):
    """Your 3 × 3 and 5 × 5 convolutions read all channels. A 1 × 1 convolution stands before each and makes them few:
    that is what makes the block cheap (section 5.4)."""

    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        super().__init__(in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj)
        self.branch2 = self.layer(in_channels, ch3x3, 3)
        self.branch3 = self.layer(in_channels, ch5x5, 5)


class three_by_three_in_branch_3(_Inception):
    """Your branch 3 has a 3 × 3 kernel. That is a known slip of torchvision; the paper has 5 × 5 with padding 2
    (section 5.4)."""

    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        super().__init__(in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj)
        self.branch3[1] = self.layer(ch5x5red, ch5x5, 3)


class no_relu(_Inception):
    """There is no ReLU in your block. One follows each batch norm (section 5.4)."""

    class layer(_Layer):
        def forward(self, x):
            return self.bn(self.conv(x))


class no_relu_after_reductions(_Inception):
    """There is no ReLU after your 1 × 1 reductions. One follows each batch norm (section 5.4)."""

    def branches(self, x):
        pairs = (self.branch2, self.branch3)
        middle = [branch[1](branch[0].bn(branch[0].conv(x))) for branch in pairs]
        return [self.branch1(x), *middle, self.branch4(x)]


class no_relu_at_the_ends(_Inception):
    """Your branches end with batch norm. A ReLU follows each norm, also the last of a branch (section 5.4)."""

    def branches(self, x):
        reduced = [branch[0](x) for branch in (self.branch2, self.branch3, self.branch4)]
        ends = [self.branch1, self.branch2[1], self.branch3[1], self.branch4[1]]
        return [end.bn(end.conv(y)) for end, y in zip(ends, [x, *reduced], strict=True)]


class no_relu_in_branch_4(_Inception):
    """There is no ReLU at the end of your pooling branch. One follows each batch norm (section 5.4)."""

    def branches(self, x):
        end = self.branch4[1]
        return [*super().branches(x)[:3], end.bn(end.conv(self.branch4[0](x)))]


class relu_before_batch_norm(_Inception):
    """Your ReLU comes before the batch norm. The order is convolution, batch norm, ReLU (section 5.4)."""

    class layer(_Layer):
        def forward(self, x):
            return self.bn(F.relu(self.conv(x)))


class no_batch_norm(_Inception):
    """Your block has no batch norm. One follows each convolution, with eps = 0.001 (section 5.4)."""

    class layer(_Layer):
        def __init__(self, before, after, size):
            super().__init__(before, after, size)
            del self.bn

        def forward(self, x):
            return F.relu(self.conv(x))


class default_eps(_Inception):
    """Your batch norms have torch's own eps, 0.00001. GoogLeNet's have 0.001 (section 5.4)."""

    def layer(self, before, after, size):
        return _Layer(before, after, size, eps=1e-5)


class with_biases(_Inception):
    """Your convolutions have biases. A batch norm follows, which takes them away: `bias=False` (section 5.4)."""

    def layer(self, before, after, size):
        return _Layer(before, after, size, bias=True)


class padding_1_for_5x5(_Inception):
    """Your 5 × 5 convolution has padding 1, so its maps are too small to be laid beside the others. It has padding 2
    (section 5.4)."""

    def layer(self, before, after, size):
        return _Layer(before, after, size, padding=min(size // 2, 1))


class sequential_branch_1(_Inception):
    """Your branch 1 is a Sequential, so its names are `branch1.0.conv`. It is one layer: `branch1.conv` (section
    5.4)."""

    def __init__(self, *widths):
        super().__init__(*widths)
        self.branch1 = nn.Sequential(self.branch1)


class pool_not_counted(_Inception):
    """Your branch 4 has its convolution at place 0, so its names are `branch4.0.conv`. The pooling is at place 0:
    `branch4.1.conv` (section 5.4)."""

    def __init__(self, *widths):
        super().__init__(*widths)
        self.branch4 = nn.Sequential(self.branch4[1])

    def branches(self, x):
        return [*super().branches(x)[:3], self.branch4(F.max_pool2d(x, 3, 1, 1))]


class reductions_exchanged(_Inception):
    """Your reductions are exchanged: branch 2 has ch5x5red channels in the middle, branch 3 has ch3x3red (section
    5.4)."""

    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        super().__init__(in_channels, ch1x1, ch5x5red, ch3x3, ch3x3red, ch5x5, pool_proj)


class shared_reduction(_Inception):
    """Branches 2 and 3 share one reduction. Each has its own (section 5.4)."""

    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        super().__init__(in_channels, ch1x1, ch3x3red, ch3x3, ch3x3red, ch5x5, pool_proj)
        self.branch3[0] = self.branch2[0]


class always_batch_statistics(_Inception):
    """In eval mode your batch norms use the statistics of the batch. Then they use the running ones: leave that to the
    module's mode (section 5.4)."""

    class layer(_Layer):
        def forward(self, x):
            if self.training:
                return super().forward(x)
            y = F.batch_norm(self.conv(x), None, None, self.bn.weight, self.bn.bias, training=True, eps=self.bn.eps)
            return F.relu(y)


class always_running_statistics(_Inception):
    """In train mode your batch norms use the running statistics, and these never move. Leave it to the module's mode
    (section 5.4)."""

    def branches(self, x):
        modes = {module: module.training for module in self.modules()}
        self.eval()
        found = super().branches(x)
        for module, mode in modes.items():
            module.training = mode
        return found


class detached(_Inception):
    """The output is right, but no gradient flows back to x and the branches: `.detach()` or `torch.no_grad()` cuts it
    off (section 5.4)."""

    def branches(self, x):
        return [self.branch1(x), *(branch.detach() for branch in super().branches(x)[1:])]


class changes_x(_Inception):
    """Your block changes its input: an in-place ReLU on x, which the other branches and the caller still need
    (section 5.4)."""

    def forward(self, x):
        result = super().forward(x)
        with torch.no_grad():
            x.relu_()
        return result
