"""Known wrong answers of alexnet_features. `_build` has the right numbers; each mistake changes some of them."""

from torch import nn

_WIDTHS = (64, 192, 384, 256, 256)


def _build(widths=_WIDTHS, kernels=(11, 5, 3, 3, 3), strides=(4, 1, 1, 1, 1), paddings=(2, 2, 1, 1, 1),
           pools=(1, 1, 0, 0, 1), pool=lambda: nn.MaxPool2d(3, 2), relus=(nn.ReLU,) * 5, groups=(1, 1, 1, 1, 1),
           bias=True, channels=3):  # fmt: skip
    layers = []
    for i in range(5):
        convolution = nn.Conv2d(channels, widths[i], kernels[i], strides[i], paddings[i], groups=groups[i], bias=bias)
        layers += [convolution, *([relus[i]()] if relus[i] else []), *([pool()] if pools[i] else [])]
        channels = widths[i]
    return nn.Sequential(*layers)


def stride_2():
    """Your first convolution has stride 2. AlexNet's has stride 4: 224 becomes 55 at once (section 5.2)."""
    return _build(strides=(2, 1, 1, 1, 1))


def no_padding_in_the_first():
    """Your first convolution has no padding, so 224 becomes 54. With padding 2 it becomes 55 (section 5.2)."""
    return _build(paddings=(0, 2, 1, 1, 1))


def no_padding_in_the_second():
    """Your second convolution has no padding. With padding 2 the maps keep their 27 × 27 (section 5.2)."""
    return _build(paddings=(2, 0, 1, 1, 1))


def padding_5_in_the_first():
    """Your first convolution has padding 5, half of its kernel. AlexNet's has 2 (section 5.2)."""
    return _build(paddings=(5, 2, 1, 1, 1))


def no_padding_in_the_3x3():
    """Your 3 × 3 convolutions have no padding. With padding 1 the maps keep their 13 × 13 (section 5.2)."""
    return _build(paddings=(2, 2, 0, 0, 0))


def no_padding():
    """None of your convolutions has padding. They have 2, 2, 1, 1, 1 (section 5.2)."""
    return _build(paddings=(0, 0, 0, 0, 0))


def pools_2x2():
    """Your poolings have windows of 2 × 2. AlexNet's overlap: 3 × 3 with stride 2 (section 5.2)."""
    return _build(pool=lambda: nn.MaxPool2d(2))


def pools_without_overlap():
    """Your poolings have stride 3, the size of their windows. AlexNet's overlap: 3 × 3 with stride 2 (section 5.2)."""
    return _build(pool=lambda: nn.MaxPool2d(3))


def pooling_with_padding():
    """Your poolings have padding 1. AlexNet's have none (section 5.2)."""
    return _build(pool=lambda: nn.MaxPool2d(3, 2, padding=1))


def average_pooling():
    """Your poolings take means, as LeNet's do. AlexNet's take maxima (section 5.2)."""
    return _build(pool=lambda: nn.AvgPool2d(3, 2))


def no_last_pooling():
    """There is no pooling after your fifth convolution: 13 × 13 stays, where it should become 6 × 6 (section 5.2)."""
    return _build(pools=(1, 1, 0, 0, 0))


def pools_after_every_convolution():
    """You pool after every convolution. A pooling follows the first, the second and the fifth (section 5.2)."""
    return _build(pools=(1, 1, 1, 1, 1))


def local_response_norm():
    """Your network has local response normalisation, as the paper of 2012. The version of torchvision has none, and the
    numbers in the names count every layer (section 5.2)."""
    layers = list(_build())
    for place in (4, 1):
        layers.insert(place + 1, nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2))
    return nn.Sequential(*layers)


def batch_norm():
    """Your network has batch norm, which came three years later. Here are convolutions, ReLU and poolings only
    (section 5.2)."""
    layers = []
    for layer in _build():
        layers += [layer, nn.BatchNorm2d(layer.out_channels)] if isinstance(layer, nn.Conv2d) else [layer]
    return nn.Sequential(*layers)


def no_relu():
    """There is no ReLU in your network. One follows each convolution (section 5.2)."""
    return _build(relus=(None,) * 5)


def identity_in_the_place_of_relu():
    """Something without effect stands where the ReLUs should: negative numbers pass (section 5.2)."""
    return _build(relus=(nn.Identity,) * 5)


def no_last_relu():
    """There is no ReLU after your fifth convolution. One follows each of the five (section 5.2)."""
    return _build(relus=(nn.ReLU,) * 4 + (None,))


def no_relu_between_the_3x3():
    """A ReLU is missing between your 3 × 3 convolutions. One follows each of the five (section 5.2)."""
    return _build(relus=(nn.ReLU, nn.ReLU, None, None, nn.ReLU))


def sigmoid_instead():
    """Your network uses the sigmoid. ReLU is what AlexNet put in its place (section 5.2)."""
    return _build(relus=(nn.Sigmoid,) * 5)


def widths_of_2012():
    """Your widths are 96, 256, 384, 384, 256, as in the paper of 2012. Torchvision's are those of Krizhevsky 2014:
    64, 192, 384, 256, 256 (section 5.2)."""
    return _build(widths=(96, 256, 384, 384, 256))


def two_groups():
    """Your second, fourth and fifth convolutions have two groups, for two GPUs, as in the paper of 2012. Torchvision's
    have one (section 5.2)."""
    return _build(groups=(1, 2, 1, 2, 2))


def kernel_7():
    """Your first kernel is 7 × 7. AlexNet's is 11 × 11 (section 5.2)."""
    return _build(kernels=(7, 5, 3, 3, 3))


def second_kernel_3():
    """Your second kernel is 3 × 3. AlexNet's is 5 × 5 with padding 2 (section 5.2)."""
    return _build(kernels=(11, 3, 3, 3, 3), paddings=(2, 1, 1, 1, 1))


def no_biases():
    """Your convolutions have no biases. All five have them (section 5.2)."""
    return _build(bias=False)


def one_channel():
    """Your first convolution reads one channel. Photographs have three (section 5.2)."""
    return _build(channels=1)


def adaptive_pooling_at_the_end():
    """Your features end with an adaptive pooling to 6 × 6. In torchvision that is a layer of its own, after `features`:
    from 256 × 256 pixels the features are 7 × 7 (section 5.2)."""
    return nn.Sequential(*_build(), nn.AdaptiveAvgPool2d(6))


def dropout():
    """There is dropout behind your poolings. AlexNet has it between its dense layers only (section 5.2)."""
    net = _build()
    net[-1].register_forward_hook(lambda module, inputs, y: nn.functional.dropout(y, 0.5, module.training))
    return net


def with_the_classifier():
    """Your network goes on to flatten and dense layers. Asked for are the features only, which end with the third
    pooling (section 5.2)."""
    dense = [nn.Linear(9216, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)]
    return nn.Sequential(*_build(), nn.Flatten(), *dense)


def named_layers():
    """Your layers have names (`conv1`). Torchvision's have numbers, as `nn.Sequential(...)` gives them (section
    5.2)."""
    names = ("conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "conv3", "relu3", "conv4", "relu4", "conv5",
             "relu5", "pool3")  # fmt: skip
    net = nn.Sequential()
    for name, layer in zip(names, _build(), strict=True):
        net.add_module(name, layer)
    return net


def padding_1_in_the_second():
    """Your second convolution has padding 1, which keeps the size for 3 × 3. For its 5 × 5 it is 2 (section 5.2)."""
    return _build(paddings=(2, 1, 1, 1, 1))


def widths_exchanged():
    """Your third and fourth convolutions have each other's widths: 192 → 384 → 256, not 192 → 256 → 384 (section
    5.2)."""
    return _build(widths=(64, 192, 256, 384, 256))
