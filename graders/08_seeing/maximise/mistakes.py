"""Known wrong answers of maximise. Their steps are those of the reference answer: lr along the gradient of length 1."""

from contextlib import contextmanager

import torch


@contextmanager
def _eval(model):
    before = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, was in before.items():
            module.training = was


def _unit(gradient):
    return gradient / gradient.norm().clamp(min=1e-12)


def _logit(logits, unit):
    return logits[0, unit]


def _climb(model, unit, shape, steps, lr, decay, generator, score=_logit, sign=1, start=None, mode=_eval, end=None):
    picture = torch.rand(1, *shape, generator=generator) if start is None else start
    end = end or (lambda moved: (moved * max(0.0, 1 - lr * decay)).clamp(0, 1))
    with mode(model):
        for _ in range(steps):
            picture = picture.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(score(model(picture), unit), picture)
            picture = end(picture.detach() + sign * lr * _unit(gradient))
    return picture.detach()[0]


def descends(model, unit, shape, *, steps, lr, decay, generator):
    """Your picture walks downhill: the logit falls. Add the gradient, or minimise minus the logit (section 8.7)."""
    return _climb(model, unit, shape, steps, lr, decay, generator, sign=-1)


def returns_the_start(model, unit, shape, *, steps, lr, decay, generator):
    """You give back the start: the moved picture is another tensor than the one that you return (section 8.7)."""
    return torch.rand(1, *shape, generator=generator)[0]


def no_clamp(model, unit, shape, *, steps, lr, decay, generator):
    """Your pixels leave [0, 1], where no picture is. Clamp after every step (section 8.7)."""
    return _climb(model, unit, shape, steps, lr, decay, generator, end=lambda moved: moved * max(0.0, 1 - lr * decay))


def clamps_at_the_end(model, unit, shape, *, steps, lr, decay, generator):
    """You clamp once, at the end, so on the way the model sees what is no picture. Clamp after every step (section
    8.7)."""
    return no_clamp(model, unit, shape, steps=steps, lr=lr, decay=decay, generator=generator).clamp(0, 1)


def squeezed_by_a_sigmoid(model, unit, shape, *, steps, lr, decay, generator):
    """You squeeze the picture with a sigmoid after every step, which pulls all pixels towards grey. Clamp (section
    8.7)."""
    return _climb(
        model, unit, shape, steps, lr, decay, generator, end=lambda m: torch.sigmoid(m * max(0.0, 1 - lr * decay))
    )


def stretched_at_every_step(model, unit, shape, *, steps, lr, decay, generator):
    """You stretch the picture to all of [0, 1] after every step, so decay cannot darken it. Clamp (section 8.7)."""

    def end(moved):
        moved = moved * max(0.0, 1 - lr * decay)
        return (moved - moved.min()) / (moved.max() - moved.min()).clamp(min=1e-12)

    return _climb(model, unit, shape, steps, lr, decay, generator, end=end)


def decay_ignored(model, unit, shape, *, steps, lr, decay, generator):
    """decay changes nothing in your result. After each step, multiply the picture by 1 − lr · decay (section 8.7)."""
    return _climb(model, unit, shape, steps, lr, 0.0, generator)


def decay_brightens(model, unit, shape, *, steps, lr, decay, generator):
    """Your decay has the wrong sign: the picture gets brighter with it. Multiply by 1 − lr · decay (section 8.7)."""
    return _climb(model, unit, shape, steps, lr, decay, generator, end=lambda m: (m * (1 + lr * decay)).clamp(0, 1))


def decays_once(model, unit, shape, *, steps, lr, decay, generator):
    """Your decay acts once, at the end. It acts in every step (section 8.7)."""
    return _climb(model, unit, shape, steps, lr, 0.0, generator) * max(0.0, 1 - lr * decay)


def decay_without_the_rate(model, unit, shape, *, steps, lr, decay, generator):
    """You multiply by 1 − decay. It is 1 − lr · decay, so that a decay of 2 does not make the picture black at once
    (section 8.7)."""
    return _climb(model, unit, shape, steps, lr, decay, generator, end=lambda m: (m * max(0.0, 1 - decay)).clamp(0, 1))


def decay_of_the_rate(model, unit, shape, *, steps, lr, decay, generator):
    """Your decay makes the steps smaller. It makes the picture darker: multiply the picture by 1 − lr · decay (section
    8.7)."""
    picture = torch.rand(1, *shape, generator=generator)
    with _eval(model):
        for step in range(steps):
            picture = picture.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(model(picture)[0, unit], picture)
            picture = (picture.detach() + lr / (1 + decay * step) * _unit(gradient)).clamp(0, 1)
    return picture.detach()[0]


def of_the_probability(model, unit, shape, *, steps, lr, decay, generator):
    """You climb the probability, after softmax, which also rises when the other logits fall. Climb the logit (section
    8.7)."""
    return _climb(
        model, unit, shape, steps, lr, decay, generator, score=lambda logits, unit: logits.softmax(1)[0, unit]
    )


def of_all_units(model, unit, shape, *, steps, lr, decay, generator):
    """You climb the sum of all logits, whatever `unit` is (section 8.7)."""
    return _climb(model, unit, shape, steps, lr, decay, generator, score=lambda logits, unit: logits.sum())


def of_the_largest_unit(model, unit, shape, *, steps, lr, decay, generator):
    """You climb the largest logit, whatever `unit` is (section 8.7)."""
    return _climb(model, unit, shape, steps, lr, decay, generator, score=lambda logits, unit: logits.max())


def starts_grey(model, unit, shape, *, steps, lr, decay, generator):
    """You start from grey, or from zeros. Draw the start from the generator: torch.rand(..., generator=generator)
    (section 8.7)."""
    return _climb(model, unit, shape, steps, lr, decay, generator, start=torch.full((1, *shape), 0.5))


def normal_start(model, unit, shape, *, steps, lr, decay, generator):
    """Your start is normal noise and leaves [0, 1]. torch.rand stays inside (section 8.7)."""
    start = torch.randn(1, *shape, generator=generator)
    return _climb(model, unit, shape, steps, lr, decay, generator, start=start)


def global_start(model, unit, shape, *, steps, lr, decay, generator):
    """Your start comes from the global random state. Hand the generator to torch.rand (section 8.7)."""
    return _climb(model, unit, shape, steps, lr, decay, generator, start=torch.rand(1, *shape))


def generator_set_back(model, unit, shape, *, steps, lr, decay, generator):
    """You set the generator back to its seed, so each call starts from the same picture. Use it as it comes (section
    8.7)."""
    own = torch.Generator().manual_seed(generator.initial_seed())
    return _climb(model, unit, shape, steps, lr, decay, own)


def trains_the_weights(model, unit, shape, *, steps, lr, decay, generator):
    """You move the weights of the model along with the picture. Only the picture moves (section 8.7)."""
    picture = torch.rand(1, *shape, generator=generator)
    with _eval(model):
        for _ in range(steps):
            picture = picture.detach().requires_grad_()
            weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
            gradient, *others = torch.autograd.grad(model(picture)[0, unit], [picture, *weights])
            with torch.no_grad():
                for weight, found in zip(weights, others, strict=True):
                    weight.add_(lr * _unit(found))
            picture = (picture.detach() + lr * _unit(gradient)).mul(max(0.0, 1 - lr * decay)).clamp(0, 1)
    return picture.detach()[0]


def leaves_gradients(model, unit, shape, *, steps, lr, decay, generator):
    """backward() also writes into the .grad of every weight, and adds up step by step. torch.autograd.grad asks for
    the picture's gradient alone (section 8.7)."""
    picture = torch.rand(1, *shape, generator=generator)
    with _eval(model):
        for _ in range(steps):
            picture = picture.detach().requires_grad_()
            model(picture)[0, unit].backward()
            picture = (picture.detach() + lr * _unit(picture.grad)).mul(max(0.0, 1 - lr * decay)).clamp(0, 1)
    return picture.detach()[0]


def freezes_the_weights(model, unit, shape, *, steps, lr, decay, generator):
    """You turn requires_grad of the weights off and leave it off (section 8.7)."""
    model.requires_grad_(False)
    return _climb(model, unit, shape, steps, lr, decay, generator)


def thaws_the_weights(model, unit, shape, *, steps, lr, decay, generator):
    """You freeze all weights and let all of them go afterwards, also those that were frozen before. Leave them alone:
    torch.autograd.grad writes into none of them (section 8.7)."""
    model.requires_grad_(False)
    found = _climb(model, unit, shape, steps, lr, decay, generator)
    model.requires_grad_(True)
    return found


def clears_gradients(model, unit, shape, *, steps, lr, decay, generator):
    """You clear the .grad of the weights, and what was there before is lost. torch.autograd.grad leaves them alone
    (section 8.7)."""
    found = _climb(model, unit, shape, steps, lr, decay, generator)
    model.zero_grad()
    return found


def one_step_less(model, unit, shape, *, steps, lr, decay, generator):
    """You take one step less than `steps` (section 8.7)."""
    return _climb(model, unit, shape, steps - 1, lr, decay, generator)


def nan_where_the_gradient_is_zero(model, unit, shape, *, steps, lr, decay, generator):
    """Where the gradient is 0, you divide 0 by 0, and the picture becomes NaN for good. Let the divisor be a little
    larger than 0, `gradient.norm() + 1e-12` (section 8.7)."""
    picture = torch.rand(1, *shape, generator=generator)
    with _eval(model):
        for _ in range(steps):
            picture = picture.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(model(picture)[0, unit], picture)
            moved = picture.detach() + lr * gradient / gradient.norm()
            picture = (moved * max(0.0, 1 - lr * decay)).clamp(0, 1)
    return picture.detach()[0]


def ends_in_eval_mode(model, unit, shape, *, steps, lr, decay, generator):
    """You leave the model in eval mode. Put each submodule back into its own mode (section 8.7)."""
    model.eval()
    return _climb(model, unit, shape, steps, lr, decay, generator)


@contextmanager
def _as_it_is(model):
    yield


def in_the_mode_that_it_is_in(model, unit, shape, *, steps, lr, decay, generator):
    """You run the model in the mode that it is in. In train mode batch norm takes the statistics of your one picture,
    and moves its own: use eval mode (section 8.7)."""
    return _climb(model, unit, shape, steps, lr, decay, generator, mode=_as_it_is)


def batch_of_one(model, unit, shape, *, steps, lr, decay, generator):
    """Your result has the shape (1, C, H, W). Asked for is (C, H, W): take the first picture (section 8.7)."""
    return _climb(model, unit, shape, steps, lr, decay, generator)[None]


def attached(model, unit, shape, *, steps, lr, decay, generator):
    """Your result still requires gradients: detach it (section 8.7)."""
    return _climb(model, unit, shape, steps, lr, decay, generator).requires_grad_()
