"""Right answers of predict of other kinds."""

import copy

import numpy as np
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


def by_halves(model, images, batch_size=256):
    """Recursion: too many pictures are two halves; a copy answers, so the model's modes are never touched."""
    twin = copy.deepcopy(model).eval()

    def answers(part):
        if len(part) == 0:
            return []
        if len(part) <= batch_size:
            with torch.no_grad():
                return twin(part).argmax(1).tolist()
        return answers(part[: len(part) // 2]) + answers(part[len(part) // 2 :])

    return torch.tensor(answers(images), dtype=torch.int64)


def in_numpy(model, images, batch_size=256):
    """Indices from numpy's array_split, answers in a numpy array."""
    modes = [(m, m.training) for m in model.modules()]
    for m, _ in modes:
        m.training = False
    found = [np.empty(0, dtype=np.int64)]
    parts = -(-len(images) // batch_size)
    for places in np.array_split(np.arange(len(images)), parts) if parts else []:
        with torch.no_grad():
            found.append(model(images[torch.from_numpy(places)]).cpu().numpy().argmax(1))
    for m, was in modes:
        m.training = was
    return torch.from_numpy(np.concatenate(found))
