"""A net that somebody else has trained, and small sets of pictures that it has never seen.

    net = coursekit.transfer.backbone()                    # 174 000 weights, trained on 8000 of the kit's ten shapes
    images, labels = coursekit.transfer.digits(100, seed=0)    # far from these: handwritten digits in colour
    images, labels = coursekit.transfer.new_shapes(80, seed=0) # near: eight other shapes

The weights are a file of this package, made by ``tools/train_backbone.py``. ``resnet18`` is torchvision's net, with its
published weights where their file is in ``COURSE_DATA/resnet18/`` or where torchvision itself would keep it.
"""

import hashlib
import math
import os
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from coursekit.data import DataError, data_folder
from coursekit.shapes import scene, shapes

FEATURES = 96  # what the backbone gives for a picture
WEIGHTS = Path(__file__).with_name("backbone.npz")  # half precision, no pickle
RESNET18 = "resnet18-f37072fd.pth"  # torchvision's name: behind the dash stand the first digits of its SHA-256

NEW_NAMES = ("arrow", "hourglass", "crescent", "T", "C", "hexagon", "zigzag", "three dots")


# -- nets ---------------------------------------------------------------------------------------------------------


class Residual(nn.Module):
    """Two 3 x 3 convolutions with batch norm beside a shortcut (lesson 6)."""

    def __init__(self, before: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(before, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels)
        self.shortcut = nn.Sequential()
        if stride > 1 or before != channels:
            self.shortcut = nn.Sequential(nn.Conv2d(before, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(out + self.shortcut(x))


def fresh(seed: int = 0) -> nn.Sequential:
    """The backbone before any training: (N, 3, H, W), normalised by (x - 0.5) / 0.25, to (N, 96).

    Children: ``stem`` (24 channels, half the size), ``stage1`` (24), ``stage2`` (48, a quarter), ``stage3`` (96, an
    eighth), ``pool`` (the mean of each map). The global random state is left alone.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            OrderedDict(
                stem=nn.Sequential(nn.Conv2d(3, 24, 3, 2, 1, bias=False), nn.BatchNorm2d(24), nn.ReLU()),
                stage1=Residual(24, 24, 1),
                stage2=Residual(24, 48, 2),
                stage3=Residual(48, FEATURES, 2),
                pool=nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            )
        )


def backbone() -> nn.Sequential:
    """The same net after training on the kit's ten shapes; every weight can be trained, and it is in train mode."""
    net = fresh()
    with np.load(WEIGHTS) as file:
        state = {name: torch.from_numpy(file[name]).to(tensor.dtype) for name, tensor in net.state_dict().items()}
    net.load_state_dict(state)
    return net


def source_head() -> nn.Linear:
    """The linear layer that named the ten shapes from the backbone's features."""
    with torch.random.fork_rng(devices=[]):
        head = nn.Linear(FEATURES, 10)
    with np.load(WEIGHTS) as file:
        head.load_state_dict({name: torch.from_numpy(file[f"head.{name}"]).float() for name in ("weight", "bias")})
    return head


def has_resnet18(root: str | Path | None = None) -> bool:
    """Whether the published weights of ResNet-18 are on this machine."""
    return _resnet18_file(root) is not None


def resnet18(root: str | Path | None = None) -> nn.Module:
    """torchvision's ResNet-18, with the weights published for ImageNet where they are on this machine. Says which.

    Pictures: (x - mean) / deviation with coursekit.vgg.MEAN and DEVIATION. Raises DataError for a damaged file.
    """
    from torchvision.models import resnet18 as build

    with torch.random.fork_rng(devices=[]):
        net = build()
    path = _resnet18_file(root)
    if path is None:
        folder = data_folder(root) / "resnet18"
        print(f"ResNet-18's weights ({RESNET18}) are not in {folder}; the net has random weights, good for counting.")
        return net
    if not hashlib.sha256(path.read_bytes()).hexdigest().startswith(path.stem.partition("-")[2]):
        raise DataError(f"{path} is damaged (its checksum is not the published one): delete it and fetch it again")
    net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    print(f"ResNet-18 with the weights in {path}.")
    return net


def _resnet18_file(root: str | Path | None) -> Path | None:
    folders = [data_folder(root) / "resnet18"]
    if root is None:
        folders.append(Path(torch.hub.get_dir(), "checkpoints"))
    return next((folder / RESNET18 for folder in folders if os.access(folder / RESNET18, os.R_OK)), None)


# -- pictures -----------------------------------------------------------------------------------------------------


def digits(n: int, *, seed: int, split: str = "train") -> tuple[Tensor, Tensor]:
    """Handwritten digits on busy grounds: images (n, 3, 32, 32), normalised by (x - 0.5) / 0.25, labels (n,) int64.

    The ten classes are equally frequent. Each digit is one of scikit-learn's 1797, 20 pixels high, in a colour and at a
    place of its own; "train" takes the even ones, "test" the odd ones. The same arguments give the same pictures.
    """
    if split not in ("train", "test"):
        raise ValueError(f"there is no split {split!r}; the splits are train, test")
    from sklearn.datasets import load_digits

    g = torch.Generator().manual_seed(2 * seed + (split == "test"))
    pixels, written = (torch.from_numpy(array) for array in load_digits(return_X_y=True))
    pixels, written = pixels[split == "test" :: 2].float(), written[split == "test" :: 2].long()
    labels = torch.arange(n)[torch.randperm(n, generator=g)] % 10
    picked = torch.empty(n, dtype=torch.long)
    for label in range(10):
        mine, places = (written == label).nonzero()[:, 0], (labels == label).nonzero()[:, 0]
        order = torch.cat([torch.randperm(len(mine), generator=g) for _ in range(len(places) // len(mine) + 1)])
        picked[places] = mine[order[: len(places)]]
    ink = F.interpolate(pixels[picked].reshape(-1, 1, 8, 8) / 16, size=20, mode="bilinear")
    ground, colour = scene(n, 32, 2, 1.0, g)
    at = torch.randint(0, 13, (n, 2), generator=g)
    alpha = torch.stack([F.pad(d, (x, 12 - x, y, 12 - y)) for d, (x, y) in zip(ink, at.tolist(), strict=True)])
    pictures = torch.lerp(ground, colour.expand_as(ground), alpha)
    pictures = (pictures + 0.08 * torch.randn(pictures.shape, generator=g)).clamp(0, 1)
    return (pictures - 0.5) / 0.25, labels


def new_shapes(n: int, *, seed: int, split: str = "train") -> tuple[Tensor, Tensor]:
    """Eight shapes that the backbone has never seen (``NEW_NAMES``), drawn like the kit's ten; 32 x 32 pixels."""
    return shapes(n, seed=seed, split=split, noise=0.08, classes=NEW_DISTANCES)


def _box(u: Tensor, v: Tensor, width: float, height: float) -> Tensor:
    return torch.maximum(u.abs() - width, v.abs() - height)


def _arrow(u: Tensor, v: Tensor) -> Tensor:
    head = torch.maximum(-v - 0.05, 0.8 * u.abs() + 0.6 * v - 0.55)
    return torch.minimum(head, _box(u, v + 0.4, 0.24, 0.5))


def _hourglass(u: Tensor, v: Tensor) -> Tensor:
    return torch.maximum(v.abs() - 0.85, 0.8 * u.abs() - 0.6 * v.abs() - 0.08)


def _crescent(u: Tensor, v: Tensor) -> Tensor:
    return torch.maximum(torch.hypot(u, v) - 0.9, 0.7 - torch.hypot(u - 0.45, v))


def _t(u: Tensor, v: Tensor) -> Tensor:
    return torch.minimum(_box(u, v + 0.6, 0.85, 0.26), _box(u, v - 0.15, 0.26, 0.75))


def _c(u: Tensor, v: Tensor) -> Tensor:
    ring = (torch.hypot(u, v) - 0.68).abs() - 0.24
    return torch.maximum(ring, 0.45 - torch.maximum(-u + 0.45, v.abs()))


def _hexagon(u: Tensor, v: Tensor) -> Tensor:
    return torch.maximum(v.abs(), math.sqrt(0.75) * u.abs() + 0.5 * v.abs()) - 0.8


def _zigzag(u: Tensor, v: Tensor) -> Tensor:
    wave = 0.45 * (2 * ((u + 1) - 2 * torch.floor((u + 1) / 2 + 0.25)).abs() - 1).clamp(-1, 1)
    return torch.maximum(0.7 * (v - wave).abs() - 0.2, u.abs() - 0.95)


def _three_dots(u: Tensor, v: Tensor) -> Tensor:
    places = [(0.58 * math.cos(a), 0.58 * math.sin(a)) for a in (math.pi / 2, math.pi * 7 / 6, -math.pi / 6)]
    dots = [torch.hypot(u - a, v - b) for a, b in places]
    return torch.stack(dots).amin(0) - 0.34


NEW_DISTANCES = (_arrow, _hourglass, _crescent, _t, _c, _hexagon, _zigzag, _three_dots)
