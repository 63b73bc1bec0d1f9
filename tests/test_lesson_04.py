"""Lesson 04: its page on Keras, where Keras is installed (the extra `keras`)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from torch import nn

from course.answers import read_answers
from course.lessons import Course
from course.source import read_source

ROOT = Path(__file__).parents[1]


@pytest.fixture
def lesson():
    return Course.open(ROOT).lesson("04_training")


def test_the_keras_page_gives_the_same_logits(lesson, monkeypatch):
    monkeypatch.setitem(os.environ, "KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    if keras.backend.backend() != "torch":
        pytest.skip("Keras runs on another backend in this process")
    page = next(cell.source for cell in read_source(lesson) if "def to_keras" in cell.source)
    names: dict = {"torch": torch, "nn": nn, "F": nn.functional, "Tensor": torch.Tensor}
    exec(read_answers(lesson.solutions).cell("FashionCNN"), names)
    exec(page, names)
    generator = torch.Generator().manual_seed(0)
    draw = lambda *shape: torch.rand(*shape, generator=generator)
    model = names["FashionCNN"](7).eval()
    with torch.no_grad():
        for tensor in model.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(0.2 * draw(*tensor.shape) - 0.05).abs_()
        pictures = draw(3, 1, 28, 28) - 0.5
        found = names["to_keras"](model)(pictures.permute(0, 2, 3, 1), training=False)
        expected = model(pictures)
    assert torch.allclose(torch.as_tensor(found).cpu(), expected, rtol=1e-3, atol=1e-4)
