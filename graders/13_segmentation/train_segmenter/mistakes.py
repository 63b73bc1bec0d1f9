"""Wrong answers to train_segmenter: whole trainings of the same small net, each with one thing wrong."""

import time

import torch
import torch.nn.functional as F
from torch import nn


def _layer(before, width, stride=1):
    return nn.Sequential(
        nn.Conv2d(before, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
    )


class _Net(nn.Module):
    """A U-Net with one way back: coarse maps upsampled and concatenated with fine ones."""

    def __init__(self, channels, classes, width=8):
        super().__init__()
        self.fine = nn.Sequential(_layer(channels, width), _layer(width, width))
        self.middle = nn.Sequential(_layer(width, 2 * width, 2), _layer(2 * width, 2 * width))
        self.coarse = nn.Sequential(_layer(2 * width, 4 * width, 2), _layer(4 * width, 4 * width))
        self.merge2, self.merge1 = _layer(6 * width, 2 * width), _layer(3 * width, width)
        self.score = nn.Conv2d(width, classes, 1)

    def forward(self, x):
        fine = self.fine(x)
        middle = self.middle(fine)
        up = lambda small, like: F.interpolate(small, size=like.shape[-2:])
        middle = self.merge2(torch.cat([middle, up(self.coarse(middle), middle)], 1))
        return self.score(self.merge1(torch.cat([fine, up(middle, fine)], 1)))


def _train(net, images, masks, budget, rate=0.008, epochs=1000, sgd=False, change=lambda x, y: (x, y)):
    """AdamW with one cycle of the learning rate over the budget, or SGD with a constant one; at most so many epochs."""
    start = time.process_time()
    net = net.to(memory_format=torch.channels_last)
    images = images.contiguous(memory_format=torch.channels_last)
    steps = torch.optim.SGD(net.parameters(), rate) if sgd else torch.optim.AdamW(net.parameters(), rate)
    for _ in range(epochs):
        for batch in torch.randperm(len(images)).split(16):
            progress = (time.process_time() - start) / budget
            if progress > 0.95:
                return net
            for group in steps.param_groups:
                group["lr"] = rate * (1 if sgd else min(progress / 0.3, (1 - progress) / 0.7))
            x, y = change(images[batch], masks[batch])
            steps.zero_grad()
            F.cross_entropy(net(x), y).backward()
            steps.step()
    return net


def masks_shuffled(images, masks, num_classes, *, seed, budget, device):
    """Your net has learned how frequent each class is, and nothing about pictures. Do pictures and masks belong
    together when it sees them? Index both with the same permutation. (A learning rate far too small looks the same;
    section 13.4.)"""
    torch.manual_seed(seed)
    return _train(_Net(images.shape[1], num_classes), images[torch.randperm(len(images))], masks, budget)


def mirrors_pictures_only(images, masks, num_classes, *, seed, budget, device):
    """Your augmentation mirrors the pictures and leaves the masks as they are, so the net is told that objects are
    where they are not. What moves a pixel must move its class as well (section 13.4)."""
    torch.manual_seed(seed)
    change = lambda x, y: (x.flip(3) if torch.rand(()) < 0.5 else x, y)
    return _train(_Net(images.shape[1], num_classes), images, masks, budget, change=change)


def learning_rate_too_large(images, masks, num_classes, *, seed, budget, device):
    """Your training blows up: the net paints (nearly) every pixel with one class, or gives no number at all. The first
    thing to try is a learning rate ten times smaller (section 13.4)."""
    torch.manual_seed(seed)
    return _train(_Net(images.shape[1], num_classes), images, masks, budget, 30.0, sgd=True)


def stops_early(images, masks, num_classes, *, seed, budget, device):
    """Your training stops long before the budget is spent, while the net could still learn. Train until the clock says
    stop, not for a fixed number of epochs (section 13.4)."""
    torch.manual_seed(seed)
    return _train(_Net(images.shape[1], num_classes), images, masks, budget, epochs=1)


def ignores_budget(images, masks, num_classes, *, seed, budget, device):
    """Your training takes longer than its budget. Look at time.process_time() before each step, and let the learning
    rate follow the time that is left (section 13.4)."""
    torch.manual_seed(seed)
    return _train(_Net(images.shape[1], num_classes), images, masks, 1.5 * budget)


def ignores_seed(images, masks, num_classes, *, seed, budget, device):
    """Two trainings with the same seed start from different weights. Call torch.manual_seed(seed) before you build the
    net (section 13.4)."""
    return _train(_Net(images.shape[1], num_classes), images, masks, budget)


def seed_fixed(images, masks, num_classes, *, seed, budget, device):
    """Trainings with different seeds start from the same weights: a number stands where the argument seed should be
    (section 13.4)."""
    torch.manual_seed(0)
    return _train(_Net(images.shape[1], num_classes), images, masks, budget)


def softmax_in_the_net(images, masks, num_classes, *, seed, budget, device):
    """Your net gives probabilities, not logits. Cross-entropy takes the softmax itself; with two of them the gradient
    nearly vanishes. Leave the last layer linear (section 13.4)."""
    torch.manual_seed(seed)
    return _train(nn.Sequential(_Net(images.shape[1], num_classes), nn.Softmax(1)), images, masks, budget)


def batch_norm_in_eval(images, masks, num_classes, *, seed, budget, device):
    """Your net is in eval mode while it trains: batch norm never sees the batch, and its running statistics are still 0
    and 1. Call train() before the first step (section 13.4)."""
    torch.manual_seed(seed)
    return _train(_Net(images.shape[1], num_classes).eval(), images, masks, budget)


def scaled_outside(images, masks, num_classes, *, seed, budget, device):
    """Your net trains on rescaled pictures, but it is handed back without that rescaling and meets pictures as they
    are. Put the rescaling into the net's forward, or leave it out (section 13.4)."""
    torch.manual_seed(seed)
    return _train(_Net(images.shape[1], num_classes), images / 255, masks, budget)


def sees_one_pixel(images, masks, num_classes, *, seed, budget, device):
    """All kernels of your net are 1 × 1, so it judges each pixel by its colour alone. A disc and a square differ in
    their surroundings: use 3 × 3 kernels and smaller maps on the way (section 13.4)."""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Conv2d(images.shape[1], 64, 1), nn.ReLU(), nn.Conv2d(64, 64, 1), nn.ReLU(),
                        nn.Conv2d(64, num_classes, 1))  # fmt: skip
    return _train(net, images, masks, budget)


class _Nearest(nn.Module):
    def __init__(self, images, masks, num_classes):
        super().__init__()
        self.images, self.masks, self.num_classes = images.flatten(1), masks, num_classes

    def forward(self, x):
        nearest = self.masks[torch.cdist(x.flatten(1), self.images).argmin(1)]
        return 10.0 * F.one_hot(nearest, self.num_classes).movedim(-1, 1)


def memorises(images, masks, num_classes, *, seed, budget, device):
    """Your answer looks up the most similar training picture. Remembering is not learning: train a net whose weights
    paint pictures that it has not seen (section 13.4)."""
    return _Nearest(images, masks, num_classes)
