"""Right answers of predict of other kinds."""

import torch
from torch.utils.data import DataLoader, TensorDataset

from coursekit.train import mode


def with_a_loader(model, images, batch_size=256):
    """A DataLoader and a list of ints."""
    modes = [m.training for m in model.modules()]
    model.eval()
    found = []
    with torch.inference_mode():
        for (x,) in DataLoader(TensorDataset(images), batch_size=batch_size, shuffle=False):
            found += model(x).argmax(dim=-1).tolist()
    for m, was in zip(model.modules(), modes, strict=True):
        m.training = was
    return torch.tensor(found, dtype=torch.long)


def with_the_kits_mode(model, images, batch_size=256):
    """split, max, a case of its own for no pictures."""
    if images.shape[0] == 0:
        return torch.zeros(0).long()
    with mode(model, training=False), torch.no_grad():
        return torch.cat([model(x).max(dim=1)[1].cpu() for x in torch.split(images, batch_size)], dim=0)


def picture_by_picture(model, images, batch_size=256):
    """One picture at a time, which is at most batch_size."""
    training = {name: m.training for name, m in model.named_modules()}
    for m in model.modules():
        m.training = False
    classes = torch.zeros(len(images)).to(torch.int64)
    with torch.no_grad():
        for i in range(len(images)):
            classes[i] = model(images[i : i + 1]).softmax(1).argmax()
    for name, m in model.named_modules():
        m.training = training[name]
    return classes
