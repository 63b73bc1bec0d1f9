"""Right answers of replace_head of other kinds."""

from torch import nn


def by_walking(model, num_classes):
    """Remembers the parent of each Linear layer on a walk down."""
    found = []
    for parent in model.modules():
        for name, child in parent.named_children():
            if isinstance(child, nn.Linear):
                found.append((parent, name, child))
    order = {module: i for i, module in enumerate(model.modules())}
    if not found:
        raise ValueError("nothing to replace")
    parent, name, old = max(found, key=lambda f: order[f[2]])
    parent._modules[name] = nn.Linear(old.in_features, num_classes, old.bias is not None).to(old.weight)
    return model


def with_set_submodule(model, num_classes):
    """torch's own set_submodule, and weights drawn by hand."""
    name, old = None, None
    for path, module in model.named_modules():
        if type(module) is nn.Linear:
            name, old = path, module
    if old is None:
        raise ValueError("no nn.Linear")
    new = nn.Linear(old.weight.shape[1], num_classes, bias=old.bias is not None).to(old.weight.dtype)
    nn.init.normal_(new.weight, std=0.01)
    if new.bias is not None:
        nn.init.zeros_(new.bias)
    model.set_submodule(name, new)
    return model


def recursively(model, num_classes):
    """From the last child back, down into each."""

    def replace(module):
        for name, child in reversed(list(module.named_children())):
            if isinstance(child, nn.Linear):
                head = nn.Linear(child.in_features, num_classes, child.bias is not None)
                setattr(module, name, head.to(device=child.weight.device, dtype=child.weight.dtype))
                return True
            if replace(child):
                return True
        return False

    if not replace(model):
        raise ValueError("the net has no Linear layer")
    return model


def weights_in_the_old_layer(model, num_classes):
    """The old layer stays as an object and gets new parameters."""
    layers = [module for module in model.modules() if isinstance(module, nn.Linear)]
    try:
        head = layers.pop()
    except IndexError:
        raise ValueError("no head") from None
    head.out_features = num_classes
    head.weight = nn.Parameter(head.weight.new_empty(num_classes, head.in_features).normal_(0, 0.05))
    if head.bias is not None:
        head.bias = nn.Parameter(head.bias.new_zeros(num_classes))
    return model
