"""Known wrong answers of interval_bounds."""

import torch
import torch.nn.functional as F
from torch import nn


def _apply(layer, x, weight, bias=None, **other):
    if isinstance(layer, nn.Linear):
        return F.linear(x, weight, bias)
    more = {name: getattr(layer, name) for name in ("stride", "padding", "dilation", "groups")} | other
    return F.conv2d(x, weight, bias, **more)


def _affine(layer, lower, upper, **other):
    centre, radius = (lower + upper) / 2, (upper - lower) / 2
    centre, radius = _apply(layer, centre, layer.weight, layer.bias), _apply(layer, radius, layer.weight.abs())
    return centre - radius, centre + radius


def _relu(layer, lower, upper):
    return lower.relu(), upper.relu()


def _through(layers, lower, upper, affine=_affine, relu=_relu):
    for layer in layers:
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            lower, upper = affine(layer, lower, upper)
        elif isinstance(layer, nn.ReLU):
            lower, upper = relu(layer, lower, upper)
        else:
            lower, upper = layer(lower), layer(upper)
    return lower, upper


def bounds_as_pictures(layers, lower, upper):
    """You send each bound through the layer, or the radius through the signed weights, which is the same. At a negative
    weight the lower bound gives the larger product; a radius grows by the absolute value of each weight (section
    16.7)."""
    return _through(layers, lower, upper, lambda layer, low, high: (layer(low), layer(high)))


def sorted_afterwards(layers, lower, upper):
    """You sort afterwards what came out for the two bounds, or take the absolute value after the sum. With weights of
    both signs the extremes lie beyond: positive weights take one bound, negative ones the other, so the absolute value
    is taken of the weights (section 16.7)."""

    def affine(layer, low, high):
        one, other = layer(low), layer(high)
        return torch.minimum(one, other), torch.maximum(one, other)

    return _through(layers, lower, upper, affine)


def abs_of_the_bounds(layers, lower, upper):
    """You multiply the absolute values of the bounds. The absolute value belongs to the weights, and the radius is half
    of upper minus lower (section 16.7)."""

    def affine(layer, low, high):
        centre, radius = (low + high) / 2, (high.abs() - low.abs()) / 2
        centre, radius = layer(centre), _apply(layer, radius.abs(), layer.weight.abs())
        return centre - radius, centre + radius

    return _through(layers, lower, upper, affine)


def bias_twice(layers, lower, upper):
    """You add the bias twice, once with the positive weights and once with the negative ones. It counts once (section
    16.7)."""

    def affine(layer, low, high):
        up, down = layer.weight.clamp(min=0), layer.weight.clamp(max=0)
        return (
            _apply(layer, low, up, layer.bias) + _apply(layer, high, down, layer.bias),
            _apply(layer, high, up, layer.bias) + _apply(layer, low, down, layer.bias),
        )

    return _through(layers, lower, upper, affine)


def bias_in_the_radius(layers, lower, upper):
    """You add the bias to the radius, too. It moves the middle and has no width (section 16.7)."""

    def affine(layer, low, high):
        centre, radius = (low + high) / 2, (high - low) / 2
        centre, radius = layer(centre), _apply(layer, radius, layer.weight.abs(), layer.bias)
        return centre - radius, centre + radius

    return _through(layers, lower, upper, affine)


def bias_forgotten(layers, lower, upper):
    """You leave the bias out. It is added to both bounds (section 16.7)."""

    def affine(layer, low, high):
        up, down = layer.weight.clamp(min=0), layer.weight.clamp(max=0)
        return _apply(layer, low, up) + _apply(layer, high, down), _apply(layer, high, up) + _apply(layer, low, down)

    return _through(layers, lower, upper, affine)


def positive_and_negative_swapped(layers, lower, upper):
    """Your lower bound lies above the upper one: for the lower bound, positive weights take the lower and negative ones
    the upper number; yours do the opposite (section 16.7)."""
    return _through(layers, lower, upper, lambda *args: _affine(*args)[::-1])


def whole_width_as_radius(layers, lower, upper):
    """Your bounds are too wide: the radius is half of upper minus lower (section 16.7)."""

    def affine(layer, low, high):
        centre, radius = layer((low + high) / 2), _apply(layer, high - low, layer.weight.abs())
        return centre - radius, centre + radius

    return _through(layers, lower, upper, affine)


def plain_convolution_of_the_radius(layers, lower, upper):
    """Your radius goes through a convolution without the layer's stride, padding, dilation or groups. Use the same ones
    as the layer (section 16.7)."""

    def affine(layer, low, high):
        if isinstance(layer, nn.Linear):
            return _affine(layer, low, high)
        centre, radius = layer((low + high) / 2), F.conv2d((high - low) / 2, layer.weight.abs())
        return centre - radius, centre + radius

    return _through(layers, lower, upper, affine)


def dilation_and_groups_forgotten(layers, lower, upper):
    """Your radius goes through a convolution with the layer's stride and padding, but without its dilation and groups.
    Use all four (section 16.7)."""

    def affine(layer, low, high):
        if isinstance(layer, nn.Linear):
            return _affine(layer, low, high)
        radius = F.conv2d((high - low) / 2, layer.weight.abs(), None, layer.stride, layer.padding)
        centre = layer((low + high) / 2)
        return centre - radius, centre + radius

    return _through(layers, lower, upper, affine)


def relu_on_the_radius(layers, lower, upper):
    """You apply ReLU to the middle and keep the radius. ReLU acts on each bound (section 16.7)."""

    def relu(layer, low, high):
        centre, radius = (low + high) / 2, (high - low) / 2
        return centre.relu() - radius.relu(), centre.relu() + radius.relu()

    return _through(layers, lower, upper, relu=relu)


def relu_on_the_lower_only(layers, lower, upper):
    """You apply ReLU to the lower bound only. The upper one may be negative, too, and then both become 0 (section
    16.7)."""
    return _through(layers, lower, upper, relu=lambda layer, low, high: (low.relu(), high))


def leaves_abs_weights(layers, lower, upper):
    """You make the layer's own weights positive and leave them so. Take the absolute value of a copy (section 16.7)."""

    def affine(layer, low, high):
        result = _affine(layer, low, high)
        layer.weight.data.abs_()
        return result

    return _through(layers, lower, upper, affine)


def changes_the_bounds(layers, lower, upper):
    """You change lower and upper in place. The caller still needs them (section 16.7)."""
    low, high = _through(layers, lower, upper)
    lower -= 1.0
    return low, high
