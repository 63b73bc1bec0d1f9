"""Wrong answers to train_dense: whole trainings of the same small net, each with one thing wrong."""

import time

import torch
import torch.nn.functional as F
from torch import nn


def _net(images, labels, hidden=128):
    layers = [nn.Flatten(), nn.Linear(images[0].numel(), hidden), nn.ReLU(), nn.Linear(hidden, int(labels.max()) + 1)]
    return nn.Sequential(*layers)


def _train(net, images, labels, budget, rate=0.002, epochs=1_000_000, sgd=False):
    """AdamW with one cycle of the learning rate over the budget, or SGD with a constant one; at most so many epochs."""
    start = time.process_time()
    steps = torch.optim.SGD(net.parameters(), rate, momentum=0.9) if sgd else torch.optim.AdamW(net.parameters(), rate)
    for _ in range(epochs):
        for batch in torch.randperm(len(images)).split(64):
            progress = (time.process_time() - start) / budget
            if progress > 0.9:
                return net
            for group in steps.param_groups:
                group["lr"] = rate * (1 if sgd else min(progress / 0.3, (1 - progress) / 0.7))
            steps.zero_grad()
            F.cross_entropy(net(images[batch]), labels[batch]).backward()
            steps.step()
    return net


def stops_early(images, labels, *, seed, budget, device):
    """Your training stops long before the budget is spent, while the net could still learn. Train until the clock says
    stop, not for a fixed number of epochs (section 1.5).
    """
    torch.manual_seed(seed)
    return _train(_net(images, labels), images, labels, budget, epochs=1)


def labels_shuffled(images, labels, *, seed, budget, device):
    """Your net trains on pictures with other pictures' labels: it shuffles the pictures and forgets the labels. Index
    both with the same permutation (section 1.5).
    """
    torch.manual_seed(seed)
    return _train(_net(images, labels), images[torch.randperm(len(images))], labels, budget)


def learning_rate_too_large(images, labels, *, seed, budget, device):
    """Your training blows up: the net gives (nearly) every picture the same class, or no number at all. The first
    thing to try is a learning rate ten times smaller (section 1.5).
    """
    torch.manual_seed(seed)
    return _train(_net(images, labels), images, labels, budget, 10.0, sgd=True)


def ignores_budget(images, labels, *, seed, budget, device):
    """Your training takes longer than its budget. Look at time.process_time() before each step, and let the learning
    rate follow the time that is left (section 1.5).
    """
    torch.manual_seed(seed)
    return _train(_net(images, labels), images, labels, 1.7 * budget)


def ignores_seed(images, labels, *, seed, budget, device):
    """Two trainings with the same seed start from different weights. Call torch.manual_seed(seed) before you build the
    net (section 1.5).
    """
    return _train(_net(images, labels), images, labels, budget)


def seed_fixed(images, labels, *, seed, budget, device):
    """Trainings with different seeds start from the same weights: a number stands where the argument seed should be
    (section 1.5).
    """
    torch.manual_seed(0)
    return _train(_net(images, labels), images, labels, budget)


def softmax_in_the_net(images, labels, *, seed, budget, device):
    """Your net gives probabilities, not logits. Cross-entropy takes the softmax itself; with two of them the gradient
    nearly vanishes. Leave the last layer as it is (section 1.5).
    """
    torch.manual_seed(seed)
    return _train(_net(images, labels).append(nn.Softmax(1)), images, labels, budget)


def scaled_outside(images, labels, *, seed, budget, device):
    """Your net trains on rescaled pictures, but it is handed back without that rescaling and meets pictures as they
    are. Put the rescaling into the net's forward, or leave it out (section 1.5).
    """
    torch.manual_seed(seed)
    return _train(_net(images, labels), images / 255, labels, budget)


def no_hidden_layer(images, labels, *, seed, budget, device):
    """Your net is one dense layer, or several without ReLU between them, which is no more. Put a hidden layer with ReLU
    between pixels and classes (sections 1.3 and 1.5).
    """
    torch.manual_seed(seed)
    layers = [nn.Linear(images[0].numel(), 128), nn.Linear(128, int(labels.max()) + 1)]
    return _train(nn.Sequential(nn.Flatten(), *layers), images, labels, budget)


class _Nearest(nn.Module):
    def __init__(self, images, labels):
        super().__init__()
        self.images, self.answers = images.flatten(1), F.one_hot(labels).float()

    def forward(self, x):
        return self.answers[torch.cdist(x.flatten(1), self.images).argmin(1)] * 10


def memorises(images, labels, *, seed, budget, device):
    """Your net is the list of the training pictures: it is right on them and wrong on new ones. Remembering is not
    learning; train weights (section 1.5).
    """
    return _Nearest(images, labels)


def convolves(images, labels, *, seed, budget, device):
    """Your net has a convolution (or unfold) in it. This lesson asks how far dense layers alone get; convolutions come
    in lesson 2 (section 1.5)."""
    torch.manual_seed(seed)
    side = images.shape[2] // 2
    layers = [nn.Conv2d(images.shape[1], 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    net = nn.Sequential(*layers, nn.Linear(16 * side * side, int(labels.max()) + 1))
    return _train(net, images, labels, budget, 0.005)


class _Windows(nn.Module):
    """A 3 x 3 convolution out of nine slices, maxima of 3 x 3, a dense layer."""

    def __init__(self, channels, side, classes):
        super().__init__()
        self.look, self.side = nn.Linear(9 * channels, 24), side // 3
        self.decide = nn.Linear(24 * self.side**2, classes)

    def forward(self, x):
        h, w = x.shape[2:]
        x = F.pad(x, (1, 1, 1, 1))
        nine = torch.cat([x[:, :, i : i + h, j : j + w] for i in range(3) for j in range(3)], 1)
        maps = self.look(nine.permute(0, 2, 3, 1)).relu()[:, : 3 * self.side, : 3 * self.side]
        return self.decide(maps.unflatten(2, (self.side, 3)).unflatten(1, (self.side, 3)).amax((2, 4)).flatten(1))


def local_windows(images, labels, *, seed, budget, device):
    """Your net slides the same weights over windows of the picture: a convolution by hand. Permuting the pixels hurts
    it, as it hurts no dense net. Let the first layer read the whole flattened picture (sections 1.5 and 1.7)."""
    torch.manual_seed(seed)
    net = _Windows(images.shape[1], images.shape[2], int(labels.max()) + 1)
    return _train(net, images, labels, budget, 0.01)
