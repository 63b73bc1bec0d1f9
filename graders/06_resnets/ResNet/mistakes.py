"""Known wrong answers of ResNet."""

import torch
import torch.nn.functional as F
from torch import nn

ResNet = None  # bound to one of the mistakes below when it is run


def resnet18(num_classes=1000):
    return ResNet.of_depth(18, num_classes)


def resnet34(num_classes=1000):
    return ResNet.of_depth(34, num_classes)


def resnet50(num_classes=1000):
    return ResNet.of_depth(50, num_classes)


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample = _shortcut(in_channels, out_channels, stride)

    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(out + self.downsample(x))


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * channels)
        self.downsample = _shortcut(in_channels, 4 * channels, stride)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        return F.relu(self.bn3(self.conv3(out)) + self.downsample(x))


def _shortcut(in_channels, out_channels, stride):
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))


class _ResNet(nn.Module):
    """A right ResNet; each mistake changes one of its parts."""

    family = {18: (BasicBlock, [2, 2, 2, 2]), 34: (BasicBlock, [3, 4, 6, 3]), 50: (Bottleneck, [3, 4, 6, 3])}

    @classmethod
    def of_depth(cls, depth, num_classes):
        return cls(*cls.family[depth], num_classes)

    def __init__(self, block, layers, num_classes=1000):
        super().__init__()
        self.in_channels = 64
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        for number, (channels, count) in enumerate(zip((64, 128, 256, 512), layers, strict=True), start=1):
            self.add_module(f"layer{number}", self.stage(number, block, channels, count, 1 if number == 1 else 2))
        self.fc = nn.Linear(512 * block.expansion, num_classes)

    def stage(self, number, block, channels, count, stride):
        blocks = []
        for step in [stride] + [1] * (count - 1):
            blocks.append(block(self.in_channels, channels, step))
            self.in_channels = channels * block.expansion
        return nn.Sequential(*blocks)

    def stem(self, x):
        return self.maxpool(F.relu(self.bn1(self.conv1(x))))

    def stages(self, x):
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))

    def pool(self, x):
        return x.mean(dim=(2, 3))

    def forward(self, x):
        return self.fc(self.pool(self.stages(self.stem(x))))


class no_max_pool(_ResNet):
    """Your stem has no max pooling, so every stage works on pictures twice as high and wide. After convolution, batch
    norm and ReLU comes a 3 × 3 max pooling with stride 2 and padding 1 (section 6.7)."""

    def stem(self, x):
        return F.relu(self.bn1(self.conv1(x)))


class max_pool_without_padding(_ResNet):
    """Your max pooling has no padding: it gives 55 rows from 112 instead of 56. It is 3 × 3 with stride 2 and padding
    1 (section 6.7)."""

    def __init__(self, block, layers, num_classes=1000):
        super().__init__(block, layers, num_classes)
        self.maxpool = nn.MaxPool2d(3, stride=2)


class max_pool_2x2(_ResNet):
    """Your max pooling is 2 × 2. It is 3 × 3 with stride 2 and padding 1: its windows overlap (section 6.7)."""

    def __init__(self, block, layers, num_classes=1000):
        super().__init__(block, layers, num_classes)
        self.maxpool = nn.MaxPool2d(2)


class average_pool_in_stem(_ResNet):
    """Your stem averages where it should take the maximum: the pooling in the stem is max pooling, 3 × 3, stride 2,
    padding 1 (section 6.7)."""

    def __init__(self, block, layers, num_classes=1000):
        super().__init__(block, layers, num_classes)
        self.maxpool = nn.AvgPool2d(3, stride=2, padding=1)


class stem_without_relu(_ResNet):
    """Your stem has no ReLU. It is convolution, batch norm, ReLU, max pooling, in this order (section 6.7)."""

    def stem(self, x):
        return self.maxpool(self.bn1(self.conv1(x)))


class stem_without_bn(_ResNet):
    """Your stem does not use `bn1`. It is convolution, batch norm, ReLU, max pooling, in this order (section 6.7)."""

    def stem(self, x):
        return self.maxpool(F.relu(self.conv1(x)))


class stem_relu_before_bn(_ResNet):
    """Your stem has its ReLU before the batch norm. It is convolution, batch norm, ReLU, max pooling, in this order
    (section 6.7)."""

    def stem(self, x):
        return self.maxpool(self.bn1(F.relu(self.conv1(x))))


class stem_pools_before_bn(_ResNet):
    """Your stem pools before the batch norm. It is convolution, batch norm, ReLU, max pooling, in this order; where a
    gamma is negative, the largest value before the batch norm is the smallest after it (section 6.7)."""

    def stem(self, x):
        return F.relu(self.bn1(self.maxpool(self.conv1(x))))


class stem_bn_last(_ResNet):
    """Your stem ends with the batch norm. It is convolution, batch norm, ReLU, max pooling, in this order
    (section 6.7)."""

    def stem(self, x):
        return self.bn1(self.maxpool(F.relu(self.conv1(x))))


class stem_3x3(_ResNet):
    """Your first convolution is 3 × 3 with stride 1, as in nets for CIFAR. For photographs it is 7 × 7 with stride 2
    and padding 3 (section 6.7)."""

    def __init__(self, block, layers, num_classes=1000):
        super().__init__(block, layers, num_classes)
        self.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)


class stem_padding_missing(_ResNet):
    """Your first convolution has no padding. It is 7 × 7 with stride 2 and padding 3: 112 rows from 224
    (section 6.7)."""

    def __init__(self, block, layers, num_classes=1000):
        super().__init__(block, layers, num_classes)
        self.conv1.padding = (0, 0)


class stem_biased(_ResNet):
    """Your first convolution has a bias. A batch norm follows, which takes the mean away, bias included: use
    `bias=False` (section 6.7)."""

    def __init__(self, block, layers, num_classes=1000):
        super().__init__(block, layers, num_classes)
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3)


class stride_in_stage_1(_ResNet):
    """Your first stage has stride 2. The stem has already made the picture four times smaller; the stages have the
    strides 1, 2, 2, 2 (section 6.7)."""

    def stage(self, number, block, channels, count, stride):
        return super().stage(number, block, channels, count, 2)


class stages_without_stride(_ResNet):
    """None of your stages has a stride. The first block of stages 2, 3 and 4 has stride 2 (section 6.7)."""

    def stage(self, number, block, channels, count, stride):
        return super().stage(number, block, channels, count, 1)


class every_block_strided(_ResNet):
    """All blocks of your stages 2 to 4 have stride 2. Only the first block of a stage has it; the others keep the
    size (section 6.7)."""

    def stage(self, number, block, channels, count, stride):
        blocks = []
        for _ in range(count):
            blocks.append(block(self.in_channels, channels, stride))
            self.in_channels = channels * block.expansion
        return nn.Sequential(*blocks)


class last_block_strided(_ResNet):
    """The last block of your stages has the stride. The first block has it, so that all blocks of a stage work at the
    stage's size (section 6.7)."""

    def stage(self, number, block, channels, count, stride):
        blocks = []
        for step in [1] * (count - 1) + [stride]:
            blocks.append(block(self.in_channels, channels, step))
            self.in_channels = channels * block.expansion
        return nn.Sequential(*blocks)


class all_but_first_strided(_ResNet):
    """The first block of your stages has stride 1 and the others have the stride. It is the other way round: the
    first block has it, the others keep the size (section 6.7)."""

    def stage(self, number, block, channels, count, stride):
        blocks = []
        for step in [1] + [stride] * (count - 1):
            blocks.append(block(self.in_channels, channels, step))
            self.in_channels = channels * block.expansion
        return nn.Sequential(*blocks)


class blocks_shared(_ResNet):
    """The later blocks of your stages are one and the same module, used again and again: `[block] * n` copies the
    reference and not the weights. Make a new block for each place (section 6.7)."""

    def stage(self, number, block, channels, count, stride):
        first = block(self.in_channels, channels, stride)
        self.in_channels = channels * block.expansion
        again = [block(self.in_channels, channels)] * (count - 1) if count > 1 else []
        return nn.Sequential(first, *again)


class one_block_less(_ResNet):
    """Your stages have one block less than `layers` says, or one in all. The first block of a stage counts: a stage
    of 2 is the strided block and one more (section 6.7)."""

    def stage(self, number, block, channels, count, stride):
        return super().stage(number, block, channels, max(1, count - 1), stride)


class one_block_more(_ResNet):
    """Your stages have one block more than `layers` says. The first block of a stage counts: a stage of 2 is the
    strided block and one more (section 6.7)."""

    def stage(self, number, block, channels, count, stride):
        return super().stage(number, block, channels, count + 1, stride)


class in_channels_without_expansion(_ResNet):
    """Your stages expect `channels` from the block before. A block gives `channels * block.expansion`, so that is
    what the next one gets (section 6.7)."""

    def stage(self, number, block, channels, count, stride):
        blocks = []
        for step in [stride] + [1] * (count - 1):
            blocks.append(block(self.in_channels, channels, step))
            self.in_channels = channels
        return nn.Sequential(*blocks)


class block_gets_expanded_width(_ResNet):
    """You give your blocks `channels * block.expansion`. They expand by themselves: they are called with
    (in_channels, channels, stride), where channels is 64, 128, 256, 512 (section 6.7)."""

    def stage(self, number, block, channels, count, stride):
        blocks = []
        for step in [stride] + [1] * (count - 1):
            blocks.append(block(self.in_channels, channels * block.expansion, step))
            self.in_channels = channels * block.expansion
        return nn.Sequential(*blocks)


class block_gets_a_projection(_ResNet):
    """You make the projection in ResNet and hand it to the block, as torchvision does. Here a block makes its own: it
    is called as block(in_channels, channels, stride) (section 6.7)."""

    def stage(self, number, block, channels, count, stride):
        out_channels, projection = channels * block.expansion, None
        if stride != 1 or self.in_channels != out_channels:
            projection = _shortcut(self.in_channels, out_channels, stride)
        first = block(self.in_channels, channels, stride, projection)
        self.in_channels = out_channels
        return nn.Sequential(first, *(block(out_channels, channels) for _ in range(count - 1)))


class widths_do_not_double(_ResNet):
    """All of your stages have 64 channels. The width doubles where the size halves: 64, 128, 256, 512
    (section 6.7)."""

    def __init__(self, block, layers, num_classes=1000):
        super().__init__(block, layers, num_classes)
        self.fc = nn.Linear(64 * block.expansion, num_classes)

    def stage(self, number, block, channels, count, stride):
        return super().stage(number, block, 64, count, stride)


class fixed_pool(_ResNet):
    """Your head pools with a fixed 7 × 7 window, which fits pictures of 224 × 224 only. Average over the whole map,
    however large it is (section 6.7)."""

    def pool(self, x):
        return F.avg_pool2d(x, 7).flatten(1)


class pool_for_square_maps(_ResNet):
    """Your head pools with a square window as wide as the map, which fits square pictures only. Average over the
    whole map, whatever its height and width (section 6.7)."""

    def pool(self, x):
        return F.avg_pool2d(x, x.shape[3]).flatten(1)


class flatten_head(_ResNet):
    """Your head flattens the last map. Global average pooling comes first, so that `fc` has 512 * expansion inputs
    and any picture size will do (section 6.7)."""

    def __init__(self, block, layers, num_classes=1000):
        super().__init__(block, layers, num_classes)
        self.fc = nn.Linear(512 * 7 * 7 * block.expansion, num_classes)

    def pool(self, x):
        return x.flatten(1)


class global_max_pool(_ResNet):
    """Your head takes the maximum of each channel. It takes the mean: global average pooling (section 6.7)."""

    def pool(self, x):
        return x.amax(dim=(2, 3))


class head_on_the_wrong_width(_ResNet):
    """Your `fc` has 512 inputs whatever the block. It has 512 * block.expansion: 2048 for Bottleneck
    (section 6.7)."""

    def __init__(self, block, layers, num_classes=1000):
        super().__init__(block, layers, num_classes)
        self.fc = nn.Linear(512, num_classes)


class num_classes_ignored(_ResNet):
    """Your head has 1000 outputs always. It has num_classes of them (section 6.7)."""

    def __init__(self, block, layers, num_classes=1000):
        super().__init__(block, layers)


class num_classes_not_passed_on(_ResNet):
    """Your resnet18, resnet34 and resnet50 do not hand num_classes to ResNet, so that they have 1000 outputs always
    (section 6.7)."""

    @classmethod
    def of_depth(cls, depth, num_classes):
        return cls(*cls.family[depth])


class softmax_at_the_end(_ResNet):
    """Your net ends with a softmax. It returns logits; cross entropy has the softmax inside (section 6.7)."""

    def forward(self, x):
        return torch.softmax(super().forward(x), dim=1)


class relu_at_the_end(_ResNet):
    """Your net ends with a ReLU. It returns the logits as `fc` gives them, negative ones too (section 6.7)."""

    def forward(self, x):
        return F.relu(super().forward(x))


class last_stage_skipped(_ResNet):
    """Your forward does not use `layer4`. The picture passes all four stages, in order (section 6.7)."""

    def stages(self, x):
        return self.layer3(self.layer2(self.layer1(x)))


class resnet34_from_18(_ResNet):
    """Your resnet34 has the layers of resnet18, [2, 2, 2, 2]. It has [3, 4, 6, 3] basic blocks: 1 + 2 · 16 + 1 = 34
    layers (section 6.7)."""

    family = _ResNet.family | {34: (BasicBlock, [2, 2, 2, 2])}


class resnet34_from_bottlenecks(_ResNet):
    """Your resnet34 stacks Bottleneck, which makes it resnet50: the layers [3, 4, 6, 3] are the same. resnet34 stacks
    BasicBlock (section 6.7)."""

    family = _ResNet.family | {34: (Bottleneck, [3, 4, 6, 3])}


class resnet50_from_basic_blocks(_ResNet):
    """Your resnet50 stacks BasicBlock, which makes it resnet34: the layers [3, 4, 6, 3] are the same. resnet50 stacks
    Bottleneck: 1 + 3 · 16 + 1 = 50 layers (section 6.7)."""

    family = _ResNet.family | {50: (BasicBlock, [3, 4, 6, 3])}


class resnet50_with_101_layers(_ResNet):
    """Your resnet50 has the layers of resnet101, [3, 4, 23, 3]. It has [3, 4, 6, 3] (section 6.7)."""

    family = _ResNet.family | {50: (Bottleneck, [3, 4, 23, 3])}


class _ReluBeforeAddition(BasicBlock):
    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(out) + self.downsample(x)


class basic_block_adds_after_relu(_ResNet):
    """Your ResNet is right, but its BasicBlock applies the last ReLU before the addition. The ReLU comes after the
    sum (section 6.2)."""

    family = _ResNet.family | {18: (_ReluBeforeAddition, [2, 2, 2, 2]), 34: (_ReluBeforeAddition, [3, 4, 6, 3])}


class _StrideIn1x1(Bottleneck):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.conv1 = nn.Conv2d(in_channels, channels, 1, stride, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)


class bottleneck_strides_in_1x1(_ResNet):
    """Your ResNet is right, but its Bottleneck has the stride in the first 1 × 1 convolution. The 3 × 3 convolution
    has it (section 6.6)."""

    family = _ResNet.family | {50: (_StrideIn1x1, [3, 4, 6, 3])}
