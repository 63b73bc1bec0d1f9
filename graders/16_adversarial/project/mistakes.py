"""Known wrong answers of project."""

import torch


def _check(norm):
    if norm not in ("linf", "l2"):
        raise ValueError(f"norm must be linf or l2, not {norm}")


def _project(delta, epsilon, norm, length=None):
    """The right answer. length: replaces the length of a picture."""
    _check(norm)
    if norm == "linf":
        return delta.clamp(-epsilon, epsilon)
    length = (length or _length)(delta)
    return delta * (epsilon / length.clamp(min=1e-12)).clamp(max=1)


def _length(delta):
    return delta.flatten(1).norm(dim=1).view(-1, 1, 1, 1)


def over_the_batch(delta, epsilon, norm):
    """You measure one length for the whole batch, so a picture's result depends on its neighbours. Each picture has its
    own ball: sum over channels, rows and columns only (section 16.3)."""
    return _project(delta, epsilon, norm, lambda d: d.norm())


def rescales_the_batch(delta, epsilon, norm):
    """You divide by the length of the whole batch, and bring it to ε whether it lies inside or not. Each picture has
    its own ball, and inside stays as it is (section 16.3)."""
    _check(norm)
    return delta.clamp(-epsilon, epsilon) if norm == "linf" else delta * (epsilon / delta.norm().clamp(min=1e-12))


def channels_apart(delta, epsilon, norm):
    """You measure the length of each channel alone. All channels of a picture count together (section 16.3)."""
    return _project(delta, epsilon, norm, lambda d: d.norm(dim=(2, 3), keepdim=True))


def pixels_apart(delta, epsilon, norm):
    """You measure a length at each pixel, over its channels. The length is that of the whole picture (section 16.3)."""
    return _project(delta, epsilon, norm, lambda d: d.norm(dim=1, keepdim=True))


def square_root_forgotten(delta, epsilon, norm):
    """You divide by the sum of squares. The length is its root (section 16.3)."""
    return _project(delta, epsilon, norm, lambda d: _length(d) ** 2)


def mean_instead_of_sum(delta, epsilon, norm):
    """Your length is the root of the mean square, which is smaller than the root of the sum (section 16.3)."""
    return _project(delta, epsilon, norm, lambda d: _length(d) / d[0].numel() ** 0.5)


def always_rescales(delta, epsilon, norm):
    """You bring every picture to the length ε, also those that lie inside the ball. Inside stays as it is (section
    16.3)."""
    _check(norm)
    return delta.clamp(-epsilon, epsilon) if norm == "linf" else delta * (epsilon / _length(delta).clamp(min=1e-12))


def linf_rescaled(delta, epsilon, norm):
    """For l∞ you scale the whole picture by its largest number. The nearest change in the ball moves only the numbers
    that lie outside: clamp each (section 16.3)."""
    if norm == "linf":
        return delta * (epsilon / delta.flatten(1).abs().amax(1).clamp(min=1e-12).view(-1, 1, 1, 1)).clamp(max=1)
    return _project(delta, epsilon, norm)


def clamps_for_l2(delta, epsilon, norm):
    """For l2 you clamp each number, which gives a cube, with corners outside the ball. Scale the picture until its
    length is ε (section 16.3)."""
    _check(norm)
    return delta.clamp(-epsilon, epsilon)


def one_sided(delta, epsilon, norm):
    """You cut off at ε, but not at −ε (section 16.3)."""
    return delta.clamp(max=epsilon) if norm == "linf" else _project(delta, epsilon, norm)


def divides_by_zero(delta, epsilon, norm):
    """A picture of zeros has length 0, and 0 / 0 is nan. It lies inside the ball: leave it as it is (section 16.3)."""
    if norm == "l2":
        return delta * (torch.ones_like(_length(delta)) * epsilon / _length(delta)).clamp(max=1)
    return _project(delta, epsilon, norm)


def never_refuses(delta, epsilon, norm):
    """You take every other norm for l2. Raise a ValueError that names the norm (section 16.3)."""
    return _project(delta, epsilon, "linf" if norm == "linf" else "l2")


def returns_delta_for_other_norms(delta, epsilon, norm):
    """You return the change as it is for an unknown norm. Raise a ValueError that names the norm (section 16.3)."""
    return _project(delta, epsilon, norm) if norm in ("linf", "l2") else delta


def in_place(delta, epsilon, norm):
    """You change delta itself. Write the result into a new tensor (section 16.3)."""
    delta.copy_(_project(delta, epsilon, norm))
    return delta
