"""Known wrong answers of accuracy_under_shift."""

import contextlib

import torch
import torch.nn.functional as F


def _shift(images, dy, dx):
    height, width = images.shape[-2:]
    dy, dx = max(-height, min(height, dy)), max(-width, min(width, dx))
    return F.pad(images, (dx, -dx, dy, -dy))


@contextlib.contextmanager
def _measuring(model):
    modes = {m: m.training for m in model.modules()}
    model.eval()
    with torch.no_grad():
        yield
    for m, mode in modes.items():
        m.training = mode


def _share(logits, labels):
    return (logits.argmax(1) == labels).double().mean().item()


def train_mode(model, images, labels, shifts):
    """The model is in train mode while you measure it: dropout draws, batch norm looks at the batch. Call eval() first
    (section 1.6)."""
    with torch.no_grad():
        return {(dy, dx): _share(model(_shift(images, dy, dx)), labels) for dy, dx in shifts}


def leaves_eval_mode(model, images, labels, shifts):
    """You leave the model in eval mode. Whoever was training it goes on with the wrong mode: give each part back the
    mode in which it was (section 1.6)."""
    model.eval()
    with torch.no_grad():
        return {(dy, dx): _share(model(_shift(images, dy, dx)), labels) for dy, dx in shifts}


def everything_to_train_mode(model, images, labels, shifts):
    """At the end you put all of the model into train mode, also parts that were in eval mode. Note the mode of each of
    model.modules() before (section 1.6)."""
    model.eval()
    with torch.no_grad():
        found = {(dy, dx): _share(model(_shift(images, dy, dx)), labels) for dy, dx in shifts}
    model.train()
    return found


def with_gradients(model, images, labels, shifts):
    """Gradients are on while the model runs, so torch keeps all that a backward pass would need. Measure under
    torch.no_grad() (section 1.6)."""
    with _measuring(model), torch.enable_grad():
        return {(dy, dx): _share(model(_shift(images, dy, dx)).detach(), labels) for dy, dx in shifts}


def percent(model, images, labels, shifts):
    """Your shares are percentages. All of them is 1, not 100 (section 1.6)."""
    with _measuring(model):
        return {(dy, dx): 100 * _share(model(_shift(images, dy, dx)), labels) for dy, dx in shifts}


def counts(model, images, labels, shifts):
    """You count the right answers. A share is their number divided by the number of pictures (section 1.6)."""
    with _measuring(model):
        return {(dy, dx): len(labels) * _share(model(_shift(images, dy, dx)), labels) for dy, dx in shifts}


def error_rate(model, images, labels, shifts):
    """You give the share of wrong answers. Accuracy is the share of right ones (section 1.6)."""
    with _measuring(model):
        return {(dy, dx): 1 - _share(model(_shift(images, dy, dx)), labels) for dy, dx in shifts}


def tensors(model, images, labels, shifts):
    """Your values are tensors. `.item()` makes a float of a tensor with one number (section 1.6)."""
    with _measuring(model):
        return {(dy, dx): (model(_shift(images, dy, dx)).argmax(1) == labels).float().mean() for dy, dx in shifts}


def wraps(model, images, labels, shifts):
    """Your shifted pictures wrap around: what leaves on one side comes back on the other. Zeros come in (section
    1.6)."""
    with _measuring(model):
        return {(dy, dx): _share(model(images.roll((dy, dx), (2, 3))), labels) for dy, dx in shifts}


def other_way(model, images, labels, shifts):
    """You shift the other way: dy > 0 moves the content down, dx > 0 to the right (section 1.6)."""
    with _measuring(model):
        return {(dy, dx): _share(model(_shift(images, -dy, -dx)), labels) for dy, dx in shifts}


def axes_swapped(model, images, labels, shifts):
    """You read shifts as (dx, dy). They are (dy, dx), like the shape of a picture (section 1.6)."""
    with _measuring(model):
        return {(dy, dx): _share(model(_shift(images, dx, dy)), labels) for dy, dx in shifts}


def shifts_add_up(model, images, labels, shifts):
    """Each shift starts from the pictures of the one before, so they add up. Each starts from `images` (section
    1.6)."""
    with _measuring(model):
        found = {}
        for dy, dx in shifts:
            images = _shift(images, dy, dx)
            found[dy, dx] = _share(model(images), labels)
        return found


def shifts_twice(model, images, labels, shifts):
    """You shift twice: your function moves the pictures, and moves the result again. Once is enough (section 1.6)."""
    with _measuring(model):
        return {(dy, dx): _share(model(_shift(_shift(images, dy, dx), dy, dx)), labels) for dy, dx in shifts}


def never_shifts(model, images, labels, shifts):
    """You ask the model about the pictures as they are, whatever the shift. Give it the shifted ones (section 1.6)."""
    with _measuring(model):
        return {(dy, dx): _share(model(images), labels) for dy, dx in shifts}


def over_the_batch(model, images, labels, shifts):
    """You look for the largest logit down the pictures instead of along the classes: argmax over axis 1 (section
    1.6)."""
    with _measuring(model):
        best = [model(_shift(images, dy, dx)).argmax(0) for dy, dx in shifts]
        pairs = zip(shifts, best, strict=True)
        return {(dy, dx): (b == labels[: len(b)]).double().mean().item() for (dy, dx), b in pairs}


def agreement_with_the_first(model, images, labels, shifts):
    """You compare the answers for shifted pictures with those for the pictures in place. Accuracy compares with the
    labels (section 1.6)."""
    with _measuring(model):
        in_place = model(images).argmax(1)
        return {(dy, dx): _share(model(_shift(images, dy, dx)), in_place) for dy, dx in shifts}


def a_list(model, images, labels, shifts):
    """You give a list of shares. The result is a dict with the tuple (dy, dx) of each shift (section 1.6)."""
    with _measuring(model):
        return [_share(model(_shift(images, dy, dx)), labels) for dy, dx in shifts]


def keys_as_they_come(model, images, labels, shifts):
    """You use the pairs of `shifts` as keys as they come. A list cannot be a key: make a tuple of each (section
    1.6)."""
    with _measuring(model):
        return {shift: _share(model(_shift(images, *shift)), labels) for shift in shifts}


def keys_as_text(model, images, labels, shifts):
    """Your keys are texts. They are tuples (dy, dx) of ints (section 1.6)."""
    with _measuring(model):
        return {f"{dy}, {dx}": _share(model(_shift(images, dy, dx)), labels) for dy, dx in shifts}


def in_place(model, images, labels, shifts):
    """Your function writes into the pictures that it was given. Shift a copy (section 1.6)."""
    with _measuring(model):
        found = {(dy, dx): _share(model(_shift(images, dy, dx)), labels) for dy, dx in shifts}
        images.copy_(_shift(images, *shifts[-1]) if len(shifts) else images)
    return found


def forgets_gradients(model, images, labels, shifts):
    """You clear the `.grad` of the weights. They belong to whoever is training the model: leave them (section 1.6)."""
    with _measuring(model):
        model.zero_grad()
        return {(dy, dx): _share(model(_shift(images, dy, dx)), labels) for dy, dx in shifts}


def freezes(model, images, labels, shifts):
    """You leave the weights frozen (requires_grad is False afterwards), so that training goes on without moving them.
    Use torch.no_grad() (section 1.6)."""
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    with _measuring(model):
        return {(dy, dx): _share(model(_shift(images, dy, dx)), labels) for dy, dx in shifts}
