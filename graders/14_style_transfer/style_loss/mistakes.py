"""Known wrong answers of style_loss."""

import torch


def _gram(features):
    n, c, h, w = features.shape
    flat = features.reshape(n, c, h * w)
    return flat @ flat.transpose(1, 2) / (c * h * w)


def _target(features):
    return _gram(features.detach())


def _sum(generated, style, weights, loss):
    return sum(weights[name] * loss(generated[name], style[name]) for name in generated if name in weights)


def compares_features(generated, style, weights):
    """You compare the features themselves, place by place. Style is compared by Gram matrices, which know no places
    (section 14.4)."""
    return _sum(generated, style, weights, lambda a, b: (a - b.detach()).square().mean())


def gram_not_divided(generated, style, weights):
    """Your Gram matrices are not divided by C · H · W. A picture and a style of different sizes cannot be compared
    like that (section 14.4)."""

    def loss(a, b):
        first, second = (torch.einsum("nchw,ndhw->ncd", x, x) for x in (a, b.detach()))
        return (first - second).square().mean()

    return _sum(generated, style, weights, loss)


def gram_divided_by_places_only(generated, style, weights):
    """Your Gram matrices are divided by H · W only. The one of section 14.2 is divided by C · H · W (section 14.4)."""
    return _sum(
        generated, style, weights, lambda a, b: (a.shape[1] * (_gram(a) - _target(b))).square().mean()
    )  # fmt: skip


def divided_by_the_other_size(generated, style, weights):
    """You divide both Gram matrices by the height and width of the generated picture. Each is divided by its own
    C · H · W (section 14.4)."""

    def loss(a, b):
        places = b.shape[2] * b.shape[3] / (a.shape[2] * a.shape[3])
        return (_gram(a) - _target(b) * places).square().mean()

    return _sum(generated, style, weights, loss)


def weights_ignored(generated, style, weights):
    """You add the layers up without their weights. Each layer's loss is multiplied by `weights[name]`
    (section 14.4)."""
    return sum((_gram(generated[name]) - _target(style[name])).square().mean() for name in generated if name in weights)


def mean_over_layers(generated, style, weights):
    """You divide by the number of layers. It is the sum over layers; the weights say how much each counts
    (section 14.4)."""
    return _sum(generated, style, weights, lambda a, b: (_gram(a) - _target(b)).square().mean()) / len(generated)


def divided_by_the_weights(generated, style, weights):
    """You divide by the sum of the weights. It is the weighted sum, not the weighted mean (section 14.4)."""
    return _sum(generated, style, weights, lambda a, b: (_gram(a) - _target(b)).square().mean()) / sum(weights.values())


def summed_squares(generated, style, weights):
    """You add the squared differences of a layer up. It is their mean over all entries of the matrices, or wide layers
    count for more (section 14.4)."""
    return _sum(generated, style, weights, lambda a, b: (_gram(a) - _target(b)).square().sum())


def absolute_differences(generated, style, weights):
    """You take absolute differences of the Gram matrices. They are squared (section 14.4)."""
    return _sum(generated, style, weights, lambda a, b: (_gram(a) - _target(b)).abs().mean())


def root_of_each_layer(generated, style, weights):
    """You take the root of each layer's loss. The mean of the squares is asked for (section 14.4)."""
    return _sum(generated, style, weights, lambda a, b: (_gram(a) - _target(b)).square().mean().sqrt())


def weights_squared(generated, style, weights):
    """You multiply the matrices by the weight before you square, so the weight counts squared. Multiply each layer's
    loss (section 14.4)."""
    squared = {name: weight * weight for name, weight in weights.items()}
    return _sum(generated, style, squared, lambda a, b: (_gram(a) - _target(b)).square().mean())


def missing_weight_is_one(generated, style, weights):
    """A layer without a weight counts fully in your sum. It counts nothing (section 14.4)."""
    weights = {name: weights.get(name, 1.0) for name in generated}
    return _sum(generated, style, weights, lambda a, b: (_gram(a) - _target(b)).square().mean())


def missing_weight_raises(generated, style, weights):
    """You look up `weights[name]` for every layer, which fails for a layer without a weight. Such a layer counts
    nothing: go through the weights, or use `get` (section 14.4)."""
    return sum(weights[name] * (_gram(generated[name]) - _target(style[name])).square().mean() for name in generated)


def matched_by_order(generated, style, weights):
    """You pair the first layer of one dict with the first of the other. Dicts may be in different orders: look each
    layer up by its name (section 14.4)."""
    pairs = zip(generated.items(), style.values(), strict=False)
    return sum(weights[name] * (_gram(a) - _target(b)).square().mean() for (name, a), b in pairs if name in weights)


def gradient_to_style(generated, style, weights):
    """A gradient flows to the style's features as well. They are the target: detach them (section 14.4)."""
    return _sum(generated, style, weights, lambda a, b: (_gram(a) - _gram(b)).square().mean())


def detached(generated, style, weights):
    """You detach the generated picture's Gram matrices: nothing can move the picture now. Detach the style's
    (section 14.4)."""
    return _sum(generated, style, weights, lambda a, b: (_gram(a).detach() - _gram(b)).square().mean())


def channel_means(generated, style, weights):
    """You compare the mean of each channel. Style is which channels fire together: compare Gram matrices
    (section 14.4)."""
    return _sum(generated, style, weights, lambda a, b: (a.mean((2, 3)) - b.detach().mean((2, 3))).square().mean())


def diagonals_only(generated, style, weights):
    """You compare the diagonals of the Gram matrices, how strongly each channel fires. Which channels fire together
    stands beside the diagonal (section 14.4)."""

    def loss(a, b):
        first, second = (x.diagonal(dim1=1, dim2=2) for x in (_gram(a), _target(b)))
        return (first - second).square().mean()

    return _sum(generated, style, weights, loss)


def one_layer_only(generated, style, weights):
    """You return inside the loop, after the first layer. All layers with a weight are added up (section 14.4)."""
    name = next(name for name in generated if name in weights)
    return weights[name] * (_gram(generated[name]) - _target(style[name])).square().mean()
