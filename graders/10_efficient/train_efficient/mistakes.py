"""Wrong answers to train_efficient: whole trainings of the same small separable net, each with one thing wrong."""

import time

import torch
import torch.nn.functional as F
from torch import nn


def _separable(before, after, stride=1):
    return [
        nn.Conv2d(before, before, 3, stride, 1, groups=before, bias=False), nn.BatchNorm2d(before), nn.ReLU(),
        nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(),
    ]  # fmt: skip


def _net(channels, classes, width=18):
    """Of the widths 18 to 20, all stay below 400 000 multiply-adds on 16 × 16 pixels."""
    w = width
    stem = [nn.Conv2d(channels, w, 3, 2, 1, bias=False), nn.BatchNorm2d(w), nn.ReLU()]
    body = [*_separable(w, 2 * w), *_separable(2 * w, 2 * w), *_separable(2 * w, 4 * w, 2), *_separable(4 * w, 4 * w)]
    return nn.Sequential(*stem, *body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * w, classes))


def _train(net, images, labels, budget, rate=0.01, epochs=1000, sgd=False):
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


def labels_shuffled(images, labels, *, max_macs, seed, budget, device):
    """Your net trains on pictures with other pictures' labels: it shuffles the pictures and forgets the labels. Index
    both with the same permutation (section 10.8).
    """
    torch.manual_seed(seed)
    net = _net(images.shape[1], _classes(labels))
    return _train(net, images[torch.randperm(len(images))], labels, budget)


def learning_rate_too_large(images, labels, *, max_macs, seed, budget, device):
    """Your training blows up: the net gives (nearly) every picture the same class, or no number at all. The first
    thing to try is a learning rate ten times smaller (section 10.8).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)), images, labels, budget, 10.0, sgd=True)


def stops_early(images, labels, *, max_macs, seed, budget, device):
    """Your training stops long before the budget is spent, while the net could still learn. Train until the clock says
    stop, not for a fixed number of epochs (section 10.8).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)), images, labels, budget, epochs=1)


def ignores_budget(images, labels, *, max_macs, seed, budget, device):
    """Your training takes longer than its budget. Look at time.process_time() before each step, and let the learning
    rate follow the time that is left (section 10.8).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)), images, labels, 1.5 * budget)


def ignores_seed(images, labels, *, max_macs, seed, budget, device):
    """Two trainings with the same seed start from different weights. Call torch.manual_seed(seed) before you build the
    net (section 10.8).
    """
    return _train(_net(images.shape[1], _classes(labels)), images, labels, budget)


def seed_fixed(images, labels, *, max_macs, seed, budget, device):
    """Trainings with different seeds start from the same weights: a number stands where the argument seed should be
    (section 10.8).
    """
    torch.manual_seed(0)
    return _train(_net(images.shape[1], _classes(labels)), images, labels, budget)


def softmax_in_the_net(images, labels, *, max_macs, seed, budget, device):
    """Your net gives probabilities, not logits. Cross-entropy takes the softmax itself; with two of them the gradient
    nearly vanishes. Leave the last layer linear (section 10.8).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)).append(nn.Softmax(1)), images, labels, budget)


def batch_norm_in_eval(images, labels, *, max_macs, seed, budget, device):
    """Your net is in eval mode while it trains: batch norm never sees the batch, and its running statistics are still
    0 and 1. Call train() before the first step (section 10.4).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)).eval(), images, labels, budget)


def statistics_lag(images, labels, *, max_macs, seed, budget, device):
    """Right in train mode, wrong in eval mode: the running statistics of batch norm have not followed the weights. In
    torch, momentum is the share of the new batch, 0.1 as a rule; with 0 they never move (section 10.4).
    """
    torch.manual_seed(seed)
    net = _net(images.shape[1], _classes(labels))
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 0.0
    return _train(net, images, labels, budget)


def scaled_outside(images, labels, *, max_macs, seed, budget, device):
    """Your net trains on rescaled pictures, but it is handed back without that rescaling and meets pictures as they
    are. Put the rescaling into the net's forward, or leave it out (section 10.8).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels)), images / 255, labels, budget)


def no_convolution(images, labels, *, max_macs, seed, budget, device):
    """Your net has no convolution, so it has to learn each shape anew at each place. Build it from separable
    convolutions (section 10.8).
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


def memorises(images, labels, *, max_macs, seed, budget, device):
    """You keep the training pictures and look for the nearest one. That is no net, knows few new pictures, and each
    comparison costs as many products as a picture has numbers (section 10.8).
    """
    return _Nearest(images, labels)


def ignores_max_macs(images, labels, *, max_macs, seed, budget, device):
    """Your net takes more multiply-adds than max_macs allows. Count them with count_macs before you train, and choose
    the width by that (section 10.8).
    """
    torch.manual_seed(seed)
    return _train(_net(images.shape[1], _classes(labels), width=28), images, labels, 0.5 * budget)
