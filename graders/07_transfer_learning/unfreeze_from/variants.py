"""Right answers of unfreeze_from of other kinds."""

from itertools import dropwhile


def with_dropwhile(model, name):
    """itertools, then every parameter by itself."""
    if name not in [n for n, _ in model.named_children()]:
        raise ValueError("unknown child: " + name)
    for _, child in dropwhile(lambda item: item[0] != name, model.named_children()):
        for p in child.parameters():
            p.requires_grad = True


def backwards(model, name):
    """From the last child back until the name is met; only then anything is changed."""
    later = []
    for n, child in reversed(list(model.named_children())):
        later.append(child)
        if n == name:
            break
    else:
        raise ValueError(f"{name!r} is not among {[n for n, _ in model.named_children()]}")
    for child in later:
        child.requires_grad_()


def by_names(model, name):
    """The set of names first, then the model's parameters."""
    order = list(model._modules)
    try:
        start = order.index(name)
    except ValueError:
        raise ValueError(f"no child is called {name}") from None
    for full, parameter in model.named_parameters():
        child, dot, _ = full.partition(".")
        if dot and order.index(child) >= start:
            parameter.requires_grad_(True)
    return model
