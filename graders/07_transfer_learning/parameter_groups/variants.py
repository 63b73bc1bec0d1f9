"""Right answers of parameter_groups of other kinds."""

from collections import OrderedDict


def backwards(model, lr, factor):
    """From the last child down, the rate multiplied step by step; then turned round."""
    owner = {}
    for i, child in enumerate(model):
        for p in child.parameters():
            owner.setdefault(id(p), i)
    rate, groups = lr, []
    for i in range(len(model) - 1, -1, -1):
        mine = [p for p in model[i].parameters() if p.requires_grad and owner[id(p)] == i]
        if mine:
            groups.append({"params": mine, "lr": rate, "name": f"child {i}"})
        rate *= factor
    return groups[::-1] if not _repeats(model) else _sorted(groups)


def _repeats(model):
    return len({id(m) for m in model}) < len(model)


def _sorted(groups):
    """A module that stands twice was met at its last place; only its first counts."""
    seen, kept = set(), []
    for group in reversed(groups):
        mine = [p for p in group["params"] if id(p) not in seen]
        seen.update(map(id, mine))
        if mine:
            kept.append({**group, "params": mine})
    return kept


def one_group_per_tensor(model, lr, factor):
    """A group for each parameter."""
    seen, groups, n = set(), [], len(model)
    for i, layer in enumerate(model):
        for parameter in layer.parameters():
            if parameter.requires_grad and id(parameter) not in seen:
                seen.add(id(parameter))
                groups.append(dict(params=[parameter], lr=lr * pow(factor, n - 1 - i), weight_decay=0.0))
    return groups


def by_dictionary(model, lr, factor):
    """First the place of each parameter, then groups by place."""
    place = OrderedDict()
    for i, (_, child) in enumerate(zip(range(len(model)), model, strict=True)):
        for p in filter(lambda p: p.requires_grad, child.parameters()):
            place.setdefault(p, i)
    by_child = OrderedDict()
    for p, i in place.items():
        by_child.setdefault(i, []).append(p)
    return [{"lr": lr * factor ** (len(model) - 1 - i), "params": ps} for i, ps in by_child.items()]


def weights_and_biases_apart(model, lr, factor):
    """Two groups a child, as is done to spare vectors the weight decay."""
    done, result = [], []
    for i, child in enumerate(model):
        mine = [p for p in child.parameters() if p.requires_grad and not any(p is q for q in done)]
        done += mine
        for vectors in (False, True):
            part = [p for p in mine if (p.dim() == 1) == vectors]
            if len(part):
                result.append({"params": part, "lr": lr * factor ** (len(model) - i - 1)})
    return result
