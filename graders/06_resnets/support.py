"""Scaffolding of lesson 06 for the student's kernel: readers of modules, stand-in blocks and small nets.

The tests use the same file for the twins on their side. Nothing here is secret.
"""

from collections import Counter

import torch
from torch import nn

# Reading and filling modules --------------------------------------------------------------------------------------


def outline(build, *args, **kwargs):
    """Layout and number of parameters of the net that `build` gives."""
    net = _without_memory(build, *args, **kwargs)
    return layout(net), sum(parameter.numel() for parameter in net.parameters())


def _without_memory(build, *args, **kwargs):
    """The net that `build` gives, on the meta device where it allows that: shapes are all that is needed."""
    try:
        with torch.device("meta"):
            return build(*args, **kwargs)
    except Exception:
        return build(*args, **kwargs)


def vectors(module):
    """The entries of the state dict with one axis (gammas, betas, statistics) by name, in alphabetical order."""
    return {name: tensor for name, tensor in sorted(module.state_dict().items()) if tensor.dim() == 1}


def matrices(module):
    """The other floating-point entries of the state dict."""
    return {name: tensor for name, tensor in sorted(module.state_dict().items()) if tensor.dim() > 1}


def fill_without_biases(module, seed):
    """Like ``fill``, but biases of convolutions, which this lesson does not have, become 0."""
    fill(module, seed)
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.Conv2d) and layer.bias is not None:
                layer.bias.zero_()
    return module


def remember(module):
    """Note which objects the parameters are now."""
    module.parameters_before = dict(module.named_parameters())


def replaced(module):
    """Names of parameters that are other objects than they were."""
    before = module.parameters_before
    return sorted(name for name, parameter in module.named_parameters() if parameter is not before.get(name))


def gradients(module):
    """What lies in the `.grad` of each parameter, by name: "none", "zeros" or "numbers"."""
    kinds = {None: "none", False: "zeros", True: "numbers"}
    return {
        name: kinds[None if parameter.grad is None else bool(parameter.grad.any())]
        for name, parameter in sorted(module.named_parameters())
    }


# The same for nets whose names are free: everything goes by shape -------------------------------------------------


def shapes(module):
    """How often each shape occurs among the parameters: {"16 × 3 × 3 × 3": 1, ...}."""
    counts = Counter(size(parameter) for parameter in module.parameters())
    return dict(sorted(counts.items()))


def fill_by_shape(module, seed):
    """Weights of one shape become equal, and beyond 16 channels all channels become equal.

    So neither names nor the place of zero channels make a difference to what comes out, and everything else does.
    """
    with torch.no_grad():
        for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
            leaf = name.rpartition(".")[2]
            if tensor.dim() == 4:
                tensor.copy_(_kernels(tensor.shape, seed))
            elif tensor.dim() == 2:
                tensor.copy_(drawn("head", torch.Size([len(tensor), 1]), f"{seed} head"))
            elif leaf in ("weight", "bias", "running_mean", "running_var"):
                values = drawn(leaf, tensor.shape, f"{seed} {leaf}")
                tensor.copy_(values if len(values) <= 16 else values[:1])
        for layer in module.modules():
            if isinstance(layer, nn.Conv2d) and layer.bias is not None:
                layer.bias.zero_()
    return module


def _kernels(shape, seed):
    """Kernels for each output and input, or one for all of them where there are more than 16."""
    outputs, inputs = (width if width <= 16 else 1 for width in shape[:2])
    return drawn("kernel", torch.Size([outputs, inputs, *shape[2:]]), f"{seed} kernel") * inputs / shape[1]


def unused(module, x):
    """How many parameters have no influence on what comes out for x in eval mode."""
    module.eval()
    parameters = list(module.parameters())
    found = torch.autograd.grad(module(x).square().sum(), parameters, allow_unused=True)
    return sum(gradient is None or not gradient.any() for gradient in found)


# Stand-ins for blocks, to look at ResNet alone --------------------------------------------------------------------


class Block(nn.Module):
    """A block that ResNet can stack: one 1 × 1 convolution. It remembers its arguments."""

    expansion = 1

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.arguments = [in_channels, channels, stride]
        self.conv = nn.Conv2d(in_channels, channels * self.expansion, 1, stride, bias=False)
        self.bn = nn.BatchNorm2d(channels * self.expansion)

    def forward(self, x):
        return torch.relu(self.bn(self.conv(x)))


class WideBlock(Block):
    """The same with four times as many channels going out."""

    expansion = 4


def arguments(build, *args, **kwargs):
    """[in_channels, channels, stride] of each stand-in block in the net that `build` gives, by its name.

    A block that stands twice comes once.
    """
    net = _without_memory(build, *args, **kwargs)
    blocks = {name: block for name, block in net.named_modules() if isinstance(block, Block)}
    return {name: blocks[name].arguments for name in sorted(blocks)}


# Small nets with the lesson's names -------------------------------------------------------------------------------


class BasicBlock(nn.Module):
    """Names and shortcut of the lesson's BasicBlock; its convolutions are all 1 × 1."""

    expansion = 1

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
        self.conv2, self.bn2 = nn.Conv2d(out_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)
        self.downsample = _projection(in_channels, out_channels, stride)

    def forward(self, x):
        out = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(out)) + self.downsample(x))


class Bottleneck(nn.Module):
    """Names and shortcut of the lesson's Bottleneck; its convolutions are all 1 × 1."""

    expansion = 4

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(in_channels, channels, 1, bias=False), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = nn.Conv2d(channels, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
        self.conv3, self.bn3 = nn.Conv2d(channels, 4 * channels, 1, bias=False), nn.BatchNorm2d(4 * channels)
        self.downsample = _projection(in_channels, 4 * channels, stride)

    def forward(self, x):
        out = torch.relu(self.bn1(self.conv1(x)))
        out = torch.relu(self.bn2(self.conv2(out)))
        return torch.relu(self.bn3(self.conv3(out)) + self.downsample(x))


def _projection(in_channels, out_channels, stride):
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))


class LessonNet(nn.Module):
    """Two stages of two blocks and a head for three classes."""

    def __init__(self, block):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        width = 4 * block.expansion
        self.layer1 = nn.Sequential(block(4, 4), block(width, 4))
        self.layer2 = nn.Sequential(block(width, 6, 2), block(6 * block.expansion, 6))
        self.fc = nn.Linear(6 * block.expansion, 3)

    def forward(self, x):
        x = self.layer2(self.layer1(torch.relu(self.bn1(self.conv1(x)))))
        return self.fc(x.mean(dim=(2, 3)))


def basic_net():
    return LessonNet(BasicBlock)


def bottleneck_net():
    return LessonNet(Bottleneck)


def torchvision_basic_net():
    from torchvision.models import resnet

    return resnet.ResNet(resnet.BasicBlock, [2, 1, 1, 1], num_classes=3)


def torchvision_bottleneck_net():
    from torchvision.models import resnet

    return resnet.ResNet(resnet.Bottleneck, [1, 1, 1, 1], num_classes=3)


def convolution_net():
    """Convolutions of several kinds, one of them used twice, and no batch norm."""
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(),
        _Twice(nn.Conv2d(4, 4, 3, padding=2, dilation=2, groups=2)),
        nn.Conv2d(4, 5, 1, stride=2, bias=False),
        nn.Flatten(),
        nn.Linear(5 * 3 * 4, 3),
    )


class _Twice(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(torch.tanh(self.layer(x)))


def dropout_net():
    """A net that draws random numbers in train mode."""
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(4, 3),
    )  # fmt: skip


# Watching a training ----------------------------------------------------------------------------------------------
