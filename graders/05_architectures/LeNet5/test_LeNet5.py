"""LeNet5: two convolutions with sigmoid and average pooling, three dense layers. A twin here gets the same weights."""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import nn

from course.grading import agree_module, fail, observe, points, same, scaffolding

bans = ("torchvision",)
support = scaffolding(__file__)


class Twin(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, x):
        x = F.avg_pool2d(torch.sigmoid(self.conv1(x)), 2)
        x = F.avg_pool2d(torch.sigmoid(self.conv2(x)), 2)
        x = torch.sigmoid(self.fc1(x.flatten(1)))
        return self.fc3(torch.sigmoid(self.fc2(x)))


@lru_cache
def twin():
    return support.fill(Twin().double(), seed=5)


def pictures(number):
    return 3 * torch.randn(number, 1, 32, 32, generator=torch.Generator().manual_seed(number), dtype=torch.float64)


@lru_cache
def logits(number):
    return twin()(pictures(number)).detach()


def filled(student, train=False):
    net = student.LeNet5().double()
    student.support.fill(net, seed=5)
    net.train(train)
    return net


@points(0.75)
def test_parameters(student):
    """Children conv1, conv2, fc1, fc2, fc3 with weights and biases: 61 706 parameters."""
    found, count = student.support.outline(student.LeNet5)
    same(found, support.layout(twin()), f"the state dict of LeNet5() ({count} parameters, expected 61706)")


@points(0.25)
def test_num_classes(student):
    """num_classes is the number of logits."""
    net = student.LeNet5(num_classes=3)
    same(student.support.layout(net).get("fc3.weight"), "3 × 84", "the shape of fc3.weight in LeNet5(num_classes=3)")
    same(list(net(pictures(2).float()).shape), [2, 3], "the shape of the logits of LeNet5(num_classes=3)")


@points(1)
def test_logits(student):
    """With the same weights, the logits are those of LeNet-5, in eval and in train mode."""
    for train in (False, True):
        mode = "train mode (in eval mode it is right)" if train else "eval mode"
        same(filled(student, train)(pictures(3)), logits(3), f"the output for 3 pictures in {mode}")


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
