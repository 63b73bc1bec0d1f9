"""pgd: many small steps, each followed by a projection into the ball around x and into [0, 1].

x (N, 1, 5, 4), y (N,). Exact values are compared without a random start; for l2, where projecting and clamping do not
commute, on pictures far from 0 and 1.
"""

import torch
import torch.nn.functional as F

from course.grading import agree, fail, leaves_inputs, observe, points, same, scaffolding

support = scaffolding(__file__)
TWIN = support.cnn(2)


def gradient(x, y):
    probe = x.clone().requires_grad_()
    return torch.autograd.grad(F.cross_entropy(TWIN(probe), y), probe)[0]


def lengths(delta):
    return delta.flatten(1).norm(dim=1).view(-1, 1, 1, 1)


def reference(model, x, y, epsilon, step_size, steps, norm="linf", random_start=True):
    moved = x
    for _ in range(steps):
        g = gradient(moved, y)
        step = g.sign() if norm == "linf" else g / lengths(g).clamp(min=1e-30)
        delta = moved + step_size * step - x
        inside = delta.clamp(-epsilon, epsilon)
        if norm == "l2":
            inside = delta * (epsilon / lengths(delta).clamp(min=1e-30)).clamp(max=1)
        moved = (x + inside).clamp(0, 1)
    return moved


def pictures(n=6, seed=0):
    """Pixels in [0, 1], many of them 0 or 1."""
    x = torch.rand(n, 1, 5, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (1.6 * x - 0.3).clamp(0, 1), torch.arange(n) % 3


@points(1.5)
def test_linf(student):
    """Without a random start, the result in the l∞ ball is right after any number of steps, small or large."""
    model = student.support.cnn(2)

    def call(r):
        n, epsilon = r.randint(1, 2), r.choice([0.25, 0.125, 0.4])
        x = r.ints(n, 1, 5, 4, low=0, high=8).double() / 8
        step_size = epsilon * r.choice([0.5, 0.3, 0.75, 1.5])
        return dict(model=model, x=x, y=r.ints(n, high=2), epsilon=epsilon, step_size=step_size,
                    steps=r.randint(0, 5), random_start=False)  # fmt: skip

    agree(student.pgd, reference, call, cases=12, tolerance=1e-6)
    leaves_inputs(student.pgd, call, cases=2)


@points(1)
def test_l2(student):
    """In the l2 ball each picture's step has the length step_size, and the result is right."""
    model = student.support.cnn(2)

    def call(r):
        n, epsilon = r.randint(1, 2), r.choice([0.2, 0.1, 0.15])
        x = r.ints(n, 1, 5, 4, low=3, high=5).double() / 8
        step_size = epsilon * r.choice([0.5, 0.3, 0.75, 1.5])
        return dict(model=model, x=x, y=r.ints(n, high=2), epsilon=epsilon, step_size=step_size,
                    steps=r.randint(0, 5), norm="l2", random_start=False)  # fmt: skip

    agree(student.pgd, reference, call, cases=12, tolerance=1e-6)


@points(1)
def test_at_every_step(student):
    """The model is called once a step, on pictures inside the ball and inside [0, 1]; so is the result."""
    x, y = pictures()
    for norm, epsilon in (("linf", 0.2), ("l2", 0.6)):
        model = student.support.cnn(2)
        result, seen = student.support.recorded(
            student.pgd.handle(),
            model,
            x,
            y,
            epsilon,
            epsilon,
            5,
            norm=norm,
            generator=torch.Generator().manual_seed(1),
        )
        for number, moved in enumerate([*seen, result]):
            where = f"picture {number} that the model sees" if number < len(seen) else "the result"
            is_inside(moved, x, epsilon, norm, where)
        assert len(seen) == 5, f"For steps=5 the model is called {len(seen)} times; once a step is meant."


def is_inside(moved, x, epsilon, norm, where, outside=None, off_range=None):
    same(list(moved.shape), list(x.shape), f"the shape of {where}")
    delta = moved.double() - x
    size = (delta.abs() if norm == "linf" else lengths(delta)).max().item()
    if not size <= epsilon + 1e-6:
        fail(f"In {norm} with ε = {epsilon}, {where} is {size:.4g} away from x.", outside)
    low, high = moved.min().item(), moved.max().item()
    if not (low >= -1e-9 and high <= 1 + 1e-9):
        fail(f"In {norm}, {where} has pixels from {low:.4g} to {high:.4g}, outside [0, 1].", off_range)


@points(1)
def test_random_start(student):
    """With steps=0 the result is the start: anywhere in the ball and in [0, 1], each picture's its own, or x itself."""
    x, y = pictures()
    model = student.support.cnn(2)
    grey = torch.full_like(x, 0.5)
    for norm, epsilon in (("linf", 0.2), ("l2", 0.6)):
        of = lambda where, norm=norm, epsilon=epsilon: student.pgd(
            model, where, y, epsilon, 0.1, 0, norm=norm, generator=torch.Generator().manual_seed(5)
        )
        is_inside(of(x), x, epsilon, norm, "the start", "start_outside", "start_not_clamped")
        start = of(grey)
        is_inside(start, grey, epsilon, norm, "the start from grey pictures", "start_outside")
        delta = start - grey
        if not (delta[0] - delta[1]).abs().max() > 1e-9:
            named = "one_start_for_all" if delta.any() else "start_not_random"
            fail(f"In {norm}, the start of two grey pictures differs from grey in the same way.", named)
        if not delta.min() < 0 < delta.max():
            fail(f"In {norm}, the start moves pixels in one direction only.", "start_only_upwards")
        still = student.pgd(model, x, y, epsilon, 0.1, 0, norm=norm, random_start=False)
        same(still, x, f"the start in {norm} with random_start=False", 1e-6)


@points(0.5)
def test_generator(student):
    """The start is drawn from the generator: same seed, same result, and the global random state stays."""
    (x, y), model = pictures(2), student.support.cnn(2)
    reply = observe(student.support.three_times, student.pgd.handle(), model, x, y, 0.2, 0.05, 2)
    first, second, again = reply.value
    if reply.random_state_changed or not torch.equal(first, again):
        fail("With two generators of one seed the results differ, or the global random state is used.",
             "ignores_generator")  # fmt: skip
    assert not torch.equal(first, second), "A second call with the same generator gives the same start."


@points(0.5)
def test_stronger(student):
    """From a random start, ten steps are on average at least as strong as two, and as FGSM."""
    (x, y), model = pictures(24, seed=3), student.support.cnn(2)
    loss = {}
    for steps in (2, 10):
        moved = student.pgd(model, x, y, 0.15, 0.05, steps, generator=torch.Generator().manual_seed(steps))
        same(list(moved.shape), list(x.shape), "the shape of the result")
        loss[steps] = F.cross_entropy(TWIN(moved.double()), y).item()
    one = F.cross_entropy(TWIN(reference(None, x, y, 0.15, 0.15, 1)), y).item()
    before = F.cross_entropy(TWIN(x), y).item()
    if loss[10] < 0.99 * loss[2] or loss[10] < 0.99 * one:
        fail(f"The mean loss is {before:.3f} before, {loss[2]:.3f} after 2 steps and {loss[10]:.3f} after 10; one step "
             f"of FGSM reaches {one:.3f}.")  # fmt: skip


@points(0.5)
def test_untouched(student):
    """Weights, their .grad, modes and x are as before, the result is detached; without gradient there is no step."""
    (x, y), model = pictures(2), student.support.mixed_modes(student.support.batch_norm_cnn())
    student.support.give_gradients(model)
    kinds = ["grads", "weights", "modes", "frozen", "attached", "x requires grad", "x grad"]
    found = student.support.traces(kinds, student.pgd.handle(), model, x, y, 0.1, 0.05, 2, random_start=False)
    for kind, names in (("The .grad", found["grads"]), ("The value", found["weights"]), ("The mode", found["modes"])):
        assert not names, f"{kind} of {', '.join(names)} is another one afterwards."
    assert not found["frozen"], f"requires_grad of {', '.join(found['frozen'])} is another one afterwards."
    assert not found["attached"], "The result hangs on the graph: it requires gradients. Detach it."
    assert not found["x requires grad"] and not found["x grad"], "x requires gradients or has a .grad afterwards."
    for norm in ("linf", "l2"):
        got = student.pgd(student.support.constant(), x, y, 0.1, 0.05, 2, norm=norm, random_start=False)
        same(got, x, f"the result for a model with constant logits, in {norm},", 1e-6)
