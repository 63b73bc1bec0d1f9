"""Right answers of zero_init_residual of other kinds."""

import torch
from torch import nn


def by_attribute(model: nn.Module) -> None:
    """Asks each module for bn3, then bn2."""
    for module in model.modules():
        last = getattr(module, "bn3", None) or getattr(module, "bn2", None)
        if isinstance(last, nn.BatchNorm2d):
            nn.init.zeros_(last.weight)


def by_class_name(model):
    """Asks for the name of the block's class."""
    names = {"BasicBlock": "bn2", "Bottleneck": "bn3"}
    with torch.no_grad():
        for module in model.modules():
            if type(module).__name__ in names:
                module.get_submodule(names[type(module).__name__]).weight.zero_()


def by_parameter_name(model):
    """Looks at the parameters' names only."""
    gammas = dict(model.named_parameters())
    for name in gammas:
        block, _, rest = name.rpartition("bn")
        if rest == "3.weight" or (rest == "2.weight" and f"{block}bn3.weight" not in gammas):
            gammas[name].data.fill_(0.0)


def by_state_dict(model):
    """Writes zeros into the state dict and loads it."""
    state = model.state_dict()
    for key in state:
        if key.endswith("bn2.weight") and key.replace("bn2", "bn3") not in state or key.endswith("bn3.weight"):
            state[key] = torch.zeros_like(state[key])
    model.load_state_dict(state)


def last_of_direct_children(model):
    """Takes the last batch norm among the direct children of whatever has two convolutions."""
    for module in model.modules():
        children = list(module.children())
        if sum(isinstance(child, nn.Conv2d) for child in children) >= 2:
            [*_, last] = (child for child in children if isinstance(child, nn.BatchNorm2d))
            last.weight.data.mul_(0)
    return model
