"""Known wrong answers of robust_accuracy."""

import contextlib

import torch


@contextlib.contextmanager
def _eval(model):
    modes = {m: m.training for m in model.modules()}
    model.eval()
    yield
    for m, mode in modes.items():
        m.training = mode


def _batches(images, labels, size):
    return list(zip(images.split(size), labels.split(size), strict=True))


def _right(model, x, y):
    with torch.no_grad():
        return (model(x).argmax(1) == y).float()


def mean_of_batch_means(model, attack, images, labels, batch_size=128):
    """You average the shares of the batches, so each picture of a small last batch counts more than the others. Count
    the right ones, and divide once (section 16.5)."""
    with _eval(model):
        shares = [_right(model, attack(model, x, y), y).mean() for x, y in _batches(images, labels, batch_size)]
    return torch.stack(shares).mean().item()


def divides_by_full_batches(model, attack, images, labels, batch_size=128):
    """You divide by the number of batches times batch_size. The last batch may be smaller: divide by the number of
    pictures (section 16.5)."""
    with _eval(model):
        batches = _batches(images, labels, batch_size)
        return sum(_right(model, attack(model, x, y), y).sum().item() for x, y in batches) / len(batches) / batch_size


def drops_the_last_batch(model, attack, images, labels, batch_size=128):
    """You leave out the last batch when it is smaller than the others. All pictures count (section 16.5)."""
    with _eval(model):
        full = _batches(images, labels, batch_size)
        full = full[:-1] if len(full) > 1 and len(full[-1][0]) < batch_size else full
        right = sum(_right(model, attack(model, x, y), y).sum().item() for x, y in full)
        return right / sum(len(x) for x, _ in full)


def no_gradients_for_the_attack(model, attack, images, labels, batch_size=128):
    """You call the attack under torch.no_grad(), where it finds no gradient. Only the model's answer afterwards needs
    none (section 16.5)."""
    with _eval(model), torch.no_grad():
        right = sum(_right(model, attack(model, x, y), y).sum().item() for x, y in _batches(images, labels, batch_size))
    return right / len(images)


def without_the_attack(model, attack, images, labels, batch_size=128):
    """You attack the pictures and then ask for the untouched ones. The model must see what the attack returns (section
    16.5)."""
    with _eval(model):
        right = 0.0
        for x, y in _batches(images, labels, batch_size):
            attack(model, x, y)
            right += _right(model, x, y).sum().item()
    return right / len(images)


def of_those_right_before(model, attack, images, labels, batch_size=128):
    """You divide by the pictures that were right before the attack. Robust accuracy is a share of all pictures (section
    16.5)."""
    with _eval(model):
        right = before = 0.0
        for x, y in _batches(images, labels, batch_size):
            before += _right(model, x, y).sum().item()
            right += _right(model, attack(model, x, y), y).sum().item()
    return right / before


def share_fooled(model, attack, images, labels, batch_size=128):
    """You return the share that was fooled. Robust accuracy is the share that is still right (section 16.5)."""
    with _eval(model):
        right = sum(_right(model, attack(model, x, y), y).sum().item() for x, y in _batches(images, labels, batch_size))
    return 1 - right / len(images)


def percent(model, attack, images, labels, batch_size=128):
    """You return percent. A share lies between 0 and 1 (section 16.5)."""
    with _eval(model):
        right = sum(_right(model, attack(model, x, y), y).sum().item() for x, y in _batches(images, labels, batch_size))
    return 100 * right / len(images)


def all_at_once(model, attack, images, labels, batch_size=128):
    """You attack all pictures in one call, whatever batch_size says (section 16.5)."""
    with _eval(model):
        return _right(model, attack(model, images, labels), labels).mean().item()


def tensor_result(model, attack, images, labels, batch_size=128):
    """You return a tensor. A float is asked for: .item() (section 16.5)."""
    with _eval(model):
        batches = _batches(images, labels, batch_size)
        return torch.cat([_right(model, attack(model, x, y), y) for x, y in batches]).mean()


def mode_as_it_is(model, attack, images, labels, batch_size=128):
    """You leave the model in the mode that it is in. In train mode, dropout and batch norm answer otherwise: put it
    into eval mode, for the attack too (section 16.5)."""
    right = sum(_right(model, attack(model, x, y), y).sum().item() for x, y in _batches(images, labels, batch_size))
    return right / len(images)


def eval_after_the_attack(model, attack, images, labels, batch_size=128):
    """Your attack meets the model in train mode, and only the answers are given in eval mode. Both in eval mode
    (section 16.5)."""
    right = 0.0
    for x, y in _batches(images, labels, batch_size):
        moved = attack(model, x, y)
        with _eval(model):
            right += _right(model, moved, y).sum().item()
    return right / len(images)


def stays_in_eval(model, attack, images, labels, batch_size=128):
    """Your model is in eval mode afterwards. Put back what was (section 16.5)."""
    model.eval()
    right = sum(_right(model, attack(model, x, y), y).sum().item() for x, y in _batches(images, labels, batch_size))
    return right / len(images)


def one_mode_for_all(model, attack, images, labels, batch_size=128):
    """You put the mode of the whole model back, and with it that of parts which were in another: a frozen batch norm
    wakes up. Remember the mode of each submodule (section 16.5)."""
    mode = model.training
    model.eval()
    right = sum(_right(model, attack(model, x, y), y).sum().item() for x, y in _batches(images, labels, batch_size))
    model.train(mode)
    return right / len(images)
