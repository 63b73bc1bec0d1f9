"""VGG-19's layers: their names, what stands in for missing weights, and that a file is read only if it is whole."""

import hashlib

import pytest
import torch
from torch import nn

from coursekit import vgg
from coursekit.data import DataError

torch.set_num_threads(1)
STAGES = ((4, 2), (6, 1))  # a VGG of two stages, so that its file is small


@pytest.fixture
def stand_in(tmp_path):
    return vgg.features(root=tmp_path)


def test_without_the_file_a_small_net_stands_in_and_says_so(tmp_path, capsys):
    net = vgg.features(root=tmp_path)
    assert "random" in capsys.readouterr().out
    assert list(dict(net.named_children()))[:6] == ["normalise", "conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1"]
    assert net(torch.rand(2, 3, 32, 48)).shape == (2, 96, 2, 3)


def test_it_is_frozen_and_in_evaluation_mode(stand_in):
    assert not stand_in.training
    assert not any(parameter.requires_grad for parameter in stand_in.parameters())


def test_its_weights_are_decided_by_the_seed_and_leave_the_random_state_alone(tmp_path):
    before = torch.get_rng_state()
    first, again, other = (vgg.features(seed=seed, root=tmp_path).conv1_1.weight for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)


def test_features_neither_vanish_nor_explode(stand_in):
    assert 0.1 < stand_in(torch.rand(1, 3, 64, 64)).square().mean().sqrt() < 10


def published(folder, monkeypatch):
    """A file as torchvision's, of a net with STAGES, and the net's layers."""
    torch.manual_seed(5)
    layers, before = [], 3
    for channels, convolutions in STAGES:
        for _ in range(convolutions):
            layers += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU()]
            before = channels
        layers.append(nn.MaxPool2d(2))
    whole = nn.ModuleDict({"features": nn.Sequential(*layers), "classifier": nn.Linear(3, 3)})
    (folder / "vgg19").mkdir()
    torch.save(whole.state_dict(), folder / "vgg19" / "net.pth")
    digits = hashlib.sha256((folder / "vgg19" / "net.pth").read_bytes()).hexdigest()[:8]
    (folder / "vgg19" / "net.pth").rename(folder / "vgg19" / f"vgg19-{digits}.pth")
    monkeypatch.setattr(vgg, "FILE", f"vgg19-{digits}.pth")
    monkeypatch.setattr(vgg, "STAGES", STAGES)
    return layers


def test_published_weights_are_read_in_their_order(tmp_path, monkeypatch, capsys):
    layers = published(tmp_path, monkeypatch)
    net = vgg.features(root=tmp_path)
    assert "VGG-19 with the weights" in capsys.readouterr().out
    x = torch.rand(1, 3, 16, 16)
    expected = nn.Sequential(*layers[:4])((x - net.normalise.mean) / net.normalise.deviation)
    assert torch.allclose(net[:5](x), expected)
    assert isinstance(net.pool1, nn.AvgPool2d) and net.relu2_1(torch.tensor(-1.0)) == 0


def test_a_damaged_file_is_refused(tmp_path, monkeypatch):
    published(tmp_path, monkeypatch)
    with (tmp_path / "vgg19" / vgg.FILE).open("ab") as file:
        file.write(b"x")
    with pytest.raises(DataError, match="is damaged.*delete it"):
        vgg.features(root=tmp_path)


def test_the_real_stages_are_torchvisions():
    from torchvision.models import vgg19

    with torch.device("meta"):
        theirs = [tuple(layer.weight.shape) for layer in vgg19().features if isinstance(layer, nn.Conv2d)]
        ours = vgg._chain(vgg.STAGES, "zeros")
    assert [tuple(layer.weight.shape) for layer in ours if isinstance(layer, nn.Conv2d)] == theirs
