"""Known wrong answers of controlled_comparison."""

import torch
import torch.nn.functional as F


def _start(build, seed):
    torch.manual_seed(seed)
    model = build()
    torch.manual_seed(seed)
    return model


def _fit(model, train, seed, epochs, generator=None, after=lambda: None, batch=64):
    """Train; ``after()`` runs at the end of each epoch."""
    steps = torch.optim.AdamW(model.parameters(), lr=0.001)
    generator = generator or torch.Generator().manual_seed(seed)
    images, labels = train
    model.train()
    for _ in range(epochs):
        for chosen in torch.randperm(len(images), generator=generator).split(batch):
            steps.zero_grad()
            F.cross_entropy(model(images[chosen]), labels[chosen]).backward()
            steps.step()
        after()
    return model


def _score(model, test, gradients=False, training=False):
    model.train(training)
    with torch.set_grad_enabled(gradients):
        answers = torch.cat([model(x).argmax(1) for x in test[0].split(64)])
    model.train()
    return (answers == test[1]).double().mean().item()


def seed_set_once(builders, train, test, *, seed, epochs):
    """You set the seed once, before the first net. The second one starts where the first has left the random numbers:
    set it again right before each builder (section 4.8)."""
    torch.manual_seed(seed)
    return {name: _score(_fit(build(), train, seed, epochs), test) for name, build in builders.items()}


def all_built_first(builders, train, test, *, seed, epochs):
    """You build all nets first and set the seed before training only. The weights are drawn when a net is built: set
    the seed right before each builder (section 4.8)."""
    models = {name: build() for name, build in builders.items()}
    scores = {}
    for name, model in models.items():
        torch.manual_seed(seed)
        scores[name] = _score(_fit(model, train, seed, epochs), test)
    return scores


def seed_fixed(builders, train, test, *, seed, epochs):
    """A number stands where the argument seed should be: every seed gives the same run (section 4.8)."""
    return {name: _score(_fit(_start(build, 0), train, 0, epochs), test) for name, build in builders.items()}


def order_runs_on(builders, train, test, *, seed, epochs):
    """You shuffle with one generator for all nets, which runs on: the second net meets the pictures in another order.
    Make a fresh generator with the seed for each net (section 4.8)."""
    order = torch.Generator().manual_seed(seed)
    return {
        name: _score(_fit(_start(build, seed), train, seed, epochs, order), test) for name, build in builders.items()
    }


def order_shared_with_dropout(builders, train, test, *, seed, epochs):
    """You shuffle with the global random numbers, as randperm and a DataLoader do if nobody gives them a generator.
    Dropout draws from these too, so a net with dropout soon meets the pictures in another order. Shuffle with a
    generator that belongs to the order alone (section 4.8)."""
    return {
        name: _score(_fit(_start(build, seed), train, seed, epochs, torch.default_generator), test)
        for name, build in builders.items()
    }


def trains_on_the_test_set(builders, train, test, *, seed, epochs):
    """Your nets learn from the test pictures as well, so the test measures memory (section 4.8)."""
    both = torch.cat([train[0], test[0]]), torch.cat([train[1], test[1]])
    return {name: _score(_fit(_start(build, seed), both, seed, epochs), test) for name, build in builders.items()}


def train_and_test_swapped(builders, train, test, *, seed, epochs):
    """You train on the test pictures and test on the training pictures (section 4.8)."""
    return {name: _score(_fit(_start(build, seed), test, seed, epochs), train) for name, build in builders.items()}


def reuses_a_model(builders, train, test, *, seed, epochs):
    """You build one net and go on training it under the next name. Each name has a builder of its own (section 4.8)."""
    model, scores = None, {}
    for name, build in builders.items():
        model = _start(build, seed) if model is None else model
        scores[name] = _score(_fit(model, train, seed, epochs), test)
    return scores


def builds_twice(builders, train, test, *, seed, epochs):
    """You call each builder twice. The second net starts from other random numbers: build once, right after the seed
    (section 4.8)."""
    scores = {}
    for name, build in builders.items():
        _start(build, seed)
        scores[name] = _score(_fit(build(), train, seed, epochs), test)
    return scores


def best_epoch_on_test(builders, train, test, *, seed, epochs):
    """You look at the test pictures after each epoch and report the best. That chooses by the test, and helps the net
    that jumps most: test once, after the last epoch (section 4.8)."""
    scores = {}
    for name, build in builders.items():
        model, found = _start(build, seed), []
        _fit(model, train, seed, epochs, after=lambda model=model, found=found: found.append(_score(model, test)))
        scores[name] = max(found)
    return scores


def train_mode_at_the_test(builders, train, test, *, seed, epochs):
    """Your nets are in train mode while they are tested, where dropout rolls dice. Call eval() first (section 4.8)."""
    return {
        name: _score(_fit(_start(build, seed), train, seed, epochs), test, training=True)
        for name, build in builders.items()
    }


def gradients_at_the_test(builders, train, test, *, seed, epochs):
    """Gradients are on while the nets are tested. Nothing is learned there: with torch.no_grad() (section 4.8)."""
    return {
        name: _score(_fit(_start(build, seed), train, seed, epochs), test, gradients=True)
        for name, build in builders.items()
    }


def percent(builders, train, test, *, seed, epochs):
    """You return percent. A share lies between 0 and 1 (section 4.8)."""
    return {
        name: 100 * _score(_fit(_start(build, seed), train, seed, epochs), test) for name, build in builders.items()
    }


def accuracy_on_the_training_set(builders, train, test, *, seed, epochs):
    """You measure on the training pictures. What counts is how a net does on pictures that it has not learned from
    (section 4.8)."""
    return {name: _score(_fit(_start(build, seed), train, seed, epochs), train) for name, build in builders.items()}


def one_epoch(builders, train, test, *, seed, epochs):
    """You train for one epoch, whatever `epochs` says (section 4.8)."""
    return {name: _score(_fit(_start(build, seed), train, seed, 1), test) for name, build in builders.items()}


def one_epoch_too_many(builders, train, test, *, seed, epochs):
    """You train one epoch more than asked for (section 4.8)."""
    return {name: _score(_fit(_start(build, seed), train, seed, epochs + 1), test) for name, build in builders.items()}


def drops_the_last_batch(builders, train, test, *, seed, epochs):
    """You leave out the last batch of each epoch when it is short: some pictures are not learned (section 4.8)."""
    whole = len(train[0]) // 64 * 64
    kept = train[0][:whole], train[1][:whole]
    return {name: _score(_fit(_start(build, seed), kept, seed, epochs), test) for name, build in builders.items()}


def drawn_with_replacement(builders, train, test, *, seed, epochs):
    """You draw each batch at random, so in an epoch some pictures come twice and others never. Go through a permutation
    of all of them (section 4.8)."""
    images, labels = train
    chosen = torch.randint(len(images), (len(images),), generator=torch.Generator().manual_seed(seed))
    drawn = images[chosen], labels[chosen]
    return {name: _score(_fit(_start(build, seed), drawn, seed, epochs), test) for name, build in builders.items()}


def a_seed_for_each_net(builders, train, test, *, seed, epochs):
    """You give each net a seed of its own, so that start and order differ along with the net: two variables, not one
    (section 4.8)."""
    return {
        name: _score(_fit(_start(build, seed + i), train, seed + i, epochs), test)
        for i, (name, build) in enumerate(builders.items())
    }
