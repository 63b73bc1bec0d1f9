"""Right answers of count_macs of other kinds."""

import copy
from unittest.mock import patch

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def on_a_copy(net, input_shape):
    """A copy is hooked and run, so there is nothing to put back."""
    twin, counts = copy.deepcopy(net).eval(), []

    def look(module, inputs, output):
        places = output.numel() // output.shape[1 if isinstance(module, nn.Conv2d) else -1]
        counts.append(places * module.weight.numel())

    for module in twin.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(look)
    with torch.inference_mode():
        twin(torch.ones(1, *input_shape))
    return sum(counts)


def module_wide_hook(net, input_shape):
    """One pre-hook for all modules; sizes from the formula, by hand."""
    total, inside = 0, set(net.modules())

    def before(module, inputs):
        nonlocal total
        if module not in inside:
            return
        if isinstance(module, nn.Conv2d):
            places = 1
            for n, k, s, p, d in zip(inputs[0].shape[2:], module.kernel_size, module.stride, module.padding,
                                     module.dilation, strict=True):  # fmt: skip
                places *= ((n + 2 * p - d * (k - 1) - 1) // s + 1) * k
            total += places * module.out_channels * (module.in_channels // module.groups)
        elif isinstance(module, nn.Linear):
            total += inputs[0].numel() * module.out_features

    modes = [(module, module.training) for module in net.modules()]
    handle = torch.nn.modules.module.register_module_forward_pre_hook(before)
    try:
        with torch.no_grad():
            net.eval()(torch.zeros((1, *input_shape)))
    finally:
        handle.remove()
        for module, mode in modes:
            module.training = mode
    return int(total)


def counted_by_torch(net, input_shape):
    """torch's own counter, which counts a multiply-add as two operations."""
    modes = {name: module.training for name, module in net.named_modules()}
    try:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            net.eval()
            net(torch.zeros(1, *input_shape))
    finally:
        for name, module in net.named_modules():
            module.training = modes[name]
    return counter.get_total_flops() // 2


def patched_forward(net, input_shape):
    """The forward functions of the two classes note their calls; drawn input, with the random state put back."""
    total, conv_forward, linear_forward = 0, nn.Conv2d.forward, nn.Linear.forward

    def conv(self, x):
        nonlocal total
        y = conv_forward(self, x)
        total += y[0, 0].numel() * self.weight.numel()
        return y

    def linear(self, x):
        nonlocal total
        total += x.reshape(-1, self.in_features).shape[0] * self.weight.numel()
        return linear_forward(self, x)

    training = [m for m in net.modules() if m.training]
    try:
        net.eval()
        with patch.object(nn.Conv2d, "forward", conv), patch.object(nn.Linear, "forward", linear):
            with torch.no_grad(), torch.random.fork_rng(devices=[]):
                net(torch.randn(2, *input_shape)[:1])
    finally:
        for module in training:
            module.training = True
    return total
