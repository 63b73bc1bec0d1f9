"""SimpleCNN: two convolutions with ReLU and max pooling, two dense layers. A twin here gets the same weights."""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import nn

from course.grading import agree_module, fail, observe, points, same, scaffolding

support = scaffolding(__file__)


class Twin(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.fc1 = nn.Linear(64 * 7 * 7, 128)
        self.fc2 = nn.Linear(128, num_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


@lru_cache
def twin():
    return support.fill(Twin().double(), seed=3)


def pictures(number):
    return torch.randn(number, 1, 28, 28, generator=torch.Generator().manual_seed(number), dtype=torch.float64)


@lru_cache
def logits(number):
    return twin()(pictures(number)).detach()


def filled(student, train=False):
    net = student.SimpleCNN().double()
    student.support.fill(net, seed=3)
    net.train(train)
    return net


def adds_up_to_one(value):
    """Whether each row of a table holds probabilities."""
    is_table = isinstance(value, torch.Tensor) and value.is_floating_point() and value.ndim == 2
    return is_table and torch.allclose(value.sum(1), torch.ones(len(value), dtype=value.dtype))


@points(0.75)
def test_parameters(student):
    """Children conv1, conv2, fc1, fc2 with weights and biases: 421642 parameters."""
    expected = support.layout(twin())
    same(student.support.layout(student.SimpleCNN()), expected, "the state dict of SimpleCNN()")


@points(0.25)
def test_num_classes(student):
    """num_classes is the number of logits."""
    net = student.SimpleCNN(num_classes=3)
    same(
        student.support.layout(net).get("fc2.weight"), "3 × 128", "the shape of fc2.weight in SimpleCNN(num_classes=3)"
    )
    same(list(net(pictures(2).float()).shape), [2, 3], "the shape of the logits of SimpleCNN(num_classes=3)")


@points(1)
def test_logits(student):
    """With the same weights, the logits are those of the table's network, in eval and in train mode."""
    for train in (False, True):
        mode = "train mode (in eval mode it is right)" if train else "eval mode"
        found = filled(student, train)(pictures(3))
        if adds_up_to_one(found):
            fail("The numbers of each picture add up to 1.", misconception="softmax_at_the_end")
        same(found, logits(3), f"the output for 3 pictures in {mode}")


@points(0.5)
def test_any_batch(student):
    """Any number of pictures gives as many rows of logits, each for its own picture."""
    net = filled(student)
    for number in (1, 2, 5):
        same(net(pictures(number)), logits(number), f"the output for {number} picture{'s' * (number > 1)}")


@points(0.5)
def test_gradients(student):
    """Gradients reach the pictures and every parameter; the pictures are not changed."""
    agree_module(filled(student, train=True), twin(), pictures(2))
    if observe(filled(student), pictures(2), no_grad=True).changed:
        fail("The pictures are others after the forward pass.", misconception="changes_x")
