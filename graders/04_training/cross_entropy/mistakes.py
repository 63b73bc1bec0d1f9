"""Known wrong answers of cross_entropy. They use torch's log_softmax where it is shorter; bans are off for them."""

import torch
import torch.nn.functional as F


def _picked(values, targets):
    return values[torch.arange(len(targets)), targets]


def unstable_exp(logits, targets):
    """exp of a logit above 88 (in float64 above 709) is infinite, and infinite / infinite is nan. Subtract each row's
    largest logit first: the softmax stays the same (section 4.2)."""
    p = logits.exp() / logits.exp().sum(1, keepdim=True)
    return -_picked(p, targets).log().mean()


def log_of_softmax(logits, targets):
    """You take the softmax and then its log. Where a probability rounds to 0, the log is minus infinity: subtract the
    log of the sum from the logits and never leave the logs (section 4.2)."""
    return -_picked(logits.softmax(1), targets).log().mean()


def summed(logits, targets):
    """You add the losses of the pictures. Their mean is asked for, so that the loss does not depend on the batch size
    (section 4.2)."""
    return -_picked(F.log_softmax(logits, 1), targets).sum()


def softmax_twice(logits, targets):
    """You take the softmax twice: once on the logits, once more on the probabilities. The loss can never come near 0
    and the gradient nearly vanishes (section 4.2)."""
    return -_picked(F.log_softmax(logits.softmax(1), 1), targets).mean()


def log_of_the_mean(logits, targets):
    """You average the probabilities and take one log. The log comes first, then the mean (section 4.2)."""
    log_p = _picked(F.log_softmax(logits, 1), targets)
    return -(log_p.logsumexp(0) - torch.tensor(float(len(targets)), dtype=logits.dtype).log())


def softmax_over_the_batch(logits, targets):
    """Your softmax runs over the pictures of the batch (axis 0). The classes of one picture compete: axis 1 (section
    4.2)."""
    return -_picked(F.log_softmax(logits, 0), targets).mean()


def eps_inside_the_log(logits, targets):
    """You add a small number inside the log against log(0). It bends every loss a little, and stops it at 18 where it
    should be 20 000, without any gradient. Stay in the logs: logit minus logsumexp (section 4.2)."""
    return -(_picked(logits.softmax(1), targets) + 1e-8).log().mean()


def clamped(logits, targets):
    """You clamp the probability from below before the log. Where it is clamped the loss stops growing and no gradient
    comes back: the worst mistakes are not corrected (section 4.2)."""
    return -_picked(logits.softmax(1), targets).clamp(min=1e-8).log().mean()


def averaged_over_classes(logits, targets):
    """You average over pictures and classes: your loss is K times too small. Only the right class of each picture
    counts, and there are N of them (section 4.2)."""
    return -(F.log_softmax(logits, 1) * F.one_hot(targets, logits.shape[1])).mean()


def positive_log(logits, targets):
    """The minus is missing: your loss is negative, and falls when the net gets worse (section 4.2)."""
    return _picked(F.log_softmax(logits, 1), targets).mean()


def without_the_sum(logits, targets):
    """You take minus the logit of the right class and leave out the log of the sum: then larger logits for every class
    would be better (section 4.2)."""
    return -_picked(logits, targets).mean()


def largest_for_the_sum(logits, targets):
    """You subtract the largest logit and forget the log of the sum of the exponentials (section 4.2)."""
    return -_picked(logits - logits.amax(1, keepdim=True), targets).mean()


def base_two(logits, targets):
    """You use the logarithm to base 2. The loss is in natural logs: 0.693 for one half, not 1 (section 4.2)."""
    return -_picked(F.log_softmax(logits, 1), targets).mean() / torch.tensor(2.0, dtype=logits.dtype).log()


def detached(logits, targets):
    """The number is right, but no gradient flows back: `.item()`, `.detach()` or numpy cuts it off, so nothing would be
    learned (section 4.2)."""
    return F.cross_entropy(logits.detach(), targets)


def one_loss_a_picture(logits, targets):
    """You return a loss for each picture. One number is asked for, their mean (section 4.2)."""
    return -_picked(F.log_softmax(logits, 1), targets)


def keeps_an_axis(logits, targets):
    """Your loss has an axis of length 1. A number without axes is asked for: mean() over everything (section 4.2)."""
    return F.cross_entropy(logits, targets)[None]


def one_maximum_for_all(logits, targets):
    """You subtract the largest logit of the whole batch. In a row far below it every exponential rounds to 0, and the
    log of their sum is minus infinity: each row has a largest logit of its own (section 4.2)."""
    z = logits - logits.max()
    return (z.exp().sum(1).log() - _picked(z, targets)).mean()


def logits_clamped(logits, targets):
    """You clamp the logits so that exp does not overflow. Then the loss of a confident mistake stops growing and sends
    no gradient: subtract each row's largest logit instead (section 4.2)."""
    return F.cross_entropy(logits.clamp(-80, 80), targets)


def as_many_columns_as_the_largest_target(logits, targets):
    """Your one-hot table has as many columns as the largest target needs. A batch need not hold the last class:
    F.one_hot(targets, logits.shape[1]) (section 4.2)."""
    return -(F.log_softmax(logits, 1) * F.one_hot(targets)).sum(1).mean()
