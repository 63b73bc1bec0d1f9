"""Known wrong answers of vgg_features."""

from torch import nn


def _build(config, conv, relu=nn.ReLU, pool=lambda: nn.MaxPool2d(2), norm=None, channels=3, always_pool=False):
    """The right layers, in which each part can be another."""
    layers = []
    for entry in config:
        if entry == "M":
            layers += [] if always_pool else [pool()]
            continue
        layers += [conv(channels, entry), *([norm(entry)] if norm else []), *([relu()] if relu else [])]
        layers += [pool()] if always_pool else []
        channels = entry
    return nn.Sequential(*layers)


def _conv(channels, width):
    return nn.Conv2d(channels, width, 3, padding=1)


def _norm(batch_norm):
    return nn.BatchNorm2d if batch_norm else None


def pools_after_every_convolution(config, batch_norm=False):
    """Your network pools after every convolution. It pools where the config says "M", and nowhere else
    (section 5.3)."""
    return _build(config, _conv, norm=_norm(batch_norm), always_pool=True)


def never_pools(config, batch_norm=False):
    """Your network leaves the "M" out. Each stands for a 2 × 2 max pooling (section 5.3)."""
    return _build([entry for entry in config if entry != "M"], _conv, norm=_norm(batch_norm))


def batch_norm_after_relu(config, batch_norm=False):
    """Your batch norm comes after the ReLU. The order is convolution, batch norm, ReLU (section 5.3)."""
    layers, channels = [], 3
    for entry in config:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [_conv(channels, entry), nn.ReLU(), *([nn.BatchNorm2d(entry)] if batch_norm else [])]
            channels = entry
    return nn.Sequential(*layers)


def batch_norm_ignored(config, batch_norm=False):
    """batch_norm changes nothing in your network. With it, a batch norm follows each convolution (section 5.3)."""
    return _build(config, _conv)


def batch_norm_always(config, batch_norm=False):
    """Your network always has batch norm. It has it only when batch_norm is True (section 5.3)."""
    return _build(config, _conv, norm=nn.BatchNorm2d)


def no_bias_with_batch_norm(config, batch_norm=False):
    """With batch norm your convolutions lose their biases. They are useless there, but torchvision has them, and its
    weights must load (section 5.3)."""
    conv = lambda channels, width: nn.Conv2d(channels, width, 3, padding=1, bias=not batch_norm)
    return _build(config, conv, norm=_norm(batch_norm))


def no_biases(config, batch_norm=False):
    """Your convolutions have no biases. VGG's have them, with and without batch norm (section 5.3)."""
    conv = lambda channels, width: nn.Conv2d(channels, width, 3, padding=1, bias=False)
    return _build(config, conv, norm=_norm(batch_norm))


def channels_not_chained(config, batch_norm=False):
    """All of your convolutions read three channels. Only the first does; each later one reads what the one before it
    gave (section 5.3)."""
    return _build(config, lambda _, width: nn.Conv2d(3, width, 3, padding=1), norm=_norm(batch_norm))


def equal_channels(config, batch_norm=False):
    """Your convolutions read as many channels as they give. Each reads what the one before it gave, the first reads
    three (section 5.3)."""
    return _build(config, lambda _, width: nn.Conv2d(width, width, 3, padding=1), norm=_norm(batch_norm))


def one_channel(config, batch_norm=False):
    """Your first convolution reads one channel. Photographs have three (section 5.3)."""
    return _build(config, _conv, norm=_norm(batch_norm), channels=1)


def no_padding(config, batch_norm=False):
    """Your convolutions have no padding: each shrinks the maps by 2. With padding 1 only the poolings make them smaller
    (section 5.3)."""
    return _build(config, lambda channels, width: nn.Conv2d(channels, width, 3), norm=_norm(batch_norm))


def five_by_five(config, batch_norm=False):
    """Your kernels are 5 × 5. VGG has 3 × 3 only (section 5.3)."""
    conv = lambda channels, width: nn.Conv2d(channels, width, 5, padding=2)
    return _build(config, conv, norm=_norm(batch_norm))


def no_relu(config, batch_norm=False):
    """There is no ReLU in your network, as a module: the numbers in the state dict's names count ReLUs too, and without
    them the convolutions between two poolings are one linear map (section 5.3)."""
    return _build(config, _conv, relu=None, norm=_norm(batch_norm))


def identity_in_the_place_of_relu(config, batch_norm=False):
    """Something without effect stands where ReLU should: negative numbers pass (section 5.3)."""
    return _build(config, _conv, relu=nn.Identity, norm=_norm(batch_norm))


def sigmoid_instead(config, batch_norm=False):
    """Your network uses the sigmoid. Since AlexNet it is ReLU (section 5.3)."""
    return _build(config, _conv, relu=nn.Sigmoid, norm=_norm(batch_norm))


def leaky_relu(config, batch_norm=False):
    """Your network uses a leaky ReLU. VGG has the plain one: negative numbers become 0 (section 5.3)."""
    return _build(config, _conv, relu=lambda: nn.LeakyReLU(0.01), norm=_norm(batch_norm))


def average_pooling(config, batch_norm=False):
    """Your poolings take means. VGG's take maxima (section 5.3)."""
    return _build(config, _conv, pool=lambda: nn.AvgPool2d(2), norm=_norm(batch_norm))


def overlapping_pooling(config, batch_norm=False):
    """Your poolings have windows of 3 × 3 with stride 2, as AlexNet's. VGG's are 2 × 2 (section 5.3)."""
    return _build(config, _conv, pool=lambda: nn.MaxPool2d(3, 2), norm=_norm(batch_norm))


def pooling_with_stride_1(config, batch_norm=False):
    """Your poolings have stride 1, so the maps stay large. They halve them: stride 2 (section 5.3)."""
    return _build(config, _conv, pool=lambda: nn.MaxPool2d(2, 1), norm=_norm(batch_norm))


def ceil_mode(config, batch_norm=False):
    """Your poolings round up: 13 becomes 7. A row that is left over is not seen: 13 becomes 6 (section 5.3)."""
    return _build(config, _conv, pool=lambda: nn.MaxPool2d(2, ceil_mode=True), norm=_norm(batch_norm))


def nested_blocks(config, batch_norm=False):
    """Your layers stand in Sequentials inside of the Sequential, so their names are `0.0.weight`. Torchvision's stand
    in one row: `0.weight` (section 5.3)."""
    layers, channels = [], 3
    for entry in config:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
        else:
            norm = [nn.BatchNorm2d(entry)] if batch_norm else []
            layers.append(nn.Sequential(_conv(channels, entry), *norm, nn.ReLU()))
            channels = entry
    return nn.Sequential(*layers)


def dropout(config, batch_norm=False):
    """There is dropout behind your convolutions. VGG has it in the classifier only (section 5.3)."""
    relu = lambda: _relu_and_dropout()
    return _build(config, _conv, relu=relu, norm=_norm(batch_norm))


def _relu_and_dropout():
    layer = nn.ReLU()
    layer.register_forward_hook(lambda module, inputs, output: nn.functional.dropout(output, 0.5, module.training))
    return layer


def a_list(config, batch_norm=False):
    """You return a list of layers. It is an `nn.Sequential`, which can be called (section 5.3)."""
    return list(_build(config, _conv, norm=_norm(batch_norm)))


def a_module_list(config, batch_norm=False):
    """You return an `nn.ModuleList`, which holds layers and cannot be called. It is an `nn.Sequential` (section
    5.3)."""
    return nn.ModuleList(_build(config, _conv, norm=_norm(batch_norm)))


def eats_the_config(config, batch_norm=False):
    """Your function empties the list that it was given: `pop`. Read it, and leave it as it is (section 5.3)."""
    entries = list(config)
    config.clear()
    return _build(entries, _conv, norm=_norm(batch_norm))


def pools_at_the_end(config, batch_norm=False):
    """Your network ends with a pooling of its own. All poolings are in the config (section 5.3)."""
    return nn.Sequential(*_build(config, _conv, norm=_norm(batch_norm)), nn.MaxPool2d(2))


def first_convolution_detached(config, batch_norm=False):
    """No gradient flows back to the pictures: `.detach()` or `torch.no_grad()` cuts it off (section 5.3)."""
    net = _build(config, _conv, norm=_norm(batch_norm))
    net.register_forward_pre_hook(lambda module, inputs: (inputs[0].detach(),))
    return net


def norm_in_front_of_the_convolution(config, batch_norm=False):
    """Your batch norm stands in front of the convolution. It comes between the convolution and its ReLU (section
    5.3)."""
    layers, channels = [], 3
    for entry in config:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
            continue
        layers += [nn.BatchNorm2d(channels)] if batch_norm else []
        layers += [_conv(channels, entry), nn.ReLU()]
        channels = entry
    return nn.Sequential(*layers)


def channels_counted_from_pooling(config, batch_norm=False):
    """After an "M" your next convolution reads 3 channels again. Pooling leaves the channels as they are (section
    5.3)."""
    layers, channels = [], 3
    for entry in config:
        if entry == "M":
            layers.append(nn.MaxPool2d(2))
            channels = 3
            continue
        layers += [_conv(channels, entry), *([nn.BatchNorm2d(entry)] if batch_norm else []), nn.ReLU()]
        channels = entry
    return nn.Sequential(*layers)
