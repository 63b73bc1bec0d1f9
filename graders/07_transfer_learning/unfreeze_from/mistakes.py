"""Known wrong answers of unfreeze_from."""


def _names(model, name):
    names = [child for child, _ in model.named_children()]
    if name not in names:
        raise ValueError(f"no child {name}")
    return names


def _unfreeze(model, names):
    for name in names:
        getattr(model, name).requires_grad_(True)


def only_that_child(model, name):
    """You unfreeze this child only. All later ones come along (section 7.4)."""
    _names(model, name)
    _unfreeze(model, [name])


def only_later_ones(model, name):
    """You begin after the named child. It is unfrozen too (section 7.4)."""
    names = _names(model, name)
    _unfreeze(model, names[names.index(name) + 1 :])


def earlier_ones(model, name):
    """You unfreeze this child and all earlier ones. It is the later layers, near the head, that are let go first
    (section 7.4)."""
    names = _names(model, name)
    _unfreeze(model, names[: names.index(name) + 1])


def substring_match(model, name):
    """You start at the first name that contains the one you were given: "layer" is in "layer1" and "layer10" too.
    Compare whole names (section 7.4)."""
    names = _names(model, name)
    _unfreeze(model, names[next(i for i, n in enumerate(names) if name in n) :])


def prefix_of_parameters(model, name):
    """You look for parameters whose name begins like the child's: "layer" begins "layer1.0.weight" as well. Compare the
    names of children, whole (section 7.4)."""
    _names(model, name)
    begun = False
    for parameter, tensor in model.named_parameters():
        begun = begun or parameter.startswith(name)
        if begun:
            tensor.requires_grad_(True)


def in_the_order_of_names(model, name):
    """You sort the children by name. Later means later in the net: the order in which they were registered (section
    7.4)."""
    _unfreeze(model, [n for n in _names(model, name) if n >= name])


def by_parameters(model, name):
    """You go through the parameters until one belongs to the child. A child without parameters, such as a ReLU, never
    comes, and then nothing is unfrozen: go through the children (section 7.4)."""
    _names(model, name)
    begun = False
    for parameter, tensor in model.named_parameters():
        begun = begun or parameter.partition(".")[0] == name
        if begun:
            tensor.requires_grad_(True)


def freezes_the_earlier(model, name):
    """You freeze everything before. The call only lets go: earlier children, and parameters of the model itself, stay
    as they are (section 7.4)."""
    names = _names(model, name)
    model.requires_grad_(False)
    _unfreeze(model, names[names.index(name) :])


def freezes_earlier_children(model, name):
    """You freeze the earlier children. The call only lets go: they stay as they are (section 7.4)."""
    names = _names(model, name)
    for n in names:
        getattr(model, n).requires_grad_(names.index(n) >= names.index(name))


def everything(model, name):
    """You unfreeze the whole model, whatever the name (section 7.4)."""
    _names(model, name)
    model.requires_grad_(True)


def own_parameters_too(model, name):
    """You also unfreeze a parameter of the model itself. It belongs to no child and stays as it is (section 7.4)."""
    names = _names(model, name)
    _unfreeze(model, names[names.index(name) :])
    for parameter in model.parameters(recurse=False):
        parameter.requires_grad_(True)


def first_level_only(model, name):
    """You unfreeze a child's own parameters, and not those of the layers inside it: child.parameters(), or
    requires_grad_ of the child, goes all the way down (section 7.4)."""
    names = _names(model, name)
    for n in names[names.index(name) :]:
        for parameter in getattr(model, n).parameters(recurse=False):
            parameter.requires_grad_(True)


def sets_the_attribute_of_modules(model, name):
    """You set requires_grad on the modules, where it is a name like any other. Parameters have it; a module has the
    method requires_grad_() (section 7.4)."""
    names = _names(model, name)
    for n in names[names.index(name) :]:
        getattr(model, n).requires_grad = True


def train_mode_too(model, name):
    """You switch the children to train mode as well. That is another switch: it moves the statistics of batch norm
    (section 7.4)."""
    names = _names(model, name)
    _unfreeze(model, names[names.index(name) :])
    for n in names[names.index(name) :]:
        getattr(model, n).train()
    model.train()


def later_ones_in_train_mode(model, name):
    """You put what is let go into train mode as well. Only requires_grad changes; the mode belongs to the training loop
    (section 7.4)."""
    names = _names(model, name)
    for n in names[names.index(name) :]:
        getattr(model, n).requires_grad_(True).train()


def never_refuses(model, name):
    """A name that no child has changes nothing, and nobody notices. Raise a ValueError that names it (section 7.4)."""
    begun = False
    for n, child in model.named_children():
        begun = begun or n == name
        if begun:
            child.requires_grad_(True)


def dotted_names(model, name):
    """You also take names from further down, such as body.0. Only direct children count: raise a ValueError for others
    (section 7.4)."""
    top = name.partition(".")[0]
    names = _names(model, top)
    _unfreeze(model, names[names.index(top) :])
