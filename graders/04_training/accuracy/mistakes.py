"""Known wrong answers of accuracy."""

import torch


def percent(logits, targets):
    """You return percent. A share lies between 0 and 1 (section 4.2)."""
    return 100 * (logits.argmax(1) == targets).double().mean().item()


def over_the_batch(logits, targets):
    """Your argmax runs over the pictures (axis 0). For each picture, look for the largest of its K logits: axis 1
    (section 4.2)."""
    return (logits.argmax(0) == targets).double().mean().item()


def compares_logits(logits, targets):
    """You compare the largest logit, a float, with the number of the class. Its place is asked for: argmax, or the
    indices of max (section 4.2)."""
    return (logits.max(1).values == targets).double().mean().item()


def tensor_returned(logits, targets):
    """You return a tensor. A float is asked for: .item() (section 4.2)."""
    return (logits.argmax(1) == targets).float().mean()


def counted(logits, targets):
    """You return how many are right. Divide by the number of pictures (section 4.2)."""
    return float((logits.argmax(1) == targets).sum().item())


def whole_division(logits, targets):
    """You divide with //, which is 0 unless all are right (section 4.2)."""
    return float((logits.argmax(1) == targets).sum().item() // len(targets))


def share_of_errors(logits, targets):
    """You return the share of the wrong answers (section 4.2)."""
    return (logits.argmax(1) != targets).double().mean().item()


def divided_by_classes(logits, targets):
    """You divide by the number of classes, or of all logits. The number of pictures is asked for (section 4.2)."""
    return (logits.argmax(1) == targets).sum().item() / logits.shape[1]


def thresholded(logits, targets):
    """You call an answer right when the logit of the right class is above 0. It has to be the largest of its row
    (section 4.2)."""
    return (logits.gather(1, targets[:, None])[:, 0] > 0).double().mean().item()


def smallest_logit(logits, targets):
    """You take the smallest logit for the answer: argmin (section 4.2)."""
    return (logits.argmin(1) == targets).double().mean().item()


def rounded(logits, targets):
    """You round the share to two digits: 1 / 3 is not 0.33. Round when you print (section 4.2)."""
    return round((logits.argmax(1) == targets).double().mean().item(), 2)


def probability_of_the_right_class(logits, targets):
    """You average the probability of the right class. An answer is right or wrong: compare the place of the largest
    logit with the target (section 4.2)."""
    return torch.softmax(logits.double(), 1).gather(1, targets[:, None]).mean().item()
