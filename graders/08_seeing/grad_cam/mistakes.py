"""Known wrong answers of grad_cam."""

from contextlib import contextmanager

import torch
import torch.nn.functional as F


@contextmanager
def _eval(model):
    before = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, was in before.items():
            module.training = was


def _logit(logits, y):
    return logits.gather(1, y[:, None]).sum()


def _maps(model, x, layer, y=None, score=_logit, copy=True, probe=True):
    """The layer's output and the gradient of the score there."""
    kept = []

    def keep(module, inputs, output):
        kept.append(output)
        return output.clone() if copy else None

    handle = model.get_submodule(layer).register_forward_hook(keep)
    try:
        with _eval(model):
            logits = model(x.detach().clone().requires_grad_(probe))
    finally:
        handle.remove()
    y = logits.argmax(1) if y is None else y
    (gradient,) = torch.autograd.grad(score(logits, y), kept[-1])
    return kept[-1].detach(), gradient


def _weighted(maps, gradient):
    return (gradient.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True)


def _enlarged(cam, x, **how):
    return F.interpolate(cam, size=x.shape[-2:], **(how or {"mode": "bilinear", "align_corners": False}))[:, 0]


def _scaled(cam):
    largest = cam.amax((1, 2), keepdim=True)
    return cam / torch.where(largest > 0, largest, 1)


def _finish(maps, gradient, x):
    return _scaled(_enlarged(_weighted(maps, gradient).relu(), x))


def no_relu(model, x, layer, y=None):
    """You leave out the ReLU: places that speak against the class are below 0. Only what speaks for it is shown
    (section 8.5)."""
    return _scaled(_enlarged(_weighted(*_maps(model, x, layer, y)), x))


def absolute_value(model, x, layer, y=None):
    """You take the absolute value in the place of the ReLU, so what speaks against the class counts for it (section
    8.5)."""
    return _scaled(_enlarged(_weighted(*_maps(model, x, layer, y)).abs(), x))


def relu_before_the_sum(model, x, layer, y=None):
    """You apply the ReLU to each channel and sum afterwards, so nothing can be outweighed. Sum over the channels first
    (section 8.5)."""
    maps, gradient = _maps(model, x, layer, y)
    cam = (gradient.mean((2, 3), keepdim=True) * maps).relu().sum(1, keepdim=True)
    return _scaled(_enlarged(cam, x))


def relu_on_the_weights(model, x, layer, y=None):
    """You apply the ReLU to the weights of the channels. A channel may speak against the class; the ReLU stands after
    the sum (section 8.5)."""
    maps, gradient = _maps(model, x, layer, y)
    cam = (gradient.mean((2, 3), keepdim=True).relu() * maps).sum(1, keepdim=True)
    return _scaled(_enlarged(cam.relu(), x))


def relu_after_enlarging(model, x, layer, y=None):
    """You enlarge first and apply the ReLU afterwards: then negative places eat into their neighbours. ReLU, then
    enlarge (section 8.5)."""
    return _scaled(_enlarged(_weighted(*_maps(model, x, layer, y)), x).relu())


def gradients_not_averaged(model, x, layer, y=None):
    """You multiply each place with its own gradient. One weight a channel is asked for: the mean of its gradient over
    the places (section 8.5)."""
    maps, gradient = _maps(model, x, layer, y)
    return _scaled(_enlarged((gradient * maps).sum(1, keepdim=True).relu(), x))


def largest_gradient(model, x, layer, y=None):
    """Your weight of a channel is its largest gradient. Take the mean over the places (section 8.5)."""
    maps, gradient = _maps(model, x, layer, y)
    return _scaled(_enlarged((gradient.amax((2, 3), keepdim=True) * maps).sum(1, keepdim=True).relu(), x))


def largest_channel(model, x, layer, y=None):
    """You take the largest channel in the place of the sum over channels (section 8.5)."""
    maps, gradient = _maps(model, x, layer, y)
    return _scaled(_enlarged((gradient.mean((2, 3), keepdim=True) * maps).amax(1, keepdim=True).relu(), x))


def averaged_over_the_batch(model, x, layer, y=None):
    """You average the gradient over the batch as well, and all pictures get the same weights: mean over dimensions 2
    and 3 only (section 8.5)."""
    maps, gradient = _maps(model, x, layer, y)
    cam = (gradient.mean((0, 2, 3), keepdim=True) * maps).sum(1, keepdim=True)
    return _scaled(_enlarged(cam.relu(), x))


def size_of_the_gradient(model, x, layer, y=None):
    """You average the absolute gradient, so a channel that speaks against the class counts for it (section 8.5)."""
    maps, gradient = _maps(model, x, layer, y)
    return _finish(maps, gradient.abs(), x)


def input_of_the_layer(model, x, layer, y=None):
    """You weight what goes into the layer, where it has as many channels, and otherwise something else. The maps are
    what comes out of it (section 8.5)."""
    kept = []
    handle = model.get_submodule(layer).register_forward_hook(lambda m, i, o: kept.append(i[0].detach().clone()))
    with _eval(model), torch.no_grad():
        model(x)
    handle.remove()
    maps, gradient = _maps(model, x, layer, y)
    weights = gradient.mean((2, 3), keepdim=True)
    channels = min(weights.shape[1], kept[0].shape[1])
    return _scaled(_enlarged((weights[:, :channels] * kept[0][:, :channels]).sum(1, keepdim=True).relu(), x))


def activations_alone(model, x, layer, y=None):
    """Your map is the mean of the channels, without their weights, so it is the same for every class (section 8.5)."""
    maps, _ = _maps(model, x, layer, y)
    return _scaled(_enlarged(maps.mean(1, keepdim=True).relu(), x))


def gradients_alone(model, x, layer, y=None):
    """You sum the gradient and leave the activations out. Each channel is multiplied by its weight (section 8.5)."""
    _, gradient = _maps(model, x, layer, y)
    return _scaled(_enlarged(gradient.sum(1, keepdim=True).relu(), x))


def overwritten_in_place(model, x, layer, y=None):
    """A later layer that works in place writes into the maps that you keep, and your gradient is the one behind it.
    Keep the output and hand a copy on: a hook that returns `output.clone()` does that (section 8.5)."""
    return _finish(*_maps(model, x, layer, y, copy=False), x)


def _without_graph(model, x, layer, y=None):
    return _maps(model, x, layer, y, probe=False)


def no_graph_when_frozen(model, x, layer, y=None):
    """With frozen weights, no gradient reaches the layer: neither weights nor picture ask for one. Let a copy of x
    require gradients, or the layer's output (section 8.5)."""
    return _finish(*_without_graph(model, x, layer, y), x)


def of_the_probability(model, x, layer, y=None):
    """Your score is the probability after softmax, which also rises when other classes fall. The score is the logit
    (section 8.5)."""
    score = lambda logits, y: _logit(logits.softmax(1), y)
    return _finish(*_maps(model, x, layer, y, score), x)


def of_the_loss(model, x, layer, y=None):
    """You take the gradient of the loss: its sign is the other way round, and it mixes in all classes. The score is
    the logit of y (section 8.5)."""
    return _finish(*_maps(model, x, layer, y, lambda logits, y: F.cross_entropy(logits, y, reduction="sum")), x)


def always_the_prediction(model, x, layer, y=None):
    """You explain the predicted class whatever y says (section 8.5)."""
    return _finish(*_maps(model, x, layer), x)


def prediction_of_the_first(model, x, layer, y=None):
    """Without y you take the class predicted for the first picture, for all of them. Each picture has its own
    prediction: argmax(1) (section 8.5)."""

    def score(logits, chosen):
        return logits[:, int(logits[0].argmax())].sum() if y is None else _logit(logits, chosen)

    return _finish(*_maps(model, x, layer, y, score), x)


def class_zero_by_default(model, x, layer, y=None):
    """Without y you explain class 0. Take the class that the model predicts (section 8.5)."""
    return _finish(*_maps(model, x, layer, torch.zeros(len(x), dtype=torch.int64) if y is None else y), x)


def nan_when_nothing_speaks_for_it(model, x, layer, y=None):
    """Where nothing speaks for the class, you divide 0 by 0. Divide only where the largest value is above 0 (section
    8.5)."""
    cam = _enlarged(_weighted(*_maps(model, x, layer, y)).relu(), x)
    return cam / cam.amax((1, 2), keepdim=True)


def scaled_over_the_batch(model, x, layer, y=None):
    """You divide by the largest value of the whole batch. Each map has a maximum of its own (section 8.5)."""
    cam = _enlarged(_weighted(*_maps(model, x, layer, y)).relu(), x)
    return cam / cam.max() if cam.max() > 0 else cam


def not_scaled(model, x, layer, y=None):
    """Your map is not scaled: divide each map by its maximum (section 8.5)."""
    return _enlarged(_weighted(*_maps(model, x, layer, y)).relu(), x)


def scaled_before_enlarging(model, x, layer, y=None):
    """You scale the small map and enlarge it afterwards; the mean of neighbours then falls short of 1. Enlarge, then
    divide (section 8.5)."""
    cam = _weighted(*_maps(model, x, layer, y)).relu()
    largest = cam.amax((2, 3), keepdim=True)
    return _enlarged(cam / torch.where(largest > 0, largest, 1), x)


def smallest_becomes_zero(model, x, layer, y=None):
    """You subtract the smallest value as well. After the ReLU, 0 means something: nothing speaks for the class. Divide
    by the maximum only (section 8.5)."""
    cam = _enlarged(_weighted(*_maps(model, x, layer, y)).relu(), x)
    return _scaled(cam - cam.amin((1, 2), keepdim=True))


def nearest(model, x, layer, y=None):
    """You enlarge with the nearest value, as F.interpolate does unless told: mode="bilinear" (section 8.5)."""
    return _scaled(_enlarged(_weighted(*_maps(model, x, layer, y)).relu(), x, mode="nearest"))


def corners_aligned(model, x, layer, y=None):
    """You enlarge with align_corners=True, which moves the map towards the border. Leave it False (section 8.5)."""
    return _scaled(_enlarged(_weighted(*_maps(model, x, layer, y)).relu(), x, mode="bilinear", align_corners=True))


def not_enlarged(model, x, layer, y=None):
    """Your map has the size of the layer. Enlarge it to the picture's (section 8.5)."""
    return _scaled(_weighted(*_maps(model, x, layer, y)).relu()[:, 0])


def in_the_mode_that_it_is_in(model, x, layer, y=None):
    """You run the model in the mode that it is in. In train mode batch norm mixes the pictures and moves its
    statistics: use eval mode (section 8.5)."""
    kept = []
    handle = model.get_submodule(layer).register_forward_hook(lambda m, i, o: (kept.append(o), o.clone())[1])
    logits = model(x.detach().clone().requires_grad_())
    handle.remove()
    y = logits.argmax(1) if y is None else y
    (gradient,) = torch.autograd.grad(_logit(logits, y), kept[-1])
    return _finish(kept[-1].detach(), gradient, x)


def predicts_before_eval(model, x, layer, y=None):
    """Without y you ask for the prediction before the model is in eval mode: in train mode another class may win, and
    the statistics of batch norm move. Take it from the logits that you have anyway (section 8.5)."""
    if y is None:
        with torch.no_grad():
            y = model(x).argmax(1)
    return _finish(*_maps(model, x, layer, y), x)


def ends_in_eval_mode(model, x, layer, y=None):
    """You leave the model in eval mode. Put each submodule back into its own mode (section 8.5)."""
    model.eval()
    return _finish(*_maps(model, x, layer, y), x)


def hooks_left(model, x, layer, y=None):
    """Your hook stays on the layer. Remove it with the handle that you got, best in a `finally` (section 8.5)."""
    model.get_submodule(layer).register_forward_hook(lambda m, i, o: None)
    return _finish(*_maps(model, x, layer, y), x)


def leaves_gradients(model, x, layer, y=None):
    """backward() also writes into the .grad of every weight, and you leave it there. torch.autograd.grad(score, maps)
    asks for the layer's gradient alone (section 8.5)."""

    def score(logits, y):
        _logit(logits, y).backward(retain_graph=True)
        return _logit(logits, y)

    return _finish(*_maps(model, x, layer, y, score), x)


def clears_gradients(model, x, layer, y=None):
    """You clear the .grad of the weights, and what was there before is lost. torch.autograd.grad(score, maps) leaves
    them alone (section 8.5)."""
    found = _finish(*_maps(model, x, layer, y), x)
    model.zero_grad()
    return found


def thaws_the_weights(model, x, layer, y=None):
    """You let all weights ask for gradients, also those that were frozen. Let a copy of x ask for one instead: then
    there is a graph, whatever the weights do (section 8.5)."""
    model.requires_grad_(True)
    return _finish(*_maps(model, x, layer, y, probe=False), x)


def attached(model, x, layer, y=None):
    """Your map still hangs on the graph: detach it (section 8.5)."""
    kept = []
    handle = model.get_submodule(layer).register_forward_hook(lambda m, i, o: (kept.append(o), o.clone())[1])
    with _eval(model):
        logits = model(x.detach().clone().requires_grad_())
    handle.remove()
    y = logits.argmax(1) if y is None else y
    (gradient,) = torch.autograd.grad(_logit(logits, y), kept[-1], retain_graph=True)
    return _finish(kept[-1], gradient, x)
