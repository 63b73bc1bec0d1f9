"""Scaffolding of lesson 03 for the student's kernel: readers of modules, stacks of layers, a look into a net at work.

The tests use the same file for the twins on their side. Nothing here is secret.
"""


import torch
import torch.nn.functional as F
from torch import nn

# Reading and filling modules --------------------------------------------------------------------------------------


def parameter_names(module):
    return sorted(name for name, _ in module.named_parameters())


def with_history(module):
    """Names of the entries of the state dict that are no parameters and require a gradient."""
    parameters = set(parameter_names(module))
    state = module.state_dict(keep_vars=True)
    return sorted(name for name, value in state.items() if name not in parameters and value.requires_grad)


def step_by_step(module, x):
    """Two passes with a backward pass after each, in the mode that the module is in."""
    for _ in range(2):
        module(x.clone().requires_grad_()).square().sum().backward()


def mix_modes(net, train):
    """Put a nested stack into one mode, and the Sequential inside of it into the other."""
    net.train(train)
    net[1].train(not train)


def gradients(module):
    """The `.grad` of each parameter, by name; "none" where there is none."""
    return {name: "none" if p.grad is None else p.grad for name, p in sorted(module.named_parameters())}


def called_twice(function, layers):
    """Two results for the same list, and its length afterwards."""
    return [list(function(layers)), list(function(layers)), len(layers)]


# Stacks of layers, to measure receptive fields --------------------------------------------------------------------


def stack(layers, seed, nested=False):
    """A Sequential of layers: ("conv", kernel, stride, dilation, padding), ("max", kernel, stride, padding),
    ("avg", kernel, stride, padding) or ("relu",). One channel goes in, three go on; weights are drawn from the seed.

    nested: all but the first layer stand in a Sequential of their own.
    """
    modules, channels = [], 1
    for kind, *sizes in layers:
        if kind == "conv":
            kernel, stride, dilation, padding = sizes
            modules.append(nn.Conv2d(channels, 3, kernel, stride, padding, dilation))
            channels = 3
        elif kind == "relu":
            modules.append(nn.ReLU())
        else:
            pool = nn.MaxPool2d if kind == "max" else nn.AvgPool2d
            modules.append(pool(sizes[0], stride=sizes[1], padding=sizes[2]))
    if nested:
        modules = [modules[0], nn.Sequential(*modules[1:])]
    return fill(nn.Sequential(*modules), seed)


def first_layer(net):
    """The first layer of a Sequential."""
    return net[0]


# A look into a net at work ----------------------------------------------------------------------------------------
# What these give does not depend on widths and names, which are the student's: so known mistakes are recognised.

KINDS = {nn.Conv2d: "Conv2d", nn.BatchNorm2d: "BatchNorm2d", nn.Linear: "Linear"}


def _kind(module):
    return next((name for kind, name in KINDS.items() if isinstance(module, kind)), None)


def _filled(net, x):
    """The net in eval mode and float64 with drawn weights."""
    net.double().eval()
    with torch.no_grad():
        net(x)  # lazy layers get their shapes
    return fill(net, seed=3)


def counts(net, x):
    """How many modules of each kind there are."""
    with torch.no_grad():
        net.eval()(x)
    kinds = [_kind(module) for module in net.modules()]
    return {name: kinds.count(name) for name in KINDS.values()}


def size(net):
    """The number of all parameters."""
    return sum(parameter.numel() for parameter in net.parameters())


def anatomy(net, x):
    """What blocks and head of a net do with x, in plain words.

    "order": kinds of the layers in the order in which they run.  "unfit": one line a place where a block is not
    convolution, batch norm, ReLU.  "head": what the linear layer gets.  "logits": whether the result is its output.
    """
    seen = _record(_filled(net, x), x)
    with torch.no_grad():
        last = next((output for kind, _, output in reversed(seen) if kind == "Linear"), None)
        logits = last is not None and torch.equal(net(x), last)
    return {"order": [kind for kind, *_ in seen], "unfit": _unfit(seen), "head": _head(seen), "logits": logits}


def _record(net, x):
    """(kind, input, output) of each convolution, norm and linear layer, in the order in which they run."""
    seen, before, hooks = [], [], []
    for module in net.modules():
        if _kind(module):
            take = lambda module, inputs: before.append(inputs[0].clone())
            note = lambda module, inputs, output: seen.append((_kind(module), before.pop(), output.clone()))
            hooks += [module.register_forward_pre_hook(take), module.register_forward_hook(note)]
    try:
        with torch.no_grad():
            net(x)
    finally:
        for hook in hooks:
            hook.remove()
    return seen


def _unfit(seen):
    """What is wrong between two layers that follow each other; blocks are counted by their convolutions."""
    found, block = [], 0
    for (kind, _, given), (following, taken, _) in zip(seen[:-1], seen[1:], strict=True):
        block += kind == "Conv2d"
        same_size = taken.shape == given.shape
        if kind == "Conv2d" and following != "BatchNorm2d":
            found.append(f"no batch norm follows convolution {block}")
        elif kind == "Conv2d" and same_size and not torch.equal(taken, given):
            found.append(f"something stands between convolution {block} and its batch norm")
        elif kind == "BatchNorm2d" and taken.min() < 0 and torch.isin(taken, given).all():
            found.append(f"no ReLU follows batch norm {block}")
        elif kind == "BatchNorm2d" and (taken.min() < 0 or same_size and not torch.equal(taken, given.relu())):
            found.append(f"what follows batch norm {block} is not ReLU")
    return found


def _head(seen):
    """What the linear layer gets, compared with the maps after the last norm and its ReLU."""
    maps = next((output.relu() for kind, _, output in reversed(seen) if kind == "BatchNorm2d"), None)
    features = next((taken for kind, taken, _ in seen if kind == "Linear"), None)
    if maps is None or features is None or features.ndim != 2:
        return "unknown"
    if features.shape[1] > maps.shape[1] and features.shape[1] % maps.shape[1] == 0:
        return "all numbers of the maps"
    if features.shape != maps.shape[:2] or torch.allclose(features, maps.mean((2, 3))):
        return "the means"
    if torch.equal(features, maps.amax((2, 3))):
        return "the maxima of the maps"
    sides = range(1, maps.shape[2])
    if any(torch.allclose(features, maps[:, :, :side, :side].mean((2, 3))) for side in sides):
        return "means over a part of each map"
    return "the means"  # or nearly: a pooling may stand before them


def each_alone(net, x):
    """Whether every picture of a batch gets the logits that it gets alone."""
    _filled(net, x)
    with torch.no_grad():
        together, alone = net(x), torch.cat([net(picture[None]).reshape(1, -1) for picture in x])
    return together.shape == alone.shape and torch.allclose(together, alone)


def unused(net, x):
    """Kinds of layers that have parameters without influence on what comes out for x."""
    output = _filled(net, x)(x).square().sum()
    found = set()
    for module in net.modules():
        for parameter in module.parameters(recurse=False):
            (gradient,) = torch.autograd.grad(output, [parameter], retain_graph=True, allow_unused=True)
            if gradient is None or not gradient.any():
                found.add(_kind(module) or type(module).__name__)
    return sorted(found)


def losses(net, x, labels, steps=4, rate=0.02):
    """The loss on one batch before and after a few steps of gradient descent, in train mode."""
    net.float().train()
    net(x)  # lazy layers get their shapes
    optimizer, found = torch.optim.SGD(net.parameters(), rate), []
    for _ in range(steps + 1):
        loss = F.cross_entropy(net(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return [found[0], found[-1]]
