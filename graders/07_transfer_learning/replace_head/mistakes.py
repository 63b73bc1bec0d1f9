"""Known wrong answers of replace_head."""

import copy

import torch
from torch import nn


def _last(model):
    names = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    if not names:
        raise ValueError("no Linear layer")
    return names[-1]


def _put(model, name, layer):
    parent, _, child = name.rpartition(".")
    setattr(model.get_submodule(parent), child, layer)
    return model


def _like(old, num_classes, **changes):
    arguments = dict(bias=old.bias is not None, device=old.weight.device, dtype=old.weight.dtype) | changes
    return nn.Linear(old.in_features, num_classes, **arguments)


def hard_coded_width(model, num_classes):
    """Your new head reads 512 features, which is right for ResNet-18 only. The old head knows its width: its
    in_features (section 7.2)."""
    name = _last(model)
    old = model.get_submodule(name)
    new = nn.Linear(512, num_classes, bias=old.bias is not None, dtype=old.weight.dtype)
    return _put(model, name, new)


def old_rows_kept(model, num_classes):
    """Your new head begins with weights of the old one, which answer another question: class 3 was something else
    there. Let nn.Linear draw fresh ones (section 7.2)."""
    name = _last(model)
    old = model.get_submodule(name)
    new = _like(old, num_classes)
    rows = torch.arange(num_classes) % old.out_features
    with torch.no_grad():
        for fresh, known in zip(new.parameters(), old.parameters(), strict=True):
            fresh.copy_(known[rows])
    return _put(model, name, new)


def first_linear(model, num_classes):
    """You replace the first Linear layer that you meet. In VGG and MobileNet there are others before the head: take
    the last one of named_modules() (section 7.2)."""
    _last(model)
    name = next(name for name, module in model.named_modules() if isinstance(module, nn.Linear))
    return _put(model, name, _like(model.get_submodule(name), num_classes))


def every_linear(model, num_classes):
    """You replace every Linear layer. Only the last one is the head; the others were trained (section 7.2)."""
    _last(model)
    for name in [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]:
        _put(model, name, _like(model.get_submodule(name), num_classes))
    return model


def starts_anew(model, num_classes):
    """You draw the weights of all layers anew, and throw away what you came for. Only the head is new (section
    7.2)."""
    name = _last(model)
    _put(model, name, _like(model.get_submodule(name), num_classes))
    for layer in model.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    return model


def appends_a_layer(model, num_classes):
    """You put a new layer behind the old head, which reads its 5 logits. The old head has to go: put the new one in its
    place (section 7.2)."""
    name = _last(model)
    old = model.get_submodule(name)
    new = nn.Linear(old.out_features, num_classes, bias=old.bias is not None, dtype=old.weight.dtype)
    return _put(model, name, nn.Sequential(old, new))


def frozen_head(model, num_classes):
    """Your new head takes over that the old one was frozen, so there is nothing left to train. A new head has to learn,
    whatever was frozen before (section 7.2)."""
    name = _last(model)
    old = model.get_submodule(name)
    new = _like(old, num_classes)
    new.weight.requires_grad_(old.weight.requires_grad)
    if new.bias is not None:
        new.bias.requires_grad_(old.bias.requires_grad)
    return _put(model, name, new)


def freezes_the_rest(model, num_classes):
    """You freeze all the other layers as well. That is another decision, and another function's: leave their
    requires_grad as it is (section 7.2)."""
    name = _last(model)
    model.requires_grad_(False)
    return _put(model, name, _like(model.get_submodule(name), num_classes))


def unfreezes_the_rest(model, num_classes):
    """You switch the training of all layers on. Only the new head trains in any case; leave the requires_grad of the
    others as it is (section 7.2)."""
    name = _last(model)
    _put(model, name, _like(model.get_submodule(name), num_classes))
    return model.requires_grad_(True)


def name_assumed_fc(model, num_classes):
    """You set model.fc. In ResNet that is the head; in VGG and MobileNet it is a new attribute that nothing uses. Look
    for the last Linear layer, whatever its name (section 7.2)."""
    old = model.get_submodule(_last(model))
    model.fc = _like(old, num_classes)
    return model


def last_child_only(model, num_classes):
    """You expect the head among the model's own children. In VGG it lies one level deeper, in a Sequential:
    named_modules() goes through all levels (section 7.2)."""
    names = [name for name, child in model.named_children() if isinstance(child, nn.Linear)]
    if not names:
        raise ValueError("the model has no Linear layer")
    return _put(model, names[-1], _like(model.get_submodule(names[-1]), num_classes))


def always_a_bias(model, num_classes):
    """Your new head has a bias even where the old one has none (section 7.2)."""
    name = _last(model)
    return _put(model, name, _like(model.get_submodule(name), num_classes, bias=True))


def always_float32(model, num_classes):
    """Your new head is float32 whatever the net is, so a float64 net stops at it. Take dtype and device from the old
    head (section 7.2)."""
    name = _last(model)
    return _put(model, name, _like(model.get_submodule(name), num_classes, dtype=torch.float32))


def a_copy(model, num_classes):
    """You change a copy, and the model that was given keeps its old head. Change the model itself, and return it
    (section 7.2)."""
    model = copy.deepcopy(model)
    name = _last(model)
    return _put(model, name, _like(model.get_submodule(name), num_classes))


def returns_nothing(model, num_classes):
    """You change the model and return None. Return the model (section 7.2)."""
    name = _last(model)
    _put(model, name, _like(model.get_submodule(name), num_classes))


def renames_only(model, num_classes):
    """You change the number out_features of the old head, but not its weights. That number is a note: build a new
    Linear layer (section 7.2)."""
    model.get_submodule(_last(model)).out_features = num_classes
    return model


def keeps_going_without_a_head(model, num_classes):
    """You return a net that has no Linear layer as it is. Raise a ValueError (section 7.2)."""
    try:
        name = _last(model)
    except ValueError:
        return model
    return _put(model, name, _like(model.get_submodule(name), num_classes))
