"""Right answers of controlled_comparison of other kinds."""

import random

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def with_loaders(builders, train, test, *, seed, epochs):
    """DataLoaders, SGD with momentum; the loader's generator has a seed of its own."""
    scores = {}
    for name, build in builders.items():
        torch.manual_seed(seed)
        model = build()
        generator = torch.Generator()
        generator.manual_seed(seed + 1)
        loader = DataLoader(TensorDataset(*train), batch_size=32, shuffle=True, generator=generator)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        torch.manual_seed(seed)
        for _ in range(epochs):
            model.train()
            for x, y in loader:
                optimizer.zero_grad()
                loss = nn.CrossEntropyLoss()(model(x), y)
                loss.backward()
                optimizer.step()
        model.eval()
        right = 0
        with torch.inference_mode():
            for x, y in DataLoader(TensorDataset(*test), batch_size=50):
                right += (model(x).argmax(1) == y).sum().item()
        scores[name] = right / len(test[1])
    return scores


def order_drawn_first(builders, train, test, *, seed, epochs):
    """The order of all epochs is drawn once, in numpy; Adam; the training loss is watched in eval mode."""
    dice = np.random.default_rng(seed)
    orders = [torch.from_numpy(dice.permutation(len(train[0]))) for _ in range(epochs)]

    def run(build):
        torch.manual_seed(seed)
        model = build()
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
        for order in orders:
            model.train()
            for i in range(0, len(order), 20):
                chosen = order[i : i + 20]
                loss = F.cross_entropy(model(train[0][chosen]), train[1][chosen])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                model(train[0][:10])  # a look at the training pictures
        with torch.no_grad():
            return float((model(test[0]).argmax(1) == test[1]).float().mean())

    return dict(zip(builders, map(run, builders.values()), strict=True))


def in_one_batch_without_shuffling(builders, train, test, *, seed, epochs):
    """Pictures in their own order, gradients by hand, each net copied away from the random state."""
    result = {}
    for name in builders:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            net = builders[name]()
            for _ in range(epochs):
                net.train()
                for x, y in zip(train[0].split(25), train[1].split(25), strict=True):
                    loss = F.nll_loss(net(x).log_softmax(1), y)
                    gradients = torch.autograd.grad(loss, list(net.parameters()))
                    with torch.no_grad():
                        for p, g in zip(net.parameters(), gradients, strict=True):
                            p -= 0.05 * g
            net.eval()
            with torch.no_grad():
                hits = [int(net(x[None]).argmax() == y) for x, y in zip(*test, strict=True)]
        result[name] = sum(hits) / len(hits)
    return result


def seeds_before_each_epoch(builders, train, test, *, seed, epochs):
    """A DataLoader without a generator, after the global numbers are set anew for each epoch."""
    found = {}
    for name, build in builders.items():
        torch.manual_seed(seed)
        model = build()
        optimizer = torch.optim.RMSprop(model.parameters(), lr=0.002)
        for epoch in range(epochs):
            torch.manual_seed(1000 * seed + epoch)
            for x, y in DataLoader(TensorDataset(*train), batch_size=100, shuffle=True):
                model.train()
                F.cross_entropy(model(x), y).backward()
                optimizer.step()
                optimizer.zero_grad()
        model.eval()
        with torch.no_grad():
            found[name] = model(test[0]).argmax(1).eq(test[1]).double().mean().item()
    return found


class _Run:
    """One net's training; its order comes from Python's random numbers."""

    def __init__(self, build, seed):
        torch.manual_seed(seed)
        self.model, self.dice = build(), random.Random(seed)
        self.optimizer = torch.optim.Adagrad(self.model.parameters(), lr=0.02)

    def epoch(self, images, labels):
        order = self.dice.sample(range(len(images)), len(images))
        while order:
            batch, order = order[:16], order[16:]
            self.optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(self.model.train()(images[batch]), labels[batch]).backward()
            self.optimizer.step()

    @torch.no_grad()
    def score(self, images, labels):
        return sum((self.model.eval()(images).argmax(1) == labels).tolist()) / len(labels)


def a_class_for_a_run(builders, train, test, *, seed, epochs):
    """Objects; all nets are built first, each after its own manual_seed, and trained epoch by epoch in turn."""
    runs = {name: _Run(build, seed) for name, build in builders.items()}
    for _ in range(epochs):
        for run in runs.values():
            torch.manual_seed(seed)
            run.epoch(*train)
    return {name: run.score(*test) for name, run in runs.items()}
