"""maximise: a picture (C, H, W) in [0, 1] for which one logit is large.

The length of a step is free (the gradient may be scaled), so the tests look at what must come out of it: on a linear
net with enough steps every pixel ends at 0 or 1, whatever the start; on other nets the score rises; decay darkens.
"""

import torch

from course.grading import fail, observe, points, same, scaffolding
from course.grading.describe import what_it_is

limits = {"call_seconds": 20}

support = scaffolding(__file__)

SHAPE = (2, 3, 4)
WEIGHT = torch.tensor([[1.0, -0.8, 0.6, 1.2], [-1.0, 0.7, -0.6, 0.9], [-0.7, 1.1, -1.2, 0.8]]).repeat(1, 6)
WEIGHT[1] = -WEIGHT[1].roll(5)
WEIGHT[2, 12:] *= -1


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


def picture(got, shape, what):
    if not isinstance(got, torch.Tensor) or tuple(got.shape) != tuple(shape):
        fail(f"{what} is {what_it_is(got)}; it must be a tensor of shape {tuple(shape)}.")
    return got.detach().double()


def in_range(got, what):
    low, high = got.min().item(), got.max().item()
    if not (low >= -1e-6 and high <= 1 + 1e-6):
        fail(f"{what} has pixels from {low:.4g} to {high:.4g}; they must lie in [0, 1].")


def climb(student, model, unit, shape=SHAPE, steps=40, lr=0.1, decay=0.0, seed=1):
    options = dict(steps=steps, lr=lr, decay=decay)
    got = student.maximise(model, unit, shape, **options, generator=generator(seed))
    what = f"maximise(model, {unit}, {shape}, steps={steps}, lr={lr:g}, decay={decay:g})"
    found = picture(got, shape, what)
    in_range(found, what)
    return found


@points(0.5)
def test_start(student):
    """With steps=0 the result is the start: drawn from the generator inside [0, 1]; with steps=1 it has moved."""
    model, shape = student.support.make("smooth_net"), (2, 8, 9)
    start = climb(student, model, 0, shape, steps=0)
    if start.std() < 0.01 * start.mean().clamp(min=0.01):
        fail("with steps=0 the result is one grey value; the start is to be drawn from the generator.")
    if torch.equal(start, climb(student, model, 0, shape, steps=0, seed=2)):
        fail("with steps=0 two generators of different seeds give the same start.")
    if torch.equal(start, climb(student, model, 0, shape, steps=1)):
        fail("with steps=1 the result is still the start.")


@points(1)
def test_linear(student):
    """On a linear net, without decay, pixels that speak for the class end at 1, those that speak against it at 0."""
    model = student.support.straight(WEIGHT)
    for unit in range(3):
        found = climb(student, model, unit, steps=120)
        expected = (WEIGHT[unit] > 0).double().view(SHAPE)
        wrong = (found - expected).abs() > 0.02
        if wrong.any():
            c, i, j = wrong.nonzero()[0].tolist()
            weight = WEIGHT[unit].view(SHAPE)[c, i, j].item()
            told = f"[{c}, {i}, {j}] has the weight {weight:g} and the value {found[c, i, j]:.3f}"
            fail(
                f"on a linear net, unit {unit}, after 120 steps with lr=0.1, decay=0: {int(wrong.sum())} of 24 pixels "
                f"are not at their end; {told}."
            )


@points(0.75)
def test_score_rises(student):
    """On convolutional nets the logit of the unit is higher at the end than at the start, for each unit."""
    for kind in ("smooth_net", "norm_net"):
        model, net = student.support.make(kind), support.make(kind).double()
        shape = (2, 5, 4) if kind == "norm_net" else (2, 6, 7)
        for unit in range(3):
            with torch.no_grad():
                before, after = (
                    net(climb(student, model, unit, shape, steps=steps)[None])[0, unit].item() for steps in (0, 40)
                )
            if not after > before + 1e-3:
                fail(
                    f"the logit of unit {unit} is {before:.3f} at the start and {after:.3f} after 40 steps with lr=0.1."
                )


@points(0.5)
def test_decay(student):
    """More decay gives a darker picture, and much decay one that is nearly black."""
    model = student.support.straight(WEIGHT)
    dark = [climb(student, model, 0, steps=60, decay=decay).square().mean().item() for decay in (0.0, 2.0, 6.0)]
    told = f"decay 0, 2 and 6 give pictures with the mean squares {dark[0]:.3f}, {dark[1]:.3f} and {dark[2]:.3f}"
    if not dark[0] > dark[1] + 0.01 or not dark[1] > dark[2]:
        fail(f"with lr=0.1, 60 steps, {told}: it must fall.")
    if not dark[2] <= 0.045:
        fail(f"with lr=0.1, 60 steps, {told}: the last one must be below 0.045, since decay acts in every step.")
    for decay in (9.5, 50.0):
        found = climb(student, model, 0, steps=60, decay=decay).square().mean().item()
        if not found <= 0.05:
            fail(f"with lr=0.1, decay={decay:g}, 60 steps the mean square is {found:.3f}; it must be near 0.")


@points(0.25)
def test_range_at_every_step(student):
    """Each picture that the model sees is in [0, 1]; a gradient of zeros moves nothing, and makes no NaN."""
    model = student.support.straight(WEIGHT)
    _, seen = student.support.recorded(
        student.maximise.handle(), model, 1, SHAPE, steps=12, lr=0.5, decay=0.1, generator=generator()
    )
    for number, (low, high) in enumerate(seen):
        if not (low >= -1e-6 and high <= 1 + 1e-6):
            fail(f"picture {number} that the model sees has pixels from {low:.4g} to {high:.4g}: clamp at every step.")
    flat = student.support.straight(torch.zeros(2, 24))
    start, end = (
        student.maximise(flat, 0, SHAPE, steps=steps, lr=0.1, decay=0.0, generator=generator()) for steps in (0, 3)
    )
    same(end, start, "the picture for a net whose logits do not depend on it, after 3 steps without decay", 1e-6)


@points(0.25)
def test_generator(student):
    """All randomness comes from the generator: the same seed gives the same picture, and a second call another one."""
    model = student.support.make("smooth_net")
    call = (student.maximise.handle(), model, 1, (2, 6, 5))
    reply = observe(student.support.twice, *call, steps=1, lr=0.05, decay=0.0)
    first, second, again = (picture(got, (2, 6, 5), "the result for shape (2, 6, 5)") for got in reply.value)
    if reply.random_state_changed:
        fail("the start is drawn from the global random state; it is to come from the generator.")
    if not torch.equal(first, again):
        fail("two generators of one seed give different pictures.")
    if torch.equal(first, second):
        fail("a second call with the same generator gives the same picture: the generator is copied, or set back.")


@points(0.5)
def test_model_untouched(student):
    """The model runs in eval mode; weights, modes, .grad and requires_grad are as before; the result is detached."""
    options = dict(steps=3, lr=0.1, decay=0.1)
    model = student.support.partly_frozen(student.support.mixed_modes(student.support.make("norm_net")))
    kinds = ["weights", "modes", "grads", "frozen", "attached"]
    for earlier in (False, True):
        found = student.support.traces(
            kinds, earlier, student.maximise.handle(), model, 1, (2, 5, 4), **options, generator=generator()
        )
        for kind, word in (("weights", "The value"), ("modes", "The mode"), ("grads", "The .grad")):
            assert not found[kind], f"{word} of {', '.join(found[kind])} is another one afterwards."
        assert not found["frozen"], f"requires_grad of {', '.join(found['frozen'])} is another one afterwards."
        assert not found["attached"], "The result hangs on the graph: it requires gradients. Detach it."
    frozen, free = (student.support.make("smooth_net", frozen=f) for f in (True, False))
    same(
        climb(student, frozen, 2, steps=2),
        climb(student, free, 2, steps=2),
        "the picture for a net whose weights are frozen",
        1e-3,
    )


@points(0.25)
def test_eval(student):
    """A net in train mode gives the picture that it gives in eval mode."""
    train, still = (student.support.make("norm_net", train=t) for t in (True, False))
    found, expected = (climb(student, model, 1, (2, 5, 4), steps=3) for model in (train, still))
    same(found, expected, "the picture for a net with batch norm that was in train mode", 1e-3)
