"""The references of lesson 03's receptive fields: three ways to the same numbers."""

from __future__ import annotations

import random
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
import torch
from torch import nn

GRADERS = Path(__file__).parents[1] / "graders" / "03_building_cnns"


def grader(exercise: str) -> SimpleNamespace:
    """What a file of hidden tests defines, read outside of the grading session that knows their marks."""
    with patch("course.grading.points", lambda value: lambda test: test):
        return SimpleNamespace(**run_path(str(GRADERS / exercise / f"test_{exercise}.py")))


@pytest.fixture(scope="module")
def formula():
    return grader("receptive_field").reference


@pytest.fixture(scope="module")
def stacks():
    return grader("empirical_receptive_field")


def extent_in_torch(net: nn.Module, shape: tuple[int, int, int]) -> tuple[int, int]:
    """The extent of the pixels that move the middle unit of a net without anything that hides."""
    x = torch.ones(1, *shape, dtype=torch.float64, requires_grad=True)
    y = net(x)
    moved = torch.autograd.grad(y[0, :, y.shape[2] // 2, y.shape[3] // 2].sum(), x)[0][0].sum(0) != 0
    rows, columns = moved.nonzero().unbind(1)
    return int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1


def transparent(layers) -> nn.Module:
    """The stack with weights of 1 and averages in the place of maxima."""
    modules = []
    for kind, *sizes in layers:
        if kind == "conv":
            kernel, stride, dilation, padding = sizes
            modules.append(nn.Conv2d(1, 1, kernel, stride, padding, dilation, bias=False))
            nn.init.ones_(modules[-1].weight)
        elif kind != "relu":
            modules.append(nn.AvgPool2d(sizes[0], stride=sizes[1], padding=sizes[2]))
    return nn.Sequential(*modules).double()


def test_every_stack_of_the_tests_has_the_field_that_torch_finds(stacks):
    for layers in [*stacks.CONVOLUTIONS.values(), *stacks.MAXIMA.values(), *stacks.RECTANGLES.values()]:
        field, shape = stacks.field_and_picture(layers)
        assert extent_in_torch(transparent(layers), shape) == field


def test_the_formula_is_what_torch_finds_on_random_stacks(stacks, formula):
    draw = random.Random(3)
    for _ in range(30):
        layers = []
        for _ in range(draw.randint(1, 4)):
            kernel, stride, padding = draw.randint(1, 4), draw.randint(1, 2), draw.randint(0, 1)
            if draw.random() < 0.6:
                layers.append(("conv", kernel, stride, draw.randint(1, 3), padding))
            else:
                layers.append(("avg", kernel, stride, min(padding, kernel // 2)))
        field, shape = stacks.field_and_picture(layers)
        numbers = [(kernel, stride, dilation) for kernel, stride, dilation, _ in stacks.along(layers, 0)]
        assert field == (formula(numbers)[-1],) * 2
        assert extent_in_torch(transparent(layers), shape) == field


def test_famous_networks(formula):
    lesson = grader("receptive_field")
    assert formula(lesson.VGG16) == lesson.VGG16_FIELDS
    assert formula(lesson.RESNET18) == lesson.RESNET18_FIELDS
