import torch
import torch.nn.functional as F
from torch import nn


def _bilinear(channels, factor):
    size = 2 * factor - factor % 2
    falls = 1 - (torch.arange(size) - (size - 1) / 2).abs() / factor
    return torch.outer(falls, falls).repeat(channels, 1, 1, 1)


class _Head(nn.Module):
    bias = False

    def __init__(self, in_channels, num_classes, factor):
        super().__init__()
        size = 2 * factor - factor % 2
        self.factor = factor
        self.score = nn.Conv2d(in_channels, num_classes, 1)
        self.up = nn.ConvTranspose2d(
            num_classes, num_classes, size, factor, (size - factor) // 2, groups=num_classes, bias=self.bias
        )
        self.start(num_classes, factor)

    def start(self, num_classes, factor):
        with torch.no_grad():
            self.up.weight.copy_(_bilinear(num_classes, factor))

    def forward(self, features, size):
        return self.crop(self.up(self.score(features)), size)

    def crop(self, maps, size):
        return maps[..., : size[0], : size[1]]


class upsamples_before_scoring(nn.Module):
    """Your head upsamples the features and scores afterwards. Score first: the upsampling then works on num_classes
    maps instead of hundreds, and its weight has num_classes kernels (section 13.2)."""

    def __init__(self, in_channels, num_classes, factor):
        super().__init__()
        size = 2 * factor - factor % 2
        self.score = nn.Conv2d(in_channels, num_classes, 1)
        self.up = nn.ConvTranspose2d(
            in_channels, in_channels, size, factor, (size - factor) // 2, groups=in_channels, bias=False
        )
        with torch.no_grad():
            self.up.weight.copy_(_bilinear(in_channels, factor))

    def forward(self, features, size):
        return self.score(self.up(features))[..., : size[0], : size[1]]


class crops_the_middle(_Head):
    """You keep the middle of the upsampled map. The top left corner is kept: the picture was padded at the right and at
    the bottom (section 13.2)."""

    def crop(self, maps, size):
        top, left = (maps.shape[-2] - size[0]) // 2, (maps.shape[-1] - size[1]) // 2
        return maps[..., top : top + size[0], left : left + size[1]]


class crops_the_bottom_right(_Head):
    """You keep the bottom right part of the upsampled map; the top left corner is kept (section 13.2)."""

    def crop(self, maps, size):
        return maps[..., maps.shape[-2] - size[0] :, maps.shape[-1] - size[1] :]


class squeezes_instead_of_cropping(_Head):
    """You squeeze the upsampled map to the wanted size, which moves every pixel. Cut off what is too much (section
    13.2)."""

    def crop(self, maps, size):
        return F.interpolate(maps, size=size, mode="bilinear")


class never_crops(_Head):
    """You return the whole upsampled map. Cut it to `size` (section 13.2)."""

    def crop(self, maps, size):
        return maps


class height_and_width_exchanged(_Head):
    """You read `size` as (width, height). It is (height, width) (section 13.2)."""

    def crop(self, maps, size):
        return maps[..., : size[1], : size[0]]


class interpolates_only(nn.Module):
    """Your upsampling has no weight: `interpolate` cannot learn. Use a transposed convolution that *starts* bilinear
    (section 13.2)."""

    def __init__(self, in_channels, num_classes, factor):
        super().__init__()
        self.score, self.factor = nn.Conv2d(in_channels, num_classes, 1), factor

    def forward(self, features, size):
        maps = F.interpolate(self.score(features), scale_factor=self.factor, mode="bilinear")
        return maps[..., : size[0], : size[1]]


class frozen(_Head):
    """Your upsampling is frozen: its weight requires no gradient. It starts bilinear and is learned from there (section
    13.2)."""

    def start(self, num_classes, factor):
        super().start(num_classes, factor)
        self.up.requires_grad_(False)


class starts_at_random(_Head):
    """Your transposed convolution starts with torch's random weights. Fill it with the bilinear kernel (section
    13.2)."""

    def start(self, num_classes, factor):
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            self.up.weight.copy_(torch.rand(self.up.weight.shape, generator=generator) - 0.5)


class softmax_inside(_Head):
    """Your head ends with a softmax. It returns scores; cross-entropy has the softmax inside (section 13.2)."""

    def forward(self, features, size):
        return super().forward(features, size).softmax(1)


class relu_between(_Head):
    """You put a ReLU on the scores before the upsampling. Scores may be negative (section 13.2)."""

    def forward(self, features, size):
        return self.crop(self.up(F.relu(self.score(features))), size)


class mixes_the_classes(_Head):
    """Every class of your result is the sum of all classes: the kernel C × C × K × K is bilinear for every pair. It
    must be 0 for pairs of different classes, or use groups (section 13.2)."""

    def __init__(self, in_channels, num_classes, factor):
        super().__init__(in_channels, num_classes, factor)
        size = 2 * factor - factor % 2
        self.up = nn.ConvTranspose2d(num_classes, num_classes, size, factor, (size - factor) // 2, bias=False)
        with torch.no_grad():
            self.up.weight.copy_(_bilinear(num_classes, factor).expand_as(self.up.weight))


class no_padding(_Head):
    """Your upsampled map is shifted down and to the right: the transposed convolution needs padding (K − factor) / 2,
    so that the middle of a kernel lies over its pixel (section 13.2)."""

    def __init__(self, in_channels, num_classes, factor):
        super().__init__(in_channels, num_classes, factor)
        self.up.padding = (0, 0)


class one_score_for_all(_Head):
    """All classes of your result are alike: each is the score of class 0. The 1 × 1 convolution gives one score for
    each class (section 13.2)."""

    def forward(self, features, size):
        score = self.score(features)
        return self.crop(self.up(score[:, :1].expand_as(score)), size)


class bias_in_the_upsampling(_Head):
    """Your transposed convolution has a bias, which the scores have already. Use `bias=False` (section 13.2)."""

    bias = True
