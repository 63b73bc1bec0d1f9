"""Known wrong answers of InvertedResidual. `_Block` is right; each mistake changes a part of it."""

import torch
import torch.nn.functional as F
from torch import nn


class _Block(nn.Module):
    bias = False

    def __init__(self, in_channels, out_channels, stride, expand_ratio):
        super().__init__()
        hidden = self.hidden(in_channels, out_channels, expand_ratio)
        layers = [self.layer(in_channels, hidden, 1)] if self.expands(expand_ratio) else []
        layers.append(self.layer(hidden, hidden, 3, stride, groups=hidden))
        layers += [nn.Conv2d(hidden, out_channels, 1, bias=self.bias), nn.BatchNorm2d(out_channels)]
        self.conv = nn.Sequential(*layers)
        self.same = stride == 1 and in_channels == out_channels
        self.stride, self.widths = stride, (in_channels, out_channels)

    def hidden(self, in_channels, out_channels, expand_ratio):
        return in_channels * expand_ratio

    def expands(self, expand_ratio):
        return expand_ratio != 1

    def layer(self, before, after, kernel, stride=1, groups=1):
        conv = nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=self.bias)
        return nn.Sequential(conv, nn.BatchNorm2d(after), self.activation())

    def activation(self):
        return nn.ReLU6()

    def forward(self, x):
        return x + self.conv(x) if self.same else self.conv(x)


class relu6_after_projection(_Block):
    """Your narrow end has a ReLU6. It is linear, a *linear bottleneck*: in few channels, cutting off what is negative
    loses too much (section 10.5)."""

    def forward(self, x):
        y = F.relu6(self.conv(x))
        return x + y if self.same else y


class relu6_after_addition(_Block):
    """You apply an activation to the sum. Between the blocks stays what the sum gives (section 10.5)."""

    def forward(self, x):
        y = super().forward(x)
        return F.relu6(y) if self.same else y


class relu_after_addition(_Block):
    """You apply a ReLU to the sum, as in a ResNet. Between the blocks stays what the sum gives (section 10.5)."""

    def forward(self, x):
        y = super().forward(x)
        return F.relu(y) if self.same else y


class always_shortcut(_Block):
    """You add the input even where the sizes fit only by chance: broadcasting, or a picture of one pixel. The shortcut
    is there at stride 1 *and* equal widths (section 10.5)."""

    def forward(self, x):
        y = self.conv(x)
        return y + x if self.widths[0] == self.widths[1] and y.shape == x.shape else y


class shortcut_whatever_the_stride(_Block):
    """You look at the widths and forget the stride: at stride 2 the input is larger than what is added to it, or, for a
    picture of one pixel, is wrongly added (section 10.5)."""

    def forward(self, x):
        y = self.conv(x)
        return y + x if self.widths[0] == self.widths[1] else y


class shortcut_whatever_the_width(_Block):
    """You look at the stride and forget the widths: with other widths there is no shortcut (section 10.5)."""

    def forward(self, x):
        return x + self.conv(x) if self.stride == 1 else self.conv(x)


class no_shortcut(_Block):
    """You never add the input. At stride 1 and equal widths the block gives x + F(x) (section 10.5)."""

    def forward(self, x):
        return self.conv(x)


class no_shortcut_without_expansion(_Block):
    """At expand_ratio 1 you leave the shortcut out. It depends on stride and widths only (section 10.5)."""

    def forward(self, x):
        return x + self.conv(x) if self.same and len(self.conv) > 3 else self.conv(x)


class relu(_Block):
    """Your activation is ReLU. Here it is ReLU6, min(max(0, x), 6) (section 10.5)."""

    def activation(self):
        return nn.ReLU()


class no_activation(_Block):
    """There is no activation in your block. ReLU6 follows the first norms; only the last is linear (section 10.5)."""

    def activation(self):
        return nn.Identity()


class expands_at_1(_Block):
    """At expand_ratio 1 your block has an expansion layer. There it is left out: widening by 1 is work for nothing
    (section 10.5)."""

    def expands(self, expand_ratio):
        return True


class never_expands(_Block):
    """Your block has no expansion layer, whatever expand_ratio says: its depthwise convolution works on in_channels
    (section 10.5)."""

    def hidden(self, in_channels, out_channels, expand_ratio):
        return in_channels

    def expands(self, expand_ratio):
        return False


class skips_expansion_with_shortcut(_Block):
    """Your block leaves out the expansion where it has a shortcut. Only expand_ratio 1 leaves it out (section 10.5)."""

    def __init__(self, in_channels, out_channels, stride, expand_ratio):
        super().__init__(
            in_channels, out_channels, stride, 1 if stride == 1 and in_channels == out_channels else expand_ratio
        )


class expands_output_channels(_Block):
    """Your hidden width is a multiple of the output's channels. It is in_channels · expand_ratio (section 10.5)."""

    def hidden(self, in_channels, out_channels, expand_ratio):
        return out_channels * expand_ratio if expand_ratio != 1 else in_channels


class not_depthwise(_Block):
    """Your 3 × 3 convolution mixes the channels. It is depthwise: `groups` is the hidden width (section 10.5)."""

    def layer(self, before, after, kernel, stride=1, groups=1):
        return super().layer(before, after, kernel, stride, 1)


class groups_of_the_input(_Block):
    """Your 3 × 3 convolution has in_channels groups. It is depthwise: as many groups as hidden channels
    (section 10.5)."""

    def __init__(self, in_channels, out_channels, stride, expand_ratio):
        super().__init__(in_channels, out_channels, stride, expand_ratio)
        hidden = in_channels * expand_ratio
        self.conv[-3][0] = nn.Conv2d(hidden, hidden, 3, stride, 1, groups=in_channels, bias=False)


class stride_in_expansion(_Block):
    """Your first 1 × 1 convolution has the stride. The depthwise one has it (section 10.5)."""

    def __init__(self, in_channels, out_channels, stride, expand_ratio):
        super().__init__(in_channels, out_channels, stride, expand_ratio)
        if expand_ratio != 1:
            self.conv[0][0].stride, self.conv[1][0].stride = (stride, stride), (1, 1)


class stride_in_projection(_Block):
    """Your last 1 × 1 convolution has the stride. The depthwise one has it (section 10.5)."""

    def __init__(self, in_channels, out_channels, stride, expand_ratio):
        super().__init__(in_channels, out_channels, stride, expand_ratio)
        self.conv[-3][0].stride, self.conv[-2].stride = (1, 1), (stride, stride)


class stride_ignored(_Block):
    """Your block has no stride. The depthwise convolution has it (section 10.5)."""

    def __init__(self, in_channels, out_channels, stride, expand_ratio):
        super().__init__(in_channels, out_channels, 1, expand_ratio)
        self.same = stride == 1 and in_channels == out_channels


class with_biases(_Block):
    """Your convolutions have biases. A batch norm follows each: `bias=False` (section 10.5)."""

    bias = True


class no_last_norm(_Block):
    """Your projection has no batch norm. One follows each convolution, and the sum comes after it (section 10.5)."""

    def __init__(self, in_channels, out_channels, stride, expand_ratio):
        super().__init__(in_channels, out_channels, stride, expand_ratio)
        del self.conv[-1]


class adds_before_norm(_Block):
    """You add the input before the last batch norm. The norm belongs to the branch: the sum comes last
    (section 10.5)."""

    def forward(self, x):
        if not self.same:
            return self.conv(x)
        return self.conv[-1](self.conv[:-1](x) + x)


class flat_sequential(_Block):
    """Your layers stand in one row: conv.0, conv.1, … In torchvision, convolution, norm and ReLU6 of the first two
    steps are a Sequential of their own: conv.0.0, conv.0.1 (section 10.5)."""

    def __init__(self, in_channels, out_channels, stride, expand_ratio):
        super().__init__(in_channels, out_channels, stride, expand_ratio)
        row = [m for part in self.conv for m in (part if isinstance(part, nn.Sequential) else [part])]
        self.conv = nn.Sequential(*row)


class projection_in_a_sequential(_Block):
    """Your projection and its norm are a Sequential: conv.2.0, conv.2.1. In torchvision they stand in the row:
    conv.2 and conv.3 (section 10.5)."""

    def __init__(self, in_channels, out_channels, stride, expand_ratio):
        super().__init__(in_channels, out_channels, stride, expand_ratio)
        self.conv = nn.Sequential(*self.conv[:-2], nn.Sequential(*self.conv[-2:]))


class other_name(_Block):
    """Your layers stand under another name. torchvision's attribute is `conv` (section 10.5)."""

    def __init__(self, in_channels, out_channels, stride, expand_ratio):
        super().__init__(in_channels, out_channels, stride, expand_ratio)
        self.layers = self.conv
        del self.conv

    def forward(self, x):
        return x + self.layers(x) if self.same else self.layers(x)


class always_running_statistics(_Block):
    """In train mode your batch norms use the running statistics, and these never move. Leave it to the module's mode
    (section 10.5)."""

    def forward(self, x):
        modes = {module: module.training for module in self.modules()}
        self.eval()
        y = super().forward(x)
        for module, mode in modes.items():
            module.training = mode
        return y


class branch_run_twice(_Block):
    """Your forward pass runs the branch twice, so that in train mode the running statistics move twice (section
    10.5)."""

    def forward(self, x):
        self.conv(x)
        return super().forward(x)


class detached(_Block):
    """The output is right, but no gradient flows back through the branch: `.detach()` or `torch.no_grad()` cuts it off
    (section 10.5)."""

    def forward(self, x):
        y = self.conv(x).detach()
        return x + y if self.same else y + 0 * x.sum()


class changes_x(_Block):
    """Your block changes its input: `x += …` writes into the tensor that the caller still needs (section 10.5)."""

    def forward(self, x):
        y = super().forward(x)
        with torch.no_grad():
            x += 1
        return y
