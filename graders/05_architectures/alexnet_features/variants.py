"""Right answers of alexnet_features of other kinds."""

from collections import OrderedDict

from torch import nn


def in_place():
    """In-place ReLUs, everything written out."""
    return nn.Sequential(
        nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Conv2d(64, 192, kernel_size=5, padding=2),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Conv2d(192, 384, kernel_size=3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(384, 256, kernel_size=3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(256, 256, kernel_size=3, padding=1),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(kernel_size=3, stride=2),
    )


def from_a_table():
    """A loop over a table, numbered in an OrderedDict, one ReLU for all."""
    relu, layers = nn.ReLU(), []
    table = [(3, 64, 11, 4, 2, 1), (64, 192, 5, 1, 2, 1), (192, 384, 3, 1, 1, 0), (384, 256, 3, 1, 1, 0),
             (256, 256, 3, 1, 1, 1)]  # fmt: skip
    for before, width, kernel, stride, padding, pooled in table:
        layers += [nn.Conv2d(before, width, (kernel, kernel), (stride, stride), (padding, padding)), relu]
        layers += [nn.MaxPool2d((3, 3), (2, 2))] * pooled
    return nn.Sequential(OrderedDict((str(i), layer) for i, layer in enumerate(layers)))


class subclass(nn.Sequential):
    """A class of its own; pooling stands before ReLU, which gives the same; padding "same" where the stride is 1."""

    def __init__(self):
        super().__init__()
        self.append(nn.Conv2d(3, 64, 11, 4, 2)).append(nn.MaxPool2d(3, 2)).append(nn.ReLU())
        self.append(nn.Conv2d(64, 192, 5, padding="same")).append(nn.MaxPool2d(3, 2)).append(nn.ReLU())
        for before, width in ((192, 384), (384, 256), (256, 256)):
            self.append(nn.Conv2d(before, width, 3, padding="same")).append(nn.ReLU())
        self.append(nn.MaxPool2d(3, 2))


def one_relu_and_a_generator():
    """One ReLU and one pooling layer at many places; the rest comes out of a generator."""
    relu, pool = nn.ReLU(), nn.MaxPool2d(3, 2)
    first, same, narrow = {"stride": 4, "padding": 2}, {"padding": "same"}, {"padding": 1}
    table = [(64, 11, first, 1), (192, 5, same, 1), (384, 3, narrow, 0), (256, 3, narrow, 0), (256, 3, narrow, 1)]

    def layers():
        before = 3
        for width, size, options, pooled in table:
            yield nn.Conv2d(before, width, size, **options)
            yield relu
            if pooled:
                yield pool
            before = width

    return nn.Sequential(*layers())
