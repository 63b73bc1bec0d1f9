"""Known wrong answers of pgd: one attack with exchangeable parts, each with one part wrong."""

import torch
import torch.nn.functional as F


def _lengths(delta):
    return delta.flatten(1).norm(dim=1).view(-1, 1, 1, 1)


def _inside(delta, epsilon, norm):
    if norm == "linf":
        return delta.clamp(-epsilon, epsilon)
    return delta * (epsilon / _lengths(delta).clamp(min=1e-12)).clamp(max=1)


def _back(moved, last, x, epsilon, norm):
    """Into the ball around x and into [0, 1]."""
    return (x + _inside(moved - x, epsilon, norm)).clamp(0, 1)


def _gradient(model, x, y):
    probe = x.detach().clone().requires_grad_()
    return torch.autograd.grad(F.cross_entropy(model(probe), y), probe)[0]


def _direction(g, norm):
    return g.sign() if norm == "linf" else g / _lengths(g).clamp(min=1e-12)


def _start(x, epsilon, norm, generator):
    if norm == "linf":
        return (x + epsilon * (2 * torch.rand(x.shape, generator=generator, dtype=x.dtype) - 1)).clamp(0, 1)
    way = torch.randn(x.shape, generator=generator, dtype=x.dtype)
    share = torch.rand(len(x), generator=generator, dtype=x.dtype).view(-1, 1, 1, 1)
    return (x + epsilon * share * way / _lengths(way)).clamp(0, 1)


def _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator,
         back=_back, gradient=_gradient, direction=_direction, start=_start):  # fmt: skip
    moved = start(x, epsilon, norm, generator) if random_start else x.clone()
    for _ in range(steps):
        step = step_size * direction(gradient(model, moved, y), norm)
        moved = back(moved + step, moved, x, epsilon, norm)
    return moved


def projects_only_at_the_end(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """You project once, after the last step. On the way the pictures are far outside the ball, where gradients say
    little about its inside. Project after each step (section 16.4)."""
    moved = _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, back=lambda m, *_: m)
    return _back(moved, moved, x, epsilon, norm)


def projects_around_the_last(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """You project around the last picture, so the ball wanders off with it. Its middle is x, in every step (section
    16.4)."""
    back = lambda moved, last, x, epsilon, norm: (last + _inside(moved - last, epsilon, norm)).clamp(0, 1)
    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, back)


def never_projects(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """You never project: after a few steps the picture is outside the ball (section 16.4)."""
    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, lambda m, *_: m.clamp(0, 1))


def no_range_clamp(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """Your pixels leave [0, 1]. After each projection, clamp the picture to the range (section 16.4)."""
    back = lambda moved, last, x, epsilon, norm: x + _inside(moved - x, epsilon, norm)
    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, back)


def range_clamp_at_the_end(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """You clamp to [0, 1] once, at the end. On the way the model sees pictures that cannot be. Clamp after each step
    (section 16.4)."""
    back = lambda moved, last, x, epsilon, norm: x + _inside(moved - x, epsilon, norm)
    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, back).clamp(0, 1)


def sign_in_l2(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """You step along the sign for l2 too. There a step is the gradient divided by its length (section 16.4)."""
    sign = lambda g, norm: g.sign()
    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, direction=sign)


def raw_gradient_in_l2(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """For l2 you step along the gradient as it is, and it is tiny. Divide it by its length (section 16.4)."""
    raw = lambda g, norm: g.sign() if norm == "linf" else g
    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, direction=raw)


def gradient_of_the_batch(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """For l2 you divide by the length of the whole batch's gradient, so the steps are too short. Each picture's
    gradient has its own length (section 16.4)."""
    whole = lambda g, norm: g.sign() if norm == "linf" else g / g.norm().clamp(min=1e-12)
    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, direction=whole)


def cube_for_l2(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """For l2 you clamp each pixel's change, which gives a cube with corners outside the ball. Scale the change of each
    picture (section 16.3)."""
    back = lambda moved, last, x, epsilon, norm: (x + (moved - x).clamp(-epsilon, epsilon)).clamp(0, 1)
    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, back)


def nan_without_gradient(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """Where the gradient is 0 you divide 0 by 0, and the picture becomes nan. No gradient, no step (section 16.4)."""
    naive = lambda g, norm: g.sign() if norm == "linf" else g / _lengths(g)
    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, direction=naive)


def restarts_from_x(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """Each of your steps starts again at x, so they never add up. Step from the last picture; x is only the middle of
    the ball (section 16.4)."""
    back = lambda moved, last, x, epsilon, norm: _back(x + moved - last, last, x, epsilon, norm)
    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, back)


def gradient_at_x(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """You take the gradient at x in every step, and never look where you are. Take it at the last picture (section
    16.4)."""
    there = lambda model, moved, y: _gradient(model, x, y)
    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, gradient=there)


def descends(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """Your steps make the loss smaller. Step uphill (section 16.4)."""
    down = lambda g, norm: -_direction(g, norm)
    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, direction=down)


def steps_of_epsilon(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """Your steps have the size epsilon; step_size is not used. Small steps can follow a bend (section 16.4)."""
    return _pgd(model, x, y, epsilon, epsilon, steps, norm, random_start, generator)


def one_step_too_many(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """You take one step more than `steps`. With steps=0 the result is the start (section 16.4)."""
    return _pgd(model, x, y, epsilon, step_size, steps + 1, norm, random_start, generator)


def start_only_upwards(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """Your start lies between x and x + ε: torch.rand gives numbers from 0 to 1. The ball reaches down as far as up
    (section 16.4)."""
    start = lambda x, epsilon, norm, generator: (x + (_start(x, epsilon, norm, generator) - x).abs()).clamp(0, 1)
    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, start=start)


def start_outside(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """Your start can lie outside the ball: normal numbers have no bound, and a cube is larger than an l2 ball. Project
    it (section 16.4)."""

    def start(x, epsilon, norm, generator):
        return (x + epsilon * torch.randn(x.shape, generator=generator, dtype=x.dtype)).clamp(0, 1)

    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, start=start)


def start_not_clamped(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """Your start has pixels below 0 or above 1. Clamp it as you clamp after each step (section 16.4)."""

    def start(x, epsilon, norm, generator):
        half = torch.full_like(x, 0.5)
        return x + _start(half, min(epsilon, 0.49), norm, generator) - half

    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, start=start)


def start_not_random(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """Your attack starts at x whatever random_start says (section 16.4)."""
    return _pgd(model, x, y, epsilon, step_size, steps, norm, False, generator)


def one_start_for_all(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """Every picture of the batch gets the same start. Draw as many numbers as the batch has (section 16.4)."""

    def start(x, epsilon, norm, generator):
        half = torch.full_like(x[:1], 0.5)
        return (x + _start(half, min(epsilon, 0.49), norm, generator) - half).clamp(0, 1)

    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, start=start)


def ignores_generator(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """Your start does not come from the generator that was passed in. Give it to torch.rand (section 16.4)."""
    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, None)


def leaves_gradients(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """backward() also writes into the .grad of every weight, and you leave it there. torch.autograd.grad asks for the
    picture's gradient alone (section 16.2)."""

    def backward(model, x, y):
        probe = x.detach().clone().requires_grad_()
        F.cross_entropy(model(probe), y).backward()
        return probe.grad

    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, gradient=backward)


def keeps_the_graph(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """Your result requires gradients: it hangs on the graph of all its steps. Detach after each (section 16.4)."""
    moved = _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator)
    return moved.requires_grad_()


def always_eval(model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None):
    """You put the model into another mode. It is attacked in the mode that it is in, and stays in it (section 16.2)."""
    model.eval()
    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator)


def clamps_on_the_way_to_the_model(
    model, x, y, epsilon, step_size, steps, *, norm="linf", random_start=True, generator=None
):
    """You differentiate through a clamp: the gradient of a pixel that it cut off, or that lies at 0 or 1, is lost, so
    such pixels never move. Clamp after the step, outside the graph (section 16.4)."""

    def gradient(model, moved, y):
        probe = moved.detach().clone().requires_grad_()
        return torch.autograd.grad(F.cross_entropy(model(probe.clamp(0, 1)), y), probe)[0]

    return _pgd(model, x, y, epsilon, step_size, steps, norm, random_start, generator, gradient=gradient)
