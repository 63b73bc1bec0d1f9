"""Right answers of evaluate of other kinds."""

import copy

import torch
from torch import nn

from coursekit.train import mode


@torch.no_grad()
def all_logits_at_once(model, loader):
    """A decorator; logits collected, compared once; modes as a list."""
    modes = [m.training for m in model.modules()]
    model.train(False)
    logits, targets = [], []
    for x, y in loader:
        logits.append(model(x))
        targets.append(y)
    for m, was in zip(model.modules(), modes, strict=True):
        m.training = was
    logits, targets = torch.cat(logits), torch.cat(targets)
    return nn.CrossEntropyLoss()(logits, targets).item(), logits.argmax(-1).eq(targets).float().mean().item()


def with_the_kits_mode(model, loader):
    """The kit's context manager, inference mode, weighted means, its own arithmetic."""
    total = torch.zeros(3, dtype=torch.float64)
    with mode(model, training=False), torch.inference_mode():
        for x, y in loader:
            z = model(x).double()
            losses = z.logsumexp(1) - z[torch.arange(len(y)), y]
            hits = z.max(1).indices == y
            total += torch.stack([losses.sum(), hits.sum().double(), torch.tensor(float(len(y)), dtype=torch.float64)])
    loss, right, seen = total.tolist()
    return loss / seen, right / seen


def picture_by_picture(model, loader):
    """Running means, one picture at a time for the loss."""
    before = {name: m.training for name, m in model.named_modules()}
    model.eval()
    loss = accuracy = 0.0
    seen = 0
    criterion = nn.NLLLoss(reduction="none")
    with torch.set_grad_enabled(False):
        for x, y in loader:
            z = torch.log_softmax(model(x), dim=1)
            for one, answer, target in zip(criterion(z, y).tolist(), z.argmax(1).tolist(), y.tolist(), strict=True):
                seen += 1
                loss += (one - loss) / seen
                accuracy += ((answer == target) - accuracy) / seen
    for name, m in model.named_modules():
        m.training = before[name]
    return loss, accuracy


def asks_a_copy(model, loader):
    """The modes of the model are never touched: a copy answers."""
    twin = copy.deepcopy(model).eval()
    with torch.no_grad():
        pairs = [(twin(x), y) for x, y in loader]
    weights = torch.tensor([len(y) for _, y in pairs], dtype=torch.float64)
    losses = torch.tensor([nn.functional.cross_entropy(z, y).item() for z, y in pairs], dtype=torch.float64)
    rights = torch.tensor([z.argmax(1).eq(y).double().mean().item() for z, y in pairs], dtype=torch.float64)
    return float(losses @ weights / weights.sum()), float(rights @ weights / weights.sum())


class _Quiet:
    """Eval mode inside of a with, and everything as it was behind it."""

    def __init__(self, model):
        self.model = model

    def __enter__(self):
        self.training = {m for m in self.model.modules() if m.training}
        self.guard = torch.no_grad()
        self.guard.__enter__()
        return self.model.eval()

    def __exit__(self, *error):
        self.guard.__exit__(*error)
        for m in self.model.modules():
            m.training = m in self.training


def with_a_class_of_its_own(model, loader):
    """A context manager; every picture's loss and hit in two lists."""
    losses, hits = [], []
    with _Quiet(model) as quiet:
        for x, y in loader:
            logits = quiet(x)
            losses.extend(nn.functional.cross_entropy(logits, y, reduction="none").tolist())
            hits.extend((logits.argmax(1) == y).tolist())
    return sum(losses) / len(losses), hits.count(True) / len(hits)
