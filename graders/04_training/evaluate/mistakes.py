"""Known wrong answers of evaluate."""

import contextlib

import torch
import torch.nn.functional as F


@contextlib.contextmanager
def _eval(model):
    modes = {m: m.training for m in model.modules()}
    model.eval()
    yield
    for m, mode in modes.items():
        m.training = mode


def _sums(model, loader):
    """Summed loss, number of right answers, pictures, batches."""
    loss, right, seen, count = 0.0, 0, 0, 0
    for x, y in loader:
        z = model(x)
        loss += F.cross_entropy(z, y, reduction="sum").item()
        right += int((z.argmax(1) == y).sum())
        seen, count = seen + len(y), count + 1
    return loss, right, seen, count


def train_mode(model, loader):
    """Your model answers in train mode: dropout rolls dice, and batch norm looks at its neighbours in the batch. Call
    model.eval() first (section 4.4)."""
    modes = {m: m.training for m in model.modules()}
    model.train()
    with torch.no_grad():
        loss, right, seen, _ = _sums(model, loader)
    for m, mode in modes.items():
        m.training = mode
    return loss / seen, right / seen


def mode_as_it_is(model, loader):
    """You leave the model in the mode that it comes in. Between two epochs that is train mode: call model.eval() first
    (section 4.4)."""
    with torch.no_grad():
        loss, right, seen, _ = _sums(model, loader)
    return loss / seen, right / seen


def stays_in_eval(model, loader):
    """Your model is in eval mode afterwards, and the next epoch trains without dropout. Put back what was (section
    4.4)."""
    model.eval()
    with torch.no_grad():
        loss, right, seen, _ = _sums(model, loader)
    return loss / seen, right / seen


def always_train_afterwards(model, loader):
    """You call model.train() at the end, whatever the modes were: frozen parts wake up. Remember the mode of each
    submodule and put it back (section 4.4)."""
    result = stays_in_eval(model, loader)
    model.train()
    return result


def one_mode_for_all(model, loader):
    """You put the mode of the whole model back, and with it that of parts which were in another: a frozen batch norm
    wakes up. Remember the mode of each submodule (section 4.4)."""
    mode = model.training
    result = stays_in_eval(model, loader)
    model.train(mode)
    return result


def mean_of_means(model, loader):
    """You average the batches' means, so each picture of a short last batch counts more than the others. Add up over
    pictures and divide once (section 4.4)."""
    losses, shares = [], []
    with _eval(model), torch.no_grad():
        for x, y in loader:
            z = model(x)
            losses.append(F.cross_entropy(z, y).item())
            shares.append((z.argmax(1) == y).float().mean().item())
    return sum(losses) / len(losses), sum(shares) / len(shares)


def mean_of_mean_losses(model, loader):
    """Your accuracy is right, but your loss is the mean of the batches' means: a short last batch counts too much.
    Multiply each by len(y) (section 4.4)."""
    with _eval(model), torch.no_grad():
        means, right, seen = [], 0, 0
        for x, y in loader:
            z = model(x)
            means.append(F.cross_entropy(z, y).item())
            right, seen = right + int((z.argmax(1) == y).sum()), seen + len(y)
    return sum(means) / len(means), right / seen


def gradients_on(model, loader):
    """You do not switch gradients off, so torch keeps everything for a backward pass that never comes: with
    torch.no_grad() (section 4.4)."""
    with _eval(model), torch.enable_grad():
        loss, right, seen, _ = _sums(model, loader)
    return loss / seen, right / seen


def divided_by_batches(model, loader):
    """You add up over pictures and divide by the number of batches (section 4.4)."""
    with _eval(model), torch.no_grad():
        loss, right, _, count = _sums(model, loader)
    return loss / count, right / count


def drops_the_last(model, loader):
    """You leave out a last batch that is shorter than the others. Its pictures count too (section 4.4)."""
    with _eval(model), torch.no_grad():
        size, kept = None, []
        for x, y in loader:
            size = size or len(y)
            kept += [(x, y)] if len(y) == size else []
        loss, right, seen, _ = _sums(model, kept)
    return loss / seen, right / seen


def accuracy_first(model, loader):
    """You return (accuracy, loss). The loss comes first (section 4.4)."""
    with _eval(model), torch.no_grad():
        loss, right, seen, _ = _sums(model, loader)
    return right / seen, loss / seen


def percent(model, loader):
    """Your accuracy is in percent. A share lies between 0 and 1 (section 4.4)."""
    with _eval(model), torch.no_grad():
        loss, right, seen, _ = _sums(model, loader)
    return loss / seen, 100 * right / seen


def tensors_returned(model, loader):
    """You return tensors. Two floats are asked for: .item() (section 4.4)."""
    with _eval(model), torch.no_grad():
        loss, right, seen, _ = _sums(model, loader)
    return torch.tensor(loss / seen), torch.tensor(right / seen)


def softmax_first(model, loader):
    """You give cross-entropy probabilities; it takes the softmax itself. It wants logits (section 4.4)."""
    return _with_loss(model, loader, lambda z, y: F.cross_entropy(z.softmax(1), y, reduction="sum"))


def likelihood_without_log(model, loader):
    """Your loss is minus the probability, without the log: nll_loss wants log-probabilities (section 4.4)."""
    return _with_loss(model, loader, lambda z, y: F.nll_loss(z.softmax(1), y, reduction="sum"))


def _with_loss(model, loader, summed):
    with _eval(model), torch.no_grad():
        loss, right, seen = 0.0, 0, 0
        for x, y in loader:
            z = model(x)
            loss += summed(z, y).item()
            right, seen = right + int((z.argmax(1) == y).sum()), seen + len(y)
    return loss / seen, right / seen


def needs_a_length(model, loader):
    """You ask the loader for its length or its dataset. It may be anything that gives pairs: count the pictures as they
    come (section 4.4)."""
    with _eval(model), torch.no_grad():
        loss, right, seen, _ = _sums(model, loader)
    return loss * len(loader) / seen / len(loader), right / seen


def learns(model, loader):
    """You train while you measure: a step, or a backward pass, leaves traces in the weights or in their gradients
    (section 4.4)."""
    with _eval(model), torch.enable_grad():
        loss = right = seen = 0
        for x, y in loader:
            z = model(x)
            value = F.cross_entropy(z, y, reduction="sum")
            value.backward()
            loss, right, seen = loss + value.item(), right + int((z.argmax(1) == y).sum()), seen + len(y)
    return loss / seen, right / seen


def modes_of_children_only(model, loader):
    """You remember the modes of the direct children and put them back with train(mode), which sets everything inside of
    a child to the child's mode. Go through model.modules(), and set each part's own flag (section 4.4)."""
    mode, modes = model.training, [(child, child.training) for child in model.children()]
    result = stays_in_eval(model, loader)
    model.training = mode
    for child, was in modes:
        child.train(was)
    return result


def freezes_the_weights(model, loader):
    """You switch requires_grad off for the weights, and they stay frozen, or all are thawed afterwards.
    torch.no_grad() leaves no trace (section 4.4)."""
    with _eval(model), torch.no_grad():
        loss, right, seen, _ = _sums(model, loader)
    model.requires_grad_(True)
    return loss / seen, right / seen


def asks_for_the_dataset(model, loader):
    """You ask the loader for its dataset, which only a DataLoader has. A loader may be a list or a generator: count the
    pictures as they come (section 4.4)."""
    with _eval(model), torch.no_grad():
        loss, right, _, _ = _sums(model, loader)
    return loss / len(loader.dataset), right / len(loader.dataset)


def sizes_divide_only(model, loader):
    """Your accuracy is right, but you add up the batches' mean losses and divide by the number of pictures. Multiply
    each mean by len(y), or ask for reduction="sum" (section 4.4)."""
    with _eval(model), torch.no_grad():
        loss, right, seen = 0.0, 0, 0
        for x, y in loader:
            z = model(x)
            loss += F.cross_entropy(z, y).item()
            right, seen = right + int((z.argmax(1) == y).sum()), seen + len(y)
    return loss / seen, right / seen
