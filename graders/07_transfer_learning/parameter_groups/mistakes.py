"""Known wrong answers of parameter_groups."""


def _groups(model, rate, keep=lambda p: p.requires_grad, parameters=lambda child: child.parameters()):
    """The right groups. rate: of child i; keep: which parameters; parameters: those of a child."""
    groups, seen = [], set()
    for i, child in enumerate(model):
        mine = [p for p in parameters(child) if keep(p) and p not in seen]
        seen.update(mine)
        if mine:
            groups.append({"params": mine, "lr": rate(i)})
    return groups


def _rate(model, lr, factor):
    return lambda i: lr * factor ** (len(model) - 1 - i)


def reversed_rates(model, lr, factor):
    """Your first child learns fastest. It is the early layers that are general and should move least: child i of n gets
    lr · factor^(n − 1 − i) (section 7.4)."""
    return _groups(model, lambda i: lr * factor**i)


def off_by_one(model, lr, factor):
    """Your last child learns at lr · factor. The power is n − 1 − i, which is 0 for the last child (section 7.4)."""
    return _groups(model, lambda i: lr * factor ** (len(model) - i))


def divides(model, lr, factor):
    """You divide by the factor where you should multiply: early layers get larger rates than the head (section 7.4)."""
    return _groups(model, lambda i: lr / factor ** (len(model) - 1 - i))


def steps_evenly(model, lr, factor):
    """You multiply by the factor once for all earlier children, or in equal steps. Each child further down gets one
    more factor: a power, not a product with i (section 7.4)."""
    return _groups(model, lambda i: lr if i == len(model) - 1 else lr * factor)


def one_rate(model, lr, factor):
    """All your groups have the same rate (section 7.4)."""
    return _groups(model, lambda i: lr)


def biases_left_out(model, lr, factor):
    """You pick the weights only. The biases, and the vectors of batch norm, are trained too: take child.parameters()
    (section 7.4)."""
    return _groups(model, _rate(model, lr, factor), keep=lambda p: p.requires_grad and p.dim() > 1)


def own_parameters_only(model, lr, factor):
    """You take a child's own parameters and not those of the layers inside it, so whole blocks are never trained:
    child.parameters() goes all the way down (section 7.4)."""
    return _groups(model, _rate(model, lr, factor), parameters=lambda child: child.parameters(recurse=False))


def twice(model, lr, factor):
    """Each of your groups also holds the parameters of the children before it, so they stand twice; an optimiser
    refuses that. A group holds one child (section 7.4)."""
    n = len(model)
    parameters = lambda i: [p for child in model[: i + 1] for p in child.parameters() if p.requires_grad]
    groups = [{"params": parameters(i), "lr": lr * factor ** (n - 1 - i)} for i in range(n)]
    return [group for group in groups if group["params"]]


def frozen_in(model, lr, factor):
    """Frozen parameters stand in your groups. They get no gradient, and weight decay could still move them: take those
    with requires_grad only (section 7.4)."""
    return _groups(model, _rate(model, lr, factor), keep=lambda p: True)


def empty_groups(model, lr, factor):
    """You give a group to children that have nothing to train, too. Leave empty ones out (section 7.4)."""
    groups, seen, rate = [], set(), _rate(model, lr, factor)
    for i, child in enumerate(model):
        mine = [p for p in child.parameters() if p.requires_grad and p not in seen]
        seen.update(mine)
        groups.append({"params": mine, "lr": rate(i)})
    return groups


def generators(model, lr, factor):
    """Your "params" are generators, which can be walked through once. Make lists of them (section 7.4)."""
    groups = _groups(model, _rate(model, lr, factor))
    return [{"params": iter(group["params"]), "lr": group["lr"]} for group in groups]


def generator_exhausted(model, lr, factor):
    """The first parameter of each child is missing: a generator gives each of them once, and the look whether there is
    any has used it up. Make a list first (section 7.4)."""
    groups = []
    for i, child in enumerate(model):
        mine = (p for p in child.parameters() if p.requires_grad)
        if any(True for _ in mine):
            groups.append({"params": list(mine), "lr": lr * factor ** (len(model) - 1 - i)})
    return [group for group in groups if group["params"]]


def counts_trainable_children(model, lr, factor):
    """You count only children that have something to train. ReLU, pooling and frozen layers count too: n is len(model),
    and i the place in it (section 7.4)."""
    groups = _groups(model, lambda i: lr)
    for i, group in enumerate(groups):
        group["lr"] = lr * factor ** (len(groups) - 1 - i)
    return groups


def counts_each_parameter(model, lr, factor):
    """You take one factor for each parameter tensor, so a weight learns more slowly than its own bias. All parameters
    of a child share one rate (section 7.4)."""
    mine = [p for p in model.parameters() if p.requires_grad]
    return [{"params": [p], "lr": lr * factor ** (len(mine) - 1 - i)} for i, p in enumerate(mine)]


def children_once(model, lr, factor):
    """You go through model.children(), which gives a module that stands twice only once, so the places after it are
    counted wrongly. Go through the Sequential itself (section 7.4)."""
    children = list(model.children())
    groups, seen = [], set()
    for i, child in enumerate(children):
        mine = [p for p in child.parameters() if p.requires_grad and p not in seen]
        seen.update(mine)
        if mine:
            groups.append({"params": mine, "lr": lr * factor ** (len(children) - 1 - i)})
    return groups


def shared_twice(model, lr, factor):
    """A parameter that two children share stands in both of their groups, and an optimiser refuses that. It belongs to
    the first (section 7.4)."""
    groups = []
    for i, child in enumerate(model):
        mine = [p for p in child.parameters() if p.requires_grad]
        if mine:
            groups.append({"params": mine, "lr": lr * factor ** (len(model) - 1 - i)})
    return groups


def shared_to_the_last(model, lr, factor):
    """What two children share belongs to the first of them, and stands in the last one's group with you (section
    7.4)."""
    groups, seen = [], set()
    for i in reversed(range(len(model))):
        mine = [p for p in model[i].parameters() if p.requires_grad and p not in seen]
        seen.update(mine)
        if mine:
            groups.insert(0, {"params": mine, "lr": lr * factor ** (len(model) - 1 - i)})
    return groups


def from_the_head_down(model, lr, factor):
    """Your groups begin with the head. They come in the order of the children (section 7.4)."""
    return _groups(model, _rate(model, lr, factor))[::-1]
