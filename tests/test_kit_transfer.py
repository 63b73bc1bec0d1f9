"""The trained backbone and its targets: their form, their randomness, and whose weights they are."""

import hashlib

import pytest
import torch
from torch import nn

from coursekit import train, transfer
from coursekit.data import DataError
from coursekit.shapes import shapes

torch.set_num_threads(1)


def test_the_backbone_gives_96_features_and_can_be_trained():
    net = transfer.backbone()
    assert net.training and all(parameter.requires_grad for parameter in net.parameters())
    assert net(torch.zeros(2, 3, 32, 32)).shape == net(torch.zeros(2, 3, 48, 40)).shape == (2, 96)
    assert list(dict(net.named_children())) == ["stem", "stage1", "stage2", "stage3", "pool"]


def test_it_names_the_ten_shapes():
    net = nn.Sequential(transfer.backbone(), transfer.source_head())
    images, labels = shapes(200, seed=99, split="test", noise=0.08)
    assert train.accuracy(net, images, labels) > 0.9


def test_its_file_is_small_and_its_weights_are_drawn_apart():
    assert transfer.WEIGHTS.stat().st_size < 500_000
    before = torch.get_rng_state()
    first, again, other = (transfer.fresh(seed).stem[0].weight for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(("draw", "classes"), [(transfer.digits, 10), (transfer.new_shapes, 8)])
def test_targets(draw, classes):
    images, labels = draw(40, seed=3)
    assert images.shape == (40, 3, 32, 32) and images.dtype == torch.float32
    assert images.min() >= -2 and images.max() <= 2
    assert labels.bincount().tolist() == [40 // classes] * classes
    assert torch.equal(draw(40, seed=3)[0], images)
    assert not torch.equal(draw(40, seed=4)[0], images)
    assert not torch.equal(draw(40, seed=3, split="test")[0], images)


def test_more_digits_than_were_written():
    assert len(transfer.digits(1000, seed=0)[0]) == 1000
    with pytest.raises(ValueError, match="'valid'"):
        transfer.digits(10, seed=0, split="valid")


def test_resnet18_says_when_its_weights_are_missing(tmp_path, capsys):
    assert not transfer.has_resnet18(tmp_path)
    net = transfer.resnet18(tmp_path)
    assert "random weights" in capsys.readouterr().out
    assert sum(parameter.numel() for parameter in net.parameters()) == 11_689_512


def test_resnet18_reads_a_whole_file_and_refuses_a_damaged_one(tmp_path, capsys, monkeypatch):
    (tmp_path / "resnet18").mkdir()
    monkeypatch.setattr(transfer, "RESNET18", "net-00000000.pth")
    file = tmp_path / "resnet18" / "net-00000000.pth"
    net = transfer.resnet18(tmp_path)
    torch.save(net.state_dict(), file)
    with pytest.raises(DataError, match="damaged"):
        transfer.resnet18(tmp_path)
    name = f"net-{hashlib.sha256(file.read_bytes()).hexdigest()[:8]}.pth"
    file.rename(file.with_name(name))
    monkeypatch.setattr(transfer, "RESNET18", name)
    capsys.readouterr()
    assert torch.equal(transfer.resnet18(tmp_path).conv1.weight, net.conv1.weight)
    assert name in capsys.readouterr().out
