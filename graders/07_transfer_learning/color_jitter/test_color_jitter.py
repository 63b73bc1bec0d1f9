"""color_jitter: brightness and contrast by factors of each picture's own. images (N, C, H, W) in [0, 1].

The factors are read off the result: pictures are made so that nothing is clamped unless a test is about that.
"""

import torch

from course.grading import fail, leaves_inputs, observe, points, same

GREY = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64).view(1, 3, 1, 1)


def pictures(n, low=0.3, high=0.6, dtype=torch.float64, seed=4):
    """Each picture has a mean of its own, and so has each channel."""
    generator = torch.Generator().manual_seed(seed)
    unit = lambda *shape: torch.rand(*shape, generator=generator, dtype=torch.float64)
    images = 0.5 * unit(n, 3, 4, 5) + 0.25 * unit(n, 3, 1, 1) + 0.25 * unit(n, 1, 1, 1)
    return (low + (high - low) * images).to(dtype)


def jitter(student, images, seed=1, **kwargs):
    result = student.support.seeded(student.color_jitter.handle(), images, seed, **kwargs)
    same(list(result.shape) if isinstance(result, torch.Tensor) else type(result).__name__, list(images.shape),
         "the shape of the result")  # fmt: skip
    return result


def line(images, result):
    """Slope and offset of result = slope * pixel + offset for each picture, and the largest deviation from it."""
    x, y = images.double().flatten(1), result.double().flatten(1)
    dx, dy = x - x.mean(1, keepdim=True), y - y.mean(1, keepdim=True)
    slope = (dx * dy).sum(1) / dx.square().sum(1)
    offset = y.mean(1) - slope * x.mean(1)
    return slope, offset, (y - slope[:, None] * x - offset[:, None]).abs().max().item()


def check_range(factors, strength, what):
    low, high = max(0.0, 1 - strength), 1 + strength
    only_brighter = "only_brighter" if factors.min() > 1 - 1e-3 else None
    if factors.min() < low - 1e-3 or factors.max() > high + 1e-3:
        fail(f"with {what}={strength}, the factors of 200 pictures go from {factors.min():.2f} to {factors.max():.2f}; "
             f"they should lie between {low:.2f} and {high:.2f}.")  # fmt: skip
    span = high - low
    quarters = torch.histc((factors - low) / span, 4, 0, 1) / len(factors)
    if quarters.min() < 0.12 or quarters.max() > 0.4:
        shares = ", ".join(f"{100 * q:.0f} %" for q in quarters.tolist())
        fail(f"with {what}={strength}, the quarters of the range from {low:.2f} to {high:.2f} get {shares} of the "
             "factors; uniform draws give about 25 % each.", only_brighter)  # fmt: skip


@points(0.5)
def test_brightness(student):
    """Brightness multiplies: all pixels of a picture by one factor, uniform in [1 − s, 1 + s]."""
    images = pictures(200, 0.42, 0.58)  # also if 0.4 is added to them, nothing is clamped
    for strength in (0.4, 0.2):
        result = jitter(student, images, brightness=strength, contrast=0.0)
        slope, offset, off = line(images, result)
        if off > 1e-4 or offset.abs().max() > 1e-4:
            adds = (slope - 1).abs().max() < 1e-4 and off < 1e-4
            fail("with contrast=0, the result is not a multiple of the picture.",
                 "brightness_adds" if adds else None)  # fmt: skip
        check_range(slope, strength, "brightness")


@points(0.5)
def test_contrast(student):
    """Contrast stretches about the picture's own mean, by a factor uniform in [1 − s, 1 + s]."""
    images = pictures(200)
    for strength in (0.4, 0.2):
        result = jitter(student, images, brightness=0.0, contrast=strength)
        slope, offset, off = line(images, result)
        if off > 1e-4:
            apart = (result.mean((2, 3)) - images.mean((2, 3))).abs().max() < 1e-4
            fail("with brightness=0, the result is not one straight line of the picture's pixels: all channels are "
                 "stretched by one factor about one mean.", "mean_of_each_channel" if apart else None)  # fmt: skip
        pivots = {"own": images.mean((1, 2, 3)), "grey": (images * GREY).sum(1).mean((1, 2))}
        misses = [(offset - (1 - slope) * pivot).abs().max() for pivot in pivots.values()]
        if min(misses) > 1e-3:
            wrong = {"contrast_about_zero": 0.0, "contrast_about_the_middle": 0.5, "mean_of_the_batch": images.mean()}
            fits = (name for name, pivot in wrong.items() if (offset - (1 - slope) * pivot).abs().max() < 1e-3)
            fail("with brightness=0, pixels are not stretched about the mean of their picture: that mean has moved by "
                 f"{(result.mean((1, 2, 3)) - images.mean((1, 2, 3))).abs().max():.3f}.", next(fits, None))  # fmt: skip
        check_range(slope, strength, "contrast")


@points(0.25)
def test_each_picture(student):
    """Each picture of a batch has factors of its own."""
    images = pictures(12)
    for what, other in (("brightness", "contrast"), ("contrast", "brightness")):
        slope, offset, _ = line(images, jitter(student, images, **{what: 0.4, other: 0.0}))
        if slope.max() - slope.min() < 1e-3:
            added = what == "brightness" and offset.max() - offset.min() > 1e-3  # drawn for each picture, and added
            fail(f"all 12 pictures of a batch get the same {what} factor.",
                 None if added else "one_draw_for_the_batch")  # fmt: skip
    slope, offset, _ = line(images, jitter(student, images, brightness=0.3, contrast=0.3))
    mean = images.mean((1, 2, 3))
    bright = (offset + slope * mean) / mean  # the mean is moved by brightness alone
    if (slope - bright.square()).abs().max() < 1e-3:
        fail("brightness and contrast of a picture have the same factor: draw one for each.")


@points(0.25)
def test_range(student):
    """The result stays in [0, 1]; a strength above 1 gives no negative factors; strength 0 changes nothing."""
    images = pictures(100, 0.0, 1.0)
    for strengths in ({"brightness": 0.9, "contrast": 0.0}, {"brightness": 0.0, "contrast": 0.9}):
        result = jitter(student, images, **strengths)
        if result.min() < 0 or result.max() > 1:
            fail(
                f"with {strengths}, the result goes from {result.min():.2f} to {result.max():.2f}.", "leaves_the_range"
            )
    result = jitter(student, images, brightness=0.0, contrast=0.0)
    same(result, images, "the result for brightness=0, contrast=0", 1e-6)
    result = jitter(student, pictures(200, 0.05, 0.2), brightness=2.0, contrast=0.0)
    black = (result.flatten(1).amax(1) <= 0).sum().item()
    if black > 4:
        fail(f"with brightness=2, {black} of 200 pictures are black: their factors were negative. The range is 0 "
             "to 3.")  # fmt: skip


@points(0.25)
def test_generator(student):
    """The generator decides: the same seed gives the same, a second call goes on, the global state is left alone."""
    function = student.color_jitter.handle()
    first, second, again = student.support.three_times(function, pictures(6))
    same(again, first, "the result with a fresh generator of the same seed")
    if torch.equal(second, first):
        fail("a second call with the same generator gives the same result: the generator is not advanced.")
    reply = observe(student.support.seeded, function, pictures(4), 1)
    assert not reply.random_state_changed, "The call draws from the global random state; draw from the generator."


@points(0.25)
def test_leaves_the_pictures(student):
    """The pictures are not changed in place, and their dtype is kept."""
    function = student.color_jitter.handle()
    draw = lambda r: dict(function=function, images=pictures(3), seed=r.randint(1, 9))
    leaves_inputs(student.support.seeded, draw, 2)
    for dtype in (torch.float64, torch.float32):
        result = jitter(student, pictures(3, dtype=dtype))
        same(str(result.dtype), str(dtype), f"the dtype for {dtype} pictures")
