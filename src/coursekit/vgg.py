"""The layers of VGG-19 that look at a picture, each with a name: with the published weights, or a small stand-in.

    net = coursekit.vgg.features()                  # prints which of the two it is
    net.relu3_1                                     # first ReLU of the third stage

The published weights are torchvision's file, ``vgg19-dcbb9e9d.pth`` (548 MB), in ``COURSE_DATA/vgg19/`` or where
torchvision itself would keep it. Nothing is downloaded. Without the file, a small net with random weights stands in;
its layers have the same names, as far as it has them.
"""

import hashlib
import math
import os
from collections import OrderedDict
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from coursekit.data import DataError, data_folder

FILE = "vgg19-dcbb9e9d.pth"  # torchvision's name: behind the dash stand the first digits of its SHA-256
STAGES = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))  # channels and convolutions of each stage of VGG-19
SMALL_STAGES = ((16, 2), (32, 2), (64, 2), (96, 2))
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # what the published net was trained with


class Normalise(nn.Module):
    """Pictures in [0, 1] become what the net was trained on: (x - mean) / deviation, channel by channel."""

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None])
        self.register_buffer("deviation", torch.tensor(DEVIATION)[:, None, None])

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.deviation


def features(*, seed: int = 0, root: str | Path | None = None) -> nn.Sequential:
    """A net for pictures (N, 3, H, W) in [0, 1], H and W at least 16, with frozen weights, in evaluation mode.

    Children: ``normalise``; then in stage s ``conv{s}_1 relu{s}_1 conv{s}_2 relu{s}_2 ...`` and ``pool{s}``, which
    takes means (Gatys et al. 2015 found them to paint smoother than maxima). All convolutions are 3 x 3.
    VGG-19 has 2, 2, 4, 4, 4 convolutions in its five stages, the stand-in two in each of four.
    seed: of the stand-in's weights.  root: in place of ``COURSE_DATA``.  Raises DataError for a damaged file.
    """
    path = _weights_file(root)
    if path is None:
        print(
            f"VGG-19's weights ({FILE}) are not in {data_folder(root) / 'vgg19'}; using a small net with random "
            "weights, which knows edges and colours, but no objects and no brush strokes."
        )
        net = _chain(SMALL_STAGES, padding_mode="reflect")
        _draw(net, seed)
    else:
        net = _chain(STAGES, padding_mode="zeros")
        _load(net, path)
        print(f"VGG-19 with the weights in {path}.")
    return net.eval().requires_grad_(False)


def _chain(stages: tuple[tuple[int, int], ...], padding_mode: Literal["zeros", "reflect"]) -> nn.Sequential:
    layers: OrderedDict[str, nn.Module] = OrderedDict(normalise=Normalise())
    before = 3
    for stage, (channels, convolutions) in enumerate(stages, 1):
        for i in range(1, convolutions + 1):
            with torch.random.fork_rng(devices=[]):  # torch draws first weights, which nobody keeps
                layers[f"conv{stage}_{i}"] = nn.Conv2d(before, channels, 3, padding=1, padding_mode=padding_mode)
            layers[f"relu{stage}_{i}"] = nn.ReLU()
            before = channels
        layers[f"pool{stage}"] = nn.AvgPool2d(2)
    return nn.Sequential(layers)


def _draw(net: nn.Sequential, seed: int) -> None:
    """He et al.'s start: normal weights of variance 2 / inputs, no biases. The global random state is left alone."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in net:
            if isinstance(layer, nn.Conv2d) and layer.bias is not None:
                weights = torch.randn(layer.weight.shape, generator=g)
                layer.weight.copy_(weights * math.sqrt(2 / layer.weight[0].numel()))
                layer.bias.zero_()


def _weights_file(root: str | Path | None) -> Path | None:
    folders = [data_folder(root) / "vgg19"]
    if root is None:
        folders.append(Path(torch.hub.get_dir(), "checkpoints"))
    return next((folder / FILE for folder in folders if os.access(folder / FILE, os.R_OK)), None)


def _load(net: nn.Sequential, path: Path) -> None:
    """The file's convolutions, in their order. The checksum is compared first, since the file is a pickle."""
    checksum = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            checksum.update(block)
    if not checksum.hexdigest().startswith(path.stem.partition("-")[2]):
        raise DataError(f"{path} is damaged (its checksum is not the published one): delete it and fetch it again")
    published = torch.load(path, map_location="cpu", weights_only=True)
    tensors = [tensor for name, tensor in published.items() if name.startswith("features.")]
    convolutions = [layer for layer in net if isinstance(layer, nn.Conv2d)]
    with torch.no_grad():
        for layer, weight, bias in zip(convolutions, tensors[::2], tensors[1::2], strict=True):
            layer.load_state_dict({"weight": weight, "bias": bias})
