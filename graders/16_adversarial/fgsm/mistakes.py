"""Known wrong answers of fgsm."""

import torch
import torch.nn.functional as F


def _gradient(model, x, y):
    probe = x.detach().clone().requires_grad_()
    return torch.autograd.grad(F.cross_entropy(model(probe), y), probe)[0]


def _fgsm(model, x, y, epsilon, targeted=False):
    step = epsilon * _gradient(model, x, y).sign()
    return (x - step if targeted else x + step).clamp(0, 1)


def gradient_instead_of_sign(model, x, y, epsilon, *, targeted=False):
    """You step along the gradient itself, and it is tiny. Take its sign, so that each pixel moves by epsilon (section
    16.2)."""
    step = epsilon * _gradient(model, x, y)
    return (x - step if targeted else x + step).clamp(0, 1)


def gradient_over_its_length(model, x, y, epsilon, *, targeted=False):
    """You divide the gradient by its length: that is the step for an l2 ball. In the l∞ ball each pixel moves by
    epsilon: take the sign (section 16.2)."""
    g = _gradient(model, x, y)
    step = epsilon * g / g.flatten(1).norm(dim=1).clamp(min=1e-12).view(-1, 1, 1, 1)
    return (x - step if targeted else x + step).clamp(0, 1)


def gradient_over_its_largest(model, x, y, epsilon, *, targeted=False):
    """You divide the gradient by its largest value, so that one pixel moves by epsilon and the others by less. Take the
    sign: each pixel moves by epsilon (section 16.2)."""
    g = _gradient(model, x, y)
    step = epsilon * g / g.flatten(1).abs().amax(1).clamp(min=1e-12).view(-1, 1, 1, 1)
    return (x - step if targeted else x + step).clamp(0, 1)


def descends(model, x, y, epsilon, *, targeted=False):
    """Your step makes the loss smaller, so the net becomes surer of y. Add the sign to move away from y, subtract it to
    move to a target (section 16.2)."""
    return _fgsm(model, x, y, epsilon, not targeted)


def targeted_climbs(model, x, y, epsilon, *, targeted=False):
    """targeted=True changes nothing in your result. Then y is the label to reach: its loss must fall, so subtract the
    sign (section 16.2)."""
    return _fgsm(model, x, y, epsilon)


def always_targeted(model, x, y, epsilon, *, targeted=False):
    """Your step leads to y also without targeted=True. By default y is the right label, to be left behind (section
    16.2)."""
    return _fgsm(model, x, y, epsilon, True)


def no_clamp(model, x, y, epsilon, *, targeted=False):
    """Your pixels leave [0, 1], where no picture is. Clamp the moved picture (section 16.2)."""
    step = epsilon * _gradient(model, x, y).sign()
    return x - step if targeted else x + step


def clamps_delta(model, x, y, epsilon, *, targeted=False):
    """You clamp the change to [0, 1], so no pixel gets darker. Clamp the moved picture, not the change (section
    16.2)."""
    step = epsilon * _gradient(model, x, y).sign()
    return (x + (-step if targeted else step).clamp(0, 1)).clamp(0, 1)


def clamps_to_minus_one(model, x, y, epsilon, *, targeted=False):
    """You clamp to [-1, 1]. Pixels lie in [0, 1] (section 16.2)."""
    step = epsilon * _gradient(model, x, y).sign()
    return (x - step if targeted else x + step).clamp(-1, 1)


def predictions_instead_of_labels(model, x, y, epsilon, *, targeted=False):
    """You attack what the model predicts, whatever y says. The loss is that of y (section 16.2)."""
    with torch.no_grad():
        predicted = model(x).argmax(1)
    return _fgsm(model, x, predicted, epsilon, targeted)


def zero_becomes_a_step(model, x, y, epsilon, *, targeted=False):
    """A pixel whose gradient is 0 moves in your result: "larger than 0, or else minus one" is no sign. The sign of 0 is
    0 (section 16.2)."""
    g = _gradient(model, x, y)
    step = epsilon * torch.where(g > 0, 1.0, -1.0).to(x.dtype)
    return (x - step if targeted else x + step).clamp(0, 1)


def _backward(model, x, y):
    probe = x.detach().clone().requires_grad_()
    F.cross_entropy(model(probe), y).backward()
    return probe.grad


def leaves_gradients(model, x, y, epsilon, *, targeted=False):
    """backward() also writes into the .grad of every weight, and you leave it there: the next training step adds to it.
    torch.autograd.grad asks for the picture's gradient alone (section 16.2)."""
    step = epsilon * _backward(model, x, y).sign()
    return (x - step if targeted else x + step).clamp(0, 1)


def clears_gradients(model, x, y, epsilon, *, targeted=False):
    """You clear the .grad of the weights, and what was there before is lost. torch.autograd.grad leaves them alone
    (section 16.2)."""
    step = epsilon * _backward(model, x, y).sign()
    model.zero_grad()
    return (x - step if targeted else x + step).clamp(0, 1)


def freezes_the_weights(model, x, y, epsilon, *, targeted=False):
    """You turn requires_grad of the weights off and leave it off, so the model cannot be trained any more (section
    16.2)."""
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return _fgsm(model, x, y, epsilon, targeted)


def in_place(model, x, y, epsilon, *, targeted=False):
    """You change x itself. The caller still needs it: write the result into a new tensor (section 16.2)."""
    step = epsilon * _gradient(model, x, y).sign()
    x += -step if targeted else step
    return x.clamp_(0, 1)


def marks_x(model, x, y, epsilon, *, targeted=False):
    """x itself requires gradients after your call, or has a .grad. Work on x.detach().clone() (section 16.2)."""
    x.requires_grad_()
    (g,) = torch.autograd.grad(F.cross_entropy(model(x), y), x)
    step = epsilon * g.sign()
    return (x - step if targeted else x + step).clamp(0, 1).detach()


def attached(model, x, y, epsilon, *, targeted=False):
    """Your result still hangs on the graph: it requires gradients. Detach it (section 16.2)."""
    probe = x.detach().clone().requires_grad_()
    (g,) = torch.autograd.grad(F.cross_entropy(model(probe), y), probe)
    step = epsilon * g.sign()
    return (probe - step if targeted else probe + step).clamp(0, 1)


def always_eval(model, x, y, epsilon, *, targeted=False):
    """You put the model into eval mode. It is attacked in the mode that it is in, and stays in it (section 16.2)."""
    model.eval()
    return _fgsm(model, x, y, epsilon, targeted)


def eval_and_train(model, x, y, epsilon, *, targeted=False):
    """You put the model into eval mode, and into train mode afterwards. It is attacked in the mode that it is in, and
    stays in it (section 16.2)."""
    model.eval()
    result = _fgsm(model, x, y, epsilon, targeted)
    model.train()
    return result
