"""Known wrong answers of train_epoch."""

import torch.nn.functional as F


def _epoch(model, loader, optimizer, step, weigh=True, train=True):
    """``step(x, y)`` does one batch and gives its loss."""
    model.train(train)
    total, seen = 0.0, 0
    for x, y in loader:
        loss = step(x, y)
        total += loss.item() * (len(y) if weigh else 1)
        seen += len(y) if weigh else 1
    return total / seen


def _plain(model, optimizer, loss_fn):
    def step(x, y):
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


def mean_of_batch_means(model, loader, optimizer, loss_fn):
    """You average the batches' losses, so each picture of a short last batch counts more than the others. Multiply by
    len(y), add up, and divide by the number of pictures (section 4.3)."""
    return _epoch(model, loader, optimizer, _plain(model, optimizer, loss_fn), weigh=False)


def no_zero_grad(model, loader, optimizer, loss_fn):
    """You never call zero_grad, so each backward adds to the gradients of all batches before it (section 4.3)."""

    def step(x, y):
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return _epoch(model, loader, optimizer, step)


def zero_grad_once(model, loader, optimizer, loss_fn):
    """You call zero_grad once, before the loop. It belongs to each batch: gradients add up otherwise (section 4.3)."""
    optimizer.zero_grad()
    return no_zero_grad(model, loader, optimizer, loss_fn)


def zero_grad_after_the_step(model, loader, optimizer, loss_fn):
    """You call zero_grad after the step only. Gradients that lay in .grad before the first batch go into the first
    step: call it before backward (section 4.3)."""

    def step(x, y):
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    return _epoch(model, loader, optimizer, step)


def zero_grad_between(model, loader, optimizer, loss_fn):
    """You call zero_grad between backward and step: the step finds no gradient, and nothing is learned (section
    4.3)."""

    def step(x, y):
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        return loss

    return _epoch(model, loader, optimizer, step)


def step_before_backward(model, loader, optimizer, loss_fn):
    """You take the step before backward, so each step uses the gradients of the batch before, and those of the last
    batch are never used (section 4.3)."""

    def step(x, y):
        loss = loss_fn(model(x), y)
        optimizer.step()
        optimizer.zero_grad()
        loss.backward()
        return loss

    return _epoch(model, loader, optimizer, step)


def eval_mode(model, loader, optimizer, loss_fn):
    """Your model is in eval mode while it learns: no dropout, and batch norm ignores the batch. Call model.train()
    first (section 4.3)."""
    return _epoch(model, loader, optimizer, _plain(model, optimizer, loss_fn), train=False)


def mode_as_it_is(model, loader, optimizer, loss_fn):
    """You leave the model in the mode that it comes in. After an evaluation that is eval mode: call model.train() first
    (section 4.3)."""
    step, total, seen = _plain(model, optimizer, loss_fn), 0.0, 0
    for x, y in loader:
        total, seen = total + step(x, y).item() * len(y), seen + len(y)
    return total / seen


def adds_up_tensors(model, loader, optimizer, loss_fn):
    """You add up the loss itself, a tensor with its graph, so the graphs of all batches stay in memory until the end.
    Add loss.item() (section 4.3)."""
    model.train()
    step, total, seen = _plain(model, optimizer, loss_fn), 0.0, 0
    for x, y in loader:
        total, seen = total + step(x, y) * len(y), seen + len(y)
    return (total / seen).item()


def tensor_returned(model, loader, optimizer, loss_fn):
    """You return a tensor. A float is asked for: .item() (section 4.3)."""
    model.train()
    step, total, seen = _plain(model, optimizer, loss_fn), 0.0, 0
    for x, y in loader:
        total, seen = total + step(x, y).detach() * len(y), seen + len(y)
    return total / seen


def loss_after_the_step(model, loader, optimizer, loss_fn):
    """You take the loss after the step, from a second pass: smaller, and twice the work. The loss that you sent
    backward is the one (section 4.3)."""

    def step(x, y):
        _plain(model, optimizer, loss_fn)(x, y)
        return loss_fn(model(x), y)

    return _epoch(model, loader, optimizer, step)


def last_loss(model, loader, optimizer, loss_fn):
    """You return the loss of the last batch. The mean over all pictures of the epoch is asked for (section 4.3)."""
    model.train()
    step, loss = _plain(model, optimizer, loss_fn), 0.0
    for x, y in loader:
        loss = step(x, y).item()
    return loss


def never_divided(model, loader, optimizer, loss_fn):
    """You return a sum. Divide by the number of pictures (section 4.3)."""
    model.train()
    step, total = _plain(model, optimizer, loss_fn), 0.0
    for x, y in loader:
        total += step(x, y).item() * len(y)
    return total


def needs_a_length(model, loader, optimizer, loss_fn):
    """You ask the loader for its length or its dataset. It may be anything that gives pairs: count the pictures as they
    come (section 4.3)."""
    number = sum(len(y) for _, y in loader) if len(loader) else 1
    return _epoch(model, loader, optimizer, _plain(model, optimizer, loss_fn)) * number / number


def one_step_an_epoch(model, loader, optimizer, loss_fn):
    """You take one step at the end of the epoch. Each batch is a step (section 4.3)."""
    optimizer.zero_grad()

    def step(x, y):
        loss = loss_fn(model(x), y)
        loss.backward()
        return loss

    mean = _epoch(model, loader, optimizer, step)
    optimizer.step()
    return mean


def always_cross_entropy(model, loader, optimizer, loss_fn):
    """You use cross-entropy whatever loss_fn is (section 4.3)."""
    return _epoch(model, loader, optimizer, _plain(model, optimizer, F.cross_entropy))


def softmax_before_the_loss(model, loader, optimizer, loss_fn):
    """You give loss_fn probabilities. It gets what the model gives: loss_fn(model(x), y) (section 4.3)."""
    return _epoch(model, loader, optimizer, _plain(model, optimizer, lambda y, t: loss_fn(y.softmax(1), t)))


def drops_the_last_batch(model, loader, optimizer, loss_fn):
    """You leave out a last batch that is shorter than the others. Its pictures count too (section 4.3)."""
    step, size = _plain(model, optimizer, loss_fn), None
    model.train()
    total = seen = 0
    for x, y in loader:
        size = size or len(y)
        if len(y) == size:
            total, seen = total + step(x, y).item() * len(y), seen + len(y)
    return total / seen


def asks_for_the_dataset(model, loader, optimizer, loss_fn):
    """You ask the loader for its dataset, which only a DataLoader has. A loader may be a list or a generator: count the
    pictures as they come (section 4.3)."""
    mean = _epoch(model, loader, optimizer, _plain(model, optimizer, loss_fn))
    return mean / len(loader.dataset)


def size_of_the_first_batch(model, loader, optimizer, loss_fn):
    """You take the first batch's size for the size of all, so each picture of a short last batch counts more than the
    others. Multiply each loss by its own len(y), and add up len(y) too (section 4.3)."""
    model.train()
    step, losses, size = _plain(model, optimizer, loss_fn), [], None
    for x, y in loader:
        size = size or len(y)
        losses.append(step(x, y).item() * size)
    return sum(losses) / (len(losses) * size)


def sizes_divide_only(model, loader, optimizer, loss_fn):
    """You add up the batches' mean losses and divide by the number of pictures: the result is too small by about the
    batch size. Multiply each mean by len(y) before you add (section 4.3)."""
    model.train()
    step, total, seen = _plain(model, optimizer, loss_fn), 0.0, 0
    for x, y in loader:
        total, seen = total + step(x, y).item(), seen + len(y)
    return total / seen
