"""What lesson 10's hidden tests rest on: counts that torch's own counter finds, and products away from any jump."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision import models

GRADERS = Path(__file__).parents[1] / "graders" / "10_efficient"


def grader(exercise: str) -> SimpleNamespace:
    """What a file of hidden tests defines, read outside of the grading session that knows their marks."""
    with patch("course.grading.points", lambda value: lambda test: test):
        return SimpleNamespace(**run_path(str(GRADERS / exercise / f"test_{exercise}.py")))


@pytest.mark.parametrize("kind", ["Plain", "Grouped", "Dilated", "Convolutions", "Tokens", "Again", "Nested"])
def test_reference_counts_are_torchs(kind):
    lesson = grader("count_macs")
    net, shape = lesson.support.net(kind).eval(), lesson.support.NETS[kind][1]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(torch.zeros(1, *shape))
    assert lesson.reference(kind) == counter.get_total_flops() // 2


def test_counts_of_famous_nets_are_torchs():
    with torch.device("meta"):
        for name, expected in grader("count_macs").FAMOUS.items():
            net = getattr(models, name)().eval()
            with FlopCounterMode(display=False) as counter, torch.no_grad():
                net(torch.zeros(1, 3, 224, 224))
            assert counter.get_total_flops() // 2 == expected


def test_arithmetic_is_seen_however_it_is_written():
    support = grader("count_macs").support
    x = torch.randn(1, 4, 6, 5)
    dense, weight = torch.randn(120, 7), torch.randn(6, 2, 3, 3)
    ways = {
        "a layer": (nn.Sequential(nn.Flatten(), nn.Linear(120, 7)), 840),
        "a product": (lambda x: x.flatten(1) @ dense, 840),
        "a vector": (lambda x: dense.t() @ x.flatten(), 840),
        "a number": (lambda x: x.flatten() @ dense[:, 0], 120),
        "an einsum": (lambda x: torch.einsum("nchw,chwk->nk", x, dense.reshape(4, 6, 5, 7)), 840),
        "distances": (lambda x: torch.cdist(x.flatten(1), dense.t().contiguous()), 840),
        "groups": (lambda x: F.conv2d(x, weight, groups=2), 6 * 4 * 3 * 18),
        "transposed": (nn.ConvTranspose2d(4, 3, 3), 4 * 30 * 27),
    }
    for way, (net, expected) in ways.items():
        with torch.no_grad():
            assert support.multiply_adds(net, x) == expected, way


def test_efficientnet_is_away_from_jumps():
    lesson = grader("compound_scale")
    assert [phi for phi in range(8) if not lesson.safe(**lesson.B0, phi=phi)] == [1]
    assert all(lesson.safe([1], [16], 32, phi) for phi in range(8))
