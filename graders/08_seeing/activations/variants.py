"""Right answers of activations of other kinds."""

import copy
from collections import OrderedDict
from contextlib import ExitStack

import torch
from torch import nn


def exit_stack(model, x, names):
    """Hooks are removed by an ExitStack; get_submodule finds the layers."""
    caught = dict.fromkeys(names)
    with ExitStack() as stack:
        for name in names:
            try:
                layer = model.get_submodule(name)
            except AttributeError as error:
                raise ValueError(f"no layer {name}") from error

            def hook(module, inputs, output, name=name):
                caught[name] = output.clone().detach()

            stack.callback(layer.register_forward_hook(hook).remove)
        with torch.no_grad():
            model(x)
    if missing := [name for name, value in caught.items() if value is None]:
        raise ValueError(f"never called: {missing}")
    return caught


def on_a_copy(model, x, names):
    """Hooks on a deep copy of the model, which is thrown away."""
    twin = copy.deepcopy(model)
    known = {name: module for name, module in twin.named_modules()}
    unknown = set(names) - set(known)
    if unknown:
        raise ValueError("unknown: " + ", ".join(sorted(unknown)))
    outputs = {}
    for name in names:
        known[name].register_forward_hook(lambda m, i, o, name=name: outputs.update({name: o.detach().numpy().copy()}))
    twin(x)
    lacking = [name for name in names if name not in outputs]
    if lacking:
        raise ValueError(f"these were not called: {lacking}")
    return {name: torch.from_numpy(outputs[name]) for name in names}


def global_hook(model, x, names):
    """One hook for every module there is, which knows whom it listens for."""
    wanted = {}
    for name in names:
        found = [module for key, module in model.named_modules() if key == name]
        if not found:
            raise ValueError(name)
        wanted[found[0]] = name
    caught = {}

    def listen(module, inputs, output):
        if module in wanted:
            caught[wanted[module]] = torch.clone(output).detach()

    handle = nn.modules.module.register_module_forward_hook(listen)
    try:
        model(x)
    finally:
        handle.remove()
    if len(caught) < len(names):
        raise ValueError(f"not called: {[name for name in names if name not in caught]}")
    return {name: caught[name] for name in names}


def all_calls_kept(model, x, names):
    """Keeps a list of all calls, of which the last one is given."""
    layers = dict(model.named_modules())
    if any(name not in layers for name in names):
        raise ValueError([name for name in names if name not in layers])
    calls = {name: [] for name in names}
    handles = [
        layers[name].register_forward_hook(lambda m, i, o, keep=calls[name]: keep.append(o.data.clone()))
        for name in names
    ]
    try:
        model(x)
    except BaseException:
        raise
    finally:
        [handle.remove() for handle in handles]
    for name, kept in calls.items():
        if not kept:
            raise ValueError(f"{name} is never called")
    return {name: kept.pop() for name, kept in calls.items()}


def one_hook_for_all_modules(model, x, names):
    """torch's hook for every module there is, under inference mode; a dict that is no plain dict."""
    layers = dict(model.named_modules())
    if unknown := [name for name in names if name not in layers]:
        raise ValueError(f"unknown: {unknown}")
    asked: dict = {}
    for name in names:
        asked.setdefault(layers[name], []).append(name)
    seen: dict = {}

    def hook(module, inputs, output):
        seen.update((name, output.detach().clone()) for name in asked.get(module, ()))

    handle = torch.nn.modules.module.register_module_forward_hook(hook)
    try:
        with torch.inference_mode():
            model(x)
    finally:
        handle.remove()
    if silent := set(names) - set(seen):
        raise ValueError(f"never called: {silent}")
    return OrderedDict((name, seen[name]) for name in names)
