"""Right answers of train_epoch of other kinds."""

from statistics import fmean

import torch


def with_a_closure(model, loader, optimizer, loss_fn):
    """optimizer.step gets a closure; the losses are collected."""
    model.train()
    losses, sizes = [], []
    for x, y in loader:

        def closure(x=x, y=y):
            optimizer.zero_grad(set_to_none=False)
            loss = loss_fn(model(x), y)
            loss.backward()
            return loss

        losses.append(float(optimizer.step(closure)))
        sizes.append(y.shape[0])
    return sum(loss * size for loss, size in zip(losses, sizes, strict=True)) / sum(sizes)


def gradients_by_hand(model, loader, optimizer, loss_fn):
    """autograd.grad in place of backward; a running mean."""
    for module in model.modules():
        module.training = True
    parameters = [p for p in model.parameters() if p.requires_grad]
    mean, seen = 0.0, 0
    for x, y in loader:
        with torch.enable_grad():
            loss = loss_fn(model(x), y)
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            parameter.grad = gradient
        optimizer.step()
        seen += len(y)
        mean += (loss.detach().item() - mean) * len(y) / seen
    return mean


def zeroed_before_and_after(model, loader, optimizer, loss_fn):
    """zero_grad of the model before the loop and after each step; sums in a tensor without a graph."""
    model.train(True)
    model.zero_grad()
    total = torch.zeros(2, dtype=torch.float64)
    for batch in iter(loader):
        x, y = batch
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        total += torch.tensor([loss.detach() * len(y), len(y)], dtype=torch.float64)
    return (total[0] / total[1]).item()


def weighted_by_statistics(model, loader, optimizer, loss_fn):
    """A generator of (loss, size) that trains as it is read; the standard library's weighted mean."""

    def steps():
        for x, y in loader:
            for parameter in model.parameters():
                parameter.grad = None
            loss = loss_fn(model.train()(x), y)
            torch.autograd.backward(loss)
            optimizer.step()
            yield loss.item(), y.size(0)

    losses, sizes = zip(*steps(), strict=True)
    return fmean(losses, weights=sizes)


def one_batch_and_the_rest(model, loader, optimizer, loss_fn):
    """Recursion over an iterator; losses are detached tensors until the end."""
    model.train()
    batches = iter(loader)

    def sums():
        batch = next(batches, None)
        if batch is None:
            return torch.zeros(2, dtype=torch.float64)
        optimizer.zero_grad()
        loss = loss_fn(model(batch[0]), batch[1])
        loss.backward()
        optimizer.step()
        here = torch.stack([loss.detach().double() * len(batch[1]), torch.tensor(float(len(batch[1])))])
        del loss  # its graph would live as long as this call
        return here + sums()

    total, pictures = sums().tolist()
    return total / pictures
