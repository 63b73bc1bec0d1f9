"""Wrong answers to adversarial_train: whole trainings of the same small net, each with one thing wrong."""

import time

import torch
import torch.nn.functional as F
from torch import nn


def _net(images, labels, seed=None):
    if seed is not None:
        torch.manual_seed(seed)
    _, channels, height, width = images.shape
    return nn.Sequential(
        nn.Conv2d(channels, 16, 3, 1, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3, 1, 1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * height * width, 64), nn.ReLU(),
        nn.Linear(64, int(labels.max()) + 1),
    )  # fmt: skip


def _pgd(net, x, y, epsilon):
    low, high = (x - epsilon).clamp(min=0), (x + epsilon).clamp(max=1)
    moved = low + (high - low) * torch.rand_like(x)
    for _ in range(5):
        moved.requires_grad_()
        (gradient,) = torch.autograd.grad(F.cross_entropy(net(moved), y), moved)
        moved = (moved.detach() + epsilon / 2 * gradient.sign()).clamp(low, high)
    return moved


def _train(net, images, labels, budget, epsilon, attack=_pgd, rate=0.003, spend=1.0, sgd=False):
    """One cycle of the learning rate over the budget, of which the share `spend` is used."""
    start = time.process_time()
    steps = torch.optim.SGD(net.parameters(), rate) if sgd else torch.optim.Adam(net.parameters(), rate)
    while True:
        for batch in torch.randperm(len(images)).split(64):
            progress = (time.process_time() - start) / (budget * spend)
            if progress > 0.95:
                return net
            for group in steps.param_groups:
                group["lr"] = rate * (1 if sgd else min(progress / 0.3, (1 - progress) / 0.7))
            x, y = images[batch], labels[batch]
            x = attack(net, x, y, epsilon * min(1.0, 2 * progress))
            steps.zero_grad()
            F.cross_entropy(net(x), y).backward()
            steps.step()


def _none(net, x, y, epsilon):
    return x


def no_defence(images, labels, *, epsilon, seed, budget, device):
    """Your net is good on untouched pictures and falls to PGD like one that was never attacked. Train it on pictures
    that are attacked anew in each step, within the whole epsilon, along the gradient; noise is no attack (section
    16.6)."""
    return _train(_net(images, labels, seed), images, labels, budget, epsilon, _none, spend=0.3)


class _Rounded(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net((x * 8).round() / 8)


def hides_the_gradient(images, labels, *, epsilon, seed, budget, device):
    """Your net withstands attacks that follow its gradient, and falls to one that only asks for its logits: the
    gradient is hidden (rounding, detached parts, enormous logits, noise), not the weakness. Train on attacked pictures
    instead (section 16.6)."""
    return _Rounded(_train(_net(images, labels, seed), images, labels, budget, epsilon, _none, spend=0.3))


def softmax_in_the_net(images, labels, *, epsilon, seed, budget, device):
    """Your net gives probabilities, not logits. Cross-entropy takes the softmax itself, so leave the last layer linear
    (section 16.6)."""
    net = _net(images, labels, seed).append(nn.Softmax(1))
    return _train(net, images, labels, budget, epsilon, spend=0.5)


def scaled_outside(images, labels, *, epsilon, seed, budget, device):
    """Your net was trained on rescaled pictures and meets pictures in [0, 1] without that rescaling. Put it into the
    net's forward, or leave it out (section 16.6)."""
    images = (images - 0.5) / 0.25
    attack = lambda net, x, y, size: x + 4 * size * torch.empty_like(x).uniform_(-1, 1)
    return _train(_net(images, labels, seed), images, labels, budget, epsilon, attack, spend=0.4)


def learns_nothing(images, labels, *, epsilon, seed, budget, device):
    """Your net does no better than guessing, or gives nearly every picture the same class. Try a learning rate that is
    ten times smaller, let the ball grow from 0, and check that pictures and labels are indexed alike (section 16.6)."""
    return _train(_net(images, labels, seed), images, labels, budget, epsilon, rate=30.0, spend=0.3, sgd=True)


class _Nearest(nn.Module):
    def __init__(self, images, labels):
        super().__init__()
        self.images, self.answers = images.flatten(1), F.one_hot(labels).float()

    def forward(self, x):
        return (-20 * torch.cdist(x.flatten(1), self.images)).softmax(1) @ self.answers * 10


def memorises(images, labels, *, epsilon, seed, budget, device):
    """Your net has no weights: it compares with the training pictures, and nothing was learned. Train a network
    (section 16.6)."""
    return _Nearest(images, labels)


def ignores_budget(images, labels, *, epsilon, seed, budget, device):
    """Your training takes longer than its budget. Look at time.process_time() before each step; an attack of k steps
    makes a training step k + 1 times as long (section 16.6)."""
    return _train(_net(images, labels, seed), images, labels, 1.5 * budget, epsilon)


def ignores_seed(images, labels, *, epsilon, seed, budget, device):
    """Two trainings with the same seed start from different weights. Call torch.manual_seed(seed) before you build the
    net (section 16.6)."""
    return _train(_net(images, labels), images, labels, budget, epsilon)


def seed_fixed(images, labels, *, epsilon, seed, budget, device):
    """Trainings with different seeds start from the same weights: a number stands where the argument seed should be
    (section 16.6)."""
    return _train(_net(images, labels, 0), images, labels, budget, epsilon)
