"""Known wrong answers of describe. `_describe` is right; each mistake changes one of its arguments."""

import torch
from torch import nn

_WINDOWS = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)


def _side(size):
    return size if isinstance(size, int) else size[0]


def _wider(field, jump, module):
    reach = (_side(module.kernel_size) - 1) * _side(getattr(module, "dilation", 1))
    return field + reach * jump, jump * _side(module.stride)


def _describe(net, input_shape, *, wanted=lambda module: not list(module.children()), windows=_WINDOWS, wider=_wider,
              start=1, shape=lambda output: list(output.shape[1:]), count=None, named=None, eval_mode=True,
              restore="each", remove=True, picture=None):  # fmt: skip
    count = count or (lambda module: sum(p.numel() for p in module.parameters()))
    named = named or (lambda name, module: name)
    rows, names, state = [], {module: name for name, module in net.named_modules()}, [start, 1]

    def note(module, inputs, output):
        if isinstance(module, windows):
            state[:] = wider(*state, module)
        rows.append({"name": named(names[module], module), "shape": shape(output), "parameters": count(module),
                     "receptive_field": state[0]})  # fmt: skip

    modes = {module: module.training for module in net.modules()}
    hooks = [module.register_forward_hook(note) for module in net.modules() if wanted(module)]
    if eval_mode:
        net.eval()
    with torch.no_grad():
        net(torch.zeros(1, *input_shape) if picture is None else picture(input_shape))
    for hook in hooks if remove else []:
        hook.remove()
    if restore == "each":
        for module, mode in modes.items():
            module.training = mode
    elif restore is not None:
        net.train(modes[net] if restore == "outermost" else True)
    return rows


def counts_containers(net, input_shape):
    """You list containers (Sequential and the net itself) too, whose parameters are then counted again. Only modules
    without children are asked for (section 5.6)."""
    return _describe(net, input_shape, wanted=lambda module: True)


def all_but_the_net(net, input_shape):
    """You list containers inside of the net too, whose parameters are then counted again. Only modules without children
    are asked for (section 5.6)."""
    return _describe(net, input_shape, wanted=lambda module: module is not net)


def direct_children_only(net, input_shape):
    """You list the net's direct children. Leaf modules may lie deeper: `features.0` (section 5.6)."""
    children = list(net.children())
    return _describe(net, input_shape, wanted=lambda module: any(module is child for child in children))


def only_with_parameters(net, input_shape):
    """You list modules with parameters only. ReLU, pooling and dropout have rows as well (section 5.6)."""
    return _describe(net, input_shape, wanted=lambda m: not list(m.children()) and bool(list(m.parameters())))


def in_order_of_definition(net, input_shape):
    """Your rows are in the order in which the modules were defined. It is the order in which they are called
    (section 5.6)."""
    rows, found = _describe(net, input_shape), []
    for name, module in net.named_modules():
        found += [row for row in rows if row["name"] == name and not list(module.children())]
    return found


def uncalled_modules_too(net, input_shape):
    """You list modules that the net never calls. Rows are calls (section 5.6)."""
    rows = _describe(net, input_shape)
    called = {row["name"] for row in rows}
    for name, module in net.named_modules():
        if not list(module.children()) and name not in called:
            number = sum(p.numel() for p in module.parameters())
            rows.append(
                {"name": name, "shape": [], "parameters": number, "receptive_field": rows[-1]["receptive_field"]}
            )
    return rows


def shared_module_once(net, input_shape):
    """You list a module that is called twice once. Each call has its own row, with its own shape and field
    (section 5.6)."""
    rows, seen = [], set()
    for row in _describe(net, input_shape):
        if row["name"] not in seen:
            rows.append(row)
        seen.add(row["name"])
    return rows


def last_call_wins(net, input_shape):
    """You keep one row for each name, so that a second call writes over the first. Each call has its own row
    (section 5.6)."""
    return list({row["name"]: row for row in _describe(net, input_shape)}.values())


def parameters_once(net, input_shape):
    """The second row of a module that is called twice has 0 parameters. The leaf's own parameters stand in each of
    its rows (section 5.6)."""
    seen = set()

    def count(module):
        number = 0 if module in seen else sum(p.numel() for p in module.parameters())
        seen.add(module)
        return number

    return _describe(net, input_shape, count=count)


def buffers_counted(net, input_shape):
    """You count running statistics as parameters. They are buffers: nothing learns them (section 5.6)."""
    count = lambda module: sum(p.numel() for p in [*module.parameters(), *module.buffers()])
    return _describe(net, input_shape, count=count)


def weights_only(net, input_shape):
    """You count weights without biases. Both are parameters (section 5.6)."""
    count = lambda m: sum(p.numel() for name, p in m.named_parameters() if name.endswith("weight"))
    return _describe(net, input_shape, count=count)


def tensors_counted(net, input_shape):
    """You count tensors (2 for a weight and a bias). Count their numbers: `numel()` (section 5.6)."""
    return _describe(net, input_shape, count=lambda module: len(list(module.parameters())))


def running_total(net, input_shape):
    """Your parameters add up from row to row. Each row has the leaf's own (section 5.6)."""
    total = 0

    def count(module):
        nonlocal total
        total += sum(p.numel() for p in module.parameters())
        return total

    return _describe(net, input_shape, count=count)


def batch_in_shape(net, input_shape):
    """Your shapes begin with the number of pictures. Leave that axis out (section 5.6)."""
    return _describe(net, input_shape, shape=lambda output: list(output.shape))


def height_and_width_only(net, input_shape):
    """Your shapes are height and width. The channels belong to them: (C, H, W) (section 5.6)."""
    return _describe(net, input_shape, shape=lambda output: list(output.shape[-2:]))


def input_shapes(net, input_shape):
    """You give the shape of what a module reads. It is the shape of what it gives (section 5.6)."""
    rows = _describe(net, input_shape)
    before = [list(input_shape), *(row["shape"] for row in rows)]
    return [{**row, "shape": shape} for row, shape in zip(rows, before, strict=False)]


def names_of_types(net, input_shape):
    """Your names are the modules' types (`Conv2d`). They are their dotted names in the net (section 5.6)."""
    return _describe(net, input_shape, named=lambda name, module: type(module).__name__)


def last_part_of_the_name(net, input_shape):
    """Your names are the last part only. They are the dotted names from `named_modules()`: `features.0` (section
    5.6)."""
    return _describe(net, input_shape, named=lambda name, module: name.rpartition(".")[2])


def field_without_strides(net, input_shape):
    """Your receptive field leaves strides out. Behind a stride of 2 each step is 2 pixels: add (k − 1) times the
    product of all strides before (section 5.6)."""
    return _describe(net, input_shape, wider=lambda field, jump, m: (_wider(field, 1, m)[0], 1))


def own_stride_included(net, input_shape):
    """Your field multiplies by the layer's own stride. Only the strides before it count (section 5.6)."""
    return _describe(net, input_shape, wider=lambda field, jump, m: (
        _wider(field, jump * _side(m.stride), m)[0], jump * _side(m.stride)))  # fmt: skip


def stride_of_the_last_only(net, input_shape):
    """Your field multiplies by the stride of the layer before. It is the product of all strides before (section
    5.6)."""
    return _describe(net, input_shape, wider=lambda field, jump, m: (_wider(field, jump, m)[0], _side(m.stride)))


def kernel_instead_of_kernel_minus_1(net, input_shape):
    """Your field grows by the whole kernel size. A window of k reaches k − 1 steps further (section 5.6)."""
    return _describe(net, input_shape, wider=lambda field, jump, m: (
        field + _side(m.kernel_size) * jump, jump * _side(m.stride)))  # fmt: skip


def field_starts_from_0(net, input_shape):
    """Your field starts from 0. With no layer at all, a unit is one pixel: it starts from 1 (section 5.6)."""
    return _describe(net, input_shape, start=0)


def dilation_ignored(net, input_shape):
    """Your field ignores dilation. A dilated convolution reaches (k − 1) · dilation steps further (section 5.6)."""
    return _describe(net, input_shape, wider=lambda field, jump, m: (
        field + (_side(m.kernel_size) - 1) * jump, jump * _side(m.stride)))  # fmt: skip


def pooling_left_out(net, input_shape):
    """Your field counts convolutions only. Poolings have windows and strides too (section 5.6)."""
    return _describe(net, input_shape, windows=(nn.Conv2d,))


def average_pooling_left_out(net, input_shape):
    """Your field leaves average pooling out. It has a window and a stride as max pooling has (section 5.6)."""
    return _describe(net, input_shape, windows=(nn.Conv2d, nn.MaxPool2d))


def strides_of_convolutions_only(net, input_shape):
    """Your jump is multiplied by the strides of convolutions only. Poolings have strides too (section 5.6)."""

    def wider(field, jump, module):
        wide, next_jump = _wider(field, jump, module)
        return wide, next_jump if isinstance(module, nn.Conv2d) else jump

    return _describe(net, input_shape, wider=wider)


def field_of_each_layer_alone(net, input_shape):
    """Your field is that of each layer alone. It is counted from the picture, along all layers before (section 5.6)."""
    rows, modules = _describe(net, input_shape), dict(net.named_modules())
    for row in rows:
        module = modules[row["name"]]
        row["receptive_field"] = _wider(1, 1, module)[0] if isinstance(module, _WINDOWS) else 1
    return rows


def field_is_none_elsewhere(net, input_shape):
    """Layers without a window have None as their field. They keep the value before: a ReLU sees what its input saw
    (section 5.6)."""
    rows, modules = _describe(net, input_shape), dict(net.named_modules())
    for row in rows:
        if not isinstance(modules[row["name"]], _WINDOWS):
            row["receptive_field"] = None
    return rows


def hooks_left(net, input_shape):
    """Your hooks stay on the net, and run at each later call. Keep what `register_forward_hook` returns and call its
    `remove()` (section 5.6)."""
    return _describe(net, input_shape, remove=False)


def removes_all_hooks(net, input_shape):
    """You clear all hooks, also those that were there before. Remove your own only (section 5.6)."""
    rows = _describe(net, input_shape)
    for module in net.modules():
        module._forward_hooks.clear()
        module._forward_pre_hooks.clear()
    return rows


def runs_in_train_mode(net, input_shape):
    """You run the net in the mode that it is in. In train mode batch norm moves its statistics and dropout draws
    numbers: use eval mode, and restore the modes (section 5.6)."""
    return _describe(net, input_shape, eval_mode=False, picture=lambda shape: torch.zeros(2, *shape))


def ends_in_eval_mode(net, input_shape):
    """You leave the net in eval mode. Each submodule keeps the mode that it was in (section 5.6)."""
    return _describe(net, input_shape, restore=None)


def ends_in_train_mode(net, input_shape):
    """You put the whole net into train mode afterwards. Each submodule keeps the mode that it was in: a frozen norm
    is in eval mode in a net that trains (section 5.6)."""
    return _describe(net, input_shape, restore="train")


def draws_its_picture(net, input_shape):
    """Your picture comes from the global random generator, so that what is drawn next is another number. Zeros do as
    well (section 5.6)."""
    return _describe(net, input_shape, picture=lambda shape: torch.rand(1, *shape))


def leaves_gradients(net, input_shape):
    """Gradients lie in the parameters afterwards. No backward pass is needed (section 5.6)."""
    rows = _describe(net, input_shape)
    for parameter in net.parameters():
        parameter.grad = torch.zeros_like(parameter)
    return rows


def freezes_the_net(net, input_shape):
    """The parameters require no gradient afterwards. `torch.no_grad()` around the call is enough (section 5.6)."""
    net.requires_grad_(False)
    return _describe(net, input_shape)


def a_dict(net, input_shape):
    """You return a dict by name. It is a list of dicts: a module that is called twice has two rows (section 5.6)."""
    return {row["name"]: row for row in _describe(net, input_shape)}


def tensors_as_entries(net, input_shape):
    """Your parameters are tensors. They are ints (section 5.6)."""
    return _describe(net, input_shape, count=lambda m: torch.tensor(sum(p.numel() for p in m.parameters())))


def forgets_eval_mode(net, input_shape):
    """You never call eval(), so your picture moves the statistics of each batch norm, and dropout draws numbers. Use
    eval mode, and restore the modes (section 5.6)."""
    return _describe(net, input_shape, eval_mode=False)
