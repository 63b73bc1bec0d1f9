"""Right answers of accuracy_under_shift of other kinds."""

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

from coursekit import train


def _moved(images, dy, dx):
    out = torch.zeros_like(images)
    h, w = images.shape[2:]
    for i in range(max(0, dy), min(h, h + dy)):
        for j in range(max(0, dx), min(w, w + dx)):
            out[:, :, i, j] = images[:, :, i - dy, j - dx]
    return out


def small_batches(model, images, labels, shifts):
    """A DataLoader with batches of four, counted in Python."""
    modes = [m.training for m in model.modules()]
    model.eval()
    found = {}
    for dy, dx in shifts:
        right = 0
        for x, y in DataLoader(TensorDataset(_moved(images, dy, dx), labels), batch_size=4):
            with torch.inference_mode():
                right += int((model(x).argmax(dim=-1) == y).sum())
        found[(dy, dx)] = right / len(labels)
    for m, was in zip(model.modules(), modes, strict=True):
        m.training = was
    return found


def all_shifts_at_once(model, images, labels, shifts):
    """One batch with the pictures of all shifts."""
    if not shifts:
        return {}
    moved = torch.cat([_moved(images, *shift) for shift in shifts])
    with train.mode(model, training=False), torch.no_grad():
        answers = model(moved).topk(1, dim=1).indices.reshape(len(shifts), -1)
    shares = (answers == labels).float().mean(1).tolist()
    return {tuple(shift): share for shift, share in zip(shifts, shares, strict=True)}


@torch.no_grad()
def decorated(model, images, labels, shifts):
    """A decorator; modes restored even if the model fails; the frame of zeros made once."""
    was_training = {name: m.training for name, m in model.named_modules()}
    n = len(images)
    try:
        model.train(False)
        reach = max([max(abs(dy), abs(dx)) for dy, dx in shifts], default=0)
        framed, (h, w) = F.pad(images, (reach,) * 4), images.shape[-2:]
        window = lambda dy, dx: framed[..., reach - dy : reach - dy + h, reach - dx : reach - dx + w]
        return {(int(a), int(b)): (model(window(a, b)).max(1)[1] == labels).sum().item() / n for a, b in shifts}
    finally:
        for name, m in model.named_modules():
            m.training = was_training[name]


def one_picture_at_a_time(model, images, labels, shifts):
    """Each picture alone, a list of booleans."""
    before = {m: m.training for m in model.modules()}
    result = dict()
    for pair in shifts:
        dy, dx = pair
        for m in before:
            m.eval()
        hits = []
        for x, y in zip(_moved(images, dy, dx), labels, strict=True):
            with torch.set_grad_enabled(False):
                hits.append(model(x[None])[0].argmax() == y)
        result.update({(dy, dx): torch.stack(hits).double().mean().item()})
    for m, mode in before.items():
        m.training = mode
    return result
