"""Right answers of style_loss of other kinds."""

import torch
import torch.nn.functional as F


def through_the_weights(generated, style, weights):
    """Goes through the weights, adds up in a loop."""

    def gram(x):
        flat = x.flatten(2)
        return torch.bmm(flat, flat.mT) / (x.shape[1] * x.shape[2] * x.shape[3])

    loss = 0.0
    for name, weight in weights.items():
        loss = loss + weight * F.mse_loss(gram(generated[name]), gram(style[name]).detach())
    return loss


def stacked(generated, style, weights):
    """One loss a layer, zero where the weight is missing; targets without gradients."""

    def gram(x):
        return torch.einsum("nchw,ndhw->ncd", x, x).div(x[0].numel())

    with torch.no_grad():
        targets = {name: gram(features) for name, features in style.items()}
    losses = [(gram(x) - targets[name]).pow(2).mean() for name, x in generated.items()]
    factors = torch.tensor([weights.get(name, 0.0) for name in generated], dtype=losses[0].dtype)
    return (torch.stack(losses) * factors).sum()


def picture_by_picture(generated, style, weights):
    """Each picture's matrices on their own."""
    total = torch.zeros((), dtype=next(iter(generated.values())).dtype)
    for name in generated.keys() & weights.keys():
        for one, other in zip(generated[name], style[name].detach(), strict=True):
            a, b = (x.reshape(len(x), -1) / x.numel() ** 0.5 for x in (one, other))
            difference = a.mm(a.t()) - b.mm(b.t())
            total = total + weights[name] * (difference**2).sum() / difference.numel() / len(generated[name])
    return total
