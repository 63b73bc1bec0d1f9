"""Known wrong answers of predict."""

import contextlib

import torch


@contextlib.contextmanager
def _eval(model, gradients=False):
    modes = {m: m.training for m in model.modules()}
    model.eval()
    with torch.set_grad_enabled(gradients):
        yield
    for m, mode in modes.items():
        m.training = mode


def _answers(model, images, size, what=lambda z: z.argmax(1)):
    found = [what(model(x)) for x in images.split(size) if len(x)]
    return torch.cat(found) if found else torch.empty(0, dtype=torch.int64)


def train_mode(model, images, batch_size=256):
    """Your model answers in train mode, where dropout rolls dice and batch norm looks at the other pictures of the
    batch. Call model.eval() first (section 4.4)."""
    modes = {m: m.training for m in model.modules()}
    model.train()
    with torch.no_grad():
        answers = _answers(model, images, batch_size)
    for m, mode in modes.items():
        m.training = mode
    return answers


def mode_as_it_is(model, images, batch_size=256):
    """You leave the model in the mode that it comes in. If that is train mode, the answers depend on chance and on the
    other pictures: call model.eval() first (section 4.4)."""
    with torch.no_grad():
        return _answers(model, images, batch_size)


def stays_in_eval(model, images, batch_size=256):
    """Your model is in eval mode afterwards. Put back what was (section 4.4)."""
    model.eval()
    with torch.no_grad():
        return _answers(model, images, batch_size)


def one_mode_for_all(model, images, batch_size=256):
    """You put the mode of the whole model back, and with it that of parts which were in another. Remember the mode of
    each submodule (section 4.4)."""
    mode = model.training
    answers = stays_in_eval(model, images, batch_size)
    model.train(mode)
    return answers


def probabilities(model, images, batch_size=256):
    """You return probabilities. The class is asked for: the place of the largest one (section 4.4)."""
    with _eval(model):
        return _answers(model, images, batch_size, lambda z: z.softmax(1))


def last_batch_lost(model, images, batch_size=256):
    """You lose the last batch when it is shorter than batch_size. N pictures give N classes (section 4.4)."""
    with _eval(model):
        return _answers(model, images[: len(images) // batch_size * batch_size], batch_size)


def only_the_first_batch(model, images, batch_size=256):
    """You return inside the loop: only the first batch is answered (section 4.4)."""
    with _eval(model):
        return _answers(model, images[:batch_size], batch_size)


def keeps_the_graph(model, images, batch_size=256):
    """You do not switch gradients off: torch keeps everything for a backward pass that never comes (section 4.4)."""
    with _eval(model, gradients=True):
        return _answers(model, images, batch_size)


def all_at_once(model, images, batch_size=256):
    """You give the model all pictures at once, whatever batch_size says. Sixty thousand of them do not fit (section
    4.4)."""
    with _eval(model):
        return _answers(model, images, max(1, len(images)))


def empty_calls_the_model(model, images, batch_size=256):
    """You call the model for a batch without pictures. With none there is nothing to ask (section 4.4)."""
    with _eval(model):
        return torch.cat([model(x).argmax(1) for x in images.split(batch_size)])


def fails_without_pictures(model, images, batch_size=256):
    """With no pictures there is no batch, and torch.cat of an empty list fails. No pictures give an empty tensor of
    int64 (section 4.4)."""
    with _eval(model):
        starts = range(0, len(images), batch_size)
        return torch.cat([model(images[i : i + batch_size]).argmax(1) for i in starts])


def column_returned(model, images, batch_size=256):
    """Your result has two axes, (N, 1). One class a picture, one axis (section 4.4)."""
    with _eval(model):
        return _answers(model, images, batch_size)[:, None]


def other_order(model, images, batch_size=256):
    """Your classes are not in the order of the pictures. Do not shuffle when you predict (section 4.4)."""
    with _eval(model):
        return _answers(model, images.flip(0), batch_size)


def list_returned(model, images, batch_size=256):
    """You return a list. A tensor is asked for (section 4.4)."""
    with _eval(model):
        return _answers(model, images, batch_size).tolist()


def over_the_batch(model, images, batch_size=256):
    """Your argmax runs over the pictures (axis 0). For each picture, take the largest of its logits: axis 1 (section
    4.4)."""
    with _eval(model):
        return _answers(model, images, batch_size, lambda z: z.argmax(0))


def int32_returned(model, images, batch_size=256):
    """Your classes have another dtype than int64, which labels have, and argmax gives (section 4.4)."""
    with _eval(model):
        return _answers(model, images, batch_size).int()


def begins_with_floats(model, images, batch_size=256):
    """Your list begins with an empty tensor of floats, and torch.cat makes floats of the classes. Begin with an empty
    tensor of int64 (section 4.4)."""
    with _eval(model):
        return torch.cat([torch.tensor([]), _answers(model, images, batch_size)])


def always_train_afterwards(model, images, batch_size=256):
    """You call model.train() at the end, whatever the modes were: frozen parts wake up. Remember the mode of each
    submodule and put it back (section 4.4)."""
    answers = stays_in_eval(model, images, batch_size)
    model.train()
    return answers
