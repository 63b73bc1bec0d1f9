"""Right answers of describe of other kinds."""

import copy

import torch
from torch import nn


def forward_hooks(net, input_shape):
    """A hook on each leaf; modes kept in a dict."""
    rows, modes = [], {module: module.training for module in net.modules()}
    state = {"field": 1, "jump": 1}

    def hook_for(name):
        def hook(module, inputs, output):
            if isinstance(module, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)):
                k = module.kernel_size if isinstance(module.kernel_size, int) else module.kernel_size[0]
                s = module.stride if isinstance(module.stride, int) else module.stride[0]
                d = module.dilation[0] if isinstance(module, nn.Conv2d) else 1
                state["field"] += (k - 1) * d * state["jump"]
                state["jump"] *= s
            rows.append({
                "name": name, "shape": tuple(output.shape)[1:],
                "parameters": sum(p.numel() for p in module.parameters()), "receptive_field": state["field"],
            })  # fmt: skip

        return hook

    handles = [m.register_forward_hook(hook_for(n)) for n, m in net.named_modules() if len(list(m.children())) == 0]
    net.eval()
    try:
        with torch.no_grad():
            net(torch.zeros(1, *input_shape))
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes.items():
            module.training = mode
    return rows


def on_a_copy(net, input_shape):
    """Looks at a copy, so that the net itself is never touched; one hook for all modules; two pictures of ones."""
    twin = copy.deepcopy(net).eval()
    names = {id(module): name for name, module in twin.named_modules()}
    calls = []

    def look(module, inputs, output):
        if id(module) in names and not any(True for _ in module.children()):
            calls.append((module, names[id(module)], list(output.size())[1:]))

    handle = torch.nn.modules.module.register_module_forward_hook(look)
    try:
        twin(torch.ones((2, *input_shape)))
    finally:
        handle.remove()
    rows = []
    layers = []
    for module, name, shape in calls:
        if isinstance(module, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)):
            layers.append((_side(module.kernel_size), _side(module.stride), _side(getattr(module, "dilation", 1))))
        rows.append(dict(name=name, shape=shape, parameters=_count(module), receptive_field=_field(layers)))
    return rows


def _side(size):
    return size if isinstance(size, int) else size[0]


def _count(module):
    return int(sum(p.numel() for p in module.parameters(recurse=False)))


def _field(layers):
    """From the last layer back to the picture."""
    size = 1
    for kernel, stride, dilation in reversed(layers):
        size = (size - 1) * stride + (kernel - 1) * dilation + 1
    return size


def replaced_forward(net, input_shape):
    """Puts a forward of its own on each leaf, and takes it off again; a generator of its own draws the picture."""
    leaves = {name: module for name, module in net.named_modules() if not list(module.children())}
    training = {name: module.training for name, module in net.named_modules()}
    found = []

    def wrap(name, module):
        original = module.forward

        def forward(*args, **kwargs):
            result = original(*args, **kwargs)
            found.append((name, module, result.shape[1:]))
            return result

        module.forward = forward

    for name, module in leaves.items():
        wrap(name, module)
    try:
        net.eval()
        with torch.inference_mode():
            picture = torch.rand(1, *input_shape, generator=torch.Generator().manual_seed(0))
            net(picture)
    finally:
        for module in leaves.values():
            del module.forward
        for name, module in net.named_modules():
            module.train(training[name]) if not list(module.children()) else None
            module.training = training[name]
    rows, steps = [], [(1, 1)]
    for name, module, shape in found:
        field, jump = steps[-1]
        match module:
            case nn.Conv2d():
                kernel, stride = module.kernel_size[0], module.stride[0]
                steps.append((field + (kernel - 1) * module.dilation[0] * jump, jump * stride))
            case nn.MaxPool2d() | nn.AvgPool2d():
                steps.append((field + (_side(module.kernel_size) - 1) * jump, jump * _side(module.stride)))
        rows.append(
            {
                "receptive_field": steps[-1][0],
                "parameters": sum(p.numel() for p in module.parameters()),
                "shape": list(shape),
                "name": name,
                "kind": type(module).__name__,
            }
        )
    return rows


class _Listener:
    """A context that listens: hooks on entry, everything as it was on exit."""

    def __init__(self, net):
        self.net, self.heard = net, []

    def __enter__(self):
        self.training = {module for module in self.net.modules() if module.training}
        leaves = [(name, m) for name, m in self.net.named_modules() if next(m.children(), None) is None]
        self.handles = [m.register_forward_hook(self.note(name)) for name, m in leaves]
        self.net.eval()
        return self

    def note(self, name):
        return lambda module, inputs, output: self.heard.append((name, module, tuple(output[0].shape)))

    def __exit__(self, *error):
        for handle in self.handles:
            handle.remove()
        for module in self.net.modules():
            module.training = module in self.training


def with_a_listener(net, input_shape):
    """A class with __enter__ and __exit__; the fields from a running sum afterwards."""
    with _Listener(net) as listener, torch.no_grad():
        net(torch.ones(1, *input_shape))
    rows, field, jump = [], 1, 1
    for name, module, shape in listener.heard:
        if type(module) in (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d):
            kernel, stride, dilation = (
                nn.modules.utils._pair(getattr(module, what, 1))[0] for what in ("kernel_size", "stride", "dilation")
            )
            field, jump = field + dilation * (kernel - 1) * jump, jump * stride
        own = [p.numel() for _, p in module.named_parameters(recurse=False)]
        rows.append({"name": name, "shape": shape, "parameters": sum(own), "receptive_field": field})
    return rows
