"""The references of lesson 01 that torch does not have ready, compared with another way to the same numbers."""

from __future__ import annotations

import random
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from unittest.mock import patch

import torch
import torch.nn.functional as F

from course.grading.cases import Draws

GRADERS = Path(__file__).parents[1] / "graders" / "01_dense_images"


def grader(exercise: str) -> SimpleNamespace:
    """What a file of hidden tests defines, read outside of the grading session that knows their marks."""
    with patch("course.grading.points", lambda value: lambda test: test):
        return SimpleNamespace(**run_path(str(GRADERS / exercise / f"test_{exercise}.py")))


def test_the_gradients_of_dense_backward_are_those_of_autograd() -> None:
    lesson, forward = grader("dense_backward"), grader("dense_forward").reference
    for draw in (lesson.one_layer, lesson.two_layers, lesson.deeper, lesson.square, lesson.one_picture, lesson.dead):
        for seed in range(10):
            case = draw(Draws(seed))
            leaves = [t.double().requires_grad_() for pair in case["layers"] for t in pair]
            pairs = list(zip(leaves[::2], leaves[1::2], strict=True))
            outputs = forward(case["x"].double(), pairs)
            right = torch.autograd.grad(outputs, leaves, case["grad_output"].double())
            found = lesson.reference(case["x"].double(), case["layers"], case["grad_output"])
            for mine, expected in zip([t for pair in found for t in pair], right, strict=True):
                assert torch.allclose(mine, expected)


def test_no_drawn_number_is_exactly_0_before_relu_even_where_cases_are_made_of_whole_numbers() -> None:
    lesson = grader("dense_backward")
    for seed in range(50):
        case = lesson.call(Draws(seed, plain=True), 3)
        given = case["x"]
        for weight, bias in case["layers"][:-1]:
            before = given @ weight.T + bias
            assert (before != 0).all()
            given = before.relu()


def test_shifts_are_those_of_padding_and_cutting() -> None:
    reference, draw = grader("shift_images").reference, random.Random(1)
    for _ in range(50):
        height, width = draw.randint(1, 5), draw.randint(1, 5)
        dy, dx = draw.randint(-height, height), draw.randint(-width, width)
        images = torch.rand(2, 3, height, width)
        assert torch.equal(reference(images, dy, dx), F.pad(images, (dx, -dx, dy, -dy)))
