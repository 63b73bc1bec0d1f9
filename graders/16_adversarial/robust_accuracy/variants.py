"""Right answers of robust_accuracy of other kinds."""

import torch
from torch.utils.data import DataLoader, TensorDataset

from coursekit.train import mode


def with_a_loader(model, attack, images, labels, batch_size=128):
    """A DataLoader, a list of booleans."""
    modes = [m.training for m in model.modules()]
    model.eval()
    found = []
    for x, y in DataLoader(TensorDataset(images, labels), batch_size=batch_size):
        found += (model(attack(model, x, y)).argmax(-1) == y).tolist()
    for m, was in zip(model.modules(), modes, strict=True):
        m.train(was) if not list(m.children()) else setattr(m, "training", was)
    return sum(found) / len(found)


def all_answers_first(model, attack, images, labels, batch_size=128):
    """The kit's context manager; answers collected, compared once."""
    with mode(model, training=False), torch.enable_grad():
        starts = range(0, len(images), batch_size)
        cut = [slice(i, i + batch_size) for i in starts]
        answers = [model(attack(model, images[c], labels[c]).detach()).max(dim=1).indices for c in cut]
    return float((torch.cat(answers) == labels).double().mean())


def weighted_means(model, attack, images, labels, batch_size=128):
    """Means of the batches, weighted by their sizes; leaves .grad alone."""
    training = {name: m.training for name, m in model.named_modules()}
    model.train(False)
    total = 0.0
    for i in range(-(-len(images) // batch_size)):
        x, y = images[i * batch_size :][:batch_size], labels[i * batch_size :][:batch_size]
        moved = attack(model, x, y)
        with torch.inference_mode():
            total += (torch.argmax(model(moved), 1) == y).double().mean().item() * len(x) / len(images)
    for name, m in model.named_modules():
        m.training = training[name]
    return total
