"""A short training loop, and accuracy: for examples and experiments, where the training is not the exercise."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def fit(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    epochs: int,
    lr: float,
    batch_size: int = 64,
    seed: int = 0,
    optimizer: str = "adamw",
    weight_decay: float = 1e-4,
    show: bool = False,
) -> list[float]:
    """Train ``model`` with cross-entropy; return the mean training loss of each epoch.

    images: (N, C, H, W) or (N, features) float.  labels: (N,) int64.
    The learning rate rises to ``lr`` and falls to nearly 0, in one cycle (https://arxiv.org/abs/1708.07120).
    ``optimizer`` is "adamw", or "sgd" with Nesterov momentum. ``seed`` decides the order of the pictures and leaves the
    global random state alone; the initial weights are the model's own. ``show`` prints a line an epoch.
    """
    device = next(model.parameters()).device
    order = torch.Generator().manual_seed(seed)
    steps = epochs * -(-len(images) // batch_size)
    step = _optimizer(optimizer, model, lr, weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(step, lr, total_steps=steps)
    history = []
    with mode(model, training=True):
        for epoch in range(epochs):
            total = 0.0
            for batch in torch.randperm(len(images), generator=order).split(batch_size):
                x, y = _layout(images[batch]).to(device), labels[batch].to(device)
                loss = F.cross_entropy(model(x), y)
                step.zero_grad()
                loss.backward()
                step.step()
                schedule.step()
                total += loss.item() * len(batch)
            history.append(total / len(images))
            if show:
                print(f"epoch {epoch + 1} of {epochs}: training loss {history[-1]:.3f}")
    return history


def predict(model: nn.Module, images: Tensor, batch_size: int = 500) -> Tensor:
    """The most likely class of each picture (n,), in evaluation mode and without gradients."""
    device = next(model.parameters()).device
    with mode(model, training=False), torch.no_grad():
        return torch.cat([model(_layout(x).to(device)).argmax(1).cpu() for x in images.split(batch_size)])


def accuracy(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int = 500) -> float:
    """The share of pictures, 0 to 1, whose most likely class is the right one."""
    return (predict(model, images, batch_size) == labels.cpu()).float().mean().item()


@contextmanager
def mode(model: nn.Module, training: bool) -> Iterator[None]:
    """Training or evaluation mode inside the block; afterwards each submodule is in the mode that it was in."""
    before = {module: module.training for module in model.modules()}
    model.train(training)
    try:
        yield
    finally:
        for module, was_training in before.items():
            module.training = was_training


def _optimizer(name: str, model: nn.Module, lr: float, weight_decay: float) -> torch.optim.Optimizer:
    if name == "adamw":
        return torch.optim.AdamW(model.parameters(), lr, weight_decay=weight_decay)
    if name == "sgd":
        return torch.optim.SGD(model.parameters(), lr, momentum=0.9, nesterov=True, weight_decay=weight_decay)
    raise ValueError(f"there is no optimizer {name!r}; choose adamw or sgd")


def _layout(x: Tensor) -> Tensor:
    """Channels last in memory: on a CPU, small convolutions are about twice as fast that way."""
    return x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x
