"""Known wrong answers of TransformNet. Each is named by its symptom in the tests."""

import torch
from torch import nn


class _Residual(nn.Module):
    def __init__(self, channels, norm):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1), norm(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1), norm(channels),
        )  # fmt: skip

    def forward(self, x):
        return x + self.branch(x)


class _Plain(_Residual):
    def forward(self, x):
        return self.branch(x)


class _Net(nn.Module):
    """A right net; each mistake changes one of its parts."""

    norm, block, stride, padding, output = nn.InstanceNorm2d, _Residual, 2, 1, nn.Sigmoid

    def __init__(self, width=32):
        super().__init__()
        norm, s, p = self.norm, self.stride, self.padding
        self.down = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1), norm(width), nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, s, padding=1), norm(2 * width), nn.ReLU(),
            nn.Conv2d(2 * width, 2 * width, 3, s, padding=1), norm(2 * width), nn.ReLU(),
        )  # fmt: skip
        self.middle = self.block(2 * width, norm)
        self.up = nn.Sequential(
            *self.larger(s), nn.Conv2d(2 * width, width, 3, padding=1), norm(width), nn.ReLU(),
            *self.larger(s), nn.Conv2d(width, 3, 3, padding=p), self.output(),
        )  # fmt: skip

    def larger(self, factor):
        return [nn.Upsample(scale_factor=factor)]

    def forward(self, x):
        return self.up(self.middle(self.down(x)))


class batch_norm(_Net):
    """Your net normalises over the batch (`nn.BatchNorm2d`), so a picture's colours depend on its neighbours. Instance
    norm takes each picture's own statistics, as AdaIN does (section 14.8)."""

    norm = nn.BatchNorm2d


class no_normalisation(_Net):
    """Your net has no normalisation. Instance norm after the convolutions takes the picture's own contrast away, which
    is what the style is to replace (section 14.8)."""

    norm = nn.Identity


class no_shortcut(_Net):
    """Your net has no shortcut: its blocks return their branch alone. A residual block adds its input, so that the
    content passes through while the branch paints (section 14.8)."""

    block = _Plain


class unbounded(_Net):
    """Your output is not bounded. Pixels lie in [0, 1]: end with a sigmoid, or something like it (section 14.8)."""

    output = nn.Identity


class from_minus_one_to_one(_Net):
    """Your output lies between −1 and 1 (tanh). Pixels lie in [0, 1]: use a sigmoid, or halve and add a half
    (section 14.8)."""

    output = nn.Tanh


class never_goes_down(_Net):
    """Your net keeps all its maps at the picture's size. Two convolutions with stride 2 make the middle 16 times
    cheaper, and let it see farther (section 14.8)."""

    stride = 1


class shrinks(_Net):
    """Your output has another size than the picture: a convolution without padding loses its border, or there are not
    as many steps up as down (section 14.8)."""

    padding = 0


class one_size_only(_Net):
    """Your net is right for one size of picture only: the way up goes to a fixed number of rows. Enlarge by a factor,
    or to the size of the input (section 14.8)."""

    def forward(self, x):
        y = super().forward(x)
        return nn.functional.interpolate(y, size=16)


class width_ignored(_Net):
    """Your net has the same number of parameters whatever `width` is. All channels are multiples of it
    (section 14.8)."""

    def __init__(self, width=32):
        super().__init__(8)


class detached(_Net):
    """No gradient reaches the input: your forward pass is cut off from it (by `.detach()`, `torch.no_grad()` or NumPy),
    so nothing can learn (section 14.8)."""

    def forward(self, x):
        with torch.no_grad():
            return super().forward(x)
