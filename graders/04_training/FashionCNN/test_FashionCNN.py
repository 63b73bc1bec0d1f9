"""FashionCNN: [convolution, ReLU, batch norm, pooling] twice, a hidden layer with dropout. A twin gets the same
weights."""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import nn

from course.grading import agree_module, fail, observe, points, same, scaffolding

support = scaffolding(__file__)


class Twin(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32)
        self.conv2, self.bn2 = nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64)
        self.fc1, self.fc2 = nn.Linear(64 * 7 * 7, 128), nn.Linear(128, num_classes)

    def hidden(self, x):
        """What fc2 gets when nothing is dropped."""
        x = F.max_pool2d(self.bn1(F.relu(self.conv1(x))), 2)
        x = F.max_pool2d(self.bn2(F.relu(self.conv2(x))), 2)
        return F.relu(self.fc1(x.flatten(1)))

    def forward(self, x):
        return self.fc2(self.hidden(x))


def twin(classes=10):
    return support.fill(Twin(classes).double(), seed=3).eval()


@lru_cache
def pictures(number):
    return torch.randn(number, 1, 28, 28, generator=torch.Generator().manual_seed(number), dtype=torch.float64)


@lru_cache
def logits(number):
    return twin()(pictures(number)).detach()


@lru_cache
def undropped(number):
    """What fc2 gets in train mode when nothing is dropped, and the running statistics afterwards."""
    net = twin(128).train()
    return net.hidden(pictures(number)).detach(), support.state(net)


def filled(student, classes=10, train=False):
    net = student.FashionCNN(classes).double()
    student.support.fill(net, seed=3)
    net.train(train)
    return net


@points(0.5)
def test_parameters(student):
    """Children conv1, bn1, conv2, bn2, fc1, fc2 with 421834 parameters; num_classes is the number of logits."""
    same(student.support.layout(student.FashionCNN()), support.layout(Twin()), "the state dict of FashionCNN()")
    found = student.support.layout(student.FashionCNN(num_classes=3)).get("fc2.weight")
    same(found, "3 × 128", "the shape of fc2.weight in FashionCNN(num_classes=3)")


@points(1)
def test_logits(student):
    """With the same weights, the logits in eval mode are those of the text's network, for any number of pictures."""
    net = filled(student)
    for number in (3, 1):
        found = net(pictures(number))
        if isinstance(found, torch.Tensor) and found.ndim == 2 and torch.allclose(found.sum(1), found.new_ones(())):
            fail("The numbers of each picture add up to 1.", misconception="softmax_at_the_end")
        same(found, logits(number), f"the output for {number} picture{'s' * (number > 1)} in eval mode")


@points(0.5)
def test_batch_norm(student):
    """In train mode, batch norm uses the batch, and its running statistics move."""
    net = filled(student, 128, train=True)
    net(pictures(4))
    found, expected = student.support.state(net), undropped(4)[1]
    for name in ("bn1.running_mean", "bn1.running_var", "bn2.running_mean", "bn2.running_var"):
        same(found.get(name), expected[name], f"{name} after a batch of 4 pictures in train mode")


@points(0.5)
def test_dropout(student):
    """In train mode, about half of what fc2 gets is 0 and the rest is doubled; in eval mode nothing is dropped."""
    for train in (True, False):
        found, expected = student.support.what_fc2_gets(filled(student, 128, train), pictures(4))
        if not isinstance(expected, torch.Tensor):  # fc1 is not called as a module; then the text's network tells
            expected = undropped(4)[0] if train else twin(128).hidden(pictures(4)).detach()
        same(list(found.shape), list(expected.shape), "the shape of what fc2 gets")
        if not train:
            same(found, expected, "what fc2 gets in eval mode (what comes out of the ReLU after fc1)")
            continue
        alive = expected > 1e-6
        dropped = (found.abs() < 1e-9) & alive
        same(torch.where(dropped, 0.0, found), torch.where(dropped, 0.0, 2 * expected),
             "what fc2 gets in train mode (where it is not 0, twice what comes out of the ReLU after fc1)")  # fmt: skip
        share = dropped.sum().item() / alive.sum().item()
        if not 0.3 < share < 0.7:
            fail(f"In train mode {100 * share:.0f} % of what fc2 gets is dropped; about half should be.")
        if (filled(student, train=True)(pictures(4)) == 0).double().mean() > 0.2:
            fail("In train mode many of the logits are 0: what is dropped is what fc2 gives.")
        if (dropped == dropped[:1])[:, alive.all(0)].all() and alive.all(0).sum() > 3:
            fail("The same numbers are dropped for each picture; every picture has dice of its own.")


@points(0.5)
def test_gradients(student):
    """Gradients reach the pictures and every parameter; the pictures are not changed."""
    agree_module(filled(student), twin(), pictures(2), what="in eval mode")
    if observe(filled(student), pictures(2), no_grad=True).changed:
        fail("The pictures are others after the forward pass.", misconception="changes_x")
