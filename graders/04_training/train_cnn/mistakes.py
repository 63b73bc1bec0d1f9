"""Wrong answers to train_cnn: whole trainings of the same small net, each with one thing wrong. The first are quick."""

import time

import torch
import torch.nn.functional as F
from torch import nn


def _block(before, after, kernel=3, stride=1):
    return [nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(after), nn.ReLU()]


def _body(channels):
    return [
        *_block(channels, 16, 5, 2), *_block(16, 32), nn.MaxPool2d(2), *_block(32, 64), *_block(64, 128),
    ]  # fmt: skip


def _net(channels, classes):
    return nn.Sequential(*_body(channels), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, classes))


def _train(net, images, labels, budget, rate=0.008, epochs=1000, sgd=False):
    """AdamW with one cycle of the learning rate over the budget, or SGD with a constant one; at most so many epochs."""
    start = time.process_time()
    net, images = net.to(memory_format=torch.channels_last), images.to(memory_format=torch.channels_last)
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


class _Nearest(nn.Module):
    def __init__(self, images, labels):
        super().__init__()
        self.images, self.answers = images.flatten(1), F.one_hot(labels).float()

    def forward(self, x):
        return self.answers[torch.cdist(x.flatten(1), self.images).argmin(1)] * 10


def memorises(images, labels, *, seed, budget, device):
    """Your net knows the training pictures and little else: it is right on them and wrong on new ones. Remembering is
    not learning; use convolutions and the mean over all places (section 4.9).
    """
    return _Nearest(images, labels)


def stops_early(images, labels, *, seed, budget, device):
    """Your training stops long before the budget is spent, while the net could still learn. Train until
    time.process_time() says stop: not for a fixed number of epochs, and not by time.time(), which counts the seconds
    of other programs too (section 4.9).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)), images[:1000], labels[:1000], budget, epochs=1)


def labels_shuffled(images, labels, *, seed, budget, device):
    """Your net trains on pictures with other pictures' labels: it shuffles the pictures and forgets the labels. Index
    both with the same permutation (section 4.9).
    """
    torch.manual_seed(seed)
    net = _net(images.shape[1], _classes(labels))
    return _train(net, images[torch.randperm(len(images))], labels, budget)


def learning_rate_too_large(images, labels, *, seed, budget, device):
    """Your training blows up: the net gives (nearly) every picture the same class, or no number at all. The first
    thing to try is a learning rate ten times smaller (section 4.9).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)), images, labels, budget, 10.0, sgd=True)


def flattens_the_maps(images, labels, *, seed, budget, device):
    """Your net is right where shapes lay in training and wrong elsewhere: the layer after the flattened maps has a
    weight for each place and learns each place anew. Take the mean over all places instead (sections 3.6 and 4.9)."""
    torch.manual_seed(seed)
    layers = []
    for before, after in ((images.shape[1], 12), (12, 24), (24, 48)):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    head = [nn.Flatten(), nn.LazyLinear(64), nn.ReLU(), nn.Linear(64, _classes(labels))]
    net = nn.Sequential(*layers, *head)
    net(images[:2])
    return _train(net, images, labels, budget, 0.002)


def no_convolution(images, labels, *, seed, budget, device):
    """Your net has no convolution, so it has to learn each shape anew at each place. That is the dense net of lesson 1
    (section 4.9).
    """
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Flatten(), nn.Linear(images[0].numel(), 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(),
        nn.Linear(128, _classes(labels)),
    )  # fmt: skip
    return _train(net, images, labels, budget, 0.001)


def ignores_budget(images, labels, *, seed, budget, device):
    """Your training takes longer than its budget. Look at time.process_time() before each step, and let the learning
    rate follow the time that is left (section 4.9).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)), images, labels, 1.5 * budget)


def ignores_seed(images, labels, *, seed, budget, device):
    """Two trainings with the same seed start from different weights. Call torch.manual_seed(seed) before you build the
    net (section 4.9).
    """
    return _train(_net(images.shape[1], _classes(labels)), images, labels, budget)


def seed_fixed(images, labels, *, seed, budget, device):
    """Trainings with different seeds start from the same weights: a number stands where the argument seed should be
    (section 4.9).
    """
    torch.manual_seed(0)
    return _train(_net(images.shape[1], _classes(labels)), images, labels, budget)


def softmax_in_the_net(images, labels, *, seed, budget, device):
    """Your net gives probabilities, not logits. Cross-entropy takes the softmax itself; with two of them the gradient
    nearly vanishes. Leave the last layer linear (section 4.9).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)).append(nn.Softmax(1)), images, labels, budget)


def batch_norm_in_eval(images, labels, *, seed, budget, device):
    """Your net is in eval mode while it trains: batch norm never sees the batch, and its running statistics are still
    0 and 1. Call train() before the first step (section 4.3).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)).eval(), images, labels, budget)


def statistics_lag(images, labels, *, seed, budget, device):
    """Right in train mode, wrong in eval mode: the running statistics of batch norm have not followed the weights. In
    torch, momentum is the share of the new batch, 0.1 as a rule; with 0 they never move (section 4.9).
    """
    torch.manual_seed(seed)
    net = _net(images.shape[1], _classes(labels))
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 0.0
    return _train(net, images, labels, budget)


def scaled_outside(images, labels, *, seed, budget, device):
    """Your net trains on rescaled pictures, but it is handed back without that rescaling and meets pictures as they
    are. Put the rescaling into the net's forward, or leave it out (section 4.9).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)), images / 255, labels, budget)
