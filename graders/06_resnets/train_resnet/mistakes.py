"""Wrong answers to train_resnet: whole trainings of the same small residual net, each with one thing wrong."""

import time

import torch
import torch.nn.functional as F
from torch import nn


class _Block(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels),
        )  # fmt: skip
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x):
        return F.relu(self.branch(x) + self.shortcut(x))


def _net(channels, classes):
    stem = [nn.Conv2d(channels, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, classes)]
    return nn.Sequential(*stem, _Block(16, 16), _Block(16, 32, 2), _Block(32, 64, 2), *head)


def _train(net, images, labels, budget, rate=0.008, epochs=1000, sgd=False):
    """AdamW with one cycle of the learning rate over the budget, or SGD with a constant one; at most so many epochs."""
    start = time.process_time()
    steps = torch.optim.SGD(net.parameters(), rate, momentum=0.9) if sgd else torch.optim.AdamW(net.parameters(), rate)
    for _ in range(epochs):
        for batch in torch.randperm(len(images)).split(64):
            progress = (time.process_time() - start) / budget
            if progress > 0.95:
                return net
            for group in steps.param_groups:
                group["lr"] = rate * (1 if sgd else min(progress / 0.3, (1 - progress) / 0.7))
            steps.zero_grad()
            F.cross_entropy(net(images[batch]), labels[batch]).backward()
            steps.step()
    return net


def _classes(labels):
    return int(labels.max()) + 1


def labels_shuffled(images, labels, *, seed, budget, device):
    """Your net trains on pictures with other pictures' labels: it shuffles the pictures and forgets the labels. Index
    both with the same permutation (section 6.8).
    """
    torch.manual_seed(seed)
    net = _net(images.shape[1], _classes(labels))
    return _train(net, images[torch.randperm(len(images))], labels, budget)


def learning_rate_too_large(images, labels, *, seed, budget, device):
    """Your training blows up: the net gives (nearly) every picture the same class, or no number at all. The first
    thing to try is a learning rate ten times smaller (section 6.8).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)), images, labels, budget, 10.0, sgd=True)


def stops_early(images, labels, *, seed, budget, device):
    """Your training stops long before the budget is spent, while the net could still learn. Train until the clock says
    stop, not for a fixed number of epochs (section 6.8).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)), images, labels, budget, epochs=1)


def ignores_budget(images, labels, *, seed, budget, device):
    """Your training takes longer than its budget. Look at time.process_time() before each step, and let the learning
    rate follow the time that is left (section 6.8).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)), images, labels, 1.5 * budget)


def ignores_seed(images, labels, *, seed, budget, device):
    """Two trainings with the same seed start from different weights. Call torch.manual_seed(seed) before you build the
    net (section 6.8).
    """
    return _train(_net(images.shape[1], _classes(labels)), images, labels, budget)


def seed_fixed(images, labels, *, seed, budget, device):
    """Trainings with different seeds start from the same weights: a number stands where the argument seed should be
    (section 6.8).
    """
    torch.manual_seed(0)
    return _train(_net(images.shape[1], _classes(labels)), images, labels, budget)


def softmax_in_the_net(images, labels, *, seed, budget, device):
    """Your net gives probabilities, not logits. Cross-entropy takes the softmax itself; with two of them the gradient
    nearly vanishes. Leave the last layer linear (section 6.8).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)).append(nn.Softmax(1)), images, labels, budget)


def batch_norm_in_eval(images, labels, *, seed, budget, device):
    """Your net is in eval mode while it trains: batch norm never sees the batch, and its running statistics are still
    0 and 1. Call train() before the first step (section 6.5).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)).eval(), images, labels, budget)


def statistics_lag(images, labels, *, seed, budget, device):
    """Right in train mode, wrong in eval mode: the running statistics of batch norm have not followed the weights. In
    torch, momentum is the share of the new batch, 0.1 as a rule; with 0 they never move (section 6.5).
    """
    torch.manual_seed(seed)
    net = _net(images.shape[1], _classes(labels))
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 0.0
    return _train(net, images, labels, budget)


def scaled_outside(images, labels, *, seed, budget, device):
    """Your net trains on rescaled pictures, but it is handed back without that rescaling and meets pictures as they
    are. Put the rescaling into the net's forward, or leave it out (section 6.8).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)), images / 255, labels, budget)


def no_convolution(images, labels, *, seed, budget, device):
    """Your net has no convolution, so it has to learn each shape anew at each place. Build a residual net (section
    6.8).
    """
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Flatten(), nn.Linear(images[0].numel(), 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(),
        nn.Linear(128, _classes(labels)),
    )  # fmt: skip
    return _train(net, images, labels, budget, 0.001)


class _Nearest(nn.Module):
    def __init__(self, images, labels):
        super().__init__()
        self.images, self.answers = images.flatten(1), F.one_hot(labels).float()

    def forward(self, x):
        return self.answers[torch.cdist(x.flatten(1), self.images).argmin(1)] * 10


def memorises(images, labels, *, seed, budget, device):
    """Your net knows the training pictures and little else: it is right on them and wrong on new ones. Remembering is
    not learning; let it see shifted or mirrored copies, and use global average pooling (section 6.8).
    """
    return _Nearest(images, labels)


def too_large(images, labels, *, seed, budget, device):
    """Your net is too large for the budget: in all that time it saw the pictures once or twice. Use fewer channels and
    blocks; a net of 100 000 weights is plenty here (section 6.8).
    """
    torch.manual_seed(seed)
    widths, layers = (64, 128, 256, 512), [nn.Conv2d(images.shape[1], 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64)]
    for before, width in zip((64, *widths), widths, strict=False):
        layers += [_Block(before, width, 1 if width == 64 else 2), _Block(width, width)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, _classes(labels))]
    return _train(nn.Sequential(*layers, *head), images, labels, budget, 0.001)
