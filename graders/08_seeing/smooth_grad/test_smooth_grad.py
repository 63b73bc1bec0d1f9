"""smooth_grad: the mean of saliency maps of noisy copies. x (N, C, H, W), y (N,), result (N, H, W).

How the noise is drawn is free, so most tests use a net for which the mean is known: score = scale · Σ x² has the
gradient 2 · scale · x, and the mean of |x + σ ε| over normal ε is known in closed form. Limits are five standard
errors wide.
"""

import math

import torch

from course.grading import agree, fail, keeps_random_state, leaves_inputs, observe, points, same, scaffolding
from course.grading.describe import what_it_is

support = scaffolding(__file__)

TOLERANCE = 1e-4
SCALE = (0.5, 1.5, -1.0)  # of the classes of support.Squares


def saliency_on(twin):
    def reference(model, x, y, sigma, n, generator):
        probe = x.detach().double().requires_grad_()
        (gradient,) = torch.autograd.grad(twin(probe).gather(1, y[:, None]).sum(), probe)
        return gradient.abs().amax(1).to(x.dtype)

    return reference


def generator(seed=3):
    return torch.Generator().manual_seed(seed)


def mean_size(x, sigma):
    """The mean of |x + sigma · noise| for normal noise."""
    phi = math.exp(-0.5 * (x / sigma) ** 2) / math.sqrt(2 * math.pi)
    return 2 * sigma * phi + x * math.erf(x / sigma / math.sqrt(2))


def tensor(got):
    if not isinstance(got, torch.Tensor):
        fail(f"smooth_grad returns {what_it_is(got)}; it must return the maps, a tensor.")
    return got


def maps(student, value, sigma, n, channels=1, pictures=2, size=12, classes=(0, 1)):
    """Maps of pictures that are grey throughout, by the net of squares, divided by 2 · |scale|: means of |x + σ ε|."""
    model = student.support.make("Squares")
    x, y = torch.full((pictures, channels, size, size), value), torch.tensor(classes)
    got = student.smooth_grad(model, x, y, sigma, n, generator())
    if not isinstance(got, torch.Tensor) or got.shape != (pictures, size, size):
        fail(f"the maps of {pictures} pictures of {size} × {size} are {what_it_is(got)}; their shape must be "
             f"{(pictures, size, size)}.")  # fmt: skip
    return got.detach().double() / torch.tensor([2 * abs(SCALE[k]) for k in classes], dtype=torch.float64).view(
        -1, 1, 1
    )


@points(0.5)
def test_no_noise(student):
    """With sigma = 0, and for a linear net, the result is the saliency map itself, whatever n is."""
    model = student.support.make("smooth_net")

    def call(r):
        n = r.randint(1, 3)
        x, y = r.tensor(n, 2, 5, 4, dtype=torch.float32), r.ints(n, high=2)
        return dict(model=model, x=x, y=y, sigma=0.0, n=r.randint(1, 4), generator=generator())

    agree(student.smooth_grad, saliency_on(support.make("smooth_net").double()), call, cases=8, tolerance=TOLERANCE)
    weight = torch.tensor([[1.0, -3, 0, 1, -2, 2, 0, 0], [-1, 0, 4, 2, 1, 1, -1, 2]])
    x, y = torch.ones(2, 2, 2, 2), torch.tensor([0, 1])
    got = student.smooth_grad(student.support.straight(weight), x, y, 0.5, 3, generator())
    expected = torch.tensor([[[2.0, 3], [0, 1]], [[1, 1], [4, 2]]])
    same(got, expected, "the maps of section 8.3's linear net, whose gradient no noise changes", TOLERANCE)


@points(0.5)
def test_mean_of_sizes(student):
    """The maps of noisy pictures are averaged: absolute value and maximum first, the mean over n last."""
    for value, sigma in ((0.0, 0.5), (0.0, 2.0), (1.0, 0.5)):
        found, right = maps(student, value, sigma, 100), mean_size(value, sigma)
        what = f"for the score Σ x², pixels of {value:g}, sigma={sigma:g}, n=100"
        if not abs(found.mean().item() - right) <= 0.03 * sigma:
            fail(f"{what} the map's mean is 2 · scale times {found.mean():.4f}; the mean of |x + sigma · noise| is "
                 f"{right:.4f}.")  # fmt: skip
    found, right = maps(student, 0.0, 1.0, 100, channels=2).mean().item(), 2 / math.sqrt(math.pi)
    if not abs(found - right) <= 0.03:
        fail(f"with two channels of zeros, sigma=1, n=100 the map's mean is 2 · scale times {found:.4f}; the larger of "
             f"two |noise| has the mean {right:.4f}: each channel gets noise of its own.")  # fmt: skip


@points(0.5)
def test_fresh_noise(student):
    """Each of the n copies, each picture and each pixel gets noise of its own."""
    found = maps(student, 0.0, 1.0, 100, classes=(1, 1))
    spread, right = found.std(dim=(1, 2)).max().item(), math.sqrt((1 - 2 / math.pi) / 100)
    if not 0.6 * right <= spread <= 1.6 * right:
        fail(f"over the pixels of a picture of zeros, with sigma=1 and n=100, the map spreads by 2 · scale times "
             f"{spread:.4f}; means of 100 sizes of fresh noise spread by {right:.4f}, single ones by {10 * right:.4f}, "
             "and one number for the whole picture not at all.")  # fmt: skip
    if torch.allclose(found[0], found[1], atol=1e-6):
        fail("two equal pictures of one batch get the same map: they got the same noise.")


@points(0.25)
def test_generator(student):
    """All noise comes from the generator: the same seed gives the same maps, and a second call other ones."""
    model, x, y = student.support.make("smooth_net"), torch.zeros(2, 2, 5, 4), torch.tensor([0, 2])
    reply = observe(student.support.twice, student.smooth_grad.handle(), model, x, y, 0.5, 3)
    first, second, again = (tensor(value) for value in reply.value)
    if reply.random_state_changed:
        fail("the noise is drawn from the global random state; it is to come from the generator alone.")
    if not torch.equal(first, again):
        fail("two generators of one seed give different maps.")
    if torch.equal(first, second):
        fail("a second call with the same generator gives the same maps: the generator is copied, or set back.")


@points(0.25)
def test_leaves(student):
    """The model runs in eval mode; modes, weights, .grad and x are as before; the map is detached, in x's dtype."""
    model = student.support.make("norm_net", train=True)

    def call(r):
        n = r.randint(1, 3)
        x, y = r.tensor(n, 2, 5, 4, dtype=torch.float32), r.ints(n, high=2)
        return dict(model=model, x=x, y=y, sigma=0.0, n=2, generator=generator())

    agree(student.smooth_grad, saliency_on(support.make("norm_net").double()), call, cases=2, tolerance=TOLERANCE)
    wide = student.support.make("norm_net", dtype="float64")
    doubled = lambda r: {**(case := call(r)), "model": wide, "x": case["x"].double()}
    agree(student.smooth_grad, saliency_on(support.make("norm_net").double()), doubled, cases=2, tolerance=TOLERANCE)
    leaves_inputs(student.smooth_grad, lambda r: dict(call(r), sigma=0.25), cases=2)
    keeps_random_state(student.smooth_grad, call, cases=1)
    model = student.support.partly_frozen(student.support.mixed_modes(student.support.make("norm_net")))
    kinds = ["modes", "grads", "weights", "frozen", "x requires grad", "x grad", "attached"]
    x, y = torch.ones(2, 2, 5, 4), torch.tensor([0, 2])
    found = student.support.traces(kinds, True, student.smooth_grad.handle(), model, x, y, 0.5, 2, generator())
    for kind, word in (("modes", "The mode"), ("grads", "The .grad"), ("weights", "The value")):
        assert not found[kind], f"{word} of {', '.join(found[kind])} is another one afterwards."
    assert not found["frozen"], f"requires_grad of {', '.join(found['frozen'])} is another one afterwards."
    assert not found["x requires grad"] and not found["x grad"], "x requires gradients or has a .grad: work on a copy."
    assert not found["attached"], "The map hangs on the graph: it requires gradients. Detach it."
