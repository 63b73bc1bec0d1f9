"""Known wrong answers of cache_features."""

import torch


def _cache(backbone, images, batch_size, train=False, step=None, restore=True, grad=False, change=lambda x: x):
    """The right answer, with its parts exchangeable."""
    modes = {module: module.training for module in backbone.modules()}
    if not train:
        backbone.eval()
    with torch.set_grad_enabled(grad):
        batches = images.split(batch_size) if step is None else step
        features = [change(backbone(x)) for x in batches]
    if restore:
        for module, training in modes.items():
            module.training = training
    return torch.cat(features)


def train_mode(backbone, images, batch_size=128):
    """The batch norm trap: you leave the backbone in train mode. A picture's features then depend on its batch, dropout
    is active, and the running statistics move. Call eval() first (section 7.3)."""
    return _cache(backbone, images, batch_size, train=True)


def keeps_the_graph(backbone, images, batch_size=128):
    """Your features still carry the graph of every batch, and with it all the maps in between: memory for nothing. Work
    under torch.no_grad() (section 7.3)."""
    return _cache(backbone, images, batch_size, grad=True)


def last_batch_dropped(backbone, images, batch_size=128):
    """You leave out the last batch when it is smaller than the others (section 7.3)."""
    whole = images[: max(1, len(images) // batch_size) * batch_size]
    return _cache(backbone, whole, batch_size)


def last_batch_only(backbone, images, batch_size=128):
    """You return the features of the last batch only. Collect them all and join them with torch.cat (section 7.3)."""
    return _cache(backbone, images, batch_size, step=[images.split(batch_size)[-1]])


def all_at_once(backbone, images, batch_size=128):
    """You send all pictures through at once and ignore batch_size, so a large set does not fit into memory (section
    7.3)."""
    return _cache(backbone, images, len(images))


def one_too_many(backbone, images, batch_size=128):
    """Your batches overlap by one picture (section 7.3)."""
    batches = [images[i : i + batch_size + 1] for i in range(0, len(images), batch_size)]
    return _cache(backbone, images, batch_size, step=batches)


def shuffled(backbone, images, batch_size=128):
    """You shuffle the pictures, as one does in training, and their features no longer belong to their labels (section
    7.3)."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(1))
    return _cache(backbone, images[order], batch_size)


def stays_in_eval(backbone, images, batch_size=128):
    """Your backbone stays in eval mode after the call. Note the modes before, and put them back (section 7.3)."""
    return _cache(backbone, images, batch_size, restore=False)


def train_for_all(backbone, images, batch_size=128):
    """You call train() afterwards, which puts layers into train mode that were in eval mode before. Note the mode of
    each module (section 7.3)."""
    features = _cache(backbone, images, batch_size, restore=False)
    backbone.train()
    return features


def mode_of_the_whole(backbone, images, batch_size=128):
    """You note the mode of the whole backbone, and give it to all its parts. One of them was in another mode: note the
    mode of each module (section 7.3)."""
    training = backbone.training
    features = _cache(backbone, images, batch_size, restore=False)
    backbone.train(training)
    return features


def flattened(backbone, images, batch_size=128):
    """You flatten the features. They keep the shape that the backbone gives, maps too (section 7.3)."""
    return _cache(backbone, images, batch_size, change=lambda x: x.flatten(1))


def freezes_the_backbone(backbone, images, batch_size=128):
    """You freeze the backbone's parameters and leave them so. torch.no_grad() is enough, and leaves nothing behind
    (section 7.3)."""
    backbone.requires_grad_(False)
    return _cache(backbone, images, batch_size)


def clears_gradients(backbone, images, batch_size=128):
    """You clear the gradients of the backbone. They are somebody else's: torch.no_grad() neither needs nor touches them
    (section 7.3)."""
    backbone.zero_grad()
    return _cache(backbone, images, batch_size)


def augmented(backbone, images, batch_size=128):
    """You cache features of pictures that are mirrored at random. The cache would hold one draw for ever: cache the
    pictures as they are (section 7.3)."""
    mirrored = [x.flip(3) if torch.rand(()) < 0.5 else x for x in images.split(batch_size)]
    return _cache(backbone, images, batch_size, step=mirrored)


def a_list(backbone, images, batch_size=128):
    """You return a list of batches. Join them with torch.cat (section 7.3)."""
    return list(_cache(backbone, images, batch_size).split(batch_size))
