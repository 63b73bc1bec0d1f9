"""Known wrong answers of activations."""

from contextlib import contextmanager


def _known(model, names):
    layers = dict(model.named_modules())
    for name in names:
        if name not in layers:
            raise ValueError(f"the model has no module {name!r}")
    return layers


@contextmanager
def _hooked(layers, names, make):
    handles = [layers[name].register_forward_hook(make(name)) for name in names]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _all_there(caught, names):
    for name in names:
        if name not in caught:
            raise ValueError(f"the module {name!r} was not called")
    return {name: caught[name] for name in names}


def hooks_left(model, x, names):
    """Your hooks stay on the layers, and every later pass runs them again. register_forward_hook gives you a handle:
    call its remove(), best in a `finally` (section 8.2)."""
    layers, caught = _known(model, names), {}
    for name in names:
        layers[name].register_forward_hook(lambda m, i, o, name=name: caught.__setitem__(name, o.detach().clone()))
    model(x)
    return _all_there(caught, names)


def hooks_left_after_failure(model, x, names):
    """When the model fails, your hooks stay behind: the lines that remove them are never reached. Put them into a
    `finally` (section 8.2)."""
    layers, caught = _known(model, names), {}
    handles = [
        layers[name].register_forward_hook(lambda m, i, o, name=name: caught.__setitem__(name, o.detach().clone()))
        for name in names
    ]
    model(x)
    for handle in handles:
        handle.remove()
    return _all_there(caught, names)


def hooks_left_after_refusal(model, x, names):
    """You refuse a name after you have put hooks on others, and these stay. Check all names first, or register inside
    of the `try` whose `finally` removes (section 8.2)."""
    layers, caught, handles = dict(model.named_modules()), {}, []
    for name in names:
        if name not in layers:
            raise ValueError(f"the model has no module {name!r}")
        handles.append(
            layers[name].register_forward_hook(lambda m, i, o, name=name: caught.update({name: o.detach().clone()}))
        )
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return _all_there(caught, names)


def another_error_when_the_model_fails(model, x, names):
    """When the model fails, you raise an error of your own, and nobody sees what was wrong with the model. A `finally`
    removes the hooks and lets the error pass (section 8.2)."""
    caught = {}
    with _hooked(_known(model, names), names, lambda name: lambda m, i, o: caught.update({name: o.detach().clone()})):
        try:
            model(x)
        except Exception as error:
            raise ValueError("the model fails") from error
    return _all_there(caught, names)


def runs_once_for_each_name(model, x, names):
    """You run the model anew for each name. That takes as many times as long, and in train mode each pass moves the
    statistics of batch norm. Put all hooks in place, then run it once (section 8.2)."""
    layers, result = _known(model, names), {}
    for name in names:
        caught = {}
        with _hooked(layers, [name], lambda name: lambda m, i, o: caught.update({name: o.detach().clone()})):  # noqa: B023
            model(x)
        result |= _all_there(caught, [name])
    return result


def removes_all_hooks(model, x, names):
    """You clear all hooks of the layer, also those that somebody else put there. Remove your own, by the handle that
    you got (section 8.2)."""
    layers, caught = _known(model, names), {}
    for name in names:
        layers[name].register_forward_hook(lambda m, i, o, name=name: caught.__setitem__(name, o.detach().clone()))
    try:
        model(x)
    finally:
        for name in names:
            layers[name]._forward_hooks.clear()
    return _all_there(caught, names)


def inputs_of_the_layers(model, x, names):
    """You keep what goes into each layer. A hook is handed (module, inputs, output): the third is asked for (section
    8.2)."""
    caught = {}
    with _hooked(
        _known(model, names), names, lambda name: lambda m, i, o: caught.update({name: i[0].detach().clone()})
    ):
        model(x)
    return _all_there(caught, names)


def overwritten_in_place(model, x, names):
    """What you keep is overwritten by a later layer that works in place: detach() gives the same numbers in the same
    place in memory. Keep a copy, `.clone()` (section 8.2)."""
    caught = {}
    with _hooked(_known(model, names), names, lambda name: lambda m, i, o: caught.update({name: o.detach()})):
        model(x)
    return _all_there(caught, names)


def first_call_only(model, x, names):
    """Of a layer that is called twice, you keep the first output. The last one counts (section 8.2)."""
    caught = {}

    def make(name):
        def hook(module, inputs, output):
            if name not in caught:
                caught[name] = output.detach().clone()

        return hook

    with _hooked(_known(model, names), names, make):
        model(x)
    return _all_there(caught, names)


def in_the_order_of_the_model(model, x, names):
    """Your dict is in the order in which the layers ran. It is in the order of `names` (section 8.2)."""
    caught = {}
    with _hooked(_known(model, names), names, lambda name: lambda m, i, o: caught.update({name: o.detach().clone()})):
        model(x)
    _all_there(caught, names)
    return caught


def all_hooks_write_one_name(model, x, names):
    """All of your hooks write under one name. A function made in a loop looks the loop's variable up when it is
    *called*, and then the loop is over: hand the name over as a default, `def hook(m, i, o, name=name)`, or make the
    hook in a function of its own (section 8.2)."""
    layers, caught, handles = _known(model, names), {}, []
    for name in names:

        def hook(module, inputs, output):
            caught[name] = output.detach().clone()  # noqa: B023 - this is the mistake

        handles.append(layers[name].register_forward_hook(hook))
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return caught


def direct_children_only(model, x, names):
    """You look for the names among the model's direct children, so "body.stage1.conv" is unknown to you. named_modules
    and get_submodule know names with dots (section 8.2)."""
    layers, caught = dict(model.named_children()), {}
    for name in names:
        if name not in layers:
            raise ValueError(f"the model has no module {name!r}")
    with _hooked(layers, names, lambda name: lambda m, i, o: caught.update({name: o.detach().clone()})):
        model(x)
    return _all_there(caught, names)


def attached(model, x, names):
    """Your tensors still hang on the graph, and keep all of its memory. Detach them (section 8.2)."""
    caught = {}
    with _hooked(_known(model, names), names, lambda name: lambda m, i, o: caught.update({name: o.clone()})):
        model(x)
    return _all_there(caught, names)


def unknown_names_left_out(model, x, names):
    """A name that the model does not have is passed over in silence. Refuse it with ValueError, before the model runs
    (section 8.2)."""
    layers, caught = dict(model.named_modules()), {}
    known = [name for name in names if name in layers]
    with _hooked(layers, known, lambda name: lambda m, i, o: caught.update({name: o.detach().clone()})):
        model(x)
    return _all_there(caught, known)


def unknown_names_found_too_late(model, x, names):
    """You find out about an unknown name only after the model has run. Look before (section 8.2)."""
    layers, caught = dict(model.named_modules()), {}
    known = [name for name in names if name in layers]
    with _hooked(layers, known, lambda name: lambda m, i, o: caught.update({name: o.detach().clone()})):
        model(x)
    return _all_there(caught, names)


def attribute_error_for_unknown_names(model, x, names):
    """For an unknown name your function raises AttributeError, as get_submodule does. Catch that, or look before, and
    raise ValueError with the name in it (section 8.2)."""
    layers, caught = {name: model.get_submodule(name) for name in names}, {}
    with _hooked(layers, names, lambda name: lambda m, i, o: caught.update({name: o.detach().clone()})):
        model(x)
    return _all_there(caught, names)


def key_error_for_unknown_names(model, x, names):
    """For an unknown name your function raises KeyError, from the dict of the model's modules. Look before, and raise
    ValueError with the name in it (section 8.2)."""
    layers, caught = dict(model.named_modules()), {}
    handles = []
    try:
        for name in names:
            handles.append(
                layers[name].register_forward_hook(lambda m, i, o, name=name: caught.update({name: o.detach().clone()}))
            )
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return _all_there(caught, names)


def silent_layers_left_out(model, x, names):
    """A layer that is in the model and was never called is missing in your dict, without a word. Refuse it with
    ValueError (section 8.2)."""
    caught = {}
    with _hooked(_known(model, names), names, lambda name: lambda m, i, o: caught.update({name: o.detach().clone()})):
        model(x)
    return {name: caught[name] for name in names if name in caught}


def ends_in_eval_mode(model, x, names):
    """You put the model into eval mode and leave it there. It runs in the mode that it is in (section 8.2)."""
    model.eval()
    caught = {}
    with _hooked(_known(model, names), names, lambda name: lambda m, i, o: caught.update({name: o.detach().clone()})):
        model(x)
    return _all_there(caught, names)


def ends_in_train_mode(model, x, names):
    """You put the model into eval mode and, afterwards, all of it into train mode. Leave the modes alone (section
    8.2)."""
    model.eval()
    caught = {}
    with _hooked(_known(model, names), names, lambda name: lambda m, i, o: caught.update({name: o.detach().clone()})):
        model(x)
    model.train()
    return _all_there(caught, names)


def replaces_the_output(model, x, names):
    """Your hook returns something, and what a forward hook returns takes the place of the layer's output: the layers
    after it see other numbers. Return nothing (section 8.2)."""
    caught = {}

    def make(name):
        def hook(module, inputs, output):
            caught[name] = output.detach().clone()
            return output.relu()

        return hook

    with _hooked(_known(model, names), names, make):
        model(x)
    return _all_there(caught, names)


def a_list(model, x, names):
    """You give a list. A dict from name to tensor is asked for (section 8.2)."""
    caught = {}
    with _hooked(_known(model, names), names, lambda name: lambda m, i, o: caught.update({name: o.detach().clone()})):
        model(x)
    return list(_all_there(caught, names).values())
