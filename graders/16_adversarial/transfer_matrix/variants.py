"""Right answers of transfer_matrix of other kinds."""

import contextlib

import torch

from coursekit.train import mode


def entry_by_entry(models, attack, x, y):
    """Two loops over names, and counting."""
    names = list(models)
    result = torch.zeros(len(names), len(names))
    with contextlib.ExitStack() as stack:
        for net in models.values():
            stack.enter_context(mode(net, training=False))
        known = {name: models[name](x).argmax(1).eq(y) for name in names}
        for i, source in enumerate(names):
            moved = attack(models[source], x, y).detach()
            for j, target in enumerate(names):
                answers = models[target](moved).argmax(1)
                fooled = sum(1 for k in range(len(y)) if known[target][k] and answers[k] != y[k])
                result[i, j] = fooled / max(1, int(known[target].sum()))
    return result


def one_product(models, attack, x, y):
    """All answers as one array; a mean over the pictures that count."""
    nets = list(models.values())
    modes = [[(m, m.training) for m in net.modules()] for net in nets]
    [net.eval() for net in nets]
    pictures = [x] + [attack(net, x, y) for net in nets]
    with torch.no_grad():
        wrong = torch.stack([torch.stack([net(p).argmax(1) != y for net in nets]) for p in pictures]).double()
    for pairs in modes:
        for m, was in pairs:
            m.training = was
    known = 1 - wrong[0]
    return torch.einsum("ijk,jk->ij", wrong[1:], known) / known.sum(1)


def only_known_pictures(models, attack, x, y):
    """Indexes the pictures that the column knows, and leaves the modes of eval nets alone."""
    nets, saved = [*models.values()], {}
    for net in nets:
        for m in net.modules():
            saved[m] = m.training
            m.training = False
    rows = []
    for net in nets:
        moved, row = attack(net, x, y), []
        for other in nets:
            known = torch.where(other(x).argmax(1) == y)[0]
            row.append(1 - (other(moved[known]).argmax(1) == y[known]).float().mean())
        rows.append(torch.stack(row))
    for m, was in saved.items():
        m.training = was
    return torch.stack(rows)
