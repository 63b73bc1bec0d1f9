"""Wrong answers to fine_tune: whole trainings of the same net, each with one thing wrong."""

import time

import torch
import torch.nn.functional as F
from torch import nn


def _net(backbone, images, labels):
    backbone.eval()
    with torch.no_grad():
        features = backbone(images[:2]).shape[1]
    return nn.Sequential(backbone, nn.Linear(features, int(labels.max()) + 1))


def _train(net, images, labels, budget, rates=(0.003, 0.01), epochs=1000, spend=0.9, parts=None, sgd=False):
    """One cycle of the learning rates over the budget, or a constant one with plain SGD; at most so many epochs."""
    start = time.process_time()
    groups = [{"params": list(part.parameters()), "lr": r} for part, r in zip(parts or net, rates, strict=False)]
    step = torch.optim.SGD(groups, rates[0]) if sgd else torch.optim.AdamW(groups, weight_decay=1e-3)
    net.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(images)).split(32):
            progress = (time.process_time() - start) / (spend * budget)
            if progress >= 1:
                return net
            if len(batch) < 8:
                continue
            for group, rate in zip(step.param_groups, rates, strict=False):
                group["lr"] = rate if sgd else rate * min(progress / 0.2, (1 - progress) / 0.8)
            step.zero_grad()
            F.cross_entropy(net(images[batch]), labels[batch]).backward()
            step.step()
    return net


def ignores_backbone(backbone, images, labels, *, seed, budget, device):
    """Nothing of the trained backbone is left in your net: its weights were drawn anew, or another net was built. From
    scratch, three hundred pictures are too few. Start from the weights that you were given (section 7.1)."""
    torch.manual_seed(seed)
    for layer in backbone.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    return _train(_net(backbone, images, labels), images, labels, budget, (0.008, 0.01))


def learning_rate_too_large(backbone, images, labels, *, seed, budget, device):
    """Your training blows up: the net gives nearly every picture the same class, or no number at all. Start from a rate
    ten times smaller, smaller still for the backbone (section 7.4)."""
    torch.manual_seed(seed)
    return _train(_net(backbone, images, labels), images, labels, budget, (30.0, 30.0), spend=0.3, sgd=True)


def labels_shuffled(backbone, images, labels, *, seed, budget, device):
    """Your net trains on pictures with other pictures' labels: it shuffles one of the two only. Index both with the
    same permutation (section 7.8)."""
    torch.manual_seed(seed)
    net = _net(backbone, images, labels)
    return _train(net, images[torch.randperm(len(images))], labels, budget, spend=0.5)


def head_only(backbone, images, labels, *, seed, budget, device):
    """Your backbone is as it was: only the head has learned. That is more than training from scratch gives, but
    features made for shapes do not suffice for digits. Let the backbone learn too, at a smaller rate (section 7.4)."""
    torch.manual_seed(seed)
    net = _net(backbone.requires_grad_(False), images, labels)
    backbone.train = lambda mode=True: backbone
    return _train(net, images, labels, budget, (0.01,), parts=[net[1]], spend=0.5)


def stops_early(backbone, images, labels, *, seed, budget, device):
    """Your training stops long before the budget is spent, while the net could still learn. Train until the clock says
    stop (section 7.8)."""
    torch.manual_seed(seed)
    return _train(_net(backbone, images, labels), images, labels, budget, (0.0003, 0.001), epochs=2)


def statistics_lag(backbone, images, labels, *, seed, budget, device):
    """The batch norm trap, the other way round: the weights are trained with the statistics of the batches, and eval
    mode uses running statistics that are still those of the source. Let them follow (momentum is 0.1 as a rule), or
    keep the norms in eval mode from the start (section 7.3)."""
    torch.manual_seed(seed)
    for layer in backbone.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 0.0
    return _train(_net(backbone, images, labels), images, labels, budget, (0.02, 0.02), spend=0.5)


def scaled_outside(backbone, images, labels, *, seed, budget, device):
    """Your net was trained on rescaled pictures and meets pictures as the kit gives them. Scale back after augmenting,
    or put the rescaling into the net's forward (section 7.5)."""
    torch.manual_seed(seed)
    images = images / 255
    return _train(_net(backbone, images, labels), images, labels, budget, (0.006, 0.01), spend=0.5)


def softmax_in_the_net(backbone, images, labels, *, seed, budget, device):
    """Your net gives probabilities, not logits. Cross-entropy takes the softmax itself, so leave the head linear
    (section 7.8)."""
    torch.manual_seed(seed)
    net = _net(backbone, images, labels).append(nn.Softmax(1))
    return _train(net, images, labels, budget, spend=0.3)


def ignores_budget(backbone, images, labels, *, seed, budget, device):
    """Your training takes longer than its budget. Look at time.process_time() before each step (section 7.8)."""
    torch.manual_seed(seed)
    return _train(_net(backbone, images, labels), images, labels, 1.5 * budget)


def ignores_seed(backbone, images, labels, *, seed, budget, device):
    """Two trainings with the same seed start from different new weights. Call torch.manual_seed(seed) before you build
    the head (section 7.8)."""
    return _train(_net(backbone, images, labels), images, labels, budget)


def seed_fixed(backbone, images, labels, *, seed, budget, device):
    """Trainings with different seeds start from the same new weights: a number stands where the argument seed should be
    (section 7.8)."""
    torch.manual_seed(0)
    return _train(_net(backbone, images, labels), images, labels, budget)
