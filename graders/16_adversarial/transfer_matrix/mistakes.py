"""Known wrong answers of transfer_matrix."""

import contextlib

import torch


@contextlib.contextmanager
def _eval(models):
    modes = {m: m.training for net in models.values() for m in net.modules()}
    for net in models.values():
        net.eval()
    yield list(models.values())
    for m, mode in modes.items():
        m.training = mode


def _right(net, x, y):
    with torch.no_grad():
        return net(x).argmax(1) == y


def _matrix(models, attack, x, y, entry):
    """entry(before, after) from booleans of the column's model."""
    with _eval(models) as nets:
        moved = [attack(net, x, y) for net in nets]
        rows = [[entry(_right(net, x, y), _right(net, m, y)) for net in nets] for m in moved]
    return torch.tensor(rows, dtype=torch.float64)


def _success(before, after):
    return ((before & ~after).sum() / before.sum()).item()


def transposed(models, attack, x, y):
    """Rows and columns of your matrix are exchanged. A row is the net that was attacked, a column the net that then
    looks (section 16.5)."""
    return _matrix(models, attack, x, y, _success).T.contiguous()


def accuracy_instead_of_success(models, attack, x, y):
    """You count what the column still gets right. A success of the attack is what it gets wrong (section 16.5)."""
    return _matrix(models, attack, x, y, lambda before, after: ((before & after).sum() / before.sum()).item())


def accuracy_of_all(models, attack, x, y):
    """Your entries are accuracies on the attacked pictures. Asked for is the share that was fooled, among the pictures
    that the column got right before (section 16.5)."""
    return _matrix(models, attack, x, y, lambda before, after: after.double().mean().item())


def errors_of_all(models, attack, x, y):
    """You count all errors, also on pictures that the column got wrong without any attack (section 16.5)."""
    return _matrix(models, attack, x, y, lambda before, after: (~after).double().mean().item())


def share_of_all(models, attack, x, y):
    """You divide by the number of all pictures. Divide by those that the column gets right without attack (section
    16.5)."""
    return _matrix(models, attack, x, y, lambda before, after: (before & ~after).double().mean().item())


def errors_over_right(models, attack, x, y):
    """You divide all errors by the number of pictures that were right before, so a share can exceed 1. Count only the
    pictures that were right before and are wrong now (section 16.5)."""
    return _matrix(models, attack, x, y, lambda before, after: ((~after).sum() / before.sum()).item())


def right_on_the_row(models, attack, x, y):
    """You count the pictures that the attacked net got right. What counts is which of them the net of the column gets
    right without attack (section 16.5)."""
    with _eval(models) as nets:
        rows = []
        for net in nets:
            moved, before = attack(net, x, y), _right(net, x, y)
            rows.append([((before & ~_right(other, moved, y)).sum() / before.sum()).item() for other in nets])
    return torch.tensor(rows, dtype=torch.float64)


def right_on_both(models, attack, x, y):
    """You count the pictures that both nets get right. Only the column's answer without attack matters (section
    16.5)."""
    with _eval(models) as nets:
        rows = []
        for net in nets:
            moved, mine = attack(net, x, y), _right(net, x, y)
            both = [mine & _right(other, x, y) for other in nets]
            rows.append([((b & ~_right(o, moved, y)).sum() / b.sum()).item() for o, b in zip(nets, both, strict=True)])
    return torch.tensor(rows, dtype=torch.float64)


def diagonal_skipped(models, attack, x, y):
    """Your diagonal is 0. A net's own attack is the strongest, and belongs into the matrix (section 16.5)."""
    matrix = _matrix(models, attack, x, y, _success)
    return matrix.fill_diagonal_(0.0)


def attacks_the_column(models, attack, x, y):
    """You attack the net of the column, so all rows are equal. The row's net is attacked, the column's only looks
    (section 16.5)."""
    with _eval(models) as nets:
        rows = [[_success(_right(net, x, y), _right(net, attack(net, x, y), y)) for net in nets] for _ in nets]
    return torch.tensor(rows, dtype=torch.float64)


def attacks_for_each_entry(models, attack, x, y):
    """You attack once for each entry. The pictures of a row are the same for all its columns: attack once a row
    (section 16.5)."""
    with _eval(models) as nets:
        rows = [[_success(_right(o, x, y), _right(o, attack(net, x, y), y)) for o in nets] for net in nets]
    return torch.tensor(rows, dtype=torch.float64)


def percent(models, attack, x, y):
    """Your entries are percent. A share lies between 0 and 1 (section 16.5)."""
    return 100 * _matrix(models, attack, x, y, _success)


def stays_in_eval(models, attack, x, y):
    """Your models are in another mode afterwards. Remember the mode of each submodule, and put it back (section
    16.5)."""
    matrix = _matrix(models, attack, x, y, _success)
    for net in models.values():
        net.eval()
    return matrix
