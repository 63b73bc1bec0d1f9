"""The references of lesson 08, checked in other ways: hooks, autograd on the whole net, drawn noise."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

GRADERS = Path(__file__).parents[1] / "graders" / "08_seeing"


def grader(exercise: str) -> SimpleNamespace:
    """What a file of hidden tests defines, read outside of the grading session that knows their marks."""
    with patch("course.grading.points", lambda value: lambda test: test):
        return SimpleNamespace(**run_path(str(GRADERS / exercise / f"test_{exercise}.py")))


@pytest.fixture(scope="module")
def cams() -> SimpleNamespace:
    return grader("grad_cam")


def pictures() -> Tensor:
    return 2 * torch.randn(3, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(8))


def caught(net: nn.Module, x: Tensor, name: str) -> Tensor:
    """A copy of a module's last output, with its graph."""
    kept = []
    handle = net.get_submodule(name).register_forward_hook(lambda module, inputs, output: kept.append(output.clone()))
    net(x)
    handle.remove()
    return kept[-1]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("plain_net", ["conv1", "pool1", "head"]),
        ("nested_net", ["body.stage1", "body.stage2.down", "body.stage3.conv", "body", "head"]),
        ("in_place_net", ["conv1", "norm2", "relu2"]),
        ("Twice", ["conv"]),
    ],
)
def test_the_walk_through_the_layers_finds_what_hooks_find(kind, names):
    activations = grader("activations")
    net = activations.support.make(kind, dtype="float64")
    found = activations.walk(kind, pictures())
    for name in names:
        torch.testing.assert_close(found[name], caught(net, pictures(), name))


@pytest.mark.parametrize(
    ("kind", "layer"),
    [("plain_net", "conv1"), ("plain_net", "relu2"), ("nested_net", "body.stage2.down"), ("nested_net", "body.stage3")],
)
def test_a_net_cut_in_two_has_the_gradient_of_the_whole(cams, kind, layer):
    net, x, y = cams.support.make(kind, dtype="float64"), pictures(), torch.tensor([0, 3, 1])
    kept = []
    handle = net.get_submodule(layer).register_forward_hook(lambda module, inputs, output: kept.append(output))
    (gradient,) = torch.autograd.grad(net(x)[torch.arange(3), y].sum(), kept)
    handle.remove()
    cam = (gradient.mean((2, 3), keepdim=True) * kept[0]).sum(1, keepdim=True).relu()
    cam = F.interpolate(cam, size=(8, 8), mode="bilinear")[:, 0].detach()
    cam = cam / cam.amax((1, 2), keepdim=True).clamp(min=1e-300)
    torch.testing.assert_close(cams.reference_on(net)(net, x, layer, y), cam)


def test_the_mean_size_of_a_noisy_number_is_that_of_many_drawn_ones():
    mean_size = grader("smooth_grad").mean_size
    noise = torch.randn(200_000, dtype=torch.float64, generator=torch.Generator().manual_seed(8))
    for value, sigma in ((0.0, 0.5), (1.0, 0.5), (0.5, 2.0)):
        assert mean_size(value, sigma) == pytest.approx((value + sigma * noise).abs().mean().item(), abs=0.01 * sigma)
