"""Right answers of interval_bounds of other kinds."""

import copy

import torch
import torch.nn.functional as F
from torch import nn


def positive_and_negative(layers, lower, upper):
    """Weights by their sign, two products a bound, through copies of the layer."""
    for layer in layers:
        if not isinstance(layer, (nn.Linear, nn.Conv2d)):
            lower, upper = layer(lower), layer(upper)
            continue
        up, down = copy.deepcopy(layer), copy.deepcopy(layer)
        with torch.no_grad():
            up.weight.clamp_(min=0)
            down.weight.clamp_(max=0)
        down.bias = None
        lower, upper = up(lower) + down(upper), up(upper) + down(lower)
    return lower, upper


@torch.no_grad()
def radius_by_a_difference(layers, lower, upper):
    """|W| through the layer with its bias, minus the layer at zero."""
    for layer in layers:
        if isinstance(layer, nn.ReLU):
            lower, upper = lower.clamp(min=0), F.relu(upper)
        elif isinstance(layer, nn.Flatten):
            lower, upper = lower.reshape(len(lower), -1), upper.reshape(len(upper), -1)
        else:
            absolute = copy.deepcopy(layer)
            absolute.weight.abs_()
            radius = absolute(0.5 * (upper - lower)) - absolute(torch.zeros_like(lower))
            middle = layer(0.5 * (upper + lower))
            lower, upper = middle - radius, middle + radius
    return lower, upper


def basis_pictures(layers, lower, upper):
    """The layer as a matrix, found by sending each basis picture through it; extremes by a sum over products."""
    for layer in layers:
        with torch.no_grad():
            if not hasattr(layer, "weight"):
                lower, upper = layer(lower), layer(upper)
                continue
            shape, size = lower.shape[1:], lower[0].numel()
            zero = layer(torch.zeros(1, *shape, dtype=lower.dtype))
            matrix = (layer(torch.eye(size, dtype=lower.dtype).reshape(size, *shape)) - zero).flatten(1)
            products = torch.stack([lower.flatten(1)[:, :, None] * matrix, upper.flatten(1)[:, :, None] * matrix])
            low, high = products.amin(0).sum(1), products.amax(0).sum(1)
            lower, upper = (bound.view(-1, *zero.shape[1:]) + zero for bound in (low, high))
    return lower, upper
