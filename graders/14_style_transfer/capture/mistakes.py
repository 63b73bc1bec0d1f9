"""Known wrong answers of capture."""


def _walk(net, x):
    """Name, input and output of each layer; inputs and outputs are copies of their own."""
    for name, layer in net.named_children():
        before, x = x, layer(x.clone())
        yield name, before, x


def _until(net, x, layers):
    """The same as far as the last layer that is asked for."""
    left = set(layers)
    for step in _walk(net, x):
        yield step
        left.discard(step[0])
        if not left:
            return


def inputs_of_the_layers(net, x, layers):
    """You capture what goes into each named layer. Asked for is what comes out of it (section 14.1)."""
    return {name: before for name, before, _ in _until(net, x, layers) if name in layers}


def overwritten_in_place(net, x, layers):
    """What you captured is changed later by a layer that works in place, `nn.ReLU(inplace=True)`: it writes into the
    very tensor that you keep. Keep a copy, or hand the layer one: `.clone()` (section 14.1)."""
    captured, left = {}, set(layers)
    x = x.clone()
    for name, layer in net.named_children():
        x = layer(x)
        if name in layers:
            captured[name] = x
        left.discard(name)
        if not left:
            break
    return captured


def changes_x(net, x, layers):
    """Your x is changed when the first layer works in place, and with gradients that is an error. Begin with a copy:
    `x.clone()` (section 14.1)."""
    captured, left = {}, set(layers)
    for name, layer in net.named_children():
        x = layer(x)
        if name in layers:
            captured[name] = x.clone()
        left.discard(name)
        if not left:
            break
    return captured


def detached(net, x, layers):
    """Your tensors are detached (by `.detach()`, `torch.no_grad()` or NumPy), so no gradient reaches x. Painting moves
    the pixels along that gradient; only targets are detached (section 14.1)."""
    return {name: after.detach() for name, _, after in _until(net, x, layers) if name in layers}


def hooks_left(net, x, layers):
    """Your forward hooks stay on the layers, and each later pass through the net runs them again. Remove each with the
    handle that `register_forward_hook` gave you, best in a `finally` (section 14.1)."""
    for name in layers:
        net.get_submodule(name).register_forward_hook(lambda layer, inputs, output: None)
    return {name: after for name, _, after in _until(net, x, layers) if name in layers}


def runs_on(net, x, layers):
    """Your net runs to its end although the last layer that was asked for has been passed. In VGG-19 most of the time
    goes into layers that nobody listens to: stop there (section 14.1)."""
    return {name: after for name, _, after in _walk(net, x) if name in layers}


def stops_one_layer_late(net, x, layers):
    """Your net runs one layer more than it needs. Stop right after the last layer that was asked for (section 14.1)."""
    captured, names, last = {}, [name for name, _ in net.named_children()], 0
    last = max(names.index(name) for name in layers)
    for i, (name, _, after) in enumerate(_walk(net, x)):
        if name in layers:
            captured[name] = after
        if i > last:
            break
    return captured


def one_layer_too_far(net, x, layers):
    """Your tensors are those of the layer behind the one that was named: an index is off by one (section 14.1)."""
    steps = list(_walk(net, x))
    after = {steps[i][0]: steps[min(i + 1, len(steps) - 1)][2] for i in range(len(steps))}
    return {name: after[name] for name, _, _ in steps if name in layers}


def in_the_order_asked_for(net, x, layers):
    """Your dict is in the order of `layers`. It goes in the order of the net, whatever order was asked for
    (section 14.1)."""
    captured = {name: after for name, _, after in _until(net, x, layers)}
    return {name: captured[name] for name in layers}


def names_in_alphabetical_order(net, x, layers):
    """Your dict is sorted by name, where "10" comes before "2". It goes in the order of the net (section 14.1)."""
    captured = {name: after for name, _, after in _until(net, x, layers)}
    return {name: captured[name] for name in sorted(layers)}


def every_layer(net, x, layers):
    """You give the outputs of all layers on the way. Only those in `layers` are asked for (section 14.1)."""
    return {name: after for name, _, after in _until(net, x, layers)}


def only_the_last(net, x, layers):
    """You give one layer only, the last one passed. Each layer in `layers` has its entry (section 14.1)."""
    return dict([(name, after) for name, _, after in _until(net, x, layers) if name in layers][-1:])


def tensors_without_names(net, x, layers):
    """You give a list. Losses look layers up by name, so a dict from name to tensor is asked for (section 14.1)."""
    return [after for name, _, after in _until(net, x, layers) if name in layers]


def ends_in_eval_mode(net, x, layers):
    """You leave the net in eval mode. Each layer keeps the mode that it was in (section 14.1)."""
    captured = {name: after for name, _, after in _until(net, x, layers) if name in layers}
    net.eval()
    return captured


def ends_in_train_mode(net, x, layers):
    """You leave the net in train mode. Each layer keeps the mode that it was in (section 14.1)."""
    captured = {name: after for name, _, after in _until(net, x, layers) if name in layers}
    net.train()
    return captured


def leaves_the_net_frozen(net, x, layers):
    """You freeze the net's weights and leave them so. That is for the caller to decide: put `requires_grad` back, or do
    not touch it (section 14.1)."""
    net.requires_grad_(False)
    return {name: after for name, _, after in _until(net, x, layers) if name in layers}


def first_layer_left_out(net, x, layers):
    """Your walk begins with the second layer: the first one is not run (section 14.1)."""
    names = list(dict(net.named_children()))
    captured = {}
    for name in names[1:]:
        x = net.get_submodule(name)(x.clone())
        if name in layers:
            captured[name] = x
        if len(captured) == len(layers):
            break
    return captured


def stops_at_the_last_name(net, x, layers):
    """You stop at the layer that stands last in `layers`. The names may come in any order; stop when all of them have
    been passed (section 14.1)."""
    captured = {}
    for name, _, after in _walk(net, x):
        if name in layers:
            captured[name] = after
        if name == layers[-1]:
            break
    return captured


def no_copies_and_runs_on(net, x, layers):
    """You keep the tensors that layers working in place write into later, x among them, and you run the net to its end.
    Hand each layer a copy, `.clone()`, and stop after the last layer that was asked for (section 14.1)."""
    captured = {}
    for name, layer in net.named_children():
        x = layer(x)
        if name in layers:
            captured[name] = x
    return captured
