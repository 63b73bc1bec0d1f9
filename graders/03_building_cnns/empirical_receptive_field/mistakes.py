"""Known wrong answers of empirical_receptive_field."""

import copy

import torch
from torch import nn


def _transparent(net):
    """A copy in which nothing hides: weights 1, averages for maxima."""
    net = copy.deepcopy(net)
    for module in list(net.modules()):
        if isinstance(module, nn.Conv2d):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
        for name, child in module.named_children():
            if isinstance(child, nn.MaxPool2d):
                setattr(module, name, nn.AvgPool2d(child.kernel_size, child.stride, child.padding))
    return net


def _picture(net, input_shape):
    dtype = next(net.parameters()).dtype
    return torch.ones(1, *input_shape, dtype=dtype, requires_grad=True)


def _random(net, input_shape, seed=0):
    dtype, generator = next(net.parameters()).dtype, torch.Generator().manual_seed(seed)
    return torch.randn(1, *input_shape, dtype=dtype, generator=generator).requires_grad_()


def _unit(output):
    return output[0, :, output.shape[2] // 2, output.shape[3] // 2].sum()


def _moved(net, x, unit=_unit):
    """Which pixels (H, W) have a gradient."""
    return (torch.autograd.grad(unit(net(x)), x)[0] != 0).any(1)[0]


def _extent(moved):
    rows, columns = moved.any(1).nonzero(), moved.any(0).nonzero()
    return (rows.max() - rows.min() + 1).item(), (columns.max() - columns.min() + 1).item()


def _field(net, input_shape, unit=_unit):
    net = _transparent(net)
    return _extent(_moved(net, _picture(net, input_shape), unit))


def counts_pixels_instead_of_the_extent(net, input_shape):
    """You count the rows and columns that are moved. Dilation leaves holes between them: take the last index minus the
    first, plus 1 (section 3.3)."""
    net = _transparent(net)
    moved = _moved(net, _picture(net, input_shape))
    return int(moved.any(1).sum()), int(moved.any(0).sum())


def number_of_pixels(net, input_shape):
    """You return the number of all pixels that are moved, or its root. Asked for are two lengths, from the first row to
    the last and from the first column to the last (section 3.3)."""
    net = _transparent(net)
    count = int(_moved(net, _picture(net, input_shape)).sum())
    return count, count


def last_minus_first(net, input_shape):
    """You are off by one: from index 2 to index 5 there are 4 pixels, last - first + 1 (section 3.3)."""
    height, width = _field(net, input_shape)
    return height - 1, width - 1


def one_random_picture(net, input_shape):
    """You look at the gradient for one random picture. A ReLU that is off and a maximum that looks elsewhere hide
    pixels: collect what many pictures move, or make a copy of the net in which nothing hides (section 3.3)."""
    return _extent(_moved(net, _random(net, input_shape)))


def one_constant_picture(net, input_shape):
    """You look at the gradient for one picture of equal pixels. Every maximum then looks at the first pixel of its
    window, and whole layers may be switched off by ReLU: collect what many random pictures move, or make a copy of the
    net in which nothing hides (section 3.3)."""
    return _extent(_moved(net, _picture(net, input_shape)))


def small_gradients_dropped(net, input_shape):
    """You keep only pixels with a large gradient. A pixel that moves the unit a little belongs to the field as well:
    ask whether the gradient is 0 (section 3.3)."""
    net = _transparent(net)
    x = _picture(net, input_shape)
    gradient = torch.autograd.grad(_unit(net(x)), x)[0].abs().sum(1)[0]
    return _extent(gradient >= 0.3 * gradient.max())


def corner_unit(net, input_shape):
    """You look at the unit in the corner. Its field is cut off by the border; the middle unit is (H' // 2, W' // 2)
    (section 3.3)."""
    return _field(net, input_shape, lambda output: output[0, :, 0, 0].sum())


def last_unit(net, input_shape):
    """You look at the last unit. Its field may be cut off by the border; the middle unit is (H' // 2, W' // 2)
    (section 3.3)."""
    return _field(net, input_shape, lambda output: output[0, :, -1, -1].sum())


def sums_over_all_units(net, input_shape):
    """You take the gradient of the sum of all outputs, which every pixel moves. Ask for the middle unit alone
    (section 3.3)."""
    return _field(net, input_shape, lambda output: output.sum())


def middle_row_and_column(net, input_shape):
    """You take the gradient of the whole middle row. Ask for one unit: [..., H' // 2, W' // 2] (section 3.3)."""
    return _field(net, input_shape, lambda output: output[0, :, output.shape[2] // 2].sum())


def height_and_width_swapped(net, input_shape):
    """You return (width, height). It is (height, width), like the shape of a picture (section 3.3)."""
    return _field(net, input_shape)[::-1]


def one_number(net, input_shape):
    """You return one number. Height and width may differ: two ints (section 3.3)."""
    return max(_field(net, input_shape))


def square_assumed(net, input_shape):
    """You return the height twice. Kernels, strides and poolings may differ in width: look at the columns too
    (section 3.3)."""
    return (_field(net, input_shape)[0],) * 2


def tensors_returned(net, input_shape):
    """You return tensors. Asked for are ints: `.item()` or `int(...)` (section 3.3)."""
    return tuple(torch.tensor(size) for size in _field(net, input_shape))


def float32_picture(net, input_shape):
    """Your picture is float32 whatever the net is. A net in float64 needs one in float64: take the dtype of its
    parameters (section 3.3)."""
    twin = _transparent(net)
    return _extent(_moved(twin, _picture(twin, input_shape).detach().float().requires_grad_()))


def leaves_gradients(net, input_shape):
    """You call `backward()`, which leaves gradients in the parameters. `torch.autograd.grad` gives the gradient of the
    picture alone (section 3.3)."""
    x = _random(net, input_shape)
    _unit(net(x)).backward()
    return _field(net, input_shape)


def adds_to_old_gradients(net, input_shape):
    """Gradients from before are other numbers afterwards. `backward()` adds to the tensors in `.grad`, so that the ones
    that you kept have changed too: `torch.autograd.grad` does not touch them (section 3.3)."""
    kept = [parameter.grad for parameter in net.parameters()]
    _unit(net(_random(net, input_shape))).backward()
    for parameter, gradient in zip(net.parameters(), kept, strict=True):
        parameter.grad = gradient
    return _field(net, input_shape)


def clears_gradients(net, input_shape):
    """You clear the gradients of the net, and with them those that were there before. `torch.autograd.grad` does not
    touch them (section 3.3)."""
    net.zero_grad()
    return _field(net, input_shape)


def leaves_eval_mode(net, input_shape):
    """You leave the net in eval mode. Each submodule keeps the mode that it was in (section 3.3)."""
    net.eval()
    return _field(net, input_shape)


def leaves_train_mode(net, input_shape):
    """You leave the net in train mode. Each submodule keeps the mode that it was in (section 3.3)."""
    field = _field(net.eval(), input_shape)
    net.train()
    return field


def one_mode_for_all(net, input_shape):
    """You put all of the net into the mode that its outermost module was in. Submodules may differ: each keeps the mode
    that it was in (section 3.3)."""
    before = net.training
    field = _field(net.eval(), input_shape)
    net.train(before)
    return field


def changes_weights(net, input_shape):
    """You set the weights of the net and leave them so. Work on a copy (`copy.deepcopy`), or put them back
    (section 3.3)."""
    field = _field(net, input_shape)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.fill_(1)
    return field


def absolute_weights(net, input_shape):
    """You make the weights of the net positive and leave them so. Work on a copy (`copy.deepcopy`), or put them back
    (section 3.3)."""
    field = _field(net, input_shape)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.abs_()
    return field


def freezes_parameters(net, input_shape):
    """You switch off the gradients of the parameters, and leave them off. Put `requires_grad` back, or do not touch it
    (section 3.3)."""
    field = _field(net, input_shape)
    net.requires_grad_(False)
    return field


def moves_the_random_state(net, input_shape):
    """You draw from the global random state, or seed it. What is drawn next must not depend on measuring: use a
    generator of your own, torch.randn(..., generator=torch.Generator().manual_seed(0)) (section 3.3)."""
    torch.randn(3)
    return _field(net, input_shape)
