"""Known wrong answers of count_macs. `_count` is right; each mistake changes one part of it."""

import torch
from torch import nn


def _conv(module, x, y):
    return y.numel() * module.in_channels // module.groups * module.kernel_size[0] * module.kernel_size[1]


def _linear(module, x, y):
    return y.numel() * module.in_features


def _layers(net):
    return [m for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]


def _count(net, input_shape, conv=_conv, linear=_linear, other=None, layers=_layers, eval_mode=True, restore="each",
           remove="always", picture=None, hook=None):  # fmt: skip
    total = 0

    def add(module, inputs, output):
        nonlocal total
        kind = conv if isinstance(module, nn.Conv2d) else linear if isinstance(module, nn.Linear) else other
        total += kind(module, inputs[0], output)

    modes, was_training = {m: m.training for m in net.modules()}, net.training
    handles = [m.register_forward_hook(hook(add, m) if hook else add) for m in layers(net)]
    failed = True
    try:
        if eval_mode:
            net.eval()
        with torch.no_grad():
            net(torch.zeros(1, *input_shape) if picture is None else picture(input_shape))
        failed = False
    finally:
        if remove == "always" or (remove == "on success" and not failed):
            for handle in handles:
                handle.remove()
        if restore == "each" or (restore == "each on success" and not failed):
            for module, mode in modes.items():
                module.training = mode
        elif restore == "all":
            net.train(was_training)
        elif restore == "train":
            net.train()
    return total


def groups_ignored(net, input_shape):
    """You count every map as if it saw all channels. With groups, each sees in_channels / groups of them: that is what
    makes a depthwise convolution cheap (section 10.3)."""
    return _count(net, input_shape, conv=lambda m, x, y: _conv(m, x, y) * m.groups)


def input_size(net, input_shape):
    """You multiply by the places of the input. Products are made at the places of the output: with a stride there are
    fewer (section 10.3)."""
    return _count(net, input_shape, conv=lambda m, x, y: _conv(m, x, y) // y[0, 0].numel() * x[0, 0].numel())


def adds_bias(net, input_shape):
    """You count the bias. Adding it is no product (section 10.3)."""
    bias = lambda m, y: y.numel() if m.bias is not None else 0
    return _count(net, input_shape, conv=lambda m, x, y: _conv(m, x, y) + bias(m, y),
                  linear=lambda m, x, y: _linear(m, x, y) + bias(m, y))  # fmt: skip


def adds_bias_of_dense_layers(net, input_shape):
    """You count the bias of dense layers, as `weight.numel() + bias.numel()` does. Adding it is no product (section
    10.3)."""
    bias = lambda m, y: y.numel() if m.bias is not None else 0
    return _count(net, input_shape, linear=lambda m, x, y: _linear(m, x, y) + bias(m, y))


def operations(net, input_shape):
    """Your number is twice the right one. A multiplication and the addition that follows it count as one multiply-add;
    or two inputs were run, and both counted (section 10.3)."""
    return 2 * _count(net, input_shape)


def parameters_only(net, input_shape):
    """You count the weights of convolutions once. Each weight is used at every place of the output (section 10.3)."""
    return _count(net, input_shape, conv=lambda m, x, y: m.weight.numel())


def batch_norm_counted(net, input_shape):
    """You count batch norm too. Only Conv2d and Linear count here (section 10.3)."""
    layers = lambda net: [m for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear, nn.BatchNorm2d))]
    return _count(net, input_shape, layers=layers, other=lambda m, x, y: y.numel())


def activations_counted(net, input_shape):
    """You count layers that have no products, such as ReLU and pooling. Only Conv2d and Linear count here (section
    10.3)."""
    layers = lambda net: [m for m in net.modules() if not list(m.children())]
    return _count(net, input_shape, layers=layers, other=lambda m, x, y: y.numel())


def square_kernel(net, input_shape):
    """You square the kernel's height. A kernel has height times width taps: `kernel_size` is a pair (section 10.3)."""
    return _count(net, input_shape, conv=lambda m, x, y: (
        y.numel() * m.in_channels // m.groups * m.kernel_size[0] ** 2))  # fmt: skip


def kernel_side(net, input_shape):
    """You multiply by the kernel's side. It has height times width taps (section 10.3)."""
    return _count(net, input_shape, conv=lambda m, x, y: y.numel() * m.in_channels // m.groups * m.kernel_size[0])


def square_output(net, input_shape):
    """You square the height of the output. It has height times width places (section 10.3)."""
    return _count(net, input_shape, conv=lambda m, x, y: _conv(m, x, y) // y.shape[3] * y.shape[2])


def dilation_counted(net, input_shape):
    """You count the gaps of a dilated kernel. It has as many taps as an ordinary one (section 10.3)."""

    def conv(m, x, y):
        sides = [d * (k - 1) + 1 for k, d in zip(m.kernel_size, m.dilation, strict=True)]
        return y.numel() * m.in_channels // m.groups * sides[0] * sides[1]

    return _count(net, input_shape, conv=conv)


def input_channels_forgotten(net, input_shape):
    """You leave out the input channels. Each number of the output is a sum over taps *and* channels (section 10.3)."""
    return _count(net, input_shape, conv=lambda m, x, y: y.numel() * m.kernel_size[0] * m.kernel_size[1])


def output_channels_forgotten(net, input_shape):
    """You leave out the output channels. Each map has its own kernels (section 10.3)."""
    return _count(net, input_shape, conv=lambda m, x, y: _conv(m, x, y) // m.out_channels)


def dense_places_forgotten(net, input_shape):
    """You count a dense layer once. On a tensor with more than two axes it works at every place (section 10.3)."""
    return _count(net, input_shape, linear=lambda m, x, y: m.weight.numel())


def dense_left_out(net, input_shape):
    """You count convolutions only. Dense layers count, too (section 10.3)."""
    return _count(net, input_shape, linear=lambda m, x, y: 0)


def shared_once(net, input_shape):
    """A module that is called again counts once in your sum. Each call costs (section 10.3)."""
    seen = set()

    def first_time(count):
        def counted(m, x, y):
            if m in seen:
                return 0
            seen.add(m)
            return count(m, x, y)

        return counted

    return _count(net, input_shape, conv=first_time(_conv), linear=first_time(_linear))


def last_call_wins(net, input_shape):
    """You keep one number a module, so that a second call writes over the first. Add them up (section 10.3)."""
    found = {}

    def keep(count):
        def kept(m, x, y):
            found[m] = count(m, x, y)
            return 0

        return kept

    _count(net, input_shape, conv=keep(_conv), linear=keep(_linear))
    return sum(found.values())


def uncalled_too(net, input_shape):
    """You count layers that the net never calls. What is not called costs nothing: count in a hook, not in a loop over
    `modules()` (section 10.3)."""
    called = set()

    def note(count):
        def noted(m, x, y):
            called.add(m)
            return count(m, x, y)

        return noted

    total = _count(net, input_shape, conv=note(_conv), linear=note(_linear))
    return total + sum(m.weight.numel() for m in _layers(net) if m not in called)


def direct_children_only(net, input_shape):
    """You look at the net's direct children. Layers stand deeper, and the net may be a layer itself: use `modules()`
    (section 10.3)."""
    layers = lambda net: [m for m in net.children() if isinstance(m, (nn.Conv2d, nn.Linear))]
    return _count(net, input_shape, layers=layers)


def exact_types(net, input_shape):
    """You compare types with `type(m) is` or `==`. A subclass of Conv2d or Linear is one, too: use `isinstance`
    (section 10.3)."""
    layers = lambda net: [m for m in net.modules() if type(m) in (nn.Conv2d, nn.Linear)]
    return _count(net, input_shape, layers=layers)


def a_float(net, input_shape):
    """You return a float. It is a count: an int, with // where you divide (section 10.3)."""
    return float(_count(net, input_shape))


def a_tensor(net, input_shape):
    """You return a tensor. It is an int (section 10.3)."""
    return torch.tensor(_count(net, input_shape))


def in_millions(net, input_shape):
    """You return millions. It is the count itself (section 10.3)."""
    return _count(net, input_shape) // 1_000_000


def hooks_left(net, input_shape):
    """Your hooks stay on the net and run at each later call. Keep what `register_forward_hook` returns and call its
    `remove()` (section 10.3)."""
    return _count(net, input_shape, remove="never")


def hooks_left_after_failure(net, input_shape):
    """Your hooks stay when the net's forward raises. Remove them in a `finally` (section 10.3)."""
    return _count(net, input_shape, remove="on success")


def removes_all_hooks(net, input_shape):
    """You clear all hooks, also those that were there before. Remove your own only (section 10.3)."""
    try:
        return _count(net, input_shape)
    finally:
        for module in net.modules():
            module._forward_hooks.clear()
            module._forward_pre_hooks.clear()


def runs_in_train_mode(net, input_shape):
    """You run the net in the mode that it is in. In train mode batch norm moves its statistics and refuses a single
    value a channel: use eval mode, and restore the modes (section 10.3)."""
    return _count(net, input_shape, eval_mode=False)


def ends_in_eval_mode(net, input_shape):
    """You leave the net in eval mode. Each submodule keeps the mode that it was in (section 10.3)."""
    return _count(net, input_shape, restore=None)


def ends_in_train_mode(net, input_shape):
    """You put the whole net into train mode afterwards. Each submodule keeps the mode that it was in: a frozen norm is
    in eval mode in a net that trains (section 10.3)."""
    return _count(net, input_shape, restore="train")


def modes_lost_after_failure(net, input_shape):
    """When the net's forward raises, it stays in eval mode. Restore the modes in a `finally` (section 10.3)."""
    return _count(net, input_shape, restore="each on success")


def draws_its_picture(net, input_shape):
    """Your input comes from the global random generator, so that what is drawn next is another number. Zeros do as
    well (section 10.3)."""
    return _count(net, input_shape, picture=lambda shape: torch.randn(1, *shape))


def leaves_gradients(net, input_shape):
    """Gradients lie in the parameters afterwards. No backward pass is needed (section 10.3)."""
    total = _count(net, input_shape)
    for parameter in net.parameters():
        parameter.grad = torch.zeros_like(parameter)
    return total


def freezes_the_net(net, input_shape):
    """The parameters require no gradient afterwards. `torch.no_grad()` around the call is enough (section 10.3)."""
    net.requires_grad_(False)
    return _count(net, input_shape)
