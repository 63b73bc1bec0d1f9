"""Known wrong answers of saliency."""

from contextlib import contextmanager

import torch
import torch.nn.functional as F


@contextmanager
def _eval(model):
    before = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, was in before.items():
            module.training = was


def _gradient(model, x, y, score=lambda logits, y: logits.gather(1, y[:, None]).sum()):
    probe = x.detach().clone().requires_grad_()
    with _eval(model):
        (gradient,) = torch.autograd.grad(score(model(probe), y), probe)
    return gradient


def of_the_loss(model, x, y):
    """You take the gradient of the loss. It mixes in all classes, and goes to 0 where the net is sure. The score is
    the logit of class y (section 8.3)."""
    return _gradient(model, x, y, lambda logits, y: F.cross_entropy(logits, y, reduction="sum")).abs().amax(1)


def of_the_mean_loss(model, x, y):
    """You take the gradient of the mean loss over the batch. The score is the logit of class y, summed over pictures
    (section 8.3)."""
    return _gradient(model, x, y, F.cross_entropy).abs().amax(1)


def of_the_probability(model, x, y):
    """You take the gradient of the probability, after softmax: that falls when another class rises, and is nearly 0
    where the net is sure. The score is the logit (section 8.3)."""
    return _gradient(model, x, y, lambda logits, y: logits.softmax(1).gather(1, y[:, None]).sum()).abs().amax(1)


def of_all_classes(model, x, y):
    """You take the gradient of the sum of all logits. Only the logit of class y counts: pick it with gather (section
    8.3)."""
    return _gradient(model, x, y, lambda logits, y: logits.sum()).abs().amax(1)


def of_the_predicted_class(model, x, y):
    """You explain the class that the net predicts, whatever y says (section 8.3)."""
    return _gradient(model, x, y, lambda logits, y: logits.amax(1).sum()).abs().amax(1)


def mean_over_the_batch(model, x, y):
    """You take the mean of the scores, so each map is divided by the number of pictures. Take the sum: a picture's
    score does not depend on its neighbours (section 8.3)."""
    return _gradient(model, x, y, lambda logits, y: logits.gather(1, y[:, None]).mean()).abs().amax(1)


def each_class_for_each_picture(model, x, y):
    """`logits[:, y]` picks, for each picture, the classes of all pictures. `logits[torch.arange(N), y]` or gather
    picks one (section 8.3)."""
    return _gradient(model, x, y, lambda logits, y: logits[:, y].sum()).abs().amax(1)


def sum_over_channels(model, x, y):
    """You sum over the channels. The largest of them counts (section 8.3)."""
    return _gradient(model, x, y).abs().sum(1)


def mean_over_channels(model, x, y):
    """You take the mean over the channels. The largest of them counts (section 8.3)."""
    return _gradient(model, x, y).abs().mean(1)


def length_over_channels(model, x, y):
    """You take the length over the channels (the root of the squares). The largest absolute value counts (section
    8.3)."""
    return _gradient(model, x, y).norm(dim=1)


def signed(model, x, y):
    """You take the largest gradient, not the largest absolute one: a pixel that speaks strongly against the class is
    lost (section 8.3)."""
    return _gradient(model, x, y).amax(1)


def absolute_value_after_the_maximum(model, x, y):
    """You take the absolute value after the maximum over the channels. Take it before: of −3 and 1 the −3 counts
    (section 8.3)."""
    return _gradient(model, x, y).amax(1).abs()


def channels_kept(model, x, y):
    """You keep the channels. One number a pixel is asked for: the largest over the channels (section 8.3)."""
    return _gradient(model, x, y).abs()


def times_the_input(model, x, y):
    """You multiply the gradient by the picture. That is another method; take the gradient alone (section 8.3)."""
    return (_gradient(model, x, y) * x).abs().amax(1)


def scaled_to_one(model, x, y):
    """You divide each map by its largest number. Leave the numbers as they are, so that two maps can be compared
    (section 8.3)."""
    found = _gradient(model, x, y).abs().amax(1)
    return found / found.amax((1, 2), keepdim=True)


def in_the_mode_that_it_is_in(model, x, y):
    """You run the model in the mode that it is in. In train mode batch norm mixes the pictures of the batch and moves
    its statistics: use eval mode (section 8.3)."""
    probe = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(probe).gather(1, y[:, None]).sum(), probe)
    return gradient.abs().amax(1)


def ends_in_eval_mode(model, x, y):
    """You leave the model in eval mode. Put each submodule back into its own mode (section 8.3)."""
    model.eval()
    return _gradient(model, x, y).abs().amax(1)


def ends_in_train_mode(model, x, y):
    """You call model.train() at the end, which wakes up parts that were in eval mode. Put each submodule back into its
    own mode (section 8.3)."""
    found = _gradient(model, x, y).abs().amax(1)
    model.train()
    return found


def puts_back_one_mode(model, x, y):
    """You put the mode of the whole model back with model.train(was_training): its parts may be in other modes. Put
    each submodule back into its own (section 8.3)."""
    was = model.training
    found = _gradient(model, x, y).abs().amax(1)
    model.train(was)
    return found


def _backward(model, x, y):
    probe = x.detach().clone().requires_grad_()
    with _eval(model):
        model(probe).gather(1, y[:, None]).sum().backward()
    return probe.grad.abs().amax(1)


def leaves_gradients(model, x, y):
    """backward() also writes into the .grad of every weight, and the next training step would add to it.
    torch.autograd.grad asks for the picture's gradient alone (section 8.3)."""
    return _backward(model, x, y)


def clears_gradients(model, x, y):
    """You clear the .grad of the weights, and what was there before is lost. torch.autograd.grad leaves them alone
    (section 8.3)."""
    found = _backward(model, x, y)
    model.zero_grad()
    return found


def freezes_the_weights(model, x, y):
    """You turn requires_grad of the weights off and leave it off, so nobody can train the model now (section 8.3)."""
    found = _gradient(model, x, y).abs().amax(1)
    model.requires_grad_(False)
    return found


def thaws_the_weights(model, x, y):
    """You freeze all weights and let all of them go afterwards, also those that were frozen before. Remember what each
    asked for, or leave them alone: torch.autograd.grad writes into none of them (section 8.3)."""
    model.requires_grad_(False)
    found = _backward(model, x, y)
    model.requires_grad_(True)
    return found


def marks_x(model, x, y):
    """x itself requires gradients after your call. Work on x.detach().clone() (section 8.3)."""
    x.requires_grad_()
    with _eval(model):
        (gradient,) = torch.autograd.grad(model(x).gather(1, y[:, None]).sum(), x)
    return gradient.abs().amax(1)


def attached(model, x, y):
    """Your map still hangs on the graph: detach it (section 8.3)."""
    probe = x.detach().clone().requires_grad_()
    with _eval(model):
        (gradient,) = torch.autograd.grad(model(probe).gather(1, y[:, None]).sum(), probe, create_graph=True)
    return gradient.abs().amax(1)


def always_float32(model, x, y):
    """Your map is float32 whatever x is: `torch.zeros` makes that unless told. Keep the dtype of x (section 8.3)."""
    return _gradient(model, x, y).abs().amax(1).float()
