import torch
import torch.nn.functional as F
from torch import nn


def _kernel(factor):
    size = 2 * factor - factor % 2
    falls = 1 - (torch.arange(size) - (size - 1) / 2).abs() / factor
    return falls[:, None] * falls


class without_groups(nn.Module):
    """A full C × C kernel that is bilinear on its diagonal, as in the first FCN."""

    def __init__(self, in_channels, num_classes, factor):
        super().__init__()
        kernel = _kernel(factor)
        self.classifier = nn.Conv2d(in_channels, num_classes, kernel_size=1)
        padding = (len(kernel) - factor) // 2
        self.upscore = nn.ConvTranspose2d(num_classes, num_classes, len(kernel), factor, padding, bias=False)
        nn.init.zeros_(self.upscore.weight)
        for c in range(num_classes):
            self.upscore.weight.data[c, c] = kernel

    def forward(self, features, size):
        height, width = size
        return self.upscore(self.classifier(features))[:, :, :height, :width]


class functional(nn.Module):
    """Bare parameters, no padding, and a crop that begins later."""

    def __init__(self, in_channels, num_classes, factor):
        super().__init__()
        self.factor = factor
        self.weight = nn.Parameter(torch.randn(num_classes, in_channels, 1, 1) / in_channels**0.5)
        self.kernel = nn.Parameter(_kernel(factor).repeat(num_classes, 1, 1, 1))

    def forward(self, features, size):
        up = F.conv_transpose2d(F.conv2d(features, self.weight), self.kernel, stride=self.factor,
                                groups=len(self.kernel))  # fmt: skip
        first = (self.kernel.shape[-1] - self.factor) // 2
        return up[:, :, first : first + size[0], first : first + size[1]].contiguous()


class sequential(nn.Sequential):
    """A Sequential; narrow does the cropping."""

    def __init__(self, in_channels, num_classes, factor):
        kernel = _kernel(factor)
        up = nn.ConvTranspose2d(num_classes, num_classes, kernel.shape, stride=(factor, factor),
                                padding=(factor - factor % 2) // 2, groups=num_classes, bias=False)  # fmt: skip
        up.weight = nn.Parameter(kernel.expand(num_classes, 1, -1, -1).clone())
        super().__init__(nn.Conv2d(in_channels, num_classes, 1, bias=False), up)

    def forward(self, features, size):
        return super().forward(features).narrow(2, 0, size[0]).narrow(3, 0, size[1])


class class_by_class(nn.Module):
    """Each class upsampled by itself with the same layer's kernels."""

    def __init__(self, in_channels, num_classes, factor):
        super().__init__()
        self.score = nn.Conv2d(in_channels, num_classes, (1, 1))
        size = 2 * factor - factor % 2
        self.up = nn.ConvTranspose2d(num_classes, num_classes, size, factor, (size - factor) // 2,
                                     groups=num_classes, bias=False)  # fmt: skip
        with torch.no_grad():
            for kernel in self.up.weight:
                kernel[0] = _kernel(factor)

    def forward(self, features, size):
        maps = self.score(features).split(1, dim=1)
        ups = [F.conv_transpose2d(m, k[None], stride=self.up.stride, padding=self.up.padding)
               for m, k in zip(maps, self.up.weight, strict=True)]  # fmt: skip
        return torch.cat(ups, dim=1)[..., 0 : size[0], 0 : size[1]]
